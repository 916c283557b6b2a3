import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteOrderMark } from '../../src/dump/encoding.ts';
import { detectTextEncoding } from '../../src/dump/encoding-detect.ts';
import { encodedLanguages, encodeText, peopleTable } from './encoders.ts';
import { randomFrom } from './samples.ts';

/** UTF-8 bytes taken for another encoding, as text. */
function misread(text: string, as: string): string {
  return new TextDecoder(as).decode(new TextEncoder().encode(text));
}

for (const [encoding, language] of encodedLanguages) {
  test(`${encoding} with ${language} people, from 1 % of the rows on`, () => {
    for (const [rows, share] of [
      [300, 0.01],
      [300, 0.1],
      [40, 1],
    ] as const) {
      for (const seed of [5]) {
        const text = `${peopleTable(language, rows, share, randomFrom(seed))}${peopleTable(language, 2, 1, randomFrom(9))}`;
        const found = detectTextEncoding([encodeText(text, encoding)], null);
        assert.equal(found.encoding, encoding, `${rows} rows, share ${share}`);
        assert.equal(found.doubled, false);
        assert.ok(found.confidence > 0.5, String(found.confidence));
      }
    }
  });
}

test('a mark decides, ASCII is UTF-8', () => {
  const text = encodeText('a,b\n', 'utf-32le');
  assert.equal(detectTextEncoding([text], 'utf-32le').encoding, 'utf-32le');
  assert.deepEqual(detectTextEncoding([encodeText('a,b\n', 'utf-8')], null), {
    encoding: 'utf-8',
    confidence: 1,
    doubled: false,
  });
  assert.equal(byteOrderMark(Uint8Array.of(0xfe, 0xff))?.encoding, 'utf-16be');
});

test('damaged UTF-8 and damaged GB18030 stay what they are', () => {
  for (const encoding of ['utf-8', 'gb18030'] as const) {
    const random = randomFrom(7);
    const bytes = encodeText(peopleTable('chinese', 400, 0.5, random), encoding);
    const broken = bytes.map((byte) => (byte !== 10 && random(300) === 0 ? 128 + random(128) : byte));
    assert.equal(detectTextEncoding([broken], null).encoding, encoding);
  }
});

test('lines of two encodings', () => {
  for (const other of ['gb18030', 'windows-1252'] as const) {
    for (const share of [3, 10, 30]) {
      const language = other === 'gb18030' ? 'chinese' : 'western';
      const lines = peopleTable(language, 400, 1, randomFrom(share)).trimEnd().split('\n');
      const parts = lines.map((line, index) => encodeText(`${line}\n`, index % share === 0 ? other : 'utf-8'));
      assert.equal(detectTextEncoding([Buffer.concat(parts)], null).encoding, `mixed:utf-8+${other}`);
    }
  }
});

test('text that was encoded twice', () => {
  for (const [language, as] of [
    ['western', 'windows-1252'],
    ['chinese', 'windows-1252'],
    ['chinese', 'gbk'],
    ['cyrillic', 'windows-1252'],
    ['japanese', 'gbk'],
  ] as const) {
    for (const share of [0.05, 1]) {
      const text = misread(peopleTable(language, 200, share, randomFrom(4)), as);
      const found = detectTextEncoding([encodeText(text, 'utf-8')], null);
      assert.deepEqual(
        { ...found, confidence: 1 },
        { encoding: 'utf-8', confidence: 1, doubled: true },
        `${language} as ${as}`,
      );
    }
  }
  for (const [, language] of encodedLanguages) {
    const found = detectTextEncoding([encodeText(peopleTable(language, 200, 1, randomFrom(3)), 'utf-8')], null);
    assert.equal(found.doubled, false, language);
  }
});

test('bytes of chance are some encoding, without an error', () => {
  const random = randomFrom(8);
  for (let round = 0; round < 20; round++) {
    const bytes = Uint8Array.from({ length: 1 + random(2000) }, () => random(256));
    const { confidence } = detectTextEncoding([bytes, bytes.subarray(3)], null);
    assert.ok(confidence >= 0 && confidence <= 1);
  }
  assert.equal(detectTextEncoding([], null).encoding, 'utf-8');
});
