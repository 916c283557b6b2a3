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
      const at = isOld ? oldAt : novelAt;
      const k0 = source[at]!;
      const k1 = source[at + 1]!;
      const k2 = source[at + 2]!;
      const from = source[at + FROM]!;
      const until = source[at + UNTIL]!;
      const isSame = last >= 0 && out[last] === k0 && out[last + 1] === k1 && out[last + 2] === k2;
      if (isSame && from <= out[last + UNTIL]!) {
        if (until > out[last + UNTIL]!) out[last + UNTIL] = until;
        out[last + FLAGS] = out[last + FLAGS]! | source[at + FLAGS]!;
      } else if (k2 < CONTROL_BIT || !this.#isCustomers(k0, k1)) {
        if (end === out.length) {
          this.#kept = last;
          end = last;
          break;
        }
        if (k2 < CONTROL_BIT) {
          this.#customer0 = k0;
          this.#customer1 = k1;
        }
        out[end] = k0;
        out[end + 1] = k1;
        out[end + 2] = k2;
        out[end + FROM] = from;
        out[end + UNTIL] = until;
        out[end + FLAGS] = source[at + FLAGS]!;
        last = end;
        end += VERSION_WORDS;
      }
      if (isOld) {
        oldAt += VERSION_WORDS;
        if (oldAt === this.#oldEnd) {
          this.#oldEnd = this.#old.fill();
          oldAt = 0;
        }
      } else {
        novelAt += VERSION_WORDS;
        if (novelAt === this.#novelEnd) {
          this.#novelEnd = this.#novel.fill();
          novelAt = 0;
        }
      }
    }
    this.#oldAt = oldAt;
    this.#novelAt = novelAt;
    return end;
  }

  #isCustomers(k0: number, k1: number): boolean {
    return k0 === this.#customer0 && k1 === this.#customer1;
  }
}

/** Keys and `from` of the first version are not above those of the second. */
function isNotAfter(a: Uint32Array, atA: number, b: Uint32Array, atB: number): boolean {
  if (a[atA] !== b[atB]) return a[atA]! < b[atB]!;
  if (a[atA + 1] !== b[atB + 1]) return a[atA + 1]! < b[atB + 1]!;
  if (a[atA + 2] !== b[atB + 2]) return a[atA + 2]! < b[atB + 2]!;
  return a[atA + FROM]! <= b[atB + FROM]!;
}
