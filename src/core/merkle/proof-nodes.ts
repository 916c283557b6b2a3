import type { Sha256 } from '../bytes.ts';
import { emptyRoot, hashNode } from './tree-hash.ts';

/** A perfect subtree: the leaves from `index * 2^level` on, 2^level of them. */
export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** Leaves from `start` up to, without, `end`; what hashes are made of in trees that are not perfect. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** The ranges whose hashes are the inclusion proof of leaf `index` in a tree of `size` leaves, from the leaf's sibling upwards (RFC 6962, section 2.1.1). */
export function inclusionRanges(index: number, size: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let start = 0;
  let end = size;
  while (end - start > 1) {
    const middle = start + splitSize(end - start);
    if (index < middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
    }
  }
  return ranges.reverse();
}

/** The ranges whose hashes are the consistency proof from a tree of `size1` leaves to one of `size2`; 0 < size1 <= size2 (RFC 6962, section 2.1.2). */
export function consistencyRanges(size1: number, size2: number): LeafRange[] {
  const ranges: LeafRange[] = [];
  let start = 0;
  let end = size2;
  // Whether what is left of the smaller tree is a whole one, whose root the other side has.
  let isWhole = true;
  while (size1 < end) {
    const middle = start + splitSize(end - start);
    if (size1 <= middle) {
      ranges.push({ start: middle, end });
      end = middle;
    } else {
      ranges.push({ start, end: middle });
      start = middle;
      isWhole = false;
    }
  }
  if (!isWhole) ranges.push({ start, end });
  return ranges.reverse();
}

/** The perfect subtrees that a range comes apart into, from left to right; `start` is a multiple of the smallest power of two that is not below the length. */
export function perfectNodes({ start, end }: LeafRange): TreeNode[] {
  const nodes: TreeNode[] = [];
  for (let at = start; at < end; ) {
    let level = 0;
    let width = 1;
    while (at + 2 * width <= end) {
      width *= 2;
      level++;
    }
    nodes.push({ level, index: at / width });
    at += width;
  }
  return nodes;
}

/** Hash of a range, from the hashes of its perfect subtrees. */
export function hashRange(sha256: Sha256, range: LeafRange, hashOf: (node: TreeNode) => Uint8Array): Uint8Array {
  if (range.start === range.end) return emptyRoot(sha256);
  return perfectNodes(range)
    .map(hashOf)
    .reduceRight((right, left) => hashNode(sha256, left, right));
}

/** The largest power of two below `size`; `size` is at least 2. */
function splitSize(size: number): number {
  let width = 1;
  while (2 * width < size) width *= 2;
  return width;
}
