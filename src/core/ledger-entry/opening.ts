import { fromBase64, toBase64 } from '../base64.ts';
import { equalBytes, type Sha256, toUtf8 } from '../bytes.ts';
import { BoltsealError } from '../errors.ts';
import { fromUtf8 } from '../utf8.ts';
import { COMMITMENT_BYTES, commitmentOf, rootOf, saltsOf } from './commitments.ts';
import { HOUR_MS, parseEntry } from './entry.ts';
import { type EntryField, type EntryFieldName, type EntryKindName, fieldsOf, kindName } from './kinds.ts';
import { type EntryRecord, MAX_VALUE_BYTES } from './record.ts';

/** Format of an opening. */
export const openingFormat = 'boltseal-opening-1';

/** A field that stays closed. */
export interface ClosedField {
  readonly number: number;
  readonly name: string;
  /** Base64. */
  readonly commitment: string;
}

/** A field that is revealed: `text` when its value is UTF-8 and its field one of text, otherwise `base64`. */
export type RevealedField = {
  readonly number: number;
  readonly name: string;
  /** Base64. */
  readonly salt: string;
} & ({ readonly text: string } | { readonly base64: string });

/** Some fields of one entry and what is needed to check them against it (docs/spec/ledger-entry.md, "Opening"). */
export interface Opening {
  readonly format: typeof openingFormat;
  readonly index: number;
  readonly kind: EntryKindName;
  /** Whole hours since 1970-01-01T00:00Z. */
  readonly hour: number;
  /** Every field of the kind, ascending by number. */
  readonly fields: readonly (ClosedField | RevealedField)[];
}

/** What can be told of one field: its salt and value, or its commitment alone when it was erased. */
export type FieldOpening =
  | { readonly field: EntryField; readonly salt: Uint8Array; readonly value: Uint8Array }
  | { readonly field: EntryField; readonly commitment: Uint8Array };

/** What can be told of an entry, field by field. */
export interface EntryOpening {
  readonly kind: number;
  /** Whole hours since 1970. */
  readonly hour: number;
  readonly fields: readonly FieldOpening[];
}

/** A field whose value was shown to be the one that the entry commits to. */
export interface ProvenField {
  readonly name: EntryFieldName;
  readonly value: Uint8Array;
}

/** What an opening proves of an entry. */
export interface ProvenOpening {
  readonly kind: EntryKindName;
  readonly hour: number;
  readonly revealed: readonly ProvenField[];
  readonly closed: readonly EntryFieldName[];
}

/** What can be told of an entry whose record is known: everything. */
export function openRecord(sha256: Sha256, record: EntryRecord): EntryOpening {
  const salts = saltsOf(sha256, record);
  const fields = (fieldsOf(record.kind) ?? []).map((field, i) => ({
    field,
    salt: salts[i] ?? new Uint8Array(0),
    value: record.fields[i] ?? new Uint8Array(0),
  }));
  return { kind: record.kind, hour: Math.floor(record.timeMs / HOUR_MS), fields };
}

/**
 * The opening that reveals the named fields and keeps the others closed.
 *
 * Fails with LEDGER_REVEAL when the entry has no field of a name, or it was erased.
 */
export function revealFields(sha256: Sha256, index: number, entry: EntryOpening, names: readonly string[]): Opening {
  const kind = kindName(entry.kind) ?? 'disclosure';
  const asked = new Set(names);
  const fields = entry.fields.map((opened): ClosedField | RevealedField => {
    const { number, name } = opened.field;
    const isAsked = asked.delete(name);
    if ('commitment' in opened) {
      if (isAsked) throw new BoltsealError('LEDGER_REVEAL', { index, field: name, problem: 'was erased' });
      return { number, name, commitment: toBase64(opened.commitment) };
    }
    const { salt, value } = opened;
    if (!isAsked) return { number, name, commitment: toBase64(commitmentOf(sha256, number, salt, value)) };
    const text = opened.field.isText ? fromUtf8(value) : null;
    return { number, name, salt: toBase64(salt), ...(text === null ? { base64: toBase64(value) } : { text }) };
  });
  // The name is what the user typed, not a value.
  for (const field of asked)
    throw new BoltsealError('LEDGER_REVEAL', { index, field, problem: `is no field of a ${kind}` });
  return { format: openingFormat, index, kind, hour: entry.hour, fields };
}

/**
 * Checks an opening against the 48 bytes of the entry that stands at `index`: what it reveals is what the entry commits to, and it says nothing else.
 *
 * `opening` is parsed JSON of anybody. That the entry stands at that index in a log is for an inclusion proof to show. Fails with LEDGER_OPENING.
 */
export function checkOpening(sha256: Sha256, opening: unknown, index: number, entryBytes: Uint8Array): ProvenOpening {
  const entry = parseEntry(entryBytes);
  const kind = entry === null ? null : kindName(entry.kind);
  if (entry === null || kind === null) throw refuse('the entry is none of a known version');
  const root = objectOf(opening, ['format', 'index', 'kind', 'hour', 'fields']);
  if (root.format !== openingFormat) throw refuse(`its format is not ${openingFormat}`);
  if (root.index !== index) throw refuse('it is for another index');
  if (root.kind !== kind || root.hour !== entry.hour) throw refuse('its kind or hour is not that of the entry');
  const fields: readonly EntryField[] = fieldsOf(entry.kind) ?? [];
  const given = root.fields;
  if (!Array.isArray(given) || given.length !== fields.length) throw refuse('its fields are not those of its kind');
  const revealed: ProvenField[] = [];
  const closed: EntryFieldName[] = [];
  const commitments = fields.map((field, i) => {
    const name = field.name as EntryFieldName;
    const read = readField(given[i], field);
    if ('commitment' in read) {
      closed.push(name);
      return read.commitment;
    }
    revealed.push({ name, value: read.value });
    return commitmentOf(sha256, field.number, read.salt, read.value);
  });
  if (!equalBytes(rootOf(sha256, entry.kind, entry.hour, commitments), entry.root))
    throw refuse('its values are not those that the entry commits to');
  checkTime(revealed, entry.hour);
  return { kind, hour: entry.hour, revealed, closed };
}

/** The writer of the log could commit to a time outside of the hour that the entry shows; nobody shall take it for either. */
function checkTime(revealed: readonly ProvenField[], hour: number): void {
  const time = revealed.find(({ name }) => name === 'time');
  if (time === undefined) return;
  const text = fromUtf8(time.value) ?? '';
  if (text.length > 16 || !/^(?:0|[1-9][0-9]*)$/.test(text) || Math.floor(Number(text) / HOUR_MS) !== hour)
    throw refuse('its time is not within the hour of the entry');
}

function readField(
  given: unknown,
  { number, name }: EntryField,
): { readonly commitment: Uint8Array } | { readonly salt: Uint8Array; readonly value: Uint8Array } {
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && 'commitment' in given) {
    const field = objectOf(given, ['number', 'name', 'commitment']);
    if (field.number === number && field.name === name) return { commitment: readHash(field.commitment) };
  } else {
    const valueKey = isObject && 'text' in given ? 'text' : 'base64';
    const field = objectOf(given, ['number', 'name', 'salt', valueKey]);
    const value = valueKey === 'text' ? readText(field.text) : readBase64(field.base64);
    if (value.length > MAX_VALUE_BYTES) throw refuse('one of its values is too long');
    if (field.number === number && field.name === name) return { salt: readHash(field.salt), value };
  }
  throw refuse('its fields are not those of its kind');
}

function readHash(value: unknown): Uint8Array {
  const bytes = readBase64(value);
  if (bytes.length !== COMMITMENT_BYTES) throw refuse(`a salt or commitment does not have ${COMMITMENT_BYTES} bytes`);
  return bytes;
}

function readBase64(value: unknown): Uint8Array {
  const isShort = typeof value === 'string' && value.length <= 2 * MAX_VALUE_BYTES;
  const bytes = isShort ? fromBase64(value) : null;
  if (bytes === null) throw refuse('a salt, commitment or value is not Base64');
  return bytes;
}

function readText(value: unknown): Uint8Array {
  if (typeof value !== 'string' || value.length > MAX_VALUE_BYTES || !value.isWellFormed())
    throw refuse('a value is no text');
  return toUtf8(value);
}

/** The object, with exactly those keys: what is not checked must not stand beside what is. */
function objectOf(value: unknown, keys: readonly string[]): Readonly<Record<string, unknown>> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  const has = isObject ? Object.keys(value) : [];
  if (!isObject || has.length !== keys.length || !keys.every((key) => has.includes(key)))
    throw refuse(`one of its parts does not have exactly ${keys.join(', ')}`);
  return value as Readonly<Record<string, unknown>>;
}

function refuse(problem: string): BoltsealError {
  return new BoltsealError('LEDGER_OPENING', { problem });
}
