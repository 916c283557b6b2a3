import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineBuilder } from '../../src/register/lines.ts';

test('a line is 64 bytes with its first record, its count, seven slots, and zeros where nothing is', () => {
  const lines: number[][] = [];
  // A sink that hands out the same memory again, as a file's buffer does.
  const words = new Uint32Array(16).fill(0xffffffff);
  const overflow: number[] = [];
  const table = new LineBuilder(
    4,
    { words, at: 0, lineDone: () => void lines.push([...words]) },
    { word: (value) => void overflow.push(value) },
  );
  const add = (his: number[]): void => {
    for (const [i, hi] of his.entries()) table.add(i, hi);
  };
  add([1, 2]);
  add([0x80000000, 0x80000001, 0x80000002, 0x80000003, 0x80000004, 0x80000005, 0x80000006, 0x80000007]);
  add([0xc0000000, 0xc0000001, 0xc0000002, 0xc0000003, 0xc0000004, 0xc0000005, 0xc0000006]);
  table.finish();
  const zeros = (count: number): number[] => new Array<number>(count).fill(0);
  const pairs = (first: number, count: number): number[] =>
    Array.from({ length: count }, (_, i) => [i, first + i]).flat();
  assert.deepEqual(lines, [
    [0, 2, ...pairs(1, 2), ...zeros(10)],
    [2, 0, ...zeros(14)],
    [2, 8, ...pairs(0x80000000, 6), 0, 0],
    [10, 7, ...pairs(0xc0000000, 7)],
  ]);
  assert.deepEqual(overflow, [6, 0x80000006, 7, 0x80000007]);
  assert.equal(table.overflowCount, 2);
});
