import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { verifyConsistency } from '../../../src/core/merkle/consistency.ts';
import { Frontier } from '../../../src/core/merkle/frontier.ts';
import { verifyInclusion } from '../../../src/core/merkle/inclusion.ts';
import { consistencyRanges, hashRange, inclusionRanges } from '../../../src/core/merkle/proof-nodes.ts';
import { emptyRoot, hashLeaf, hashNode } from '../../../src/core/merkle/tree-hash.ts';

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** MTH of RFC 6962, section 2.1, word for word. */
function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return emptyRoot(sha256);
  if (leaves.length === 1) return hashLeaf(sha256, first);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return hashNode(sha256, rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)));
}

const entries = (count: number): Uint8Array[] => Array.from({ length: count }, (_, i) => Buffer.from(`entry ${i}`));

/** Proofs as a log makes them: from the perfect subtrees that the frontier told of. */
function growTo(size: number) {
  const nodes = new Map<string, Uint8Array>();
  const frontier = new Frontier(sha256);
  for (const entry of entries(size)) {
    frontier.append(hashLeaf(sha256, entry), (level, index, hash) => nodes.set(`${level}/${index}`, hash));
  }
  const hashOf = ({ level, index }: { level: number; index: number }): Uint8Array => {
    const hash = nodes.get(`${level}/${index}`);
    assert.ok(hash);
    return hash;
  };
  return { frontier, hashOf };
}

test('the roots of trees of up to 70 leaves are those of the definition', () => {
  const frontier = new Frontier(sha256);
  for (let size = 0; size <= 70; size++) {
    assert.deepEqual(frontier.root(), rootOf(entries(size)));
    const resumed = new Frontier(sha256, frontier.size, frontier.nodes);
    assert.deepEqual(resumed.root(), frontier.root());
    frontier.append(hashLeaf(sha256, Buffer.from(`entry ${size}`)));
  }
});

test('every inclusion proof that is made verifies, and for no other leaf, index or size', () => {
  for (let size = 1; size <= 40; size++) {
    const { frontier, hashOf } = growTo(size);
    const root = frontier.root();
    for (let index = 0; index < size; index++) {
      const proof = inclusionRanges(index, size).map((range) => hashRange(sha256, range, hashOf));
      const leafHash = hashOf({ level: 0, index });
      assert.ok(verifyInclusion(sha256, { leafHash, index, size, root, proof }));
      assert.ok(!verifyInclusion(sha256, { leafHash, index: (index + 1) % size, size, root, proof }) || size === 1);
      assert.ok(!verifyInclusion(sha256, { leafHash: root, index, size, root, proof }) || size === 1);
    }
  }
});

test('every consistency proof that is made verifies, and no altered one does', () => {
  for (let size2 = 1; size2 <= 40; size2++) {
    const { frontier, hashOf } = growTo(size2);
    const root2 = frontier.root();
    for (let size1 = 1; size1 <= size2; size1++) {
      const proof = consistencyRanges(size1, size2).map((range) => hashRange(sha256, range, hashOf));
      const root1 = growTo(size1).frontier.root();
      assert.ok(verifyConsistency(sha256, { size1, root1, size2, root2, proof }), `${size1} to ${size2}`);
      for (const at of proof.keys()) {
        const altered = proof.map((hash, i) => (i === at ? sha256(hash) : hash));
        assert.ok(!verifyConsistency(sha256, { size1, root1, size2, root2, proof: altered }));
        assert.ok(!verifyConsistency(sha256, { size1, root1, size2, root2, proof: proof.toSpliced(at, 1) }));
      }
    }
  }
});

test('random claims about sizes are refused without an exception', () => {
  const size = fc.oneof(fc.nat(20), fc.double(), fc.maxSafeInteger());
  const hash = fc.uint8Array({ minLength: 0, maxLength: 33 });
  fc.assert(
    fc.property(size, size, hash, hash, fc.array(hash, { maxLength: 70 }), (a, b, root1, root2, proof) => {
      verifyConsistency(sha256, { size1: a, size2: b, root1, root2, proof });
      assert.equal(verifyInclusion(sha256, { leafHash: root1, index: a, size: b, root: root2, proof }), false);
    }),
  );
});
