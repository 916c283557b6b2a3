import type { Principal } from '../disclosures/port.ts';

/** Times are seconds since 1970; this as an `until` means that the versions are still current. */
export const STILL = 0xffffffff;

/**
 * The subjects of a dump, in parallel arrays ascending by `subject`; made from the evidence file of a verification.
 *
 * - `fields`: mask by field id of what the dump has of the subject.
 * - `from`, `until`: seconds in which all those versions were current, `until` excluded.
 */
export interface DumpSubjects {
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
  readonly from: Uint32Array;
  readonly until: Uint32Array;
}

/** What the analysis keeps of one pass over all disclosures: those about subjects that are watched. One element a disclosure, in no promised order. */
export interface WatchedReads {
  readonly count: number;
  readonly time: Uint32Array;
  readonly principal: Uint32Array;
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
}

/** How densely subjects were watched: hash samples, so that the work does not grow with the ledger. */
export interface Sampling {
  /** Share of the dump's subjects that is watched. */
  readonly dump: number;
  /** Share of all other subjects that is watched. */
  readonly others: number;
}

/** All that the model looks at. */
export interface AttributionInput {
  readonly dump: DumpSubjects;
  readonly reads: WatchedReads;
  readonly sampling: Sampling;
  /** In the order of their numbers. */
  readonly principals: readonly Principal[];
  /** Earliest and latest disclosure. */
  readonly fromSeconds: number;
  readonly untilSeconds: number;
}
