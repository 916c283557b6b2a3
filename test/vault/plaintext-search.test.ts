import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { PlaintextSearch } from '../../src/vault/plaintext-search.ts';

const values = [
  { what: 'name', value: '欧阳小明明' },
  { what: 'phone', value: '+8613812345678' },
  { what: 'email', value: 'ming@mail.example.cn' },
  { what: 'name', value: '王明' },
];

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Texts in GB18030, as the decoder says. */
function gb18030(text: string): Buffer {
  const decoder = new TextDecoder('gb18030');
  const bytes: number[] = [];
  for (const character of text)
    search: for (let lead = 0x81; lead <= 0xfe; lead++)
      for (let trail = 0x40; trail <= 0xfe; trail++)
        if (trail !== 0x7f && decoder.decode(Uint8Array.of(lead, trail)) === character) {
          bytes.push(lead, trail);
          break search;
        }
  return Buffer.from(bytes);
}

const forms: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-16LE', (text) => Buffer.from(text, 'utf16le')],
  ['UTF-16BE', (text) => Buffer.from(text, 'utf16le').swap16()],
  ['hexadecimal', (text) => Buffer.from(Buffer.from(text).toString('hex'))],
  ['hexadecimal', (text) => Buffer.from(Buffer.from(text).toString('hex').toUpperCase())],
  ['Base64', (text) => Buffer.from(Buffer.from(text).toString('base64'))],
  ['Base64', (text) => Buffer.from(Buffer.from(`a${text}b`).toString('base64'))],
  ['Base64', (text) => Buffer.from(Buffer.from(`ab${text}`).toString('base64'))],
  ['Base64', (text) => Buffer.from(Buffer.from(`abc${text}defgh`).toString('base64'))],
];

describe('a search for readable values', () => {
  const search = new PlaintextSearch(values);

  test('finds each in every form, wherever it lies and however the file comes', async () => {
    for (const { what, value } of values.slice(0, 3))
      for (const [encoding, encode] of forms)
        for (const before of [0, 1, 999, 1000, 4096 - 5]) {
          const file = Buffer.concat([
            Buffer.alloc(before, 0xee),
            encode(value),
            Buffer.alloc(before === 999 ? 0 : 3000, 0xee),
          ]);
          for (const size of [7, 64, 1000, 1_000_000]) {
            const hits = await search.search(chunked(file, size));
            assert.equal(hits.length, 1, `${what} ${encoding} behind ${before} in chunks of ${size}`);
            assert.equal(hits[0]?.what, what);
            assert.ok(hits[0] !== undefined && hits[0].at >= before && hits[0].at < before + 8);
          }
        }
  });

  test('finds what addresses, JSON in ASCII and Base64 of addresses make of it', async () => {
    const text = '欧阳小明明';
    const utf16 = [...text].map((one) => one.charCodeAt(0).toString(16));
    const escapes = (units: string[]) => units.map((unit) => `\\u${unit}`).join('');
    // Sextets 62 and 63: '欧阳' has them in one phase.
    const both = ['', 'a', 'ab'].map((before) => Buffer.from(`${before}${text}`).toString('base64url'));
    for (const form of [
      `GET /x?name=${encodeURIComponent(text)}&y`,
      encodeURIComponent(text).toLowerCase(),
      `"${escapes(utf16)}"`,
      `"${escapes(utf16.map((unit) => unit.toUpperCase()))}"`,
      `to=${encodeURIComponent('+8613812345678')}`,
      ...both,
    ])
      assert.equal((await search.search(chunked(Buffer.from(form), 64))).length, 1, form);
    const plus = new PlaintextSearch([{ what: 'name', value: '\u{3fbe}\u{3fbf}>>>???' }]);
    const url = Buffer.from('\u{3fbe}\u{3fbf}>>>???').toString('base64url');
    assert.match(url, /[-_]/);
    assert.equal((await plus.search(chunked(Buffer.from(url), 64))).length, 1);
  });

  test('finds GB18030', async () => {
    const hits = await search.search(
      chunked(Buffer.concat([randomBytes(50), gb18030('欧阳小明明'), randomBytes(50)]), 30),
    );
    assert.deepEqual(
      hits.map(({ encoding, at }) => [encoding, at]),
      [['GB18030', 50]],
    );
  });

  test('leaves out forms of less than eight bytes, and finds their longer ones', async () => {
    assert.deepEqual(await search.search(chunked(Buffer.from('… 王明 …'), 100)), []);
    const [hit] = await search.search(chunked(Buffer.from(Buffer.from('王明').toString('hex')), 100));
    assert.equal(hit?.what, 'name');
  });

  test('finds nothing in ciphertext, and ends with a hundred hits', async () => {
    assert.deepEqual(await search.search(chunked(randomBytes(8_000_000), 1_000_000)), []);
    const full = Buffer.from('ming@mail.example.cn '.repeat(1000));
    assert.equal((await search.search(chunked(full, 5000))).length, 100);
  });

  test('tells values apart that begin and end alike', async () => {
    const alike = Array.from({ length: 20_000 }, (_, i) => ({ what: 'email', value: `user${i}@mail.example.cn` }));
    const many = new PlaintextSearch(alike);
    const [hit] = await many.search(chunked(Buffer.from(`x user19999@mail.example.cn`), 100));
    assert.equal(hit?.at, 2);
    assert.deepEqual(await many.search(chunked(Buffer.from('@mail.example.cn user'.repeat(50_000)), 65_536)), []);
  });
});
