import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBuilder } from '../../src/register/lines.ts';

const LINES = 4;

/** Lines and overflow of a table of records (lo, hi), whose subject and period are their number and that plus 100. */
function build(records: readonly (readonly [number, number])[]): { lines: number[][]; overflow: number[] } {
  const lines: number[][] = [];
  // A sink that hands out the same memory again, as a file's buffer does.
  const words = new Uint32Array(32).fill(0xffffffff);
  const overflow: number[] = [];
  const table = new LineBuilder(
    LINES,
    { words, at: 0, lineDone: () => void lines.push([...words]) },
    { word: (value) => void overflow.push(value) },
  );
  for (const [i, [lo, hi]] of records.entries()) table.add(lo, hi, i, 100 + i);
  table.finish();
  assert.equal(table.overflowCount, overflow.length / 4);
  return { lines, overflow };
}

const zeros = (count: number): number[] => new Array<number>(count).fill(0);

test('a line is 128 bytes: its head, up to seven records with their fingerprints, and zeros where nothing is', () => {
  const his = [
    1,
    2,
    ...Array.from({ length: 8 }, (_, i) => 0x80000000 + i),
    ...Array.from({ length: 7 }, (_, i) => 0xc0000000 + i),
  ];
  const { lines, overflow } = build(his.map((hi, i) => [i, hi]));
  const entries = (first: number, count: number): number[] =>
    his.slice(first, first + count).flatMap((hi, i) => [first + i, hi, first + i, 100 + first + i]);
  assert.deepEqual(lines, [
    [2, 0, 0, 0, ...entries(0, 2), ...zeros(20)],
    zeros(32),
    // What does not fit stands behind all lines, each of which has room for eight entries.
    [7, 1, 8 * LINES, 0, ...entries(2, 7)],
    [7, 0, 0, 0, ...entries(10, 7)],
  ]);
  assert.deepEqual(overflow, entries(9, 1));
});

test('records of one fingerprint stand side by side, all in the line or all in the overflow', () => {
  const { lines, overflow } = build([
    ...Array.from({ length: 5 }, (_, i) => [i, 0x40000000] as const),
    ...Array.from({ length: 4 }, () => [7, 0x40000000] as const),
    [8, 0x40000000],
    ...Array.from({ length: 9 }, () => [1, 0xc0000000] as const),
  ]);
  assert.deepEqual(lines[1]?.slice(0, 4), [5, 5, 8 * LINES, 0]);
  assert.deepEqual(lines[1]?.slice(24), zeros(8));
  assert.deepEqual(lines[3]?.slice(0, 4), [0, 9, 8 * LINES + 5, 0]);
  assert.deepEqual(
    overflow.filter((_, i) => i % 4 === 2),
    Array.from({ length: 14 }, (_, i) => i + 5),
  );
});
