import { BoltsealError } from '../core/errors.ts';
import { CONTROL_BIT, FIELD_SHIFT, STILL_CURRENT, SUBJECT_MASK } from './layout.ts';
import { FLAGS, FROM, IS_OLD, UNTIL, VERSION_WORDS, type VersionSource, WAS_CURRENT } from './merge.ts';
import { setBit } from './old-versions.ts';
import { PeriodTable } from './period-table.ts';

/** Most records, and most confirming entries: their numbers are u32 and NONE is taken. */
const MAX_ENTRIES = 2 ** 32 - 2;

/** What a merge will give, counted in a first pass. Arrays are by field id. */
export interface VersionCounts {
  readonly periods: PeriodTable;
  /** Identifying versions and controls. */
  readonly records: number;
  readonly confirming: number;
  readonly versions: Uint32Array;
  /** Versions that are current. */
  readonly current: Uint32Array;
  readonly controls: Uint32Array;
  /** Different values of customers below the field's control threshold. */
  readonly sampled: Uint32Array;
  readonly versionsAdded: number;
  readonly versionsClosed: number;
  /** Subjects that had a current id and have none any more. */
  readonly subjectsClosed: number;
}

/** The merges to count. `thresholds` by field id. Fails with REGISTER_TOO_BIG. */
export function countVersions(input: {
  readonly identifying: VersionSource;
  readonly confirming: VersionSource;
  readonly thresholds: Uint32Array;
  readonly customerIdField: number;
  readonly oldSubjects: number;
}): VersionCounts {
  const { thresholds, customerIdField, oldSubjects } = input;
  const periods = new PeriodTable();
  const versions = new Uint32Array(16);
  const current = new Uint32Array(16);
  const controls = new Uint32Array(8);
  const sampled = new Uint32Array(8);
  /** Per field: the last sampled value, so that a value of several subjects counts once. */
  const lastSampled = new Float64Array(16).fill(-1);
  const gone = new Uint32Array((oldSubjects + 31) >>> 5);
  const present = new Uint32Array((oldSubjects + 31) >>> 5);
  let records = 0;
  let confirming = 0;
  let versionsAdded = 0;
  let versionsClosed = 0;

  const countVersion = (words: Uint32Array, at: number, field: number): void => {
    const until = words[at + UNTIL]!;
    const flags = words[at + FLAGS]!;
    periods.add(words[at + FROM]!, until);
    versions[field] = versions[field]! + 1;
    if ((flags & IS_OLD) === 0) versionsAdded++;
    if (until === STILL_CURRENT) current[field] = current[field]! + 1;
    else if ((flags & WAS_CURRENT) !== 0) versionsClosed++;
  };

  const { words } = input.identifying;
  for (let end = input.identifying.fill(); end > 0; end = input.identifying.fill()) {
    records += end / VERSION_WORDS;
    for (let at = 0; at < end; at += VERSION_WORDS) {
      const owner = words[at + 2]!;
      const field = (owner >>> FIELD_SHIFT) & 7;
      if (owner >= CONTROL_BIT) {
        controls[field] = controls[field]! + 1;
        continue;
      }
      countVersion(words, at, field);
      const hi = words[at]!;
      const lo = words[at + 1]!;
      if (hi < thresholds[field]! && (lastSampled[2 * field] !== hi || lastSampled[2 * field + 1] !== lo)) {
        sampled[field] = sampled[field]! + 1;
        lastSampled[2 * field] = hi;
        lastSampled[2 * field + 1] = lo;
      }
      const subject = owner & SUBJECT_MASK;
      if (field === customerIdField && subject < oldSubjects) {
        if (words[at + UNTIL] === STILL_CURRENT) setBit(present, subject);
        else if ((words[at + FLAGS]! & WAS_CURRENT) !== 0) setBit(gone, subject);
      }
    }
  }
  const others = input.confirming.words;
  for (let end = input.confirming.fill(); end > 0; end = input.confirming.fill()) {
    confirming += end / VERSION_WORDS;
    for (let at = 0; at < end; at += VERSION_WORDS) countVersion(others, at, 8 + (others[at]! & 7));
  }
  checkCount(records, 'identifying versions');
  checkCount(confirming, 'confirming versions');

  let subjectsClosed = 0;
  for (let i = 0; i < gone.length; i++) subjectsClosed += countBits(gone[i]! & ~present[i]!);
  return {
    periods,
    records,
    confirming,
    versions,
    current,
    controls,
    sampled,
    versionsAdded,
    versionsClosed,
    subjectsClosed,
  };
}

function checkCount(count: number, what: string): void {
  if (count > MAX_ENTRIES) throw new BoltsealError('REGISTER_TOO_BIG', { count, what, most: MAX_ENTRIES });
}

/** Population count of a word (Warren, Hacker's Delight, figure 5-2). */
function countBits(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  bits = (bits + (bits >>> 4)) & 0x0f0f0f0f;
  return Math.imul(bits, 0x01010101) >>> 24;
}
