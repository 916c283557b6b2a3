import type { Sha256 } from '../bytes.ts';
import { HASH_BYTES, hashNode, isSameHash, isTreeSize } from './tree-hash.ts';

/** The claim that a leaf stands at an index of a tree. Hostile. */
export interface InclusionClaim {
  readonly leafHash: Uint8Array;
  readonly index: number;
  /** Leaves of the tree. */
  readonly size: number;
  readonly root: Uint8Array;
  /** From the leaf's sibling up to the child of the root. */
  readonly proof: readonly Uint8Array[];
}

/** Whether the proof shows that the leaf is in the tree (RFC 9162, section 2.1.3.2). */
export function verifyInclusion(sha256: Sha256, { leafHash, index, size, root, proof }: InclusionClaim): boolean {
  if (!isTreeSize(size) || !isTreeSize(index) || index >= size || leafHash.length !== HASH_BYTES) return false;
  let node = index;
  let last = size - 1;
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sha256, sibling, hash);
      // A right edge without siblings: the levels at which this node stands alone take no hash from the proof.
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = hashNode(sha256, hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 && isSameHash(hash, root);
}

/** The claim that a leaf stands in a subtree [start, end) of a tree. Hostile. */
export interface SubtreeInclusionClaim extends Omit<InclusionClaim, 'size'> {
  /** Index in the whole tree. */
  readonly index: number;
  readonly start: number;
  readonly end: number;
  /** Of the subtree. */
  readonly root: Uint8Array;
}

/** Whether the proof shows that the leaf is in the subtree (draft-ietf-plants-merkle-tree-certs, "Subtree Inclusion Proofs"). */
export function verifySubtreeInclusion(sha256: Sha256, claim: SubtreeInclusionClaim): boolean {
  const { start, end, index } = claim;
  if (!isSubtree(start, end) || index < start) return false;
  return verifyInclusion(sha256, { ...claim, index: index - start, size: end - start });
}

/** Whether [start, end) is a subtree: not empty, and beginning at a multiple of the smallest power of two that is not below its length (the same draft, "Subtrees"). */
export function isSubtree(start: number, end: number): boolean {
  if (!isTreeSize(start) || !isTreeSize(end) || start >= end) return false;
  let width = 1;
  while (width < end - start) width *= 2;
  return start % width === 0;
}
