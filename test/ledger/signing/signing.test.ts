import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { toUtf8 } from '../../../src/core/bytes.ts';
import { parseNote } from '../../../src/core/note/signed-note.ts';
import { parseVerifierKey } from '../../../src/core/note/verifier-key.ts';
import { verifyNote } from '../../../src/core/note/verify-note.ts';
import { createKeyFile, readKeyFile } from '../../../src/ledger/keys/key-file.ts';
import { sha256 } from '../../../src/ledger/sha256.ts';
import { makeCheckpointSigner } from '../../../src/ledger/signing/checkpoint-signer.ts';
import {
  createLogKeys,
  listGenerations,
  readLogKeys,
  rotationContent,
  verifierKeysOf,
} from '../../../src/ledger/signing/log-keys.ts';
import { nodeVerifier, rawPublicKey } from '../../../src/ledger/signing/verifier.ts';

const origin = 'ledger.example/2026b';
const state = { size: 5, root: new Uint8Array(32).fill(3) };
const now = (): number => 1_795_351_800_123;

function temporaryFolder(t: test.TestContext): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-signing-'));
  t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test('keys are made once, for their owner alone, and read back as they were', (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(listGenerations(folder), []);
  const made = createLogKeys(folder, 1);
  const read = readLogKeys(folder, 1);
  assert.ok(made.ed25519.equals(read.ed25519) && made.mlDsa44.equals(read.mlDsa44));
  assert.throws(() => createLogKeys(folder, 1), { code: 'LEDGER_KEY_EXISTS' });
  assert.throws(() => readLogKeys(folder, 2), { code: 'LEDGER_KEY' });
  const other = createLogKeys(folder, 2);
  assert.ok(!other.ed25519.equals(made.ed25519));
  assert.deepEqual(
    fs.readdirSync(folder).sort(),
    ['ledger-signing-1.key', 'ledger-signing-2.key'],
    'nothing temporary is left',
  );
  assert.deepEqual(listGenerations(folder), [1, 2]);
  if (process.platform !== 'win32')
    assert.equal(fs.statSync(path.join(folder, 'ledger-signing-1.key')).mode & 0o777, 0o600);
});

test('a key file that was mistyped, cut, or is for something else is not used', (t) => {
  const file = path.join(temporaryFolder(t), 'some.key');
  const key = createKeyFile(file, 'wrap', 32);
  assert.deepEqual(readKeyFile(file, 'wrap', 32), key);
  const unusable = { code: 'LEDGER_KEY' };
  assert.throws(() => readKeyFile(file, 'signing', 32), unusable);
  assert.throws(() => readKeyFile(file, 'wrap', 64), unusable);
  const text = fs.readFileSync(file, 'latin1');
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === '1' ? '2' : '1';
    fs.writeFileSync(file, `${text.slice(0, at)}${other}${text.slice(at + 1)}`);
    assert.throws(() => readKeyFile(file, 'wrap', 32), unusable, `letter ${at}`);
    fs.writeFileSync(file, text.slice(0, at));
    assert.throws(() => readKeyFile(file, 'wrap', 32), unusable, `cut at ${at}`);
  }
  fs.writeFileSync(file, text.repeat(100));
  assert.throws(() => readKeyFile(file, 'wrap', 32), unusable);
});

test('a checkpoint is signed with both keys, and anybody with the verifier keys can check it', (t) => {
  const folder = temporaryFolder(t);
  const keys = createLogKeys(folder, 1);
  const signer = makeCheckpointSigner({ signing: [keys], trusted: [keys], now });
  const note = signer.sign(origin, state);
  assert.deepEqual(signer.open(origin, note), state);
  const verifierKeys = verifierKeysOf(keys, origin)
    .split('\n')
    .map((line) => parseVerifierKey(sha256, line));
  const verified = verifyNote(parseNote(Buffer.from(note).toString()), verifierKeys, nodeVerifier);
  assert.deepEqual(
    verified.map(({ key }) => key.type.byte),
    [0x01, 0x06],
  );
  assert.equal(verified[1]?.timestampSeconds, 1_795_351_800);
});

test('a checkpoint of another log, of other keys, with one line less, or changed anywhere is not the own one', (t) => {
  const folder = temporaryFolder(t);
  const [keys, others] = [createLogKeys(folder, 1), createLogKeys(folder, 2)];
  const signer = makeCheckpointSigner({ signing: [keys], trusted: [keys], now });
  const note = Buffer.from(signer.sign(origin, state));
  const damage = { code: 'LEDGER_DAMAGED' };
  assert.throws(() => signer.open('another.example', note), damage);
  const other = makeCheckpointSigner({ signing: [others], trusted: [others], now });
  assert.throws(() => other.open(origin, note), damage);
  const lines = note.toString().split('\n');
  assert.throws(() => signer.open(origin, toUtf8([...lines.slice(0, -2), ''].join('\n'))), damage, 'without ML-DSA-44');
  assert.throws(() => signer.open(origin, toUtf8(lines.toSpliced(4, 1).join('\n'))), damage, 'without Ed25519');
  for (let at = 0; at < note.length; at += 7) {
    const changed = Uint8Array.from(note);
    changed[at] = (changed[at] ?? 0) ^ 1;
    assert.throws(() => signer.open(origin, changed), damage, `byte ${at}`);
  }
});

test('after a rotation older checkpoints are still the own ones, and the entry names both', (t) => {
  const folder = temporaryFolder(t);
  const [first, second] = [createLogKeys(folder, 1), createLogKeys(folder, 2)];
  const before = makeCheckpointSigner({ signing: [first], trusted: [first], now });
  const during = makeCheckpointSigner({ signing: [first, second], trusted: [first, second], now });
  const after = makeCheckpointSigner({ signing: [second], trusted: [first, second], now });
  for (const signer of [before, during, after]) assert.deepEqual(after.open(origin, signer.sign(origin, state)), state);
  assert.deepEqual(before.open(origin, during.sign(origin, state)), state);
  assert.throws(() => before.open(origin, after.sign(origin, state)), { code: 'LEDGER_DAMAGED' });
  const order = { principal: 'officer-1', basis: 'yearly', timeMs: now(), request: new Uint8Array(16) };
  const { fields } = rotationContent(origin, first, second, order);
  assert.equal(Buffer.from(fields[3] ?? []).toString(), verifierKeysOf(first, origin));
  assert.equal(Buffer.from(fields[4] ?? []).toString(), verifierKeysOf(second, origin));
  assert.ok(fields.every(({ length }) => length < 4096));
});

test('what is no key and no signature is false, never an error', (t) => {
  const keys = createLogKeys(temporaryFolder(t), 1);
  const [publicKey, message] = [rawPublicKey('ed25519', createPublicKey(keys.ed25519)), new Uint8Array(3)];
  for (const algorithm of ['ed25519', 'ml-dsa-44'] as const)
    for (const key of [publicKey, new Uint8Array(0), new Uint8Array(31), new Uint8Array(1312)])
      for (const size of [0, 63, 64, 65, 2419, 2420, 5000])
        assert.equal(nodeVerifier.verify(algorithm, key, message, new Uint8Array(size)), false);
});
