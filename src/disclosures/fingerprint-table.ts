import { NONE } from '../register/layout.ts';

/** Fingerprints numbered from 0 in the order in which they were added: open addressing with linear probing, at most half full. */
export class FingerprintTable {
  #slots = new Uint32Array(1024).fill(NONE);
  /** Pairs (lo, hi) in the order of numbers. */
  #pairs = new Uint32Array(1024);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  lo(number: number): number {
    return this.#pairs[2 * number]!;
  }

  hi(number: number): number {
    return this.#pairs[2 * number + 1]!;
  }

  /** The number of a fingerprint, or NONE. */
  find(lo: number, hi: number): number {
    return this.#slots[this.#slotOf(lo, hi)]!;
  }

  /** Adds one that is not there and answers its number. */
  add(lo: number, hi: number): number {
    const number = this.#count++;
    this.#slots[this.#slotOf(lo, hi)] = number;
    this.#pairs[2 * number] = lo;
    this.#pairs[2 * number + 1] = hi;
    if (2 * this.#count === this.#slots.length) this.#grow();
    return number;
  }

  /** The slot where the fingerprint is, or where it would go. They are keyed: nobody can choose ids that pile up here. */
  #slotOf(lo: number, hi: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = (lo ^ hi) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot]!;
      if (number === NONE || (this.#pairs[2 * number] === lo && this.#pairs[2 * number + 1] === hi)) return slot;
    }
  }

  #grow(): void {
    const pairs = new Uint32Array(2 * this.#pairs.length);
    pairs.set(this.#pairs);
    this.#pairs = pairs;
    this.#slots = new Uint32Array(2 * this.#slots.length).fill(NONE);
    for (let number = 0; number < this.#count; number++) {
      this.#slots[this.#slotOf(this.lo(number), this.hi(number))] = number;
    }
  }
}
