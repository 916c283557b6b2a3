import { binOf, type TimeAxis } from './copy-evidence.ts';

/** Seen for the first time in the first table of all: that shows what is, and nothing of since when. */
export const FIRST_TABLE = -2;

/** Where the register's snapshots leave the time of a change open. */
export interface Gaps {
  /** Gap g: bins from `from[g]` up to, without, `to[g]`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Gap of a change seen at this time; FIRST_TABLE: in the first one of all. Times that are not here are exact. */
  readonly ofTime: ReadonlyMap<number, number>;
}

/** The gaps between the times of tables, ascending. */
export function findGaps(axis: TimeAxis, snapshots: readonly number[]): Gaps {
  const ofTime = new Map<number, number>();
  for (const [i, time] of snapshots.entries()) ofTime.set(time, i === 0 ? FIRST_TABLE : i - 1);
  return {
    from: Int32Array.from(snapshots.slice(0, -1), (time) => binOf(axis, time)),
    to: Int32Array.from(snapshots.slice(1), (time) => binOf(axis, time)),
    ofTime,
  };
}
