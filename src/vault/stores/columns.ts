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

/** The columns of a party: number of the subject, and what ties it to the parcel. */
export const partyColumns: Readonly<Record<ParcelParty, { readonly subject: string; readonly link: string }>> = {
  recipient: { subject: 'recipient', link: 'recipient_link' },
  sender: { subject: 'sender', link: 'sender_link' },
};

/** What is read of a parcel. */
export const parcelColumns =
  'number, revision, print, recipient, recipient_link, sender, sender_link, status, station, due, at_ms';
