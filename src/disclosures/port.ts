/** Attributes of a principal from some time on. */
export interface PrincipalVersion {
  /** Seconds since 1970; 0: since ever. */
  readonly fromSeconds: number;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Who reads: a device, a member of staff, a service. */
export interface Principal {
  /** As in the principal column of segments: the place in `principals()`. */
  readonly number: number;
  readonly name: string;
  /** The latest; empty when nothing is known. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Ascending by time; empty when nothing is known. */
  readonly history: readonly PrincipalVersion[];
}

/** One segment: disclosures in the order of their times. Times of several segments may overlap. */
export interface SegmentInfo {
  readonly rows: number;
  /** Time of the first and of the last disclosure, seconds since 1970. */
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}

/** Subjects from here on are of no register: people of whom the disclosures know and the register does not. */
export const FIRST_UNKNOWN_SUBJECT = 0x80000000;

/**
 * Disclosures in parallel arrays of shared memory, one element each, ascending by `time`.
 *
 * - `time`: seconds since 1970.
 * - `principal`: number of the principal.
 * - `subject`: number in the register, below 2^28; or from FIRST_UNKNOWN_SUBJECT on.
 * - `fields`: bit i is the field with id i (core/fields).
 * - `purpose`: index into `purposes()`; 0 is "not said".
 */
export interface DisclosureColumns {
  readonly time: Uint32Array;
  readonly principal: Uint32Array;
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
  readonly purpose: Uint16Array;
}

/** Who read what, as it was when the reader was opened. */
export interface DisclosureReader {
  /** In the order of their numbers. */
  principals(): readonly Principal[];
  /** Index 0 is the empty text: not said. */
  purposes(): readonly string[];
  segments(): readonly SegmentInfo[];
  /** Loads segment `index` of `segments()`. Fails with DISCLOSURES_DAMAGED. */
  openSegment(index: number): DisclosureColumns;
}
