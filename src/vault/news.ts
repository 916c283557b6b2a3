import type { KeyObject } from 'node:crypto';
import { type VaultField, vaultFields } from '../contract/api/words.ts';
import { BoltsealError } from '../core/errors.ts';
import { decodePast, slotBit } from './outbox.ts';
import { keysOf, textOf, type VaultParts } from './parts.ts';
import { openLink } from './party-link.ts';
import type { ClosedValues, HeldValue, NewVersion, VaultNews } from './port.ts';
import { subjectSlots } from './slots.ts';
import type { OutboxRow, ParcelRow, SubjectRow } from './stores/port.ts';

interface Owner {
  readonly row: SubjectRow;
  readonly key: KeyObject;
  readonly id: string;
}

/** As `VaultKeeping.news`. */
export async function readNews(parts: VaultParts, after: number, most: number): Promise<VaultNews> {
  const rows = await parts.data.outbox(after, most);
  const owners = await ownersOf(parts, rows);
  const parcels = await parcelsOf(parts, rows);
  const versions: NewVersion[] = [];
  const closed: ClosedValues[] = [];
  for (const row of rows) {
    const owner = owners.get(row.subject);
    if (owner === undefined) continue;
    if (row.parcel !== null) {
      const version = parcelVersion(parts, owner, row.parcel, parcels.get(textOf(row.parcel)) ?? null);
      if (version !== null) versions.push(version);
      continue;
    }
    const values = valuesOf(parts, owner);
    for (const [field, { value, sinceMs }] of values)
      versions.push({ subject: owner.id, field, value, sinceMs, untilMs: null });
    versions.push(...pastVersions(parts, owner, row));
    const fields = vaultFields.filter((field) => (row.closed & slotBit(field)) !== 0);
    if (fields.length > 0) closed.push({ subject: owner.id, fields, values: Object.fromEntries(values) });
  }
  return { versions, closed, next: rows.at(-1)?.sequence ?? null };
}

async function ownersOf(parts: VaultParts, rows: readonly OutboxRow[]): Promise<ReadonlyMap<number, Owner>> {
  const numbers = [...new Set(rows.map(({ subject }) => subject))];
  const subjects = await parts.data.subjectsByNumber(numbers, subjectSlots);
  const found = subjects.filter((row) => row !== null);
  const keys = await keysOf(
    parts,
    found.map(({ number }) => number),
  );
  const owners = new Map<number, Owner>();
  for (const row of found) {
    const key = keys.get(row.number);
    if (key === undefined) continue;
    const { text: id } = parts.envelopes.open(key, row.print, 'id', row.sealed.id ?? new Uint8Array(0));
    owners.set(row.number, { row, key, id });
  }
  return owners;
}

async function parcelsOf(
  { data }: VaultParts,
  rows: readonly OutboxRow[],
): Promise<ReadonlyMap<string, ParcelRow | null>> {
  const prints = rows.flatMap(({ parcel }) => (parcel === null ? [] : [parcel]));
  const found = await data.parcels(prints);
  return new Map(prints.map((print, at) => [textOf(print), found[at] ?? null]));
}

/** The tracking number, as long as the subject is still the recipient. */
function parcelVersion(
  { envelopes }: VaultParts,
  { row, key, id }: Owner,
  print: Uint8Array,
  parcel: ParcelRow | null,
): NewVersion | null {
  const party = parcel?.parties.recipient ?? null;
  if (parcel === null || party?.subject !== row.number) return null;
  const { trackingNumber: value } = openLink(envelopes, key, print, 'recipient', party.link);
  return { subject: id, field: 'trackingNumber', value, sinceMs: parcel.atMs, untilMs: null };
}

/** Current values by field. */
function valuesOf({ envelopes }: VaultParts, { row, key }: Owner): ReadonlyMap<VaultField, HeldValue> {
  const values = new Map<VaultField, HeldValue>();
  for (const field of vaultFields) {
    const envelope = row.sealed[field];
    if (envelope === undefined) continue;
    const { text: value, version, sinceMs } = envelopes.open(key, row.print, field, envelope);
    if (value !== '') values.set(field, { value, version, sinceMs });
  }
  return values;
}

function pastVersions({ envelopes }: VaultParts, { row, key, id }: Owner, { past }: OutboxRow): readonly NewVersion[] {
  if (past === null) return [];
  const values = decodePast(past);
  if (values === null) throw new BoltsealError('VAULT_DAMAGED', { what: 'outbox' });
  return values.flatMap(({ slot, untilMs, envelope }) => {
    if (slot === 'id') return [];
    const { text: value, sinceMs } = envelopes.open(key, row.print, slot, envelope);
    return value === '' ? [] : [{ subject: id, field: slot, value, sinceMs, untilMs }];
  });
}
