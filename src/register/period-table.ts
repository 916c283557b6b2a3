import { NONE, STILL_CURRENT } from './layout.ts';

const FIRST_SLOTS = 256;

/** The dictionary of distinct periods (from, until) of one generation: filled in a first pass, numbered, then asked in a second one. */
export class PeriodTable {
  #slots = new Uint32Array(FIRST_SLOTS).fill(NONE);
  #pairs = new Uint32Array(FIRST_SLOTS);
  #count = 0;
  #numbers = new Uint32Array(0);
  #currentCount = 0;
  /** The last answer: neighbouring records mostly share their period. */
  #lastFrom = -1;
  #lastUntil = -1;
  #lastIndex = 0;

  get count(): number {
    return this.#count;
  }

  /** Periods that are still current; they have the numbers below this one. */
  get currentCount(): number {
    return this.#currentCount;
  }

  add(from: number, until: number): void {
    if (from === this.#lastFrom && until === this.#lastUntil) return;
    const slot = this.#findSlot(from, until);
    let index = this.#slots[slot]!;
    if (index === NONE) {
      index = this.#count++;
      this.#slots[slot] = index;
      this.#pairs[2 * index] = from;
      this.#pairs[2 * index + 1] = until;
      if (2 * this.#count === this.#slots.length) this.#grow();
    }
    this.#remember(from, until, index);
  }

  /**
   * Numbers the periods, those still current first, each kind by time, and returns them so: pairs (from, until). In the order of arrival they would tell which lines a table had touched, canaries' among them.
   */
  assignNumbers(): Uint32Array {
    const count = this.#count;
    // As one number of 64 bits each, from above until: the platform sorts these by itself, and there may be nearly as many periods as versions.
    const sorted = new BigUint64Array(count);
    const words = new Uint32Array(sorted.buffer);
    for (let index = 0; index < count; index++) {
      words[2 * index] = this.#pairs[2 * index + 1]!;
      words[2 * index + 1] = this.#pairs[2 * index]!;
    }
    sorted.sort();
    const pairs = new Uint32Array(2 * count);
    this.#numbers = new Uint32Array(count);
    let number = 0;
    for (const wantsCurrent of [true, false]) {
      for (let at = 0; at < 2 * count; at += 2) {
        const until = words[at]!;
        const from = words[at + 1]!;
        if ((until === STILL_CURRENT) !== wantsCurrent) continue;
        pairs[2 * number] = from;
        pairs[2 * number + 1] = until;
        this.#numbers[this.#slots[this.#findSlot(from, until)]!] = number++;
      }
      if (wantsCurrent) this.#currentCount = number;
    }
    return pairs;
  }

  /** The number of a period that was added before `assignNumbers`. */
  numberOf(from: number, until: number): number {
    if (from !== this.#lastFrom || until !== this.#lastUntil) {
      this.#remember(from, until, this.#slots[this.#findSlot(from, until)]!);
    }
    return this.#numbers[this.#lastIndex]!;
  }

  #remember(from: number, until: number, index: number): void {
    this.#lastFrom = from;
    this.#lastUntil = until;
    this.#lastIndex = index;
  }

  #findSlot(from: number, until: number): number {
    const mask = this.#slots.length - 1;
    let slot = hashPeriod(from, until) & mask;
    for (;;) {
      const index = this.#slots[slot]!;
      if (index === NONE || (this.#pairs[2 * index] === from && this.#pairs[2 * index + 1] === until)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const pairs = new Uint32Array(2 * this.#pairs.length);
    pairs.set(this.#pairs);
    this.#pairs = pairs;
    const mask = 2 * this.#slots.length - 1;
    const slots = new Uint32Array(mask + 1).fill(NONE);
    for (let index = 0; index < this.#count; index++) {
      let slot = hashPeriod(pairs[2 * index]!, pairs[2 * index + 1]!) & mask;
      while (slots[slot] !== NONE) slot = (slot + 1) & mask;
      slots[slot] = index;
    }
    this.#slots = slots;
  }
}

/** The finaliser of MurmurHash3 over both words: times are often multiples of a day, so low bits alone would collide. */
function hashPeriod(from: number, until: number): number {
  let hash = from ^ Math.imul(until, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
