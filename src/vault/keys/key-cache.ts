interface Kept<V> {
  readonly value: V;
  readonly atMs: number;
}

/**
 * Remembers what was asked for lately: at most twice `size` of it, for at most `ttlMs`.
 *
 * Two generations instead of an order of use: what is asked for moves to the young one; when that is full it becomes the old one, and the old one is dropped.
 */
export class KeyCache<V> {
  readonly #size: number;
  readonly #ttlMs: number;
  readonly #now: () => number;
  #young = new Map<number, Kept<V>>();
  #old = new Map<number, Kept<V>>();

  constructor(size: number, ttlMs: number, now: () => number) {
    this.#size = size;
    this.#ttlMs = ttlMs;
    this.#now = now;
  }

  get(number: number): V | undefined {
    const young = this.#young.get(number);
    const kept = young ?? this.#old.get(number);
    if (kept === undefined) return undefined;
    if (this.#now() - kept.atMs >= this.#ttlMs) {
      this.delete(number);
      return undefined;
    }
    if (young === undefined) this.#keep(number, kept);
    return kept.value;
  }

  set(number: number, value: V): void {
    this.#keep(number, { value, atMs: this.#now() });
  }

  delete(number: number): void {
    this.#young.delete(number);
    this.#old.delete(number);
  }

  #keep(number: number, kept: Kept<V>): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(number, kept);
  }
}
