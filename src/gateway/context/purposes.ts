/** Kinds of business facts, each with its file in `rules/`. */
export type RuleName = 'at-station' | 'on-tour' | 'open-ticket' | 'sent-parcel';

/** For each purpose, which facts justify it for whom, by role; the first that holds is the basis. What is not named is not justified. */
export type PurposeTable = Readonly<Record<string, Readonly<Record<string, readonly RuleName[]>>>>;

/**
 * A carrier's purposes. Statistics and audits need nobody's data, so no fact justifies them: analysts and auditors stand nowhere here.
 * What roles may do with a purpose, and with which fields, is for the policies; this says only when there is a reason at all.
 */
export const carrierPurposes: PurposeTable = {
  sorting: { scanner: ['at-station'] },
  delivery: { scanner: ['at-station'], courier: ['on-tour'] },
  pickup: { scanner: ['at-station'], courier: ['on-tour'] },
  return: { scanner: ['at-station'], courier: ['on-tour'], 'customer-service': ['open-ticket'], shop: ['sent-parcel'] },
  waybill: { scanner: ['at-station'], shop: ['sent-parcel'] },
  support: { 'customer-service': ['open-ticket'] },
  complaint: { 'customer-service': ['open-ticket'] },
  'shop-order': { shop: ['sent-parcel'] },
  'subject-access': { 'privacy-officer': ['open-ticket'] },
};
