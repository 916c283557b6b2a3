import type { FieldName } from '../core/fields/field.ts';
import type { RejectReason } from '../dump/port.ts';

/** How a table is to be understood. */
export type AddMode = 'snapshot' | 'delta' | 'history';

/** A value that the register does not hold yet for its subject, in parallel arrays. */
export interface NovelValues {
  readonly count: number;
  /** Row within the block. */
  readonly row: Uint32Array;
  /** Field id (core/fields). */
  readonly field: Uint8Array;
  /** Fingerprint, low and high half; a confirming one has only `lo`. */
  readonly lo: Uint32Array;
  readonly hi: Uint32Array;
}

/**
 * One block of a customer table after the scanner has fingerprinted it and compared it with the register that is being extended.
 * Values found current in the old register are marked in `SeenBits` and not repeated here; in `history` mode nothing is compared and every value is novel.
 * The id itself counts as a value of `customerId`. Blocks arrive in any order; within a block, rows that needed the exact path come behind the others. Arrays are valid only during the call.
 */
export interface FingerprintedBlock {
  /** Rows with a usable id (others are counted in `rejected`), without the unchanged ones. */
  readonly rows: number;
  /** Place of the block in the file, from 0: subject numbers are assigned in this order so that a register does not depend on timing. */
  readonly sequence: number;
  /** Per row: the subject, or NONE when its id is not in the old register. */
  readonly subject: Uint32Array;
  /** Per row: fingerprint of the id. */
  readonly idLo: Uint32Array;
  readonly idHi: Uint32Array;
  /** Normalised ids as UTF-8, row r at idOffsets[r] to idOffsets[r + 1]; empty for rows whose subject is known. */
  readonly idBytes: Uint8Array;
  readonly idOffsets: Uint32Array;
  /** Per row, seconds; 0 where the cell is empty. Null when the column was not given. */
  readonly created: Uint32Array | null;
  /** History mode: the row's interval [validFrom, validUntil), STILL_CURRENT when open. Null otherwise. */
  readonly validFrom: Uint32Array | null;
  readonly validUntil: Uint32Array | null;
  /** Pairs (lowest 32 bits, the others): per row its own fingerprint, 0 and 0 for none. Null when none has one. */
  readonly prints: Uint32Array | null;
  /** Rows that were found to be those of their subjects already: they are in none of the arrays. */
  readonly unchanged: number;
  readonly novel: NovelValues;
  readonly controls: readonly ControlNeighbours[];
  readonly rejected: ReadonlyMap<RejectReason, number>;
}

/** Control values made from one sampled value: fingerprints of values that look alike and may belong to nobody. */
export interface ControlNeighbours {
  readonly field: number;
  /** High half of the sampled value's fingerprint: the sample is all values below a threshold. */
  readonly sampleHi: number;
  /** Pairs (lo, hi). */
  readonly neighbours: Uint32Array;
}

/** A subject that the table does not have and that goes in behind one of its new ones, with values of the same fields and the same times. */
export interface Companion {
  readonly idLo: number;
  readonly idHi: number;
  /** Its normalised id as UTF-8. */
  readonly idBytes: Uint8Array;
  /** Its time of creation, from that of the subject that it stands behind and that of the next new one; 0: unknown. */
  createdBetween(beforeSeconds: number, nextSeconds: number): number;
  /** The fingerprint of its value of a field; asked once for each value of the subject that it stands behind. A confirming one has only `lo`. */
  printOf(field: number): { readonly lo: number; readonly hi: number };
  /** Pairs (lo, hi): control values of its value of an identifying field, the one asked last; empty where there are none. */
  neighboursOf(field: number): Uint32Array;
}

/** Says which new subjects have a companion. */
export interface CompanionSource {
  /** Called behind each new subject: its companion, or null. */
  next(): Companion | null;
}

/** Marks that the scanner sets (atomically, from several threads) while it compares a table with the old register. */
export interface SeenBits {
  /** One bit a record. */
  readonly records: Uint32Array;
  /** One bit a confirming entry. */
  readonly confirm: Uint32Array;
  /** One bit a subject: the table has its row as the last snapshot had it. Null when rows were not compared. */
  readonly rows: Uint32Array | null;
}

/** What the table covers and when. */
export interface AddOptions {
  readonly mode: AddMode;
  /** Seconds since 1970; the time of the snapshot or delta. For history, the latest time in the table may be later than this. */
  readonly asOfSeconds: number;
  /** Fields that only this company issues, beside those that always are. */
  readonly exclusive: readonly FieldName[];
  /** New subjects may have ids of who was erased: without it, their rows are rejected. */
  readonly admitsErased?: boolean;
  /** The table counts as part of the last one that added subjects and leaves no entry of its own: nobody can see that it came apart. */
  readonly joinsLast?: boolean;
}
