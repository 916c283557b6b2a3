import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blake3 } from '@noble/hashes/blake3.js';
import { instantiateKernel } from '../../src/kernel/kernel.ts';
import { CTX_BYTES } from '../../src/kernel/layout.ts';
import { Arena } from '../../src/scan/arena.ts';

const arena = new Arena();
const context = arena.allocate(CTX_BYTES);
const keyAt = arena.allocate(128);
const input = arena.allocate(1024 + 128);
const kernel = instantiateKernel(arena.memory);

function hashOne(key: Uint8Array, message: Uint8Array): string {
  const words = new DataView(key.buffer, key.byteOffset, 32);
  for (let i = 0; i < 32; i++) arena.words(keyAt, 32)[i] = words.getUint32((i >> 2) * 4, true);
  // What stands behind the message must not count.
  arena.bytes(input, 1024 + 128).fill(0xa5);
  arena.bytes(input, message.length).set(message);
  return BigInt.asUintN(64, kernel.hashOne(context, keyAt, input, message.length))
    .toString(16)
    .padStart(16, '0');
}

function expected(key: Uint8Array, message: Uint8Array): string {
  return Buffer.from(blake3(message, { key, dkLen: 8 }))
    .reverse()
    .toString('hex');
}

test('a fingerprint is keyed BLAKE3 for every length from 1 to 1,024 bytes', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 0xff);
  for (let length = 1; length <= 1024; length++) {
    const message = Uint8Array.from({ length }, (_, i) => (i * 7 + length) & 0xff);
    assert.equal(hashOne(key, message), expected(key, message), `length ${length}`);
  }
});

test('keys differ in every word', () => {
  const message = Buffer.from('the same message');
  for (let byte = 0; byte < 32; byte++) {
    const key = new Uint8Array(32);
    key[byte] = 1;
    assert.equal(hashOne(key, message), expected(key, message));
  }
});

const official: readonly [number, string][] = [
  [1, '6d7878dfff2f4856'],
  [1023, 'c951ecdf03288d0f'],
  [1024, '75c46f6f3d9eb4f5'],
];

// BLAKE3 test vectors (BLAKE3-team/BLAKE3, test_vectors/test_vectors.json), keyed_hash mode: input byte i is i mod 251, the key is the ASCII text below.
// The first 8 bytes of the lengths that fit one chunk.
test('the official vectors of keyed_hash mode', () => {
  const key = Buffer.from('whats the Elvish word for friend');
  const message = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);
  for (const [length, first8] of official) {
    const reversed = Buffer.from(first8, 'hex').reverse().toString('hex');
    assert.equal(hashOne(key, message(length)), reversed, `length ${length}`);
  }
});
