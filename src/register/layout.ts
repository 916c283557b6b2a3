/*
 * The register's image: the layout of its files, which is also their layout in memory (docs/spec/register.md).
 * All numbers are little endian.
 */

/** Bytes of an entry of the fingerprint table: fingerprint u64, subjectField u32, period u32. */
export const ENTRY_BYTES = 16;
/** Entries in the room of one line, of which the first is its head. Two cache lines side by side: one look-up is one miss, and has the record with it. */
export const LINE_ENTRIES = 8;
export const LINE_BYTES = LINE_ENTRIES * ENTRY_BYTES;
/** Fingerprints that a line holds at most; further ones stand in the overflow. */
export const LINE_SLOTS = LINE_ENTRIES - 1;
/** Mean fingerprints a line at build time: 23.3 bytes each, 19 % of the lines overflow (Poisson). */
export const LINE_MEAN = 5.5;
/** Mean up to which a growing table keeps its lines: 26 % of them overflow then. */
export const LINE_MOST = 6;
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
 * - `table`: entries of four words (lo, hi, subjectField, period), first `lineCount` lines of LINE_ENTRIES, then the overflow. A fingerprint `f` lives in line
 *   floor(hi32(f) * lineCount / 2^32). A line's first entry is its head: fingerprints in the line, further ones in the overflow, number of the first of these, 0. Within a line and its
 *   overflow fingerprints ascend, and equal ones stand side by side, once per record, ordered by subjectField, then `from`. A record's number is that of its entry.
 * - `periods`: pairs (from, until); those still current come first: a record is current exactly when its period number is below `currentPeriods`.
 * - `confirmIndex[s]` to `confirmIndex[s + 1]`: the confirming entries of subject s, ordered by field, fingerprint, `from`.
 */
export interface RegisterImage {
  readonly subjectCount: number;
  readonly lineCount: number;
  /** Entries of `table`: one more than the highest number of a record. */
  readonly entryCount: number;
  readonly currentPeriods: number;
  /** 4 * entryCount words. */
  readonly table: Uint32Array;
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
