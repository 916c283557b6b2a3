import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { verifyConsistency, verifySubtreeConsistency } from '../../../src/core/merkle/consistency.ts';
import { verifyInclusion, verifySubtreeInclusion } from '../../../src/core/merkle/inclusion.ts';

const vectors = fileURLToPath(new URL('../../../../shared/data/vectors/merkle', import.meta.url));
const skip = existsSync(vectors) ? false : 'the vectors are in ../shared, which is not here';
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();
const bytes = (text: string): Uint8Array => Buffer.from(text, 'base64');

type Probe = Readonly<Record<string, unknown>> & { readonly desc: string; readonly wantErr: boolean };
const number = (probe: Probe, key: string): number => Number(probe[key] ?? 0);
const hash = (probe: Probe, key: string): Uint8Array => bytes(String(probe[key] ?? ''));
const proofOf = (probe: Probe): Uint8Array[] => ((probe.proof ?? []) as readonly string[]).map(bytes);

const families: readonly [string, number, (probe: Probe) => boolean][] = [
  [
    'inclusion',
    98,
    (probe) =>
      verifyInclusion(sha256, {
        index: number(probe, 'leafIdx'),
        size: number(probe, 'treeSize'),
        root: hash(probe, 'root'),
        leafHash: hash(probe, 'leafHash'),
        proof: proofOf(probe),
      }),
  ],
  [
    'consistency',
    98,
    (probe) =>
      verifyConsistency(sha256, {
        size1: number(probe, 'size1'),
        size2: number(probe, 'size2'),
        root1: hash(probe, 'root1'),
        root2: hash(probe, 'root2'),
        proof: proofOf(probe),
      }),
  ],
  [
    'subtreeinclusion',
    204,
    (probe) =>
      verifySubtreeInclusion(sha256, {
        index: number(probe, 'leafIdx'),
        start: number(probe, 'start'),
        end: number(probe, 'end'),
        root: hash(probe, 'root'),
        leafHash: hash(probe, 'leafHash'),
        proof: proofOf(probe),
      }),
  ],
  [
    'subtreeconsistency',
    118,
    (probe) =>
      verifySubtreeConsistency(sha256, {
        start: number(probe, 'start'),
        end: number(probe, 'end'),
        size: number(probe, 'size'),
        root1: hash(probe, 'root1'),
        root2: hash(probe, 'root2'),
        proof: proofOf(probe),
      }),
  ],
];

for (const [family, count, verify] of families) {
  test(`${family}: every published probe is accepted or refused as it should be`, { skip }, () => {
    const files = readdirSync(path.join(vectors, family), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.json'),
    );
    assert.equal(files.length, count);
    for (const file of files) {
      const probe = JSON.parse(readFileSync(path.join(vectors, family, file), 'utf8')) as Probe;
      assert.equal(verify(probe), !probe.wantErr, `${file}: ${probe.desc}`);
    }
  });
}
