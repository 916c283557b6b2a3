import { equalBytes, type Sha256 } from '../bytes.ts';

/** Bytes of every hash in the tree. */
export const HASH_BYTES = 32;

/** Hash of a tree without leaves: SHA-256 of nothing (RFC 6962, section 2.1). */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

/** Hash of a leaf: SHA-256(0x00 || entry) (RFC 6962, section 2.1). */
export function hashLeaf(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + entry.length);
  input.set(entry, 1);
  return sha256(input);
}

/** Hash of an inner node: SHA-256(0x01 || left || right) (RFC 6962, section 2.1). */
export function hashNode(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = new Uint8Array(1 + left.length + right.length);
  input[0] = 1;
  input.set(left, 1);
  input.set(right, 1 + left.length);
  return sha256(input);
}

/** Whether `size` is a number of leaves that this code can count: an integer from 0 to 2^53 − 1. */
export function isTreeSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}

/** Whether the hash that was computed is the one that was claimed. */
export function isSameHash(computed: Uint8Array, claimed: Uint8Array): boolean {
  return equalBytes(computed, claimed);
}
