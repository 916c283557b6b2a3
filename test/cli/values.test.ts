import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseArguments } from '../../src/cli/arguments.ts';
import { readingOptions } from '../../src/cli/reading-options.ts';
import {
  isFieldList,
  isMapping,
  parseCount,
  parseFields,
  parseHints,
  parseMap,
  parseSize,
  parseTime,
} from '../../src/cli/values.ts';

const usage = { code: 'USAGE_OPTION', exit: 1 };

test('a time is an ISO 8601 date or date-time, UTC unless it says a zone, or seconds', () => {
  for (const [text, expected] of [
    ['2024-03-01', '2024-03-01T00:00:00Z'],
    ['20240301', '2024-03-01T00:00:00Z'],
    ['2024-03-01T18:30', '2024-03-01T18:30:00Z'],
    ['2024-03-01 18:30:15', '2024-03-01T18:30:15Z'],
    ['2024-03-01T18:30:15Z', '2024-03-01T18:30:15Z'],
    ['2024-03-01T18:30:15+08:00', '2024-03-01T10:30:15Z'],
    ['2024-03-01T18:30:15+0800', '2024-03-01T10:30:15Z'],
    ['2024-03-01T18:30:15-03', '2024-03-01T21:30:15Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
    ['1970-01-01', '1970-01-01T00:00:00Z'],
  ] as const) {
    assert.equal(parseTime('x', '--as-of', text), Date.parse(expected) / 1000, text);
  }
  assert.equal(parseTime('x', '--as-of', '1709251200'), 1709251200);
  assert.equal(parseTime('x', '--as-of', '0'), 0);
  assert.equal(parseTime('x', '--as-of', '2024-03-01T00:00:00.500Z'), 1709251200);
});

test('what is no time, or no time that a register can hold, is refused', () => {
  for (const text of [
    '',
    '2024',
    '2024-13-01',
    '2024-02-30',
    '2023-02-29',
    '2024-03-01T24:00',
    '2024-03-01T10:60',
    '2024-03-01T10:00+99:00',
    '1969-12-31',
    '2107-01-01',
    '1709251200000',
    '4294967295',
    'yesterday',
    '-5',
    '01.03.2024',
  ]) {
    assert.throws(() => parseTime('x', '--as-of', text), usage, text);
  }
});

test('a size has binary units', () => {
  for (const [text, expected] of [
    ['512M', 512 * 2 ** 20],
    ['2G', 2 ** 31],
    ['2g', 2 ** 31],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['64 MB', 64 * 2 ** 20],
    ['4096', 4096],
    ['1T', 2 ** 40],
  ] as const) {
    assert.equal(parseSize('x', '--memory', text), expected, text);
  }
  for (const text of ['', '0', 'M', '-1M', '2X', '1e9', '99999999T', '0.0001']) {
    assert.throws(() => parseSize('x', '--memory', text), usage, text);
  }
});

test('a count has its bounds', () => {
  assert.equal(parseCount('x', '--threads', '8', 256), 8);
  for (const text of ['0', '257', '1.5', '-1', 'all', ''])
    assert.throws(() => parseCount('x', '--threads', text, 256), usage);
});

test('a map is field=COL, the column may contain anything', () => {
  const map = parseMap('x', ['phone=3', 'phone=4', 'email=E-Mail = Adresse']);
  assert.deepEqual(map, [
    { field: 'phone', column: '3' },
    { field: 'phone', column: '4' },
    { field: 'email', column: 'E-Mail = Adresse' },
  ]);
  for (const pairs of [['phone'], ['phone='], ['fax=3'], ['Phone=3']]) {
    assert.throws(() => parseMap('x', pairs), usage, pairs.join(' '));
  }
});

test('fields may stand with commas or one by one', () => {
  assert.deepEqual(parseFields('x', '--exclusive', ['phone,email', 'phone']), ['phone', 'email']);
  assert.throws(() => parseFields('x', '--exclusive', ['phone,']), usage);
  assert.ok(isFieldList('phone,email') && !isFieldList('phone.csv'));
  assert.ok(isMapping('phone=2') && !isMapping('phone') && !isMapping('file=2'));
});

test('hints name separator, encoding and header', () => {
  const read = (...words: string[]) => parseHints('x', parseArguments('x', readingOptions, words));
  assert.deepEqual(read(), { separator: null, encoding: null, header: null, passwords: [] });
  assert.deepEqual(read('--separator', '----', '--encoding', 'GBK', '--no-header'), {
    separator: '----',
    encoding: 'gb18030',
    header: false,
    passwords: [],
  });
  assert.equal(read('--separator', 'tab', '--header').separator, '\t');
  assert.equal(read('--separator', '--').separator, '--');
  for (const words of [
    ['--separator', '"'],
    ['--separator', '123456789'],
    ['--encoding', 'utf-17'],
    ['--header', '--no-header'],
  ]) {
    assert.throws(() => read(...words), usage, words.join(' '));
  }
});
