/*
 * The register's image: the layout of its files, which is also their layout in memory (docs/spec/register.md).
 * All numbers are little endian.
 */

/** Bytes of one line of the fingerprint table: base u32, count u32, then seven fingerprints u64. One cache line, so one look-up is one miss. */
export const LINE_BYTES = 64;
/** Fingerprints that a line holds itself; when `count` is more, slot 6 holds an index into the overflow array (low 32 bits) where fingerprints 6… stand. */
export const LINE_SLOTS = 7;
/** Mean fingerprints a line at build time: 12.8 bytes each, 13 % of the lines overflow (Poisson). */
export const LINE_MEAN = 5;
/** Bytes of one record: subjectField u32, period u32. */
export const RECORD_BYTES = 8;
/** Bytes of one confirming entry: fingerprint u32, period u32 (the field is in a parallel array of u8). */
export const CONFIRM_BYTES = 8;
/** Bits 0 to 27 of subjectField. */
export const SUBJECT_MASK = 0x0fffffff;
/** Bits 28 to 30 of subjectField: the id of an identifying field. */
export const FIELD_SHIFT = 28;
/** Bit 31 of subjectField: the record is a control value and belongs to nobody; bits 0 to 27 then number the control. */
export const CONTROL_BIT = 0x80000000;
/** Most subjects a register can hold. */
export const MAX_SUBJECTS = SUBJECT_MASK;
/** Owner of a record that only says, in a part of a register, that its value is common in the whole: it belongs to nobody and is no control. */
export const PADDING_OWNER = 0xffffffff;
/** "Not in the register" wherever a subject or a record is expected. */
export const NONE = 0xffffffff;
/** `until` of a version that is still current. Times are seconds since 1970, u32. */
export const STILL_CURRENT = 0xffffffff;
/** A fingerprint with more records than this is a common value (a placeholder, a switchboard): it points to nobody, it only confirms. */
export const COMMON_VALUE_RECORDS = 64;

/**
 * The files of one generation as they stand in memory. Arrays may view one shared WebAssembly memory.
 *
 * - `lines`: `lineCount` lines. A fingerprint `f` lives in line floor(hi32(f) * lineCount / 2^32), ascending within it: the whole table is in the
 *   order of fingerprints, and record `base + i` belongs to the line's i-th fingerprint. Equal fingerprints stand once per record, ordered by subjectField, then `from`.
 * - `periods`: pairs (from, until); those still current come first: a record is current exactly when its period number is below `currentPeriods`.
 * - `confirmIndex[s]` to `confirmIndex[s + 1]`: the confirming entries of subject s, ordered by field, fingerprint, `from`.
 */
export interface RegisterImage {
  readonly subjectCount: number;
  readonly lineCount: number;
  readonly recordCount: number;
  readonly currentPeriods: number;
  /** lineCount * 16 words. */
  readonly lines: Uint32Array;
  /** Pairs (lo, hi). */
  readonly overflow: Uint32Array;
  /** Pairs (subjectField, period). */
  readonly records: Uint32Array;
  /** subjectCount + 1 offsets, counted in entries. */
  readonly confirmIndex: Uint32Array;
  /** Pairs (fingerprint, period). */
  readonly confirm: Uint32Array;
  /** One field id per confirming entry. */
  readonly confirmFields: Uint8Array;
  /** Pairs (from, until), seconds. */
  readonly periods: Uint32Array;
  /** Creation time of each subject in seconds; 0 when unknown. */
  readonly created: Uint32Array;
}
