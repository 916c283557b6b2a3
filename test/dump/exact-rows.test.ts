import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  findRowEnd,
  INCOMPLETE,
  MAX_ROW_BYTES,
  QUOTE_REACH_BYTES,
  RowReader,
  rowsOf,
  splitRow,
  TOO_LONG,
} from '../../src/dump/exact-rows.ts';
import type { Dialect } from '../../src/dump/port.ts';

const csv: Dialect = { separator: ',', quote: '"', newline: '\n' };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

function read(
  input: string | Uint8Array,
  dialect: Dialect = csv,
  columns: number | null = null,
): (string[] | string)[] {
  const bytes = typeof input === 'string' ? encode(input) : input;
  const rows: (string[] | string)[] = [];
  for (const row of rowsOf(bytes, dialect, columns)) {
    rows.push('cells' in row ? row.cells.map(decode) : row.rejected);
  }
  return rows;
}

function readInChunks(bytes: Uint8Array, cuts: readonly number[], dialect: Dialect): (string[] | string)[] {
  const reader = new RowReader(dialect);
  const rows: (string[] | string)[] = [];
  const take = (drawn: ReturnType<typeof reader.finish>): void => {
    for (const row of drawn) rows.push('cells' in row ? row.cells.map(decode) : row.rejected);
  };
  let from = 0;
  for (const cut of [...cuts, bytes.length].toSorted((a, b) => a - b)) {
    take(reader.push(bytes.subarray(from, cut)));
    from = Math.max(from, cut);
  }
  take(reader.finish());
  return rows;
}

test('rows end at a newline, with one CR before it, or at the end; empty rows do not count', () => {
  assert.deepEqual(read('a,b\r\n\r\n\nc,d\n'), [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  assert.deepEqual(read('a\r\r\nb\r'), [['a\r'], ['b\r']]);
  assert.deepEqual(read('a,b\rc,d', { ...csv, newline: '\r' }), [
    ['a', 'b'],
    ['c', 'd'],
  ]);
  assert.deepEqual(read(''), []);
  assert.deepEqual(read(',\n,'), [
    ['', ''],
    ['', ''],
  ]);
});

const quoted: [string, string[]][] = [
  ['"a","b"', ['a', 'b']],
  ['"","x"', ['', 'x']],
  ['""', ['']],
  ['"a""b",c', ['a"b', 'c']],
  ['"""a""",c', ['"a"', 'c']],
  ['""""', ['"']],
  ['"a,b",c', ['a,b', 'c']],
  ['"a\nb",c', ['a\nb', 'c']],
  ['"a\r\nb"\r\n', ['a\r\nb']],
  ['"5" screen",x', ['5" screen', 'x']],
  ['"a"""b",x', ['a""b', 'x']],
  ['"a"b', ['"a"b']],
  ['"a",b"c",d', ['a', 'b"c"', 'd']],
  [' "a",b', [' "a"', 'b']],
  ['"abc', ['"abc']],
  ['"abc,d', ['"abc', 'd']],
  ['""a,b', ['""a', 'b']],
  ['"a"",b"', ['a",b']],
  ['"a"\r', ['"a"\r']],
];
for (const [input, cells] of quoted) {
  test(`quotes: ${JSON.stringify(input)}`, () => {
    assert.deepEqual(read(input), [cells]);
  });
}

test('separators of several characters match leftmost', () => {
  const dashes: Dialect = { separator: '----', quote: null, newline: '\n' };
  assert.deepEqual(read('a----b-----c--------d', dashes), [['a', 'b', '-c', '', 'd']]);
  const bars: Dialect = { separator: '||', quote: '"', newline: '\n' };
  assert.deepEqual(read('"a||b"||c|d||"e"|', bars), [['a||b', 'c|d', '"e"|']]);
});

test('the reach of a quote is exact', () => {
  const inside = `"${'x'.repeat(QUOTE_REACH_BYTES - 1)}",b`;
  assert.deepEqual(read(inside), [['x'.repeat(QUOTE_REACH_BYTES - 1), 'b']]);
  const outside = `"${'x'.repeat(QUOTE_REACH_BYTES)}",b`;
  assert.deepEqual(read(outside), [[`"${'x'.repeat(QUOTE_REACH_BYTES)}"`, 'b']]);
  // The run begins within reach and closes beyond it.
  const across = `"${'x'.repeat(QUOTE_REACH_BYTES - 2)}"""`;
  assert.deepEqual(read(`${across},b`), [[across, 'b']]);
});

test('a row is too long beyond 1 MiB with its end, and reading goes on after the next newline byte', () => {
  const fits = `${'x'.repeat(MAX_ROW_BYTES - 1)}\n`;
  for (const dialect of [csv, { ...csv, quote: null }]) {
    assert.equal(findRowEnd(encode(fits), 0, MAX_ROW_BYTES, dialect, true), MAX_ROW_BYTES);
    assert.deepEqual(read(`x${fits}a,b\n`, dialect), ['too-long', ['a', 'b']]);
    assert.deepEqual(read(`a\n${'x'.repeat(MAX_ROW_BYTES)}`, dialect).length, 2);
    assert.deepEqual(read(`a\nx${'x'.repeat(MAX_ROW_BYTES)}`, dialect), [['a'], 'too-long']);
    assert.equal(findRowEnd(encode(`x${fits}`), 0, MAX_ROW_BYTES + 1, dialect, false), TOO_LONG);
  }
  const cell = `"${'y'.repeat(60_000)}\n",`;
  assert.deepEqual(read(`${cell.repeat(18)}\nb`)[0], 'too-long');
});

test('a row whose end is not known yet is incomplete', () => {
  for (const part of ['a', '"a', '"a"', '"a"\r', '"a"|', '"a""']) {
    const dialect: Dialect = { separator: '||', quote: '"', newline: '\n' };
    assert.equal(findRowEnd(encode(part), 0, part.length, dialect, false), INCOMPLETE, part);
    assert.equal(findRowEnd(encode(part), 0, part.length, dialect, true), part.length, part);
  }
});

test('a table fills short rows, forgives empty extra cells and rejects others', () => {
  assert.deepEqual(read('a\na,b,,\na,b,,c\na,b', csv, 2), [['a', ''], ['a', 'b'], 'too-many-cells', ['a', 'b']]);
});

const dialects: Dialect[] = [];
for (const separator of [
  ',',
  ';',
  '\t',
  '|',
  ':',
  '----',
  '||',
  '::',
  '~',
  '^',
  '#',
  ' ',
  '\x01',
  '\x1f',
  '<=>',
  '#*#|#*#|',
]) {
  for (const quote of ['"', "'", null] as const) {
    for (const newline of ['\n', '\r'] as const) dialects.push({ separator, quote, newline });
  }
}

function write(rows: readonly (readonly string[])[], dialect: Dialect, alwaysQuote: boolean): string {
  const { quote, separator, newline } = dialect;
  const cell = (value: string): string => {
    if (quote === null) return value;
    const plain = !value.includes(separator[0] ?? '') && !/[\r\n]/.test(value) && !value.includes(quote);
    return plain && !alwaysQuote ? value : quote + value.replaceAll(quote, quote + quote) + quote;
  };
  return rows.map((cells) => cells.map(cell).join(separator)).join(newline);
}

test('what a correct writer wrote is read back, in every dialect', () => {
  const pieces = fc.constantFrom(
    'a',
    'é',
    '王',
    '"',
    "'",
    ',',
    ';',
    '\n',
    '\r',
    '-',
    '|',
    '\t',
    ' ',
    '1',
    '😀',
    '#',
    '::',
  );
  const cell = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(
      fc.constantFrom(...dialects),
      fc.array(fc.array(cell, { minLength: 2, maxLength: 5 }), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      (dialect, table, alwaysQuote) => {
        const forbidden =
          dialect.quote === null
            ? new RegExp(
                `[\\r\\n${[...dialect.separator].map((c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('')}]`,
                'g',
              )
            : /(?!)/g;
        const rows = table.map((cells) => cells.map((value) => value.replaceAll(forbidden, '')));
        assert.deepEqual(read(write(rows, dialect, alwaysQuote), dialect), rows);
      },
    ),
    { numRuns: 1500 },
  );
});

test('rows do not depend on how the stream is cut, for any bytes', () => {
  const pieces = fc.constantFrom('a', '"', '"', '""', ',', ',', '\n', '\r\n', '\r', '||', '|', '\0', 'é');
  fc.assert(
    fc.property(
      fc.array(pieces, { maxLength: 60 }),
      fc.array(fc.nat(80), { maxLength: 5 }),
      fc.constantFrom(',', '||'),
      (parts, cuts, separator) => {
        const dialect: Dialect = { separator, quote: '"', newline: '\n' };
        const bytes = encode(parts.join(''));
        const whole = read(bytes, dialect);
        assert.deepEqual(readInChunks(bytes, cuts, dialect), whole);
        assert.deepEqual(readStepwise(bytes, dialect), whole);
      },
    ),
    { numRuns: 2000 },
  );
});

/** Asks `findRowEnd` with one byte more at a time: an answer, once given, must be the final one. */
function readStepwise(bytes: Uint8Array, dialect: Dialect): string[][] {
  const rows: string[][] = [];
  let start = 0;
  for (let end = 0; end <= bytes.length; end++) {
    const rowEnd = findRowEnd(bytes, start, end, dialect, end === bytes.length);
    if (rowEnd === INCOMPLETE || start === bytes.length) continue;
    const cells = splitRow(bytes, start, rowEnd, dialect).map(decode);
    const text = decode(bytes.subarray(start, rowEnd));
    if (text !== '\n' && text !== '\r\n') rows.push(cells);
    start = rowEnd;
    end = start - 1;
  }
  return rows;
}

test('rows do not depend on how the stream is cut, across the reader’s buffer', () => {
  const line = `"a ""quoted"" cell","${'x'.repeat(3000)}\n",plain\n`;
  const long = `${'z'.repeat(3_500_000)}\n`;
  const bytes = encode(line.repeat(800) + long + line.repeat(400));
  const whole = read(bytes);
  assert.equal(whole.length, 1201);
  assert.equal(whole.filter((row) => row === 'too-long').length, 1);
  assert.deepEqual(readInChunks(bytes, [1, 100_000, 2_000_003, 2_400_000, 2_400_001, 5_000_000], csv), whole);
});

/** The rule of docs/spec/delimited.md written down as plainly as possible, without any thought of speed. */
function readPlainly(text: string, { separator, quote: q, newline }: Dialect): (string[] | string)[] {
  const rows: (string[] | string)[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const cells: string[] = [];
    for (;;) {
      const close = q !== null && text[at] === q ? closeOf(text, at, q, separator, newline) : -1;
      const from = at;
      if (close !== -1) {
        cells.push(text.slice(at + 1, close).replaceAll(`${q}${q}`, q ?? ''));
        at = close + 1;
      } else {
        while (at < text.length && !text.startsWith(separator, at) && !endsAt(text, at, newline)) at++;
        cells.push(text.slice(from, at));
      }
      if (!text.startsWith(separator, at)) break;
      at += separator.length;
    }
    const contentEnd = at;
    at += text[at] === newline ? 1 : at < text.length ? 2 : 0;
    if (at - start > MAX_ROW_BYTES) {
      rows.push('too-long');
      const next = text.indexOf(newline, start + MAX_ROW_BYTES);
      at = next === -1 ? text.length : next + 1;
    } else if (contentEnd > start) rows.push(cells);
  }
  return rows;
}

function endsAt(text: string, at: number, newline: string): boolean {
  return text[at] === newline || (newline === '\n' && text.startsWith('\r\n', at));
}

function closeOf(text: string, opening: number, q: string, separator: string, newline: string): number {
  for (let at = opening + 1; at < text.length; at++) {
    if (text[at] !== q) continue;
    let after = at;
    while (text[after] === q) after++;
    const follows = after === text.length || endsAt(text, after, newline) || text.startsWith(separator, after);
    if ((after - at) % 2 === 1 && follows) return after - 1 - opening <= QUOTE_REACH_BYTES ? after - 1 : -1;
    at = after;
  }
  return -1;
}

test('the reader agrees with the rule written plainly, also at the limits', () => {
  const short = fc.constantFrom('a', '"', '"', '""', '"""', ',', ',', '|', '||', '\n', '\r\n', '\r');
  const long = fc
    .constantFrom(16_383, 21_844, 32_766, 32_767, 65_532, 65_533, 65_534, 65_535, 65_536)
    .map((n) => 'x'.repeat(n));
  const row = fc.constantFrom(1_048_570, 1_048_573, 1_048_574, 1_048_575).map((n) => 'y'.repeat(n));
  const dialect = fc.record<Dialect>({
    separator: fc.constantFrom(',', '||'),
    quote: fc.constantFrom('"', '"', null),
    newline: fc.constantFrom('\n', '\n', '\r'),
  });
  const check = (parts: readonly string[], one: Dialect): void => {
    assert.deepEqual(read(parts.join(''), one), readPlainly(parts.join(''), one));
  };
  fc.assert(fc.property(fc.array(short, { maxLength: 40 }), dialect, check), { numRuns: 3000 });
  const mixed = fc.array(fc.oneof({ weight: 5, arbitrary: short }, { weight: 1, arbitrary: long }), { maxLength: 40 });
  fc.assert(fc.property(mixed, dialect, check), { numRuns: 120 });
  const withRow = fc.tuple(mixed, row, mixed).map(([a, b, c]) => [...a, '\n', b, ...c]);
  fc.assert(fc.property(withRow, dialect, check), { numRuns: 15 });
});

/** Linear time is checked by size: the quadratic readers that these inputs are made for would take minutes. */
const hostile: [string, () => Uint8Array, number][] = [
  ['unclosed quotes, one a row', () => encode('"a\n'.repeat(5e5)), 5e5],
  ['unclosed quotes in long rows', () => encode(`${'"a,'.repeat(100_000)}\n`.repeat(3)), 3],
  ['runs of quotes of every length', () => encode('",'.repeat(30_000) + `${'"'.repeat(70_000)}x`.repeat(10)), 1],
  ['long runs after many openings', () => encode(`${'"a,'.repeat(20_000)}${'"'.repeat(60_001)}x\n`.repeat(20)), 20],
  ['a run of quotes longer than the buffer', () => encode(`"a${'"'.repeat(3e6)}\nb\n`), 2],
  ['a million separators', () => encode(','.repeat(1e6)), 1],
  ['a million empty rows', () => encode('\n'.repeat(1e6)), 0],
  ['NULs', () => new Uint8Array(3e6), 1],
];
for (const [name, make, rows] of hostile) {
  test(`hostile: ${name}`, { timeout: 20_000 }, () => {
    const bytes = make();
    let count = 0;
    const reader = new RowReader(csv);
    for (let at = 0; at < bytes.length; at += 65_536) {
      for (const _ of reader.push(bytes.subarray(at, at + 65_536))) count++;
    }
    for (const _ of reader.finish()) count++;
    assert.equal(count, rows);
  });
}

test('hostile: one huge row of quoted newlines costs no more than its size', { timeout: 20_000 }, () => {
  const bytes = encode('"\n",'.repeat(400_000));
  const rows = read(bytes);
  assert.ok(rows.includes('too-long'));
});
