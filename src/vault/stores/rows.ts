import { type ParcelParty, type ParcelStatus, parcelStatuses } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { SubjectSlot } from '../slots.ts';
import { partyColumns, slotColumns } from './columns.ts';
import type { ParcelRow, PartyParcel, PartyRow, SubjectRow } from './port.ts';

/** A row by its columns, from whichever database. */
export type Row = Readonly<Record<string, unknown>>;

const noBytes = new Uint8Array(0);

/** A subject from its columns; `print`: by which it was asked for, when it is not among them. */
export function asSubject(row: Row, slots: readonly SubjectSlot[], print = row.print as Uint8Array): SubjectRow {
  const sealed: Partial<Record<SubjectSlot, Uint8Array>> = {};
  for (const slot of slots) {
    const envelope = row[slotColumns[slot]];
    if (envelope instanceof Uint8Array) sealed[slot] = envelope;
  }
  return { number: Number(row.number), revision: Number(row.revision), print, sealed };
}

/** A parcel from `parcelColumns`. Fails with VAULT_DAMAGED. */
export function asParcel(row: Row): ParcelRow {
  const partyOf = (party: ParcelParty): PartyRow | null => {
    const { subject, link } = partyColumns[party];
    const envelope = row[link];
    return envelope instanceof Uint8Array ? { subject: Number(row[subject]), link: envelope } : null;
  };
  return {
    number: Number(row.number),
    revision: Number(row.revision),
    parties: { recipient: partyOf('recipient'), sender: partyOf('sender') },
    status: statusOf(row.status),
    station: row.station as string | null,
    due: parseDue(String(row.due)),
    atMs: Number(row.at_ms),
  };
}

function statusOf(text: unknown): ParcelStatus {
  const status = parcelStatuses.find((known) => known === text);
  if (status === undefined) throw new BoltsealError('VAULT_DAMAGED', { what: 'parcel' });
  return status;
}

function parseDue(text: string): readonly string[] {
  if (text === '[]') return [];
  try {
    return JSON.parse(text) as string[];
  } catch (cause) {
    throw new BoltsealError('VAULT_DAMAGED', { what: 'parcel' }, { cause });
  }
}

/** The newest of what was found for each party, each parcel once. */
export function newestParcels(found: readonly Row[], most: number): readonly PartyParcel[] {
  const byNumber = new Map(
    found.map(({ number, print, party, link }) => [
      Number(number),
      { print: print as Uint8Array, party: party as ParcelParty, link: (link as Uint8Array | null) ?? noBytes },
    ]),
  );
  return [...byNumber]
    .sort(([a], [b]) => b - a)
    .slice(0, most)
    .map(([, parcel]) => parcel);
}
