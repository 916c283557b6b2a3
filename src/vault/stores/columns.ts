import { type ParcelParty, parcelParties } from '../../contract/api/words.ts';
import { type SearchedField, type SubjectSlot, searchedFields, subjectSlots } from '../slots.ts';
import type { DataWrite, ParcelWrite, SubjectWrite } from './port.ts';

/** Names of columns, the same in every database. */
export const slotColumns: Readonly<Record<SubjectSlot, string>> = {
  id: 'id',
  name: 'name',
  phone: 'phone',
  email: 'email',
  address: 'address',
  nationalId: 'national_id',
  username: 'username',
};

export const printColumns: Readonly<Record<SearchedField, string>> = {
  phone: 'phone_print',
  email: 'email_print',
  nationalId: 'national_id_print',
  username: 'username_print',
};

/** The columns of a party: number of the subject, and what ties it to the parcel. */
export const partyColumns: Readonly<Record<ParcelParty, { readonly subject: string; readonly link: string }>> = {
  recipient: { subject: 'recipient', link: 'recipient_link' },
  sender: { subject: 'sender', link: 'sender_link' },
};

/** What is read of a parcel beside its print, by which it is asked for. */
export const parcelColumns =
  'number, revision, recipient, recipient_link, sender, sender_link, status, station, due, at_ms';

/** Columns that are written, and what goes into each. */
export type Assigned = readonly (readonly [column: string, value: Uint8Array | number | string | null])[];

/** What a write changes of a subject beside number, print and revision. */
export function subjectAssigned({ changedMs, sealed, prints }: SubjectWrite): Assigned {
  const assigned: [string, Uint8Array | number | null][] = [['changed_ms', changedMs]];
  for (const slot of subjectSlots) {
    const envelope = sealed[slot];
    if (envelope !== undefined) assigned.push([slotColumns[slot], envelope]);
  }
  for (const field of searchedFields) {
    const print = prints[field];
    if (print !== undefined) assigned.push([printColumns[field], print]);
  }
  return assigned;
}

/** What a write changes of a parcel beside print and revision. */
export function parcelAssigned({ parties, status, station, due, atMs }: ParcelWrite): Assigned {
  const assigned: [string, Uint8Array | number | string | null][] = [
    ['status', status],
    ['station', station],
    ['due', JSON.stringify(due)],
    ['at_ms', atMs],
  ];
  for (const party of parcelParties) {
    const given = parties[party];
    const { subject, link } = partyColumns[party];
    assigned.push([subject, given?.subject ?? null]);
    // Unchanged when the party is; a party that goes takes its half along.
    if (given === null || given.link !== null) assigned.push([link, given?.link ?? null]);
  }
  return assigned;
}

/** How far a write moves what is counted. */
export function countsOf({ subjects, parcels }: DataWrite): Readonly<Record<'subjects' | 'parcels' | 'unfed', number>> {
  const made = (rows: readonly { readonly revision: number | null }[]): number =>
    rows.filter(({ revision }) => revision === null).length;
  return {
    subjects: made(subjects),
    parcels: made(parcels),
    unfed: subjects.filter(({ news }) => news !== null).length + parcels.filter(({ newsOf }) => newsOf !== null).length,
  };
}

/** What is read of the entries of a party, by the database's word for the schema's tables and its first two parameters. */
export function partyParcelsSql(
  party: ParcelParty,
  parcels: string,
  [subject, most]: readonly [string, string],
): string {
  const { subject: column, link } = partyColumns[party];
  return `SELECT number, print, '${party}' AS party, ${link} AS link FROM ${parcels} WHERE ${column} = ${subject} ORDER BY number DESC LIMIT ${most}`;
}
