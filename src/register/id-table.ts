import { NONE } from './layout.ts';

const FIRST_SLOTS = 1024;

/**
 * New subjects by the fingerprint of their id: open addressing with linear probing, at most half full.
 *
 * A slot holds a number alone and fingerprints stand in the order of numbers: a new id costs one cache miss, and growing reads in sequence.
 */
export class IdTable {
  #slots = new Uint32Array(FIRST_SLOTS).fill(NONE);
  #fingerprints = new Uint32Array(FIRST_SLOTS);
  #count = 0;

  /** Ids added so far. */
  get count(): number {
    return this.#count;
  }

  /** The number of the id, counted from 0 in the order of arrival; equal to `count` before the call when the id is new. */
  findOrAdd(lo: number, hi: number): number {
    const slot = this.#findSlot(lo, hi);
    const known = this.#slots[slot]!;
    if (known !== NONE) return known;
    const number = this.#count++;
    this.#slots[slot] = number;
    this.#fingerprints[2 * number] = lo;
    this.#fingerprints[2 * number + 1] = hi;
    if (2 * this.#count === this.#slots.length) this.#grow();
    return number;
  }

  /**
   * Touches the slots of many ids in one tight loop: their cache misses overlap, where a look-up waits for its own. Answers a number that means nothing
   * and keeps the loads from being optimised away.
   */
  warm(lo: Uint32Array, hi: Uint32Array, count: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let sink = 0;
    for (let i = 0; i < count; i++) sink ^= slots[(lo[i]! ^ hi[i]!) & mask]!;
    return sink;
  }

  /** The slot where the id is, or where it would go. */
  #findSlot(lo: number, hi: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    // Fingerprints are keyed: nobody can choose ids that pile up here.
    let slot = (lo ^ hi) & mask;
    for (;;) {
      const number = slots[slot]!;
      if (number === NONE) return slot;
      if (this.#fingerprints[2 * number] === lo && this.#fingerprints[2 * number + 1] === hi) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const fingerprints = this.#fingerprints;
    this.#fingerprints = new Uint32Array(2 * fingerprints.length);
    this.#fingerprints.set(fingerprints);
    const mask = 2 * this.#slots.length - 1;
    const slots = new Uint32Array(mask + 1).fill(NONE);
    for (let number = 0; number < this.#count; number++) {
      let slot = (fingerprints[2 * number]! ^ fingerprints[2 * number + 1]!) & mask;
      while (slots[slot] !== NONE) slot = (slot + 1) & mask;
      slots[slot] = number;
    }
    this.#slots = slots;
  }
}
