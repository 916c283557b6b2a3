import assert from 'node:assert/strict';
import { test } from 'node:test';
import { blake3 } from '@noble/hashes/blake3.js';
import {
  controlsContext,
  deriveKey,
  fingerprint,
  fingerprintContext,
  idsContext,
  manifestContext,
  rowsContext,
} from '../../../src/core/fingerprint/keys.ts';

/** The first 32 bytes of outputs in BLAKE3's official test_vectors.json: [input length, keyed_hash, derive_key]. */
const vectors: readonly [number, string, string][] = [
  [
    0,
    '92b2b75604ed3c761f9d6f62392c8a9227ad0ea3f09573e783f1498a4ed60d26',
    '2cc39783c223154fea8dfb7c1b1660f2ac2dcbd1c1de8277b0b0dd39b7e50d7d',
  ],
  [
    1,
    '6d7878dfff2f485635d39013278ae14f1454b8c0a3a2d34bc1ab38228a80c95b',
    'b3e2e340a117a499c6cf2398a19ee0d29cca2bb7404c73063382693bf66cb06c',
  ],
  [
    1023,
    'c951ecdf03288d0fcc96ee3413563d8a6d3589547f2c2fb36d9786470f1b9d6e',
    '74a16c1c3d44368a86e1ca6df64be6a2f64cce8f09220787450722d85725dea5',
  ],
  [
    1025,
    '357dc55de0c7e382c900fd6e320acc04146be01db6a8ce7210b7189bd664ea69',
    'effaa245f065fbf82ac186839a249707c3bddf6d3fdda22d1b95a3c970379bcb',
  ],
  [
    4097,
    '00df940cd36bb9fa7cbbc3556744e0dbc8191401afe70520ba292ee3ca80abbc',
    'aca51029626b55fda7117b42a7c211f8c6e9ba4fe5b7a8ca922f34299500ead8',
  ],
];
const vectorKey = new TextEncoder().encode('whats the Elvish word for friend');
const input = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => i % 251);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

test('keys and keyed hashes are those of the official BLAKE3 vectors', () => {
  for (const [length, keyed, derived] of vectors) {
    assert.equal(hex(deriveKey(input(length), 'BLAKE3 2019-12-27 16:29:52 test vectors context')), derived);
    assert.equal(hex(blake3(input(length), { key: vectorKey })), keyed);
  }
});

test('a fingerprint is the first 8 bytes, little endian, of the keyed hash of the UTF-8', () => {
  assert.deepEqual(fingerprint(vectorKey, ''), { lo: 0x56b7b292, hi: 0x763ced04 });
  assert.deepEqual(fingerprint(vectorKey, '\u0000'), { lo: 0xdf78786d, hi: 0x56482fff });
  const bytes = blake3(new TextEncoder().encode('张伟'), { key: vectorKey });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  assert.deepEqual(fingerprint(vectorKey, '张伟'), { lo: view.getUint32(0, true), hi: view.getUint32(4, true) });
});

test('each purpose, field and version has its own key', () => {
  const contexts = [
    idsContext,
    manifestContext,
    rowsContext,
    controlsContext,
    fingerprintContext({ name: 'phone', version: 1 }),
    fingerprintContext({ name: 'phone', version: 2 }),
    fingerprintContext({ name: 'email', version: 1 }),
  ];
  assert.equal(contexts[4], 'boltseal 2026-11 fingerprint phone v1');
  const keys = contexts.map((context) => hex(deriveKey(vectorKey, context)));
  assert.equal(new Set(keys).size, contexts.length);
  assert.ok(keys.every((key) => key.length === 64));
});
