import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { columnKind } from '../../../src/core/fields/kind.ts';
import { maskUnknown } from '../../../src/core/fields/masks.ts';
import { fields } from '../../../src/core/fields/registry.ts';
import { fitsUtf8, foldCase, headerKey, nfkc, printable, trimAscii, upperAscii } from '../../../src/core/text.ts';

test('printable takes terminal sequences, controls and invisible characters away', () => {
  const expected: [string, string][] = [
    ['plain 张三 é 😀', 'plain 张三 é 😀'],
    ['\x1b[31mred\x1b[0m', 'red'],
    ['\x9b31mred', 'red'],
    ['\x1b]0;title\x07text', 'text'],
    ['\x1b]8;;http://a.example\x1b\\link\x1b]8;;\x1b\\', 'link'],
    ['\x1bcreset', 'reset'],
    ['a\r\n\tb', 'a b'],
    ['a\u202eb\u2066c\u200bd\ufeffe\u00adf', 'abcdef'],
    ['\ud800x\udc00', '\ufffdx\ufffd'],
    ['a\0b\x7fc\x85d', 'abc d'],
  ];
  for (const [text, clean] of expected) assert.equal(printable(text, 40), clean, JSON.stringify(text));
});

test('printable cuts by code points and marks the cut', () => {
  assert.equal(printable('abcdef', 6), 'abcdef');
  assert.equal(printable('abcdefg', 6), 'abcde…');
  assert.equal(printable('😀😀😀', 2), '😀…');
  assert.equal(printable('abc', 0), '');
  assert.equal(printable('x'.repeat(100_000), 5), 'xxxx…');
});

test('what is printable stays so, and has nothing that a terminal obeys', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 80 }).map((units) => String.fromCharCode(...units)),
    fc.string({
      unit: fc.constantFrom('\x1b', '[', ']', '\x9b', ';', '3', 'm', '\x07', '\\', 'a', '\n', '\u202e'),
      maxLength: 80,
    }),
  );
  fc.assert(
    fc.property(text, fc.integer({ min: 0, max: 60 }), (hostile, maxLength) => {
      const clean = printable(hostile, maxLength);
      assert.ok(Array.from(clean).length <= maxLength);
      assert.ok(clean.isWellFormed());
      assert.doesNotMatch(clean, /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/);
      assert.equal(printable(clean, maxLength), clean);
    }),
  );
});

test('headerKey keeps lower-case letters and digits of any script', () => {
  assert.equal(headerKey(' Phone-No. '), 'phoneno');
  assert.equal(headerKey('收件人（姓名）'), '收件人姓名');
  assert.equal(headerKey('ＥＭＡＩＬ_1'), 'email1');
  assert.equal(headerKey('\u0301'.repeat(40)), '');
});

test('the small helpers', () => {
  assert.equal(trimAscii(' \t\r\n\v\fa b\u00a0 '), 'a b\u00a0');
  assert.equal(upperAscii('aßıé'), 'AßıÉ'.replace('É', 'é'));
  assert.equal(nfkc('ａ'), 'a');
  assert.equal(nfkc(`a${'\u0301\u0316'.repeat(16)}`), null);
  assert.equal(foldCase('ＳＴＲＡẞＥ'), 'straße');
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), fc.integer({ min: 0, max: 60 }), (text, limitBytes) => {
      assert.equal(fitsUtf8(text, limitBytes), new TextEncoder().encode(text).length <= limitBytes);
    }),
  );
});

test('hostile cells of 100,000 characters take linear time', () => {
  const size = 100_000;
  const repeated = [
    'a',
    '0',
    ' ',
    '+',
    '@',
    '.',
    'a.',
    'a@',
    '-',
    '\x1b[',
    '\x1b]',
    'x1',
    '{',
    '$',
    '\u0301',
    '\u0301\u0316',
    '\u0301-\u0316',
    '张',
    '路1',
    'A a',
    'A-',
    ',',
    '😀',
    '\ud800',
    'Σ',
    '\uff9e\u0301',
    '1,111',
    '1-',
  ];
  const started = performance.now();
  for (const part of repeated) {
    const cell = part.repeat(Math.ceil(size / part.length));
    for (const text of [cell, `a@${cell}!`]) {
      for (const field of fields) {
        field.normalise(text, { region: 'CN' });
        field.classify(text, { region: 'CN' });
        field.mask(text);
      }
      columnKind(text);
      maskUnknown(text);
      printable(text, 80);
      headerKey(text);
    }
  }
  // Quadratic work on one of these takes seconds to minutes; linear work on all of them about one second.
  assert.ok(performance.now() - started < 20_000);
});
