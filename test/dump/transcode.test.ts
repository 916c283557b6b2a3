import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextEncoding } from '../../src/dump/encoding.ts';
import { toUtf8 } from '../../src/dump/transcode.ts';
import { undouble } from '../../src/dump/transcode-undouble.ts';
import { encodedLanguages, encodeText, peopleTable } from './encoders.ts';
import { memoryInput } from './memory-sink.ts';
import { randomFrom } from './samples.ts';

async function read(bytes: Uint8Array, encoding: TextEncoding, chunkBytes: number, doubled = false): Promise<string> {
  const parts: Uint8Array[] = [];
  const stream = memoryInput(bytes, 'input', chunkBytes).stream();
  for await (const part of toUtf8(stream, encoding, { doubled })) parts.push(part.slice());
  const all = Buffer.concat(parts);
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(all);
}

const chunkSizes = [1, 2, 3, 7, 64, 65_536];

test('every encoding, wherever the stream is cut', async () => {
  for (const [encoding, language] of [...encodedLanguages, ['utf-32le', 'chinese'], ['utf-32be', 'greek']] as const) {
    const text = peopleTable(language, 12, 0.5, randomFrom(2));
    const bytes = encodeText(text, encoding);
    for (const size of chunkSizes) assert.equal(await read(bytes, encoding, size), text, `${encoding} ${size}`);
  }
});

test('marks are dropped once, broken bytes become U+FFFD', async () => {
  for (const size of chunkSizes) {
    for (const encoding of ['utf-8', 'utf-16le', 'utf-16be', 'utf-32le', 'utf-32be'] as const) {
      assert.equal(
        await read(encodeText('\ufeffab\ufeffc', encoding), encoding, size),
        'ab\ufeffc',
        `${encoding} ${size}`,
      );
      assert.equal(await read(encodeText('\ufeff', encoding), encoding, size), '');
    }
    const broken = Uint8Array.of(0x61, 0xe7, 0x8e, 0x2c, 0xff, 0x62, 0xf0, 0x9f, 0x98, 0x80, 0xe7, 0x8e);
    assert.equal(await read(broken, 'utf-8', size), 'a\ufffd,\ufffdb😀\ufffd');
    assert.equal(await read(broken, 'mixed:utf-8+gb18030', size), new TextDecoder('gb18030').decode(broken));
    assert.equal(
      await read(Uint8Array.of(0xff, 0xff, 0xff, 0x7f, 0x41, 0, 0, 0, 1), 'utf-32le', size),
      '\ufffdA\ufffd',
    );
  }
});

test('mixed lines are each read in their own encoding', async () => {
  const lines = peopleTable('chinese', 60, 0.7, randomFrom(6)).split(/(?<=\n)/);
  const bytes = Buffer.concat(lines.map((line, index) => encodeText(line, index % 3 === 0 ? 'gb18030' : 'utf-8')));
  for (const size of chunkSizes) assert.equal(await read(bytes, 'mixed:utf-8+gb18030', size), lines.join(''));
});

test('what was encoded twice is undone cell by cell', async () => {
  const misread = (text: string, as: string): string => new TextDecoder(as).decode(new TextEncoder().encode(text));
  const cells = ['王小明', '浙江省杭州市', 'Müller', 'José Núñez', 'Иванов', '佐藤'];
  const plain = '李丽娟,Ångström,plain\n';
  const text = cells.map((cell) => `1,${misread(cell, 'windows-1252')},x\n${plain}`).join('');
  const expected = cells.map((cell) => `1,${cell},x\n${plain}`).join('');
  for (const size of chunkSizes) assert.equal(await read(encodeText(text, 'utf-8'), 'utf-8', size, true), expected);
  assert.equal(undouble(misread('浙江省杭州市', 'gbk')), '浙江省杭州市');
  // An odd number of bytes: the last was lost.
  assert.equal(undouble(misread('王小明', 'gbk')), '王小\ufffd');
  assert.equal(undouble(new TextDecoder('windows-1252').decode(encodeText('王小明', 'gb18030'))), '王小明');
  for (const kept of ['é', 'ção', 'ñé', '王小明', '样例路', 'Ö', '€', '“']) assert.equal(undouble(kept), kept);
});

test('hostile bytes neither throw nor depend on the chunks', async () => {
  const random = randomFrom(12);
  for (const encoding of ['utf-8', 'mixed:utf-8+gb18030', 'gb18030', 'shift_jis', 'utf-32be'] as const) {
    for (let round = 0; round < 5; round++) {
      const bytes = Uint8Array.from({ length: 300 }, () =>
        random(3) === 0 ? (random(4) === 0 ? 10 : 32 + random(90)) : 128 + random(128),
      );
      for (const doubled of [false, true]) {
        const whole = await read(bytes, encoding, 1000, doubled);
        for (const size of [1, 3, 7, 64]) assert.equal(await read(bytes, encoding, size, doubled), whole);
      }
    }
  }
  const endless = new Uint8Array(300_000).fill(0xe4);
  assert.equal(await read(endless, 'utf-8', 999, true), '\ufffd'.repeat(300_000));
  assert.equal((await read(endless, 'mixed:utf-8+gb18030', 65_536)).length, 150_000);
});
