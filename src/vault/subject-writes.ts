import type { KeyObject } from 'node:crypto';
import { type VaultField, vaultFields } from '../contract/api/words.ts';
import { BoltsealError } from '../core/errors.ts';
import { fitsUtf8 } from '../core/text.ts';
import { type Opened, sinceOf } from './envelope.ts';
import { encodePast, type PastValue, slotBit } from './outbox.ts';
import {
  checkTime,
  keysOf,
  MOST_VALUE_BYTES,
  printOfErasedId,
  printOfId,
  spellId,
  textOf,
  type VaultParts,
  WRITE_ATTEMPTS,
} from './parts.ts';
import type { SubjectChange, WriteSummary } from './port.ts';
import { isSearched, type SearchedField, type SubjectSlot, subjectSlots } from './slots.ts';
import type { ImportMark, Sealed, SubjectRow, SubjectWrite } from './stores/port.ts';

/** What a subject is going to be. */
interface Draft {
  readonly number: number;
  readonly key: KeyObject;
  readonly print: Uint8Array;
  /** Null: it is new. */
  readonly row: SubjectRow | null;
  /** Current values, as far as they have been looked at. */
  readonly current: Map<VaultField, Opened>;
  readonly sealed: Partial<Record<SubjectSlot, Uint8Array>>;
  readonly prints: Partial<Record<SearchedField, Uint8Array | null>>;
  readonly past: PastValue[];
  closed: number;
  changedMs: number;
  isChanged: boolean;
}

/** What happens to a new subject that has the id of one who was erased. */
export type ErasedRule = 'refuse' | 'leave out' | 'admit';

/**
 * Writes what differs of subjects, and how far a table has been read, in one transaction. Fails with VAULT_VALUE, VAULT_ERASED (`refuse`), VAULT_WRITE, VAULT_DAMAGED, VAULT_KEY.
 */
export async function writeSubjects(
  parts: VaultParts,
  changes: readonly SubjectChange[],
  mark: ImportMark | null,
  rule: ErasedRule,
): Promise<WriteSummary> {
  for (const change of changes) checkChange(change);
  const prints = changes.map(({ id }) => printOfId(parts, id));
  const made = new Map<string, { readonly number: number; readonly key: KeyObject }>();
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    const drafts = await openDrafts(parts, changes, prints, made, rule);
    for (const [at, change] of changes.entries()) {
      const draft = drafts.get(textOf(prints[at] ?? new Uint8Array(0)));
      if (draft !== undefined) applyChange(parts, draft, change);
    }
    const all = [...drafts.values()];
    const subjects = all.filter(({ isChanged }) => isChanged).map(asWrite);
    const isNothing = subjects.length === 0 && mark === null;
    if (isNothing || (await parts.data.write({ subjects, parcels: [], mark }))) {
      const added = all.filter(({ row }) => row === null).length;
      const erased = new Set(prints.map(textOf)).size - all.length;
      const summary = { made: added, changed: subjects.length - added, same: all.length - subjects.length };
      return erased === 0 ? summary : { ...summary, erased };
    }
  }
  throw new BoltsealError('VAULT_WRITE', { reason: 'others keep changing the same subjects' });
}

function checkChange({ atMs, fields }: SubjectChange): void {
  checkTime(atMs);
  for (const field of vaultFields) {
    const value = fields[field];
    if (typeof value === 'string' && !fitsUtf8(value, MOST_VALUE_BYTES))
      throw new BoltsealError('VAULT_VALUE', { field });
  }
}

/** A draft for each subject that may be written, by the text of its print. `made` keeps new keys from one attempt to the next. */
async function openDrafts(
  parts: VaultParts,
  changes: readonly SubjectChange[],
  prints: readonly Uint8Array[],
  made: Map<string, { readonly number: number; readonly key: KeyObject }>,
  rule: ErasedRule,
): Promise<Map<string, Draft>> {
  const different = new Map(prints.map((print, at) => [textOf(print), { print, id: spellId(changes[at]?.id ?? '') }]));
  const asked = [...different.values()];
  const rows = await parts.data.subjects(
    asked.map(({ print }) => print),
    subjectSlots,
  );
  const keys = await keysOf(
    parts,
    rows.flatMap((row) => (row === null ? [] : [row.number])),
  );
  // A row whose key is destroyed comes from a copy of the data that is older than the erasure.
  const left = rows.flatMap((row) => (row === null || keys.has(row.number) ? [] : [row.number]));
  if (left.length > 0) await parts.data.remove(left);
  const unknown = [...different].filter(([text], at) => {
    const row = rows[at];
    return (row === null || row === undefined || !keys.has(row.number)) && !made.has(text);
  });
  const were =
    rule === 'admit' || unknown.length === 0
      ? []
      : await parts.keyStore.wereErased(unknown.map(([, { id }]) => printOfErasedId(parts, id)));
  if (rule === 'refuse' && were.includes(true)) throw new BoltsealError('VAULT_ERASED');
  const barred = new Set(unknown.flatMap(([text], at) => (were[at] === true ? [text] : [])));
  const missing = unknown.flatMap(([text]) => (barred.has(text) ? [] : [text]));
  if (missing.length > 0) {
    const fresh = await parts.keys.make(missing.length, await parts.data.lastNumber());
    for (const [at, text] of missing.entries()) {
      const key = fresh[at];
      if (key !== undefined) made.set(text, key);
    }
  }
  const drafts = new Map<string, Draft>();
  for (const [at, [text, { print, id }]] of [...different].entries()) {
    if (barred.has(text)) continue;
    const row = rows[at] ?? null;
    const known = row === null ? undefined : keys.get(row.number);
    const owner = row === null || known === undefined ? made.get(text) : { number: row.number, key: known };
    if (owner === undefined) throw new Error('a key was not made');
    const draft: Draft = {
      ...owner,
      print,
      row: known === undefined ? null : row,
      current: new Map(),
      sealed: {},
      prints: {},
      past: [],
      closed: 0,
      // What is told late makes nobody old, whom retention then took for unused.
      changedMs: Math.max(0, ...Object.values(row?.sealed ?? {}).map(sinceOf)),
      isChanged: false,
    };
    if (draft.row === null) {
      draft.sealed.id = parts.envelopes.seal(owner.key, print, 'id', { version: 1, sinceMs: 0 }, id);
      draft.isChanged = true;
    }
    drafts.set(text, draft);
  }
  return drafts;
}

function applyChange(parts: VaultParts, draft: Draft, { atMs, fields }: SubjectChange): void {
  draft.changedMs = Math.max(draft.changedMs, atMs);
  for (const field of vaultFields) {
    const given = fields[field];
    if (given === undefined) continue;
    const value = given ?? '';
    const former = currentOf(parts, draft, field);
    // What is newer stays.
    if (former === null ? value === '' : value === former.text || atMs < former.sinceMs) continue;
    const envelope = draft.sealed[field] ?? draft.row?.sealed[field];
    if (former !== null && envelope !== undefined && former.text !== '') {
      draft.past.push({ slot: field, untilMs: atMs, envelope });
      draft.closed |= slotBit(field);
    }
    const next: Opened = { version: (former?.version ?? 0) + 1, sinceMs: atMs, text: value };
    draft.sealed[field] = parts.envelopes.seal(draft.key, draft.print, field, next, value);
    if (isSearched(field)) draft.prints[field] = value === '' ? null : parts.index.of(field, value);
    draft.current.set(field, next);
    draft.isChanged = true;
  }
}

function currentOf({ envelopes }: VaultParts, draft: Draft, field: VaultField): Opened | null {
  const known = draft.current.get(field);
  if (known !== undefined) return known;
  const envelope = draft.row?.sealed[field];
  if (envelope === undefined) return null;
  const opened = envelopes.open(draft.key, draft.print, field, envelope);
  draft.current.set(field, opened);
  return opened;
}

function asWrite({ number, print, row, changedMs, sealed, prints, past, closed }: Draft): SubjectWrite {
  const hasNews = Object.keys(sealed).some((slot) => slot !== 'id');
  const written: Sealed = sealed;
  return {
    number,
    revision: row?.revision ?? null,
    print,
    changedMs,
    sealed: written,
    prints,
    news: hasNews ? { closed, past: encodePast(past) } : null,
  };
}
