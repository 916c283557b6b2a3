import { hash } from 'node:crypto';
import { fromBase64 } from '../../core/base64.ts';
import {
  type EntryContent,
  IDEMPOTENCY_KEY_BYTES,
  MAX_VALUE_BYTES,
  makeContent,
} from '../../core/ledger-entry/record.ts';
import { fitsUtf8 } from '../../core/text.ts';

/** Why a line is no disclosure; never with anything of its values. */
export type LineProblem =
  | 'no-json'
  | 'no-object'
  | 'unknown-key'
  | 'bad-at'
  | 'bad-principal'
  | 'bad-subject'
  | 'bad-fields'
  | 'bad-purpose'
  | 'bad-basis'
  | 'bad-decision'
  | 'bad-requestSignature'
  | 'bad-idempotencyKey'
  | 'too-long';

const keys = [
  'at',
  'principal',
  'subject',
  'fields',
  'purpose',
  'basis',
  'decision',
  'requestSignature',
  'idempotencyKey',
];
const fieldPattern = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;
const timePattern = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/;
/** Fits `new Date`, and lies before the year 10000. */
const MOST_MS = 253_402_300_799_999;
/** Numbers from here on are milliseconds: as seconds they would lie behind the year 5138. */
const LEAST_MS = 100_000_000_000;
const MOST_FIELDS = 64;

/** Reads one line of `ledger append`: a JSON object as docs/spec/ledger.md says. Hostile. */
export function parseDisclosureLine(line: string): EntryContent | LineProblem {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'no-json';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'no-object';
  const given = value as Readonly<Record<string, unknown>>;
  if (!Object.keys(given).every((key) => keys.includes(key))) return 'unknown-key';
  const timeMs = readTime(given.at);
  if (timeMs === null) return 'bad-at';
  const principal = readText(given.principal);
  if (principal === null || principal === '') return 'bad-principal';
  const subject = readText(given.subject);
  if (subject === null || subject === '') return 'bad-subject';
  const fields = readFields(given.fields);
  if (fields === null) return 'bad-fields';
  const purpose = readText(given.purpose);
  if (purpose === null || purpose === '') return 'bad-purpose';
  const basis = readText(given.basis ?? '');
  if (basis === null) return 'bad-basis';
  const decision = readText(given.decision ?? '');
  if (decision === null) return 'bad-decision';
  const requestSignature = readSignature(given.requestSignature ?? '');
  if (requestSignature === null) return 'bad-requestSignature';
  const idempotencyKey = readIdempotencyKey(given.idempotencyKey);
  if (idempotencyKey === undefined) return 'bad-idempotencyKey';
  const values = { principal, subject, fields, purpose, basis, decision, requestSignature };
  return makeContent('disclosure', timeMs, values, idempotencyKey);
}

function readTime(value: unknown): number | null {
  if (typeof value === 'number') {
    const timeMs = Math.round(value < LEAST_MS ? value * 1000 : value);
    return timeMs >= 0 && timeMs <= MOST_MS ? timeMs : null;
  }
  if (typeof value !== 'string' || !timePattern.test(value)) return null;
  const timeMs = Date.parse(value.replace(' ', 'T'));
  return Number.isInteger(timeMs) && timeMs >= 0 && timeMs <= MOST_MS ? timeMs : null;
}

function readText(value: unknown): string | null {
  const isText = typeof value === 'string' && value.isWellFormed() && !value.includes('\0');
  return isText && fitsUtf8(value, MAX_VALUE_BYTES) ? value : null;
}

/** Names of fields, sorted, each once: a list, or one text with commas. */
function readFields(value: unknown): string | null {
  const names = typeof value === 'string' ? value.split(',') : value;
  if (!Array.isArray(names) || names.length === 0 || names.length > MOST_FIELDS) return null;
  const isNames = names.every((name): name is string => typeof name === 'string' && fieldPattern.test(name));
  if (!isNames) return null;
  const text = [...new Set(names)].sort().join(',');
  return text.length <= MAX_VALUE_BYTES ? text : null;
}

function readSignature(value: unknown): Uint8Array | null {
  const bytes = typeof value === 'string' ? fromBase64(value) : null;
  return bytes !== null && bytes.length <= MAX_VALUE_BYTES ? bytes : null;
}

/** Any text of 1 to 256 characters names a request: what is kept is a hash of it. Undefined: it is none; null: there is none. */
function readIdempotencyKey(value: unknown): Uint8Array | null | undefined {
  if (value === undefined || value === null) return null;
  if (typeof value !== 'string' || value === '' || value.length > 256 || !value.isWellFormed()) return undefined;
  return hash('sha256', `boltseal ledger request 1\0${value}`, 'buffer').subarray(0, IDEMPOTENCY_KEY_BYTES);
}
