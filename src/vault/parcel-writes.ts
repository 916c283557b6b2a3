import type { KeyObject } from 'node:crypto';
import { type ParcelParty, parcelParties } from '../contract/api/words.ts';
import { BoltsealError } from '../core/errors.ts';
import { checkTime, keysOf, printOfId, spellId, textOf, type VaultParts, WRITE_ATTEMPTS } from './parts.ts';
import { sealLink } from './party-link.ts';
import type { ParcelChange, WriteSummary } from './port.ts';
import type { ImportMark, ParcelRow, ParcelWrite, PartyWrite, SubjectRow } from './stores/port.ts';
import { writeSubjects } from './subject-writes.ts';

type Draft = { -readonly [K in keyof ParcelWrite]: ParcelWrite[K] } & { isChanged: boolean };

interface Owner {
  readonly number: number;
  readonly id: string;
  readonly key: KeyObject;
}

/** Writes what differs of parcels, and how far a table has been read, in one transaction; parties that are not there are made before. Fails as `writeSubjects`. */
export async function writeParcels(
  parts: VaultParts,
  changes: readonly ParcelChange[],
  mark: ImportMark | null,
): Promise<WriteSummary> {
  for (const { atMs } of changes) checkTime(atMs);
  const prints = changes.map(({ trackingNumber }) => printOf(parts, trackingNumber));
  for (let attempt = 0; attempt < WRITE_ATTEMPTS; attempt++) {
    const owners = await ownersOf(parts, changes);
    const different = new Map(prints.map((print) => [textOf(print), print]));
    const rows = await parts.data.parcels([...different.values()]);
    const drafts = new Map([...different].map(([text, print], at) => [text, draftOf(print, rows[at] ?? null)]));
    for (const [at, change] of changes.entries()) {
      const draft = drafts.get(textOf(prints[at] ?? new Uint8Array(0)));
      if (draft !== undefined) applyChange(parts, draft, change, owners);
    }
    const all = [...drafts.values()];
    const parcels = all.filter(({ isChanged }) => isChanged);
    const isNothing = parcels.length === 0 && mark === null;
    if (isNothing || (await parts.data.write({ subjects: [], parcels, mark }))) {
      const added = parcels.filter(({ revision }) => revision === null).length;
      return { made: added, changed: parcels.length - added, same: all.length - parcels.length };
    }
  }
  throw new BoltsealError('VAULT_WRITE', { reason: 'others keep changing the same parcels' });
}

function printOf({ index }: VaultParts, trackingNumber: string): Uint8Array {
  const print = index.ofTrackingNumber(trackingNumber);
  if (print === null) throw new BoltsealError('VAULT_VALUE', { field: 'trackingNumber' });
  return print;
}

/** All parties by the text of their prints, made where they are not there. */
async function ownersOf(parts: VaultParts, changes: readonly ParcelChange[]): Promise<ReadonlyMap<string, Owner>> {
  const ids = new Map<string, { readonly id: string; readonly print: Uint8Array; readonly atMs: number }>();
  for (const { parties, atMs } of changes) {
    for (const party of parcelParties) {
      const id = parties?.[party];
      if (id === undefined) continue;
      const print = printOfId(parts, id);
      ids.set(textOf(print), { id: spellId(id), print, atMs });
    }
  }
  const asked = [...ids.values()];
  if (asked.length === 0) return new Map();
  const prints = asked.map(({ print }) => print);
  const look = async (): Promise<{
    readonly rows: readonly (SubjectRow | null)[];
    readonly keys: ReadonlyMap<number, KeyObject>;
  }> => {
    const rows = await parts.data.subjects(prints, []);
    return {
      rows,
      keys: await keysOf(
        parts,
        rows.flatMap((row) => (row === null ? [] : [row.number])),
      ),
    };
  };
  let found = await look();
  const missing = asked.filter((_, at) => {
    const row = found.rows[at];
    return row === null || row === undefined || !found.keys.has(row.number);
  });
  if (missing.length > 0) {
    await writeSubjects(
      parts,
      missing.map(({ id, atMs }) => ({ id, atMs, fields: {} })),
      null,
      'leave out',
    );
    found = await look();
  }
  const owners = new Map<string, Owner>();
  for (const [at, { id, print }] of asked.entries()) {
    const row = found.rows[at];
    const key = row === null || row === undefined ? undefined : found.keys.get(row.number);
    // Who was erased stays so: the parcel is nobody's.
    if (row === null || row === undefined || key === undefined) continue;
    owners.set(textOf(print), { number: row.number, id, key });
  }
  return owners;
}

function draftOf(print: Uint8Array, row: ParcelRow | null): Draft {
  const kept = (party: ParcelParty): PartyWrite | null => {
    const subject = row?.parties[party]?.subject;
    return subject === undefined ? null : { subject, link: null };
  };
  return {
    revision: row?.revision ?? null,
    print,
    parties: { recipient: kept('recipient'), sender: kept('sender') },
    status: row?.status ?? 'announced',
    station: row?.station ?? null,
    due: row?.due ?? [],
    atMs: row?.atMs ?? 0,
    newsOf: null,
    isChanged: row === null,
  };
}

function applyChange(parts: VaultParts, draft: Draft, change: ParcelChange, owners: ReadonlyMap<string, Owner>): void {
  if (change.atMs < draft.atMs) return;
  const parties: Record<ParcelParty, PartyWrite | null> = { ...draft.parties };
  let isChanged = false;
  for (const party of parcelParties) {
    const id = change.parties?.[party];
    const owner = id === undefined ? undefined : owners.get(textOf(printOfId(parts, id)));
    if (owner === undefined || parties[party]?.subject === owner.number) continue;
    const { trackingNumber } = change;
    const link = sealLink(parts.envelopes, owner.key, draft.print, party, { trackingNumber, id: owner.id });
    parties[party] = { subject: owner.number, link };
    if (party === 'recipient') draft.newsOf = owner.number;
    isChanged = true;
  }
  const { status = draft.status, station = draft.station, due = draft.due } = change;
  if (status !== draft.status || station !== draft.station || due.join('\0') !== draft.due.join('\0')) isChanged = true;
  if (!isChanged && change.atMs === draft.atMs) return;
  Object.assign(draft, { parties, status, station, due, atMs: change.atMs });
  // A sighting with nothing new in it is a later time, and no more.
  draft.isChanged = true;
}
