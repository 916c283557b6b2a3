import { type TOptional, type TSchema, Type } from 'typebox';

/*
 * Words that requests, policies and the ledger share (docs/design/gateway.md, "Words").
 */

/** What the vault holds of a subject, in the order of answers. Tracking numbers belong to parcels; passwords are in no vault. */
export const vaultFields = ['name', 'phone', 'email', 'address', 'nationalId', 'username'] as const;
export type VaultField = (typeof vaultFields)[number];

/** Forms in which a field leaves: `masked` shows what GB/T 41833-2022 lets a waybill show, and less on screens, `virtual` is a telephone number that forwards for a while, `clear` the value itself. */
export const disclosureForms = ['masked', 'virtual', 'clear'] as const;
export type DisclosureForm = (typeof disclosureForms)[number];

/** What policies decide about: to read, to request an export of many people, to approve one. */
export const policyActs = ['read', 'export', 'approve'] as const;
export type PolicyAct = (typeof policyActs)[number];

/** Kinds of principals. */
export const principalKinds = ['device', 'staff', 'service'] as const;
export type PrincipalKind = (typeof principalKinds)[number];

/** Parties of a parcel. */
export const parcelParties = ['recipient', 'sender'] as const;
export type ParcelParty = (typeof parcelParties)[number];

/** Where a parcel is on its way. */
export const parcelStatuses = [
  'announced',
  'in-transit',
  'at-station',
  'out-for-delivery',
  'delivered',
  'returned',
  'lost',
] as const;
export type ParcelStatus = (typeof parcelStatuses)[number];

/** Names of principals, stations, partners, roles, purposes, tours and tickets: given by the company, and never a person's data. */
export const nameSchema = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}$', maxLength: 128 });
/** The company's own id of a subject. */
export const subjectIdSchema = Type.String({ minLength: 1, maxLength: 256 });
export const trackingNumberSchema = Type.String({ minLength: 4, maxLength: 64, pattern: '^[A-Za-z0-9-]+$' });
/** A time with its zone (RFC 3339). */
export const timeSchema = Type.String({ format: 'date-time', maxLength: 40 });
export const vaultFieldSchema = Type.Enum(vaultFields);
export const formSchema = Type.Enum(disclosureForms);
export const partySchema = Type.Enum(parcelParties);

/** Members of an object schema: one for each field of the vault, none of them required. */
export function byField<S extends TSchema>(schema: S): Record<VaultField, TOptional<S>> {
  return Object.fromEntries(vaultFields.map((field) => [field, Type.Optional(schema)])) as Record<
    VaultField,
    TOptional<S>
  >;
}
