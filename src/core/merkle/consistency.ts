import type { Sha256 } from '../bytes.ts';
import { isSubtree } from './inclusion.ts';
import { emptyRoot, hashNode, isSameHash, isTreeSize } from './tree-hash.ts';

/** The claim that a tree is the beginning of a larger one. Hostile. */
export interface ConsistencyClaim {
  readonly size1: number;
  readonly root1: Uint8Array;
  readonly size2: number;
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the proof shows that the larger tree only appended to the smaller (RFC 9162, section 2.1.4.2). Nothing is ever proved of an empty tree. */
export function verifyConsistency(sha256: Sha256, { size1, root1, size2, root2, proof }: ConsistencyClaim): boolean {
  if (size1 === 0) return false;
  return verifySubtreeConsistency(sha256, { start: 0, end: size1, root1, size: size2, root2, proof });
}

/** The claim that the leaves from `start` to `end` of a tree have a root. Hostile. */
export interface SubtreeConsistencyClaim {
  readonly start: number;
  readonly end: number;
  /** Of the subtree. */
  readonly root1: Uint8Array;
  /** Leaves of the tree. */
  readonly size: number;
  /** Of the tree. */
  readonly root2: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the proof shows that the subtree is part of the tree (draft-ietf-plants-merkle-tree-certs, "Subtree Consistency Proofs"). An empty one is part of every tree. */
export function verifySubtreeConsistency(sha256: Sha256, claim: SubtreeConsistencyClaim): boolean {
  const { start, end, size, root1, root2, proof } = claim;
  if (!isTreeSize(size) || end > size) return false;
  if (start === end && isTreeSize(start)) return proof.length === 0 && isSameHash(emptyRoot(sha256), root1);
  if (!isSubtree(start, end)) return false;
  let first = start;
  let last = end - 1;
  let top = size - 1;
  const up = () => {
    first = Math.floor(first / 2);
    last = Math.floor(last / 2);
    top = Math.floor(top / 2);
  };
  // The largest perfect part at the subtree's right end: where that is all of it, its root is known already and not in the proof.
  while (first !== last && (last === top || last % 2 === 1)) up();
  const rest = [...proof];
  const seed = first === last ? root1 : rest.shift();
  if (seed === undefined) return false;
  let subtreeHash = seed;
  let treeHash = seed;
  for (const sibling of rest) {
    if (top === 0) return false;
    if (last % 2 === 1 || last === top) {
      if (first < last) subtreeHash = hashNode(sha256, sibling, subtreeHash);
      treeHash = hashNode(sha256, sibling, treeHash);
      while (last % 2 === 0 && last !== 0) up();
    } else {
      treeHash = hashNode(sha256, treeHash, sibling);
    }
    up();
  }
  return top === 0 && isSameHash(subtreeHash, root1) && isSameHash(treeHash, root2);
}
