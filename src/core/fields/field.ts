/** The names of the kinds of value that Boltseal knows; the words of the design, used in every file and screen. */
export type FieldName =
  | 'phone'
  | 'email'
  | 'nationalId'
  | 'username'
  | 'trackingNumber'
  | 'customerId'
  | 'name'
  | 'address'
  | 'password'
  | 'passwordHash';

/** Identifying fields point to one subject at a time; confirming fields only support a match. */
export type FieldRole = 'identifying' | 'confirming';

/** What a normaliser must know about the company: the region whose national phone formats need no prefix (ISO 3166-1 alpha-2). */
export interface FieldContext {
  readonly region: string;
}

/** One kind of value. Everything below the registry receives this entry and never branches on the kind. */
export interface Field {
  readonly name: FieldName;
  /** Stable number of the field in files: 0 to 7 identifying, 8 to 15 confirming. Never reused. */
  readonly id: number;
  readonly role: FieldRole;
  /** True when only this company issues such values (may be changed per register with `--exclusive`). */
  readonly exclusive: boolean;
  /** Raised when `normalise` changes its answers: it is part of the fingerprint's domain. */
  readonly version: number;
  /** Header names that say "this field", lower case, letters and digits only (any script). */
  readonly headers: readonly string[];
  /** How surely a cell looks like this field: 0 (no) to 1 (it can hardly be anything else). Never throws. */
  classify(cell: string, context: FieldContext): number;
  /** The one form under which equal values are equal, or null when the cell holds no value of this field. Never throws; idempotent. */
  normalise(cell: string, context: FieldContext): string | null;
  /** A form that shows the shape of the value and not the value, for reports and samples. */
  mask(cell: string): string;
}
