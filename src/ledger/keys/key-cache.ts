/**
 * Remembers the most recently used of many things, at most twice `size` of them.
 *
 * Two generations instead of an order of use: what is asked for moves to the young one; when that is full it becomes the old one, and the old one is dropped. A hit
 * costs one look-up, and a run over a million different owners leaves `size` of them.
 */
export class KeyCache<V> {
  readonly #size: number;
  #young = new Map<string, V>();
  #old = new Map<string, V>();

  constructor(size: number) {
    this.#size = size;
  }

  get(name: string): V | undefined {
    const young = this.#young.get(name);
    if (young !== undefined) return young;
    const old = this.#old.get(name);
    if (old !== undefined) this.set(name, old);
    return old;
  }

  set(name: string, value: V): void {
    if (this.#young.size >= this.#size) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(name, value);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }
}
