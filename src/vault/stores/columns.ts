import type { ParcelParty } from '../../contract/api/words.ts';
import type { SearchedField, SubjectSlot } from '../slots.ts';

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

/** The columns of a party: number of the subject, and the tracking number under the subject's key. */
export const partyColumns: Readonly<Record<ParcelParty, { readonly subject: string; readonly sealed: string }>> = {
  recipient: { subject: 'recipient', sealed: 'recipient_sealed' },
  sender: { subject: 'sender', sealed: 'sender_sealed' },
};

/** Parcels with the ids of their parties, of those whose print is as `condition` says; `schema` stands before the names of tables. */
export function parcelQuery(condition: string, schema: string): string {
  return `SELECT p.number, p.revision, p.print, p.status, p.station, p.due, p.at_ms, p.recipient, p.sender, p.recipient_sealed, p.sender_sealed,
    r.id AS recipient_id, r.print AS recipient_print, s.id AS sender_id, s.print AS sender_print
    FROM ${schema}parcels p LEFT JOIN ${schema}subjects r ON r.number = p.recipient LEFT JOIN ${schema}subjects s ON s.number = p.sender
    WHERE p.print ${condition}`;
}
