import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Dialect } from '../../src/dump/port.ts';
import { ThreadMarks } from '../../src/scan/marks.ts';
import { Rig } from './rig.ts';
import { cutWithKernel, planOfPasswords, readExactly, readWithKernel, rowBoundaries } from './rows-support.ts';

const rig = new Rig(5_000_000);
const dialect: fc.Arbitrary<Dialect> = fc.record({
  separator: fc.constantFrom(
    ',',
    '\t',
    ';',
    '|',
    '\x01',
    ' ',
    '||',
    '::',
    '----',
    '-_-',
    '~~~~~',
    ',;,;,;,;',
    '-------a',
  ),
  quote: fc.constantFrom('"' as const, "'" as const, null),
  newline: fc.constantFrom('\n' as const, '\n' as const, '\r' as const),
});

/** Text in which everything that matters to a dialect is frequent, whole separators and pieces of them among it. */
function textFor({ separator, quote, newline }: Dialect): fc.Arbitrary<Uint8Array> {
  const other = quote === '"' ? "'" : '"';
  const piece = fc.oneof(
    { weight: 5, arbitrary: fc.constant(separator) },
    { weight: 1, arbitrary: fc.constantFrom(...separator) },
    { weight: 5, arbitrary: fc.constant(quote ?? other) },
    { weight: 3, arbitrary: fc.constant(newline) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        other,
        '\r',
        '\n',
        '\r\n',
        `${quote ?? other}${separator}`,
        `${separator}${quote ?? other}`,
      ),
    },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        'a',
        'b',
        ' ',
        '\t',
        '张',
        'é',
        '\0',
        '13800138000',
        'a longer cell than sixteen bytes',
      ),
    },
    { weight: 1, arbitrary: fc.constantFrom(Buffer.from([0xff]), Buffer.from([0xe5, 0xbc]), Buffer.from([0xc3])) },
  );
  return fc
    .array(piece, { maxLength: 60 })
    .map((pieces) => Buffer.concat(pieces.map((each) => Buffer.from(each as string))));
}

const input = dialect.chain((one) =>
  fc.record({ dialect: fc.constant(one), text: textFor(one), columns: fc.integer({ min: 1, max: 5 }) }),
);
/** Over all rows of this file: equal rows have equal hashes, different rows different ones. */
const hashOfRow = new Map<string, string>();
const rowOfHash = new Map<string, string>();
const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((cell, index) => cell === b[index]);
const short = (cells: readonly string[]): string =>
  JSON.stringify(cells.slice(0, 9).map((cell) => (cell.length > 99 ? `${cell.length} of ${cell.slice(0, 9)}` : cell)));
const trim = (cell: string): string => cell.replace(/^[\t-\r ]+|[\t-\r ]+$/g, '');

function compare(bytes: Uint8Array, one: Dialect, columns: number, shift = 0): void {
  const kernel = readWithKernel(rig, bytes, planOfPasswords(one, columns), shift);
  const exact = readExactly(bytes, one, columns);
  assert.equal(kernel.rejected, exact.rejected);
  assert.equal(kernel.rows, exact.rows);
  exact.cells.forEach((cells, row) => {
    if (cells === undefined) {
      assert.equal(kernel.cells[row], undefined);
      return;
    }
    // A password longer than 1,024 bytes is no value: the exact path leaves it out.
    const read = kernel.cells[row]!.map((cell, index) =>
      cell === '' && cells[index]!.length > 1024 ? cells[index]! : cell,
    );
    assert.ok(same(read, cells.slice(0, 16)), `row ${row}: ${short(read)} and not ${short(cells)}`);
    // Broken UTF-8 keeps its bytes in a row's hash, and text cannot show them.
    if (cells.some((cell) => cell.includes('\ufffd'))) return;
    const key = JSON.stringify(cells.map(trim));
    const hash = kernel.hashes[row]!;
    assert.equal(hashOfRow.get(key) ?? hash, hash, 'equal rows have equal hashes');
    assert.equal(rowOfHash.get(hash) ?? key, key, 'different rows have different hashes');
    hashOfRow.set(key, hash);
    rowOfHash.set(hash, key);
  });
}

test('rows, cells, rejections and row hashes are those of the exact reader', () => {
  fc.assert(
    fc.property(input, fc.nat(60), ({ dialect: one, text, columns }, shift) => compare(text, one, columns, shift)),
    { numRuns: 3000 },
  );
});

test('a cut is always the end of a row, however much is there', () => {
  fc.assert(
    fc.property(input, ({ dialect: one, text, columns }) => {
      const plan = planOfPasswords(one, columns);
      const before = rig.arena.usedBytes;
      rig.writeContext(plan, undefined, new ThreadMarks(rig.arena, 1, none), { isFirst: true, isLast: true });
      const boundaries = rowBoundaries(text, one);
      for (let fill = 1; fill <= text.length; fill++) {
        const cut = cutWithKernel(rig, text, fill);
        assert.ok(boundaries.has(cut), `cut at ${cut} of ${fill} bytes`);
      }
      rig.arena.release(before);
    }),
    { numRuns: 600 },
  );
});

const none = { subjects: 0, records: 0, confirming: 0, controls: 0 };

test('blocks that are filled and cut as the feeder does hold the rows of the whole', () => {
  fc.assert(
    fc.property(input, fc.integer({ min: 1, max: 40 }), ({ dialect: one, text, columns }, step) => {
      const plan = planOfPasswords(one, columns);
      const cells: unknown[] = [];
      let rows = 0;
      let start = 0;
      let filled = 0;
      while (start < text.length) {
        filled = Math.min(text.length, filled + step);
        const isOver = filled === text.length;
        const before = rig.arena.usedBytes;
        rig.writeContext(plan, undefined, new ThreadMarks(rig.arena, 1, none), { isFirst: true, isLast: true });
        const cut = isOver ? filled - start : cutWithKernel(rig, text.subarray(start), filled - start);
        rig.arena.release(before);
        if (cut === 0) continue;
        const read = readWithKernel(rig, text.slice(start, start + cut), plan);
        cells.push(...Array.from(read.cells).filter((row) => row !== undefined));
        rows += read.rows;
        start += cut;
      }
      const exact = readExactly(text, one, columns);
      assert.equal(rows, exact.rows);
      assert.deepEqual(
        cells,
        exact.cells.filter((row) => row !== undefined),
      );
    }),
    { numRuns: 1500 },
  );
});

const comma: Dialect = { separator: ',', quote: '"', newline: '\n' };

test('cuts make progress: a row is left for the next block only while its end is not certain', () => {
  const text = Buffer.from('"a,b",c\n"d""\n",e\r\n"f",g\nh,"i\n');
  const plan = planOfPasswords(comma, 2);
  rig.writeContext(plan, undefined, new ThreadMarks(rig.arena, 1, none), { isFirst: true, isLast: true });
  const ends = [8, 18, 24];
  for (const end of ends) assert.equal(cutWithKernel(rig, text, end + 2), end);
  assert.equal(cutWithKernel(rig, Buffer.from('a,b\nc,d\ne'), 9), 8);
});

test('quoted cells around the reach of a quote', () => {
  for (const reach of [65_534, 65_535, 65_536, 65_537]) {
    for (const inner of ['x', 'x\n', 'x,', '""', 'x"y', ',"']) {
      const filler = inner.repeat(Math.ceil(reach / inner.length)).slice(0, reach - 1);
      for (const end of [',b\n', '\n', '\r\n', '']) compare(Buffer.from(`a,"${filler}"${end}next,"row"\n`), comma, 2);
    }
  }
});

test('a run of quotes that crosses the reach of one opening quote and not that of the next', () => {
  for (let length = 65_520; length <= 65_540; length++) {
    // Closed or not, the cell has quotes inside and is read again: that it closes shows in the newline.
    const inner = `${'x'.repeat(length - 10)}\n${'y'.repeat(9)}`;
    compare(Buffer.from(`","${inner}${'"'.repeat(7)},b\n`), comma, 4);
  }
});

test('rows around the longest length, in every way of ending', () => {
  const limit = 1_048_576;
  for (const one of [comma, { ...comma, quote: null }, { ...comma, separator: '||' }]) {
    for (const length of [limit - 2, limit - 1, limit, limit + 1]) {
      for (const end of ['\n', '\r\n', '']) {
        const row = `a${one.separator}${'x'.repeat(length - 1 - one.separator.length - end.length)}${end}`;
        compare(Buffer.from(`first\n${row}`), one, 2);
        // With an empty cell too many a row goes the exact way.
        if (end === '' && length > 5)
          compare(Buffer.from(`first\n${'x'.repeat(length - one.separator.length)}${one.separator}`), one, 1);
        if (end !== '') compare(Buffer.from(`${row}${one.separator}b\nlast`), one, 3);
      }
    }
  }
});

test('rows longer than the longest one, without an end, with quotes and with many cells', () => {
  const long = 'x'.repeat(1_100_000);
  compare(Buffer.from(`a,b\n${long}`), comma, 2);
  compare(Buffer.from(`a,b\n${long}\n\n"c",d\n`), comma, 2);
  compare(Buffer.from(`${'y,'.repeat(600_000)}\nc,d\n`), comma, 2);
  compare(Buffer.from(`${'"q",'.repeat(300_000)}\nc,d\n`), comma, 2);
  compare(Buffer.from(`${'"q\n",'.repeat(300_000)}\nc,d\n`), comma, 2);
});

test('more rows than are looked up together, many of them for the exact path', () => {
  const rows = Array.from({ length: 30_000 }, (_, i) =>
    i % 3 === 0 ? `"r""${i}",é` : i % 7 === 0 ? '\r' : `r${i},b,`,
  );
  compare(Buffer.from(rows.join('\n')), comma, 2);
  compare(Buffer.from(rows.map((row) => row.replaceAll('"', '')).join('\n')), comma, 2);
  compare(Buffer.from(Array.from({ length: 20_000 }, (_, i) => `${i},,,x`).join('\n')), comma, 2);
});

test('a file of nothing but opening quotes is read in linear time', () => {
  const started = performance.now();
  compare(Buffer.from(',"'.repeat(400_000)), comma, 4096);
  compare(Buffer.from('"\n'.repeat(400_000)), comma, 1);
  assert.ok(performance.now() - started < 20_000);
});
