/*
 * Why somebody may ask for personal data. Policies name these words and no others, and each has one rule that finds the business fact behind it.
 */

export const purposes = [
  /** A parcel is put on its way at a station. */
  'sorting',
  /** A courier brings it. */
  'delivery',
  /** A courier fetches it from its sender. */
  'pickup',
  /** It goes back to its sender. */
  'return',
  /** Its waybill is printed. */
  'waybill',
  /** A customer asks something. */
  'support',
  /** A customer complains, and has to be called or found. */
  'complaint',
  /** A shop looks after a parcel that it sent. */
  'shop-order',
  /** Numbers about many. */
  'statistics',
  /** Somebody checks how data was used. */
  'audit',
  /** A person wants to know what is held about them. */
  'subject-access',
  /** Customers have to be told something: a recall, a leak. */
  'notice',
  /** An authority demands it by an order. */
  'authority',
] as const;
export type Purpose = (typeof purposes)[number];
