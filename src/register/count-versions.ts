import { BoltsealError } from '../core/errors.ts';
import { CONTROL_BIT, FIELD_SHIFT, STILL_CURRENT, SUBJECT_MASK } from './layout.ts';
import { FLAGS, FROM, IS_OLD, UNTIL, VERSION_WORDS, type VersionSource, WAS_CURRENT } from './merge.ts';
import { setBit } from './old-versions.ts';
import { PeriodTable } from './period-table.ts';

/** Most records, and most confirming entries: their numbers are u32 and NONE is taken. */
const MAX_ENTRIES = 2 ** 32 - 2;

/** What the next generation will hold, counted before it is written. Arrays are by field id. */
export class VersionCounts {
  readonly periods = new PeriodTable();
  /** Identifying versions and controls. */
  records = 0;
  confirming = 0;
  readonly versions = new Uint32Array(16);
  /** Versions that are current. */
  readonly current = new Uint32Array(16);
  readonly controls = new Uint32Array(8);
  /** Different values of customers below the field's control threshold. */
  readonly sampled = new Uint32Array(8);
  versionsAdded = 0;
  versionsClosed = 0;
  /** By field id. */
  readonly #thresholds: Uint32Array;
  readonly #customerIdField: number;
  readonly #oldSubjects: number;
  /** Per field: the last sampled value, so that a value of several subjects counts once. */
  readonly #lastSampled = new Float64Array(16).fill(-1);
  /** Old subjects whose id is closed, and those who have one that is current. */
  readonly #gone: Uint32Array;
  readonly #present: Uint32Array;

  constructor(thresholds: Uint32Array, customerIdField: number, oldSubjects: number) {
    this.#thresholds = thresholds;
    this.#customerIdField = customerIdField;
    this.#oldSubjects = oldSubjects;
    this.#gone = new Uint32Array((oldSubjects + 31) >>> 5);
    this.#present = new Uint32Array((oldSubjects + 31) >>> 5);
  }

  /** Subjects that had a current id and have none any more. */
  get subjectsClosed(): number {
    let count = 0;
    for (let i = 0; i < this.#gone.length; i++) count += countBits(this.#gone[i]! & ~this.#present[i]!);
    return count;
  }

  /** Counts identifying versions to the end of their source. Fails with REGISTER_TOO_BIG. */
  addIdentifying(source: VersionSource): void {
    const { words } = source;
    for (let end = source.fill(); end > 0; end = source.fill()) {
      this.records += end / VERSION_WORDS;
      for (let at = 0; at < end; at += VERSION_WORDS) {
        const owner = words[at + 2]!;
        const field = (owner >>> FIELD_SHIFT) & 7;
        if (owner >= CONTROL_BIT) {
          this.controls[field] = this.controls[field]! + 1;
          continue;
        }
        this.#countVersion(words, at, field);
        this.#countSampled(words[at]!, words[at + 1]!, field);
        if (words[at + UNTIL] === STILL_CURRENT) this.noteId(owner, true);
        else if ((words[at + FLAGS]! & WAS_CURRENT) !== 0) this.noteId(owner, false);
      }
    }
    checkCount(this.records, 'identifying versions');
  }

  /** Counts confirming versions to the end of their source. Fails with REGISTER_TOO_BIG. */
  addConfirming(source: VersionSource): void {
    const { words } = source;
    for (let end = source.fill(); end > 0; end = source.fill()) {
      this.confirming += end / VERSION_WORDS;
      for (let at = 0; at < end; at += VERSION_WORDS) this.#countVersion(words, at, 8 + (words[at]! & 7));
    }
    checkCount(this.confirming, 'confirming versions');
  }

  /** A record that was current is so still, or is closed now: when it is an id, that says who is gone. `owner`: subjectField. */
  noteId(owner: number, isCurrent: boolean): void {
    const subject = owner & SUBJECT_MASK;
    if (owner >>> FIELD_SHIFT !== this.#customerIdField || subject >= this.#oldSubjects) return;
    setBit(isCurrent ? this.#present : this.#gone, subject);
  }

  #countVersion(words: Uint32Array, at: number, field: number): void {
    const until = words[at + UNTIL]!;
    const flags = words[at + FLAGS]!;
    this.periods.add(words[at + FROM]!, until);
    this.versions[field] = this.versions[field]! + 1;
    if ((flags & IS_OLD) === 0) this.versionsAdded++;
    if (until === STILL_CURRENT) this.current[field] = this.current[field]! + 1;
    else if ((flags & WAS_CURRENT) !== 0) this.versionsClosed++;
  }

  #countSampled(hi: number, lo: number, field: number): void {
    const last = this.#lastSampled;
    if (hi >= this.#thresholds[field]! || (last[2 * field] === hi && last[2 * field + 1] === lo)) return;
    this.sampled[field] = this.sampled[field]! + 1;
    last[2 * field] = hi;
    last[2 * field + 1] = lo;
  }
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
