import type { ParcelParty, ParcelStatus } from '../../contract/api/words.ts';
import type { SearchedField, SubjectSlot } from '../slots.ts';

/*
 * What the vault needs of a database: ciphertext, prints, numbers and what is not personal. Stores know neither keys nor values. Two of them, data and keys, lie apart,
 * so that a key can be destroyed that lies in no backup of the data.
 *
 * Every call is atomic. Reading fails with VAULT_READ, or VAULT_DAMAGED when the database says that it is damaged; writing with VAULT_WRITE, and nothing was written then.
 */

/** Envelopes by what they hold; what a subject does not have is missing. */
export type Sealed = Partial<Record<SubjectSlot, Uint8Array>>;

export interface SubjectRow {
  /** Given once: never to another subject, whatever was erased or restored. */
  readonly number: number;
  /** Changes with each write. */
  readonly revision: number;
  /** Of the id. */
  readonly print: Uint8Array;
  /** Those that were asked for. */
  readonly sealed: Sealed;
}

export interface SubjectWrite {
  readonly number: number;
  /** That on which it rests; null: a new subject. */
  readonly revision: number | null;
  /** Print of the id. */
  readonly print: Uint8Array;
  readonly changedMs: number;
  /** What changes; the id must be there for a new one. */
  readonly sealed: Sealed;
  /** What changes; null: not to be found by it. */
  readonly prints: Partial<Record<SearchedField, Uint8Array | null>>;
  /** What is to go to the register; null: nothing. */
  readonly news: SubjectNews | null;
}

/** What happened to a subject's values, for the register. */
export interface SubjectNews {
  /** Bits of `subjectSlots` whose former value is no longer current. */
  readonly closed: number;
  /** Former values, one behind the other (outbox.ts). */
  readonly past: Uint8Array;
}

export interface ParcelRow {
  readonly number: number;
  readonly revision: number;
  readonly parties: Readonly<Record<ParcelParty, PartyRow | null>>;
  readonly status: ParcelStatus;
  readonly station: string | null;
  readonly due: readonly string[];
  readonly atMs: number;
}

export interface PartyRow {
  /** Number of the subject. */
  readonly subject: number;
  /** Tracking number and id under the subject's key (party-link.ts). */
  readonly link: Uint8Array;
}

export interface ParcelWrite {
  /** That on which it rests; null: a new parcel. */
  readonly revision: number | null;
  readonly print: Uint8Array;
  readonly parties: Readonly<Record<ParcelParty, PartyWrite | null>>;
  readonly status: ParcelStatus;
  readonly station: string | null;
  readonly due: readonly string[];
  readonly atMs: number;
  /** Subject for whom the tracking number goes to the register; null: none. */
  readonly newsOf: number | null;
}

export interface PartyWrite {
  readonly subject: number;
  /** Null: as it is. */
  readonly link: Uint8Array | null;
}

/** A parcel as one of its parties has it. */
export interface PartyParcel {
  readonly print: Uint8Array;
  readonly party: ParcelParty;
  readonly link: Uint8Array;
}

/** How far a table has been read: rows from its start. */
export interface ImportMark {
  readonly source: Uint8Array;
  readonly rows: number;
}

export interface DataWrite {
  readonly subjects: readonly SubjectWrite[];
  readonly parcels: readonly ParcelWrite[];
  readonly mark: ImportMark | null;
}

export interface OutboxRow {
  readonly sequence: number;
  readonly subject: number;
  readonly closed: number;
  readonly past: Uint8Array | null;
  /** Print of the parcel whose tracking number it is about; null: the subject's fields. */
  readonly parcel: Uint8Array | null;
}

export interface DataCounts {
  readonly subjects: number;
  readonly parcels: number;
  /** Entries of the outbox. */
  readonly unfed: number;
  readonly sizeBytes: number;
}

export interface DataStore {
  /** 16 random bytes that the two stores of one vault share; the first call keeps what is given. */
  identity(proposed: Uint8Array): Promise<Uint8Array>;
  /** Subjects by the prints of their ids, in that order. */
  subjects(prints: readonly Uint8Array[], slots: readonly SubjectSlot[]): Promise<readonly (SubjectRow | null)[]>;
  subjectsByNumber(numbers: readonly number[], slots: readonly SubjectSlot[]): Promise<readonly (SubjectRow | null)[]>;
  /** Subjects with that print, at most `most`, with their ids and that field. */
  find(field: SearchedField, print: Uint8Array, most: number): Promise<readonly SubjectRow[]>;
  parcels(prints: readonly Uint8Array[]): Promise<readonly (ParcelRow | null)[]>;
  /** The newest first, at most `most`. */
  parcelsOf(subject: number, most: number): Promise<readonly PartyParcel[]>;
  /** Writes all of it, durably; false and nothing when something is no longer of its revision, or is there although it should be new. */
  write(batch: DataWrite): Promise<boolean>;
  /** Takes subjects away, their entries of the outbox, and themselves out of parcels. */
  remove(subjects: readonly number[]): Promise<void>;
  /** The next entries behind a sequence, in order. */
  outbox(after: number, most: number): Promise<readonly OutboxRow[]>;
  /** Removes entries up to a sequence. */
  fed(until: number): Promise<void>;
  /** Rows of a table that are in already; 0 when it is not known. */
  importMark(source: Uint8Array): Promise<number>;
  /** Subjects behind a number that neither changed nor have a parcel that did since `beforeMs`, in order; `next` is null at the end. */
  unused(
    after: number,
    beforeMs: number,
    most: number,
  ): Promise<{ readonly numbers: readonly number[]; readonly next: number | null }>;
  /** Subjects behind a number, in order; `next` is null at the end. */
  numbers(after: number, most: number): Promise<{ readonly numbers: readonly number[]; readonly next: number | null }>;
  /** Recipients of those of the next `most` parcels behind a number that are at a station; `next` is the number of the last one that was looked at, null at the end. */
  recipientsAt(
    station: string,
    after: number,
    most: number,
  ): Promise<{ readonly numbers: readonly number[]; readonly next: number | null }>;
  /** The greatest number of a subject; 0 when there is none. */
  lastNumber(): Promise<number>;
  counts(): Promise<DataCounts>;
  /** Leaves nothing of what was removed in any file. Fails with VAULT_WRITE while somebody else reads. */
  scrub(): Promise<void>;
  close(): Promise<void>;
}

/** A version of the key-encryption key. */
export interface EncryptionKey {
  readonly version: number;
  /** As the key provider wrapped it; null: destroyed. */
  readonly wrapped: Uint8Array | null;
  /** Data keys under it. */
  readonly dataKeys: number;
}

export interface WrappedKey {
  /** Version of the key-encryption key. */
  readonly version: number;
  readonly wrapped: Uint8Array;
}

export interface NumberedKey extends WrappedKey {
  readonly number: number;
}

export interface Rotation {
  /** The version that everything gets. */
  readonly version: number;
  /** Data keys up to this number are done. */
  readonly cursor: number;
  readonly done: number;
  readonly total: number;
}

export interface KeyStore {
  identity(proposed: Uint8Array): Promise<Uint8Array>;
  /** Oldest first. */
  encryptionKeys(): Promise<readonly EncryptionKey[]>;
  /**
   * Adds a version, with the index key under it, and begins a rotation when there are older ones; `version` is one more than the newest. False when somebody else was faster.
   */
  addEncryptionKey(version: number, wrapped: Uint8Array, indexKey: Uint8Array): Promise<boolean>;
  /** The key of the blind indexes; null in a new store. */
  indexKey(): Promise<WrappedKey | null>;
  /**
   * Makes `count` data keys with consecutive numbers above `floor` and all that were ever given; `wrap` is called for each. Gives the first number; null, and nothing is made, when `version` is not the newest.
   */
  make(count: number, floor: number, version: number, wrap: (number: number) => Uint8Array): Promise<number | null>;
  /** In that order; null: destroyed, or never there. */
  keys(numbers: readonly number[]): Promise<readonly (WrappedKey | 'destroyed' | null)[]>;
  /** Overwrites keys, remembers that they have to be taken out of the data, and keeps for good the prints of whose ids they were (BlindIndex.ofErasedId). */
  destroy(subjects: readonly { readonly number: number; readonly print: Uint8Array }[]): Promise<void>;
  /** For each such print: whether a subject with that id was destroyed. */
  wereErased(prints: readonly Uint8Array[]): Promise<readonly boolean[]>;
  /** Of `destroy`, those that are not `removed` yet. */
  unremoved(): Promise<readonly number[]>;
  removed(numbers: readonly number[]): Promise<void>;
  /** Null: none is running. */
  rotation(): Promise<Rotation | null>;
  /** Keys behind a number that are under an older version, in order. */
  keysBefore(version: number, after: number, most: number): Promise<readonly NumberedKey[]>;
  /** Keeps what was wrapped anew (`from` is the version before; a key that was destroyed meanwhile stays so), and how far the rotation is. */
  rewrapped(version: number, keys: readonly (NumberedKey & { readonly from: number })[], cursor: number): Promise<void>;
  /** Ends the rotation and destroys older versions. Fails with VAULT_ROTATION while a key is under one of them. */
  endRotation(version: number): Promise<void>;
  sizeBytes(): Promise<number>;
  scrub(): Promise<void>;
  close(): Promise<void>;
}
