import { CONTROL_BIT } from './layout.ts';

/** Versions in a batch: small enough for the first cache, large enough that calls cost nothing. */
export const BATCH_VERSIONS = 512;

/*
 * A version in a batch is six words: three keys, from, until, flags. Values are the same for the same subject exactly when their keys are equal:
 * (hi, lo, subjectField) for identifying values, (subject * 8 + field - 8, fingerprint, 0) for confirming ones.
 */
export const VERSION_WORDS = 6;
export const FROM = 3;
export const UNTIL = 4;
export const FLAGS = 5;
/** The old register has this version, or a part of it. */
export const IS_OLD = 1;
/** The old register has it as current, even if the new table closes it. */
export const WAS_CURRENT = 2;

/** A stream of versions in ascending order of keys and `from`, in batches. */
export interface VersionSource {
  /** The batch at hand. */
  readonly words: Uint32Array;
  /** Brings the next batch; answers how many words it has, 0 at the end and ever after. */
  fill(): number;
}

/** No versions: what a first table is merged with. */
export const noVersions: VersionSource = { words: new Uint32Array(0), fill: () => 0 };

/** Memory for one batch. */
export function newBatch(): Uint32Array {
  return new Uint32Array(BATCH_VERSIONS * VERSION_WORDS);
}

/**
 * Merges the old register's versions with a new table's and unites what belongs together: versions of one value whose intervals overlap or touch are one.
 *
 * Controls take part as versions with CONTROL_BIT in the third key, `from` = high half of the sampled value, never ending: of equal ones the lowest sample
 * stays, and those that a customer turns out to have disappear (they come after the customers of the same fingerprint).
 */
export class VersionMerger implements VersionSource {
  readonly words = newBatch();
  readonly #old: VersionSource;
  readonly #novel: VersionSource;
  #oldAt = 0;
  #oldEnd: number;
  #novelAt = 0;
  #novelEnd: number;
  /** Where the last version of the batch before stands: what comes next may still be part of it. */
  #kept = -1;
  /** Fingerprint of the last customer's value; before the first one, no number that a fingerprint has. */
  #customer0 = -1;
  #customer1 = -1;

  constructor(old: VersionSource, novel: VersionSource) {
    this.#old = old;
    this.#novel = novel;
    this.#oldEnd = old.fill();
    this.#novelEnd = novel.fill();
  }

  fill(): number {
    const out = this.words;
    // `last` is the version that may still grow, `end` the end of the batch.
    let last = -VERSION_WORDS;
    let end = 0;
    if (this.#kept >= 0) {
      out.copyWithin(0, this.#kept, this.#kept + VERSION_WORDS);
      last = 0;
      end = VERSION_WORDS;
      this.#kept = -1;
    }
    const old = this.#old.words;
    const novel = this.#novel.words;
    let oldAt = this.#oldAt;
    let novelAt = this.#novelAt;
    while (this.#oldEnd > 0 || this.#novelEnd > 0) {
      const isOld = this.#novelEnd === 0 || (this.#oldEnd > 0 && isNotAfter(old, oldAt, novel, novelAt));
      const source = isOld ? old : novel;
      const sourceEnd = isOld ? this.#oldEnd : this.#novelEnd;
      let at = isOld ? oldAt : novelAt;
      let limit = 2 ** 32;
      if (!isOld && this.#oldEnd > 0) limit = old[oldAt]!;
      else if (isOld && this.#novelEnd > 0) limit = novel[novelAt]!;
      const runEnd = findRunEnd(
        source,
        at,
        Math.min(sourceEnd, at + out.length - end),
        last < 0 ? -1 : out[last]!,
        limit,
      );
      if (runEnd > at) {
        while (at < runEnd) out[end++] = source[at++]!;
        last = end - VERSION_WORDS;
        this.#noteCustomer(out, last);
      } else {
        if (isPart(out, last, source, at)) {
          if (source[at + UNTIL]! > out[last + UNTIL]!) out[last + UNTIL] = source[at + UNTIL]!;
          out[last + FLAGS] = out[last + FLAGS]! | source[at + FLAGS]!;
        } else if (!this.#isCustomersControl(source, at)) {
          if (end === out.length) {
            this.#kept = last;
            end = last;
            break;
          }
          last = end;
          for (let word = 0; word < VERSION_WORDS; word++) out[end++] = source[at + word]!;
          this.#noteCustomer(out, last);
        }
        at += VERSION_WORDS;
      }
      if (isOld) {
        oldAt = at < sourceEnd ? at : 0;
        if (at === sourceEnd) this.#oldEnd = this.#old.fill();
      } else {
        novelAt = at < sourceEnd ? at : 0;
        if (at === sourceEnd) this.#novelEnd = this.#novel.fill();
      }
    }
    this.#oldAt = oldAt;
    this.#novelAt = novelAt;
    return end;
  }

  #noteCustomer(words: Uint32Array, at: number): void {
    if (words[at + 2]! >= CONTROL_BIT) return;
    this.#customer0 = words[at]!;
    this.#customer1 = words[at + 1]!;
  }

  /** A control whose fingerprint a customer has: customers come before controls of the same fingerprint. */
  #isCustomersControl(words: Uint32Array, at: number): boolean {
    return words[at + 2]! >= CONTROL_BIT && words[at] === this.#customer0 && words[at + 1] === this.#customer1;
  }
}

/**
 * The end of a run that can be copied without looking: versions whose first keys ascend strictly, above the last version's and below the other stream's. In
 * practice nearly all are in such runs, the whole table when it is the first and between two changes when it is not.
 */
function findRunEnd(words: Uint32Array, start: number, end: number, above: number, below: number): number {
  let previous = above;
  let at = start;
  for (; at < end; at += VERSION_WORDS) {
    const key = words[at]!;
    if (key <= previous || key >= below) break;
    previous = key;
  }
  return at;
}

/** The version belongs to the last one: same keys, overlapping or touching intervals. */
function isPart(out: Uint32Array, last: number, words: Uint32Array, at: number): boolean {
  return (
    last >= 0 &&
    out[last] === words[at] &&
    out[last + 1] === words[at + 1] &&
    out[last + 2] === words[at + 2] &&
    words[at + FROM]! <= out[last + UNTIL]!
  );
}

/** Keys and `from` of the first version are not above those of the second. */
function isNotAfter(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  if (a[atA] !== b[atB]) return a[atA]! < b[atB]!;
  if (a[atA + 1] !== b[atB + 1]) return a[atA + 1]! < b[atB + 1]!;
  if (a[atA + 2] !== b[atB + 2]) return a[atA + 2]! < b[atB + 2]!;
  return a[atA + FROM]! <= b[atB + FROM]!;
}
