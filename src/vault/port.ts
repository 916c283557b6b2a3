import type { ParcelParty, ParcelStatus, VaultField } from '../contract/api/words.ts';

/*
 * What the vault gives to others. Values are in the clear here and nowhere below: stores see ciphertext and blind indexes.
 */

/** The open vault of one tenant. Calls may be made at once; each is atomic. Whatever reads never waits for a rotation of keys. */
export interface Vault {
  /**
   * Some fields of several subjects, in their order; null for a subject that is not there or was erased, no entry for a field that it does not have.
   * Fails with VAULT_DAMAGED when a value is not authentic for its tenant, subject, field and version, and VAULT_KEY when its key cannot be unwrapped.
   */
  read(subjects: readonly string[], fields: readonly VaultField[]): Promise<readonly (SubjectValues | null)[]>;
  /**
   * Ids of subjects that have this value now, by the blind index, at most 1,000; the value is normalised as the register does. Phone, email, nationalId and username have one:
   * fails with VAULT_SEARCH for the others.
   */
  find(field: VaultField, value: string): Promise<readonly string[]>;
  /**
   * Writes what differs, each value that changes as a new version; a subject that is not there is made. Durable when it returns. `null` takes a field away.
   * What is older than the value that is there is passed over. Fails with VAULT_WRITE, VAULT_VALUE, and VAULT_ERASED for a subject that is not there and has the id of one who was erased; then nothing of
   * it was written.
   */
  write(changes: readonly SubjectChange[]): Promise<WriteSummary>;
  /** Parcels by tracking number, in their order; null where there is none. */
  parcels(trackingNumbers: readonly string[]): Promise<readonly (Parcel | null)[]>;
  /**
   * Makes parcels or changes what is given of them; what happened before `at` of the last change is passed over (events come late). Parties that are not there are made, but for those with ids of who was
   * erased: they stay open. Durable when it returns.
   */
  writeParcels(changes: readonly ParcelChange[]): Promise<WriteSummary>;
  /** Tracking numbers of parcels that a subject is a party of, at most `most` (1,000 unless said), those that were made last first. */
  parcelsOf(subject: string, most?: number): Promise<readonly string[]>;
  /** Ids of subjects behind a place (0: the start), at most 1,000, in the order in which they were first written; `next` is null at the end. */
  list(after: number): Promise<IdPage>;
  /** Ids of the recipients of parcels that are at a station now; behind a place as `list`. A subject comes as often as it has parcels there. */
  recipientsAt(station: string, after: number): Promise<IdPage>;
  /** Everything held about a person. Null when nothing is. */
  report(subject: string): Promise<SubjectReport | null>;
  /**
   * Destroys the data key of a subject and takes rows and indexes away, parcels' links to it included. Durable when it returns; backups of the data are unreadable without the key.
   * Gives whether there was anything.
   */
  erase(subject: string): Promise<boolean>;
  status(): Promise<VaultStatus>;
  close(): Promise<void>;
}

/** What keeping a vault takes, beside using it. */
export interface VaultKeeping {
  /**
   * As `write` and `writeParcels`, with how far a table has been read: the rows count when what they brought is durable, and only then. New subjects with ids of who was erased are left out and counted, unless
   * `admitsErased`.
   */
  importSubjects(
    changes: readonly SubjectChange[],
    source: Uint8Array,
    rows: number,
    admitsErased?: boolean,
  ): Promise<WriteSummary>;
  importParcels(changes: readonly ParcelChange[], source: Uint8Array, rows: number): Promise<WriteSummary>;
  /** Rows of a table that are in already. */
  importedRows(source: Uint8Array): Promise<number>;
  /** The next versions that the register has not heard of, in the order of their writing, behind a place that an earlier call gave (0: the start). */
  news(after: number, most: number): Promise<VaultNews>;
  /** The register has all news up to a place. */
  fed(until: number): Promise<void>;
  /**
   * Begins a rotation, or goes on with one: a new version of the key-encryption key, under which every data key is wrapped anew, in batches; reading and writing go on. A rotation that was killed is
   * gone on with. When it is through, older versions are destroyed. `onProgress` hears of data keys. Fails with VAULT_KEY, VAULT_KEY_PROVIDER, VAULT_ROTATION.
   */
  rotate(
    onProgress: (done: number, total: number) => void,
  ): Promise<{ readonly version: number; readonly dataKeys: number }>;
  /** Subjects behind a place that neither changed nor have a parcel that did since `beforeMs`; `next` is null at the end. */
  unused(
    after: number,
    beforeMs: number,
  ): Promise<{ readonly subjects: readonly string[]; readonly next: number | null }>;
  /** Some subjects, spread over all of them, at most `most`; for checks. */
  sample(most: number): Promise<readonly SampledSubject[]>;
}

/** Some ids, and where the next call goes on; null: there is no more. */
export interface IdPage {
  readonly subjects: readonly string[];
  readonly next: number | null;
}

export interface SampledSubject {
  readonly id: string;
  readonly values: SubjectValues;
  readonly trackingNumbers: readonly string[];
}

export interface VaultNews {
  readonly versions: readonly NewVersion[];
  /** Subjects some of whose former values are no longer current, with what they have now. */
  readonly closed: readonly ClosedValues[];
  /** Where the next call goes on; null: there is no more. */
  readonly next: number | null;
}

/** A value that was or is current. */
export interface NewVersion {
  readonly subject: string;
  readonly field: VaultField | 'trackingNumber';
  readonly value: string;
  readonly sinceMs: number;
  /** Null: still. */
  readonly untilMs: number | null;
}

export interface ClosedValues {
  readonly subject: string;
  readonly fields: readonly VaultField[];
  readonly values: SubjectValues;
}

export type SubjectValues = Partial<Record<VaultField, HeldValue>>;

export interface HeldValue {
  readonly value: string;
  /** From 1, one more with each change of the field. */
  readonly version: number;
  /** Milliseconds since 1970: current since. */
  readonly sinceMs: number;
}

export interface SubjectChange {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly fields: Partial<Record<VaultField, string | null>>;
}

export interface Parcel {
  readonly trackingNumber: string;
  /** Subject ids; null: erased or unknown. */
  readonly parties: Readonly<Record<ParcelParty, string | null>>;
  readonly status: ParcelStatus;
  /** Where it is now; null: on the way. */
  readonly station: string | null;
  /** Stations where it is due, the next first. */
  readonly due: readonly string[];
  /** Milliseconds since 1970 of the last change. */
  readonly atMs: number;
}

export interface ParcelChange {
  readonly trackingNumber: string;
  readonly atMs: number;
  readonly parties?: Partial<Record<ParcelParty, string>>;
  readonly status?: ParcelStatus;
  readonly station?: string | null;
  readonly due?: readonly string[];
}

export interface WriteSummary {
  /** Things that were not there before. */
  readonly made: number;
  /** Things that were changed. */
  readonly changed: number;
  /** Things that were as given already, or newer. */
  readonly same: number;
  /** Subjects that were left out because somebody with that id was erased; without it none. */
  readonly erased?: number;
}

export interface SubjectReport {
  readonly subject: string;
  readonly values: SubjectValues;
  readonly parcels: readonly Parcel[];
}

export interface VaultStatus {
  readonly subjects: number;
  readonly parcels: number;
  readonly sizeBytes: number;
  /** Versions of the key-encryption key, newest last, with the data keys that are wrapped by each. */
  readonly keyVersions: readonly { readonly version: number; readonly dataKeys: number }[];
  /** Writes of which the register has not heard yet. */
  readonly unfed: number;
  /** Null: none is running. */
  readonly rotation: { readonly done: number; readonly total: number } | null;
}
