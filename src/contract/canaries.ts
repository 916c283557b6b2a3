/** Format version of what the sealed list of canaries holds; documented in docs/spec/canaries.md. */
export const canariesFormat = 'boltseal-canaries-1';

/** Fields that canaries can have, in the order of the exported columns. */
export const canaryFields = [
  'customerId',
  'name',
  'phone',
  'email',
  'nationalId',
  'username',
  'address',
  'trackingNumber',
] as const;
export type CanaryField = (typeof canaryFields)[number];

/** For whom canaries were made: one reader, or a system, an export, a partner. */
export type Recipient = { readonly principal: string } | { readonly scope: string };

/** A subject that does not exist. */
export interface Canary {
  /** Fingerprint of its id, by which the register knows it. */
  readonly idLo: number;
  readonly idHi: number;
  /** By field, as exported. */
  readonly values: Readonly<Record<string, string>>;
  /** By field: as many values it was drawn from. */
  readonly choices: Readonly<Record<string, number>>;
}

/** The canaries of one `canaries make`. */
export interface CanaryBatch {
  /** 16 hexadecimal digits. */
  readonly id: string;
  readonly for: Recipient;
  /** ISO 8601, UTC. */
  readonly madeAt: string;
  readonly columns: readonly CanaryField[];
  /** False: the make was cut off, or is under way. */
  readonly exported: boolean;
  readonly canaries: readonly Canary[];
}

/** What the sealed list holds. */
export interface CanaryList {
  readonly format: typeof canariesFormat;
  readonly batches: readonly CanaryBatch[];
  /** Canaries that the register has and that wait for a recipient. */
  readonly stock: readonly Canary[];
}

/** No canaries. */
export const emptyCanaries: CanaryList = { format: canariesFormat, batches: [], stock: [] };

/** Whether both are the same principal, or the same scope. */
export function isSameRecipient(one: Recipient, other: Recipient): boolean {
  return 'principal' in one
    ? 'principal' in other && one.principal === other.principal
    : 'scope' in other && one.scope === other.scope;
}

/** `"scanner-7"`, or `scope "crm export"`. */
export function recipientTitle(recipient: Recipient): string {
  return 'principal' in recipient ? `"${recipient.principal}"` : `scope "${recipient.scope}"`;
}
