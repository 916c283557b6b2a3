import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { SortedRows } from '../../src/register/sorted-rows.ts';

function sortRows(rows: readonly number[][], stride: number, shift: number): number[][] {
  const sorted = new SortedRows(stride, shift);
  for (const [a = 0, b = 0, c = 0, d = 0, e = 0] of rows) sorted.append(a, b, c, d, e);
  assert.equal(sorted.count, rows.length);
  sorted.sort();
  const cursor = sorted.cursor();
  const result: number[][] = [];
  while (cursor.advance()) result.push([...cursor.words.subarray(cursor.at, cursor.at + stride)]);
  assert.equal(cursor.advance(), false);
  return result;
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((word, i) => word !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

test('rows come out in the order of all their words', () => {
  const word = fc.oneof(fc.integer({ min: 0, max: 0xffffffff }), fc.nat(3), fc.constantFrom(0x80000000, 0xffffffff));
  fc.assert(
    fc.property(
      fc.constantFrom([2, 19], [3, 24], [4, 19], [5, 24]),
      fc.array(fc.tuple(word, word, word, word, word), { maxLength: 300, size: 'max' }),
      ([stride, shift], rows) => {
        const cut = rows.map((row) => row.slice(0, stride));
        assert.ok(sortRows(cut, stride!, shift!).join(';') === cut.toSorted(compare).join(';'));
      },
    ),
    { numRuns: 50 },
  );
});

test('one first word in very many rows, in any order, over many chunks', () => {
  const rows = Array.from({ length: 40_000 }, (_, i) => [7, i % 5, (i * 7919) % 40_000]);
  // As text: the difference of two long arrays takes minutes to print.
  assert.ok(sortRows(rows, 3, 24).join(';') === rows.toSorted(compare).join(';'));
});
