import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteOrderMark, nulPattern } from '../../src/dump/encoding.ts';
import { detectTextEncoding } from '../../src/dump/encoding-detect.ts';
import { toUtf8 } from '../../src/dump/transcode.ts';
import { encodeGb18030, randomFrom } from './samples.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const han = '王小明,浙江省杭州市西湖区文三路一号,订单已签收\n';

const detect = (sample: Uint8Array) => detectTextEncoding([sample], null);

test('ASCII is UTF-8 for certain', () => {
  assert.deepEqual(detect(encode('a,b\n1,2\n')), { encoding: 'utf-8', confidence: 1, doubled: false });
});

test('one Han name is enough to tell, more make it sure', () => {
  assert.equal(detect(encode('x,王小明\n')).encoding, 'utf-8');
  assert.equal(detect(encodeGb18030('x,王小明\n')).encoding, 'gb18030');
  assert.ok(detect(encode(han.repeat(9))).confidence > 0.99);
  assert.ok(detect(encodeGb18030(han.repeat(9))).confidence > 0.95);
});

test('a sample may end within a character', () => {
  assert.equal(detect(encode(han).subarray(0, -12)).encoding, 'utf-8');
  for (let cut = 1; cut < 6; cut++) {
    assert.equal(detect(encode('王小明'.repeat(9)).subarray(0, -cut)).encoding, 'utf-8', `utf-8 ${cut}`);
    assert.equal(detect(encodeGb18030('王小明'.repeat(9)).subarray(0, -cut)).encoding, 'gb18030', `gb18030 ${cut}`);
  }
});

test('a few broken bytes change nothing', () => {
  for (const [name, bytes] of [
    ['utf-8', encode(han.repeat(50))],
    ['gb18030', encodeGb18030(han.repeat(50))],
  ] as const) {
    const random = randomFrom(3);
    const broken = bytes.map((byte) => (random(200) === 0 ? 128 + random(128) : byte));
    assert.equal(detect(broken).encoding, name);
  }
});

test('Western accents are not taken for Han', () => {
  const western = Uint8Array.from('José,Müller,Núñez,François\n'.repeat(20), (character) => character.charCodeAt(0));
  const { encoding } = detect(western);
  assert.equal(encoding, 'windows-1252');
  assert.ok(detect(encode('José,Müller,Núñez,François\n'.repeat(20))).confidence > 0.99);
});

test('byte-order marks and NULs', () => {
  assert.deepEqual(byteOrderMark(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61)), { encoding: 'utf-8', sizeBytes: 3 });
  assert.deepEqual(byteOrderMark(Uint8Array.of(0x84, 0x31, 0x95, 0x33)), { encoding: 'gb18030', sizeBytes: 4 });
  assert.equal(byteOrderMark(Uint8Array.of(0xff, 0xfe, 0, 0))?.encoding, 'utf-32le');
  assert.equal(byteOrderMark(encode('a')), null);
  assert.equal(nulPattern(Buffer.from('name,phone', 'utf16le')), 'utf-16le');
  assert.equal(nulPattern(Buffer.from('name,phone', 'utf16le').swap16()), 'utf-16be');
  assert.equal(nulPattern(encode(`a\0${'b'.repeat(100)}`)), null);
  assert.equal(nulPattern(new Uint8Array(9)), 'binary');
});

test('decoding does not depend on how the stream is cut', async () => {
  const bytes = encodeGb18030(han.repeat(3));
  for (const sizeBytes of [1, 2, 3, 7, 1000]) {
    const parts: Uint8Array[] = [];
    const chunks = (async function* () {
      for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes);
    })();
    for await (const part of toUtf8(chunks, 'gb18030')) parts.push(part);
    assert.equal(Buffer.concat(parts).toString(), han.repeat(3));
  }
});
