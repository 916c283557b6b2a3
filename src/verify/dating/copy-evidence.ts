/** Values whose field id is below this identify; the others confirm (core/fields). */
export const FIRST_CONFIRMING_FIELD = 8;

/** The dump has the value for its subject. */
export const SEEN = 1;
/** Another subject who is in the dump with a value of its own had this one too: that row may be why it was seen. */
export const SHARED = 2;
/** One more period of the entry before: the same value, current again. */
export const AGAIN = 4;

/** The time axis of a dating: `bins` bins of `binSeconds`, the first from `fromSeconds` on. */
export interface TimeAxis {
  readonly fromSeconds: number;
  readonly binSeconds: number;
  readonly bins: number;
}

/**
 * What the register says about the values of the subjects that a dump has, in parallel arrays. The entries of subject `s` are `index[s]` to `index[s + 1]`: one for each period of each of its values,
 * seen in the dump or not, in fields that the dump has. Times are seconds since 1970; `until` 0xffffffff: still current.
 */
export interface ValueHistory {
  readonly subjects: number;
  readonly index: Uint32Array;
  /** Per subject, when its account was created; 0: unknown. */
  readonly created: Uint32Array;
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  readonly field: Uint8Array;
  /** SEEN, SHARED, AGAIN. */
  readonly flags: Uint8Array;
}

/** Beginnings, or ends, of accounts, and of those the ones of subjects that the dump has: per bin, and per gap between snapshots when more is not known. */
export interface Turnover {
  readonly all: Uint32Array;
  readonly found: Uint32Array;
  readonly gapAll: Uint32Array;
  readonly gapFound: Uint32Array;
}

/** When accounts of the register began, of those who are still there and of those who left, and when these left. */
export interface Lifespans {
  readonly stayed: Turnover;
  readonly left: Turnover;
  readonly ended: Turnover;
}

/** Everything that tells when a copy was taken; made by `CopyEvidenceGatherer`. */
export interface CopyEvidence {
  readonly axis: TimeAxis;
  /** Times of full or partial tables, ascending: a change that the register saw in one of them happened since the one before. */
  readonly snapshots: readonly number[];
  readonly history: ValueHistory;
  /** When the accounts of all subjects began and ended; null when that is not known, or the dump has too few of them to miss anybody. */
  readonly lifespans: Lifespans | null;
  /** Subjects of the dump that dating could use; `history` may be a sample of them. */
  readonly usable: number;
}

/** Most bins of an axis: five minutes in ten years. */
const MOST_BINS = 1 << 20;

/** An axis over [from, until], seconds. */
export function makeAxis(fromSeconds: number, untilSeconds: number): TimeAxis {
  const range = Math.max(1, untilSeconds - fromSeconds + 1);
  const binSeconds = Math.max(1, Math.ceil(range / MOST_BINS));
  return { fromSeconds, binSeconds, bins: Math.ceil(range / binSeconds) };
}

/** The bin of a time; below 0 or from `bins` on when it lies outside. */
export function binOf(axis: TimeAxis, seconds: number): number {
  return Math.floor((seconds - axis.fromSeconds) / axis.binSeconds);
}
