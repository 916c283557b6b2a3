/**
 * Jeffreys' prior of a share, on either side. The share is that of the part's people, not a multiple of what their strata give: of a list of forty people in a hundred thousand chance gives next to nobody, and half a person more to be
 * expected would hide that all forty are there.
 */
export const PRIOR = 0.5;
/** Part of the people of a place or of a party from which on a suspect has read nearly all of them. */
const WHOLE = 0.8;
/** A part of what a suspect read stands out when its people are in the dump so many times as often as the others whom it read, and are no more than such a part of all. */
const STANDS_OUT = 3;
const LARGEST_PART = 0.6;

/** People of a part who count, mostly those whom the suspect did not read: in the dump, and expected there by their strata. */
export interface Part {
  readonly people: number;
  readonly found: number;
  readonly expected: number;
  /** Variance of `expected`, because people outside the dump are watched by a sample. */
  readonly variance: number;
  readonly own: number;
  /** Of `found` and `expected`, those whom the suspect did not read. */
  readonly unread: { readonly found: number; readonly expected: number };
  /** `found` and `expected` count those whom the suspect read, too. */
  readonly isWhole: boolean;
}

/** Sums over people. */
export interface Sums {
  people: number;
  found: number;
  expected: number;
  variance: number;
}

/** Sums over nobody. */
export const noSums = (): Sums => ({ people: 0, found: 0, expected: 0, variance: 0 });

/** Counts the people of a part, those whom the suspect read apart from the others. */
export class Tally {
  readonly #read: Sums;
  readonly #unread: Sums;

  constructor(read: Sums = noSums(), unread: Sums = noSums()) {
    this.#read = read;
    this.#unread = unread;
  }

  /** The people of another part as well. Nobody may be in both. */
  addAll(other: Tally): void {
    for (const [own, more] of [
      [this.#read, other.#read],
      [this.#unread, other.#unread],
    ] as const) {
      own.people += more.people;
      own.found += more.found;
      own.expected += more.expected;
      own.variance += more.variance;
    }
  }

  /** `weight`: people it stands for; `read`: as many of them the suspect read; `presence`: chance of each to be in the dump. */
  add(weight: number, read: number, presence: number, isDump: boolean): void {
    const both = Math.min(weight, read);
    if (both > 0) addTo(this.#read, both, weight, presence);
    addTo(this.#unread, weight - both, weight, presence);
    if (isDump) (both > 0 ? this.#read : this.#unread).found++;
  }

  /**
   * If the suspect read nearly all of it, nothing tells the two apart, and all of the part counts: when it is copied for its own sake (`isNatural`: the customers of a place or of a shop), and when it stands out from everybody else whom the
   * suspect read (`suspect`: in the dump, and expected): a source leaks of all that it reads.
   */
  part(isNatural: boolean, suspect: Pick<Part, 'found' | 'expected'>): Part {
    const all = this.#read.expected + this.#unread.expected;
    const own = this.#read.expected;
    const rest = (suspect.found - this.#read.found + PRIOR) / (Math.max(0, suspect.expected - own) + PRIOR);
    const standsOut =
      own <= LARGEST_PART * suspect.expected && (this.#read.found + PRIOR) / (own + PRIOR) >= STANDS_OUT * rest;
    return (isNatural || standsOut) && own >= WHOLE * all
      ? {
          people: this.#read.people + this.#unread.people,
          found: this.#read.found + this.#unread.found,
          expected: all,
          variance: this.#read.variance + this.#unread.variance,
          own,
          unread: this.#unread,
          isWhole: true,
        }
      : { ...this.#unread, own, unread: this.#unread, isWhole: false };
  }
}

/** Adds one unit: as many of its people as count, the weight of all of them, and the chance of each to be in the dump. */
export function addTo(sum: Sums, people: number, weight: number, presence: number): void {
  sum.people += people;
  sum.expected += people * presence;
  if (weight > 1) sum.variance += people * (weight - 1) * presence * presence;
}

/** How much likelier than their strata give people of a part are in the dump. */
export function liftOf({ people, found, expected }: Pick<Part, 'people' | 'found' | 'expected'>): number {
  return expected > 0 ? (((found + PRIOR) / (people + 2 * PRIOR)) * people) / expected : 0;
}
