import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BoltsealError } from '../../../src/core/errors.ts';
import { verifyConsistency } from '../../../src/core/merkle/consistency.ts';
import { Frontier } from '../../../src/core/merkle/frontier.ts';
import { consistencyRanges, hashRange, inclusionRanges } from '../../../src/core/merkle/proof-nodes.ts';
import { hashLeaf } from '../../../src/core/merkle/tree-hash.ts';
import { formatCheckpoint, parseCheckpoint } from '../../../src/core/note/checkpoint.ts';
import { formatNote, parseNote } from '../../../src/core/note/signed-note.ts';
import { formatVerifierKey, parseVerifierKey } from '../../../src/core/note/verifier-key.ts';
import { type NoteSigner, signLine, verifyNote } from '../../../src/core/note/verify-note.ts';
import { formatEntryBundle, parseEntryBundle } from '../../../src/core/tlog/entry-bundle.ts';
import { meetsQuorum, parsePolicy } from '../../../src/core/tlog/policy.ts';
import { formatLogProof, parseLogProof } from '../../../src/core/tlog/proof-file.ts';
import { nodeFromTile, placeOf } from '../../../src/core/tlog/tile-nodes.ts';
import { allTiles, parseTilePath, tilePath } from '../../../src/core/tlog/tile-path.ts';
import { verifyLogProof } from '../../../src/core/tlog/verify-proof.ts';
import { makeSigner, sha256, verifier } from '../note/keys.ts';

const tessera = fileURLToPath(new URL('../../../../shared/data/vectors/tlog-tessera/log', import.meta.url));
const skip = existsSync(tessera) ? false : 'the vectors are in ../shared, which is not here';
const tesseraKey = 'example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx';
const failsWith = (code: string) => (error: unknown) => error instanceof BoltsealError && error.code === code;

test('the published log: all 16 checkpoints verify, and tiles, bundles and proofs agree with them', { skip }, () => {
  const key = parseVerifierKey(sha256, tesseraKey);
  const read = (name: string): Uint8Array => readFileSync(path.join(tessera, name));
  const roots: Uint8Array[] = [];
  for (let size = 0; size <= 15; size++) {
    const note = parseNote(readFileSync(path.join(tessera, `checkpoint.${size}`), 'utf8'));
    assert.equal(verifyNote(note, [key], verifier).length, 1);
    const checkpoint = parseCheckpoint(note.text);
    assert.equal(checkpoint.size, size);
    roots.push(checkpoint.root);
    const frontier = new Frontier(sha256);
    for (const tile of allTiles(size)) {
      const bytes = read(tilePath(tile));
      if (tile.level !== 'entries') {
        assert.equal(bytes.length, 32 * tile.width);
        continue;
      }
      const entries = parseEntryBundle(bytes);
      assert.ok(entries);
      assert.equal(entries.length, tile.width);
      assert.deepEqual(formatEntryBundle(entries), Uint8Array.from(bytes));
      for (const entry of entries) frontier.append(hashLeaf(sha256, entry));
    }
    assert.deepEqual(Uint8Array.from(frontier.root()), Uint8Array.from(checkpoint.root));
    for (let old = 1; old <= size; old++) {
      const proof = consistencyRanges(old, size).map((range) =>
        hashRange(sha256, range, (node) => {
          const place = placeOf(node, size);
          return nodeFromTile(sha256, read(tilePath(place.tile)), place);
        }),
      );
      const root1 = roots[old];
      assert.ok(root1);
      assert.ok(verifyConsistency(sha256, { size1: old, root1, size2: size, root2: checkpoint.root, proof }));
    }
  }
});

test('paths are those of the specification, each with one spelling', () => {
  const paths = [
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 0, index: 1_234_067, width: 256 }, 'tile/0/x001/x234/067'],
    [{ level: 63, index: 1000, width: 1 }, 'tile/63/x001/000.p/1'],
    [{ level: 'entries', index: 273, width: 112 }, 'tile/entries/273.p/112'],
  ] as const;
  for (const [id, text] of paths) {
    assert.equal(tilePath(id), text);
    assert.deepEqual(parseTilePath(text), id);
  }
  for (const refused of [
    'tile/0/0',
    'tile/00/000',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/x000/000',
    'tile/0/../000',
    'tile/0/x001/x000',
    'tile/-1/000',
    '/tile/0/000',
  ])
    assert.equal(parseTilePath(refused), null, refused);
});

test('a log of 70,000 entries has the tiles that the specification counts', () => {
  const tiles = [...allTiles(70_000)].filter(({ level }) => level !== 'entries');
  assert.equal(tiles.filter(({ level, width }) => level === 0 && width === 256).length, 273);
  assert.deepEqual(tiles.filter(({ level, width }) => level !== 0 || width !== 256).map(tilePath), [
    'tile/0/273.p/112',
    'tile/1/000',
    'tile/1/001.p/17',
    'tile/2/000.p/1',
  ]);
  assert.deepEqual([...allTiles(256)].map(tilePath), ['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
  assert.deepEqual([...allTiles(0)], []);
});

test('bundles that are cut or too long are none', () => {
  const bundle = formatEntryBundle([Buffer.from('a'), Buffer.from(''), Buffer.from('ccc')]);
  assert.equal(parseEntryBundle(bundle)?.length, 3);
  for (const length of [1, 2, 4, 6, 7, 8])
    assert.equal(parseEntryBundle(bundle.subarray(0, length)), null, `${length}`);
});

/** A log of `size` entries in memory, and a proof of one of them. */
function prove(size: number, index: number, signers: readonly NoteSigner[]) {
  const nodes = new Map<string, Uint8Array>();
  const frontier = new Frontier(sha256);
  const entries = Array.from({ length: size }, (_, i) => Buffer.from(`entry ${i}`));
  for (const entry of entries)
    frontier.append(hashLeaf(sha256, entry), (level, at, hash) => nodes.set(`${level}/${at}`, hash));
  const text = formatCheckpoint({ origin: signers[0]?.key.name ?? '', size, root: frontier.root(), extensions: [] });
  const hashes = inclusionRanges(index, size).map((range) =>
    hashRange(sha256, range, ({ level, index: at }) => nodes.get(`${level}/${at}`) ?? new Uint8Array(0)),
  );
  const checkpoint = formatNote({ text, signatures: signers.map((signer) => signLine(text, signer, 1_790_000_000)) });
  return {
    proof: { index, hashes, checkpoint, extra: Buffer.from('opening') },
    entry: entries[index] ?? Buffer.alloc(0),
  };
}

const log = makeSigner('log.example', 0x06);
const witness = makeSigner('witness.example', 0x04);
const policyText = `log ${formatVerifierKey(log.key)}\nwitness w ${formatVerifierKey(witness.key)}\nquorum w\n`;
const policy = parsePolicy(sha256, policyText);

test('a proof goes through its file and is verified offline', () => {
  const { proof, entry } = prove(300, 123, [log, witness]);
  const read = parseLogProof(formatLogProof(proof));
  assert.deepEqual(
    read.hashes.map((hash) => Buffer.from(hash)),
    proof.hashes.map((hash) => Buffer.from(hash)),
  );
  const checkpoint = verifyLogProof(sha256, verifier, { proof: read, entry, policy });
  assert.equal(checkpoint.size, 300);
  assert.deepEqual(checkpoint.cosigned, [{ name: 'w', timestampSeconds: 1_790_000_000 }]);
  assert.equal(formatLogProof(read), formatLogProof(proof));
});

test('a proof of something else, without the witness, or by another log fails with its own code', () => {
  const { proof, entry } = prove(300, 123, [log, witness]);
  const check =
    (changed: Partial<typeof proof>, other = entry) =>
    () =>
      verifyLogProof(sha256, verifier, { proof: { ...proof, ...changed }, entry: other, policy });
  assert.throws(check({}, Buffer.from('entry 124')), failsWith('LEDGER_PROOF'));
  assert.throws(check({ index: 122 }), failsWith('LEDGER_PROOF'));
  assert.throws(check({ hashes: proof.hashes.slice(1) }), failsWith('LEDGER_PROOF'));
  assert.throws(check({ checkpoint: prove(300, 123, [log]).proof.checkpoint }), failsWith('LEDGER_QUORUM'));
  assert.throws(
    check({ checkpoint: prove(300, 123, [makeSigner('log.example', 0x06), witness]).proof.checkpoint }),
    failsWith('LEDGER_SIGNATURE'),
  );
  assert.throws(
    check({ checkpoint: prove(300, 123, [makeSigner('other.example', 0x01), log, witness]).proof.checkpoint }),
    failsWith('LEDGER_SIGNATURE'),
  );
});

test('what is no proof is refused with a code', () => {
  const text = formatLogProof(prove(5, 2, [log]).proof);
  for (const refused of [
    '',
    text.replace('@v1', '@v2'),
    text.replace('index 2', 'index 02'),
    text.replace('extra ', 'extra !'),
    text.replace('\n\n', '\nnot a hash\n\n'),
    text.split('\n\n')[0] ?? '',
  ])
    assert.throws(() => parseLogProof(refused), failsWith('LEDGER_NOTE'));
});

test('groups and thresholds of a policy are those of the specification', () => {
  const names = ['X1', 'X2', 'X3', 'Y1', 'Y2'];
  const witnesses = names.map(
    (name) => `witness ${name} ${formatVerifierKey(makeSigner(`${name}.example`, 0x04).key)}`,
  );
  const read = parsePolicy(
    sha256,
    `# two organisations\n\n  ${witnesses.join('\n\t')}\ngroup X 2 X1 X2 X3\ngroup Y any Y1 Y2\ngroup both all X Y\nquorum both\n`,
  );
  const meets = (...cosigned: string[]) => meetsQuorum(read, new Set(cosigned));
  assert.ok(meets('X1', 'X3', 'Y2'));
  assert.ok(!meets('X1', 'X2', 'X3'));
  assert.ok(!meets('X1', 'Y1', 'Y2'));
  assert.ok(meetsQuorum(parsePolicy(sha256, 'quorum none\n'), new Set()));
});

test('a policy that cannot mean anything names its line', () => {
  const w = `witness w ${formatVerifierKey(witness.key)}`;
  for (const refused of [
    '',
    w,
    `${w}\n${w}\nquorum w`,
    `${w}\nwitness v ${formatVerifierKey(witness.key)}\nquorum w`,
    `quorum w\n${w}`,
    `${w}\nquorum w\nquorum w`,
    `${w}\ngroup g 2 w\nquorum g`,
    `${w}\ngroup g 0 w\nquorum g`,
    `${w}\ngroup g any\nquorum g`,
    `${w}\ngroup g any w w\nquorum g`,
    `${w}\ngroup g any w\ngroup h any w\nquorum g`,
    `${w}\ngroup g any none\nquorum g`,
    `witness none ${formatVerifierKey(witness.key)}\nquorum none`,
    `log ${formatVerifierKey(witness.key)}\nquorum none`,
    'log x\nquorum none',
    'something\nquorum none',
    'constructor x\nquorum none',
    '__proto__ x\nquorum none',
    'quorum\u0001none',
  ])
    assert.throws(() => parsePolicy(sha256, refused), failsWith('LEDGER_POLICY'), refused.slice(0, 60));
});
