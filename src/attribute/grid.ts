import { BUCKETS } from './buckets.ts';

const SIDE = BUCKETS + 1;

/** Sums over (previous bucket + 1, bucket) that answer: how many different subjects in a period? */
export class Grid {
  readonly #cells = new Float64Array(SIDE * SIDE);
  #isEmpty = true;

  clear(): void {
    if (!this.#isEmpty) this.#cells.fill(0);
    this.#isEmpty = true;
  }

  add(previous: number, bucket: number, weight: number): void {
    this.#cells[previous * SIDE + bucket + 1]! += weight;
    this.#isEmpty = false;
  }

  /** To be called once, after all `add`. */
  accumulate(): void {
    if (this.#isEmpty) return;
    const cells = this.#cells;
    for (let q = 0; q < SIDE; q++) {
      for (let b = 1; b < SIDE; b++) {
        const at = q * SIDE + b;
        const above = q === 0 ? 0 : cells[at - SIDE]! - cells[at - SIDE - 1]!;
        cells[at] = cells[at]! + cells[at - 1]! + above;
      }
    }
  }

  /** Of the buckets `first` to `last`, what was not preceded by the same subject within them. */
  fresh(first: number, last: number): number {
    const row = first * SIDE;
    return this.#cells[row + last + 1]! - this.#cells[row + first]!;
  }

  /** Of the buckets `first` to `last`, what was. */
  repeated(first: number, last: number): number {
    const row = BUCKETS * SIDE;
    return this.#cells[row + last + 1]! - this.#cells[row + first]! - this.fresh(first, last);
  }
}
