import type { VaultField } from '../contract/api/words.ts';

/** What is sealed of a subject: its id, its fields, and the tracking numbers of its parcels. */
export type Slot = 'id' | 'trackingNumber' | VaultField;

/** What a subject's row holds, in the order of the bits of outboxes. Never reordered. */
export const subjectSlots = [
  'id',
  'name',
  'phone',
  'email',
  'address',
  'nationalId',
  'username',
] as const satisfies readonly Slot[];
export type SubjectSlot = (typeof subjectSlots)[number];

/** Fields that can be searched: those that point to one subject at a time. An index of names would show everybody who reads the file how often each occurs. */
export const searchedFields = ['phone', 'email', 'nationalId', 'username'] as const satisfies readonly VaultField[];
export type SearchedField = (typeof searchedFields)[number];

/** Whether a field has a blind index. */
export function isSearched(field: VaultField): field is SearchedField {
  return searchedFields.some((searched) => searched === field);
}
