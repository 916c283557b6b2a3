import type { Sha256 } from '../bytes.ts';
import { emptyRoot, hashNode } from './tree-hash.ts';

/**
 * The right edge of a growing tree: the hashes of the perfect subtrees that its leaves come apart into, largest first (as many as `size` has one bits).
 *
 * All that is needed to append and to know the root; memory and time of an append do not grow with the tree.
 */
export class Frontier {
  readonly #sha256: Sha256;
  readonly #nodes: Uint8Array[];
  #size: number;

  /** `nodes`: as `nodes` gives them for a tree of `size` leaves. */
  constructor(sha256: Sha256, size = 0, nodes: readonly Uint8Array[] = []) {
    this.#sha256 = sha256;
    this.#size = size;
    this.#nodes = [...nodes];
  }

  get size(): number {
    return this.#size;
  }

  get nodes(): readonly Uint8Array[] {
    return this.#nodes;
  }

  /**
   * Appends a leaf by its hash. `onNode` hears of every perfect subtree that this completes, the leaf first: `level` 0 is a leaf, and subtree `index` of a level
   * holds the leaves from `index * 2^level` on.
   */
  append(leafHash: Uint8Array, onNode?: (level: number, index: number, hash: Uint8Array) => void): void {
    let hash = leafHash;
    let level = 0;
    let index = this.#size;
    onNode?.(level, index, hash);
    while (index % 2 === 1) {
      const left = this.#nodes.pop();
      if (left === undefined) throw new RangeError('"nodes" are fewer than "size" has one bits');
      hash = hashNode(this.#sha256, left, hash);
      level++;
      index = (index - 1) / 2;
      onNode?.(level, index, hash);
    }
    this.#nodes.push(hash);
    this.#size++;
  }

  /** The tree's root hash. */
  root(): Uint8Array {
    if (this.#size === 0) return emptyRoot(this.#sha256);
    return this.#nodes.reduceRight((right, left) => hashNode(this.#sha256, left, right));
  }
}
