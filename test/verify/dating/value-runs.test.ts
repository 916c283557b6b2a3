import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CONTROL_BIT, type RegisterImage } from '../../../src/register/layout.ts';
import { LineBuilder } from '../../../src/register/lines.ts';
import { findRecords } from '../../../src/register/lookup.ts';
import { findOwn, findRecordsOf, findSharers, ownersIn, runOf } from '../../../src/verify/dating/value-runs.ts';

const LINES = 2;

/** A table of two lines; a value is its fingerprint's high half and the subjects that have it. */
function imageOf(values: readonly (readonly [number, readonly number[]])[]): RegisterImage {
  const words = new Uint32Array(32 * LINES);
  const overflow: number[] = [];
  const lines = {
    words,
    at: 0,
    lineDone: () => {
      lines.at += 32;
    },
  };
  const table = new LineBuilder(LINES, lines, { word: (value) => void overflow.push(value) });
  for (const [hi, owners] of values) for (const owner of owners) table.add(1, hi, owner, 0);
  table.finish();
  const all = Uint32Array.from([...words, ...overflow]);
  return { table: all, entryCount: all.length / 4, lineCount: LINES, subjectCount: 40 } as unknown as RegisterImage;
}

/** In two parts, as two threads would. */
const recordsOf = (image: RegisterImage, chosen: Uint32Array): number[] =>
  [0, 1].flatMap((line) => findRecordsOf({ image, chosen, fromLine: line, toLine: line + 1 }));

const bitsOf = (...at: number[]): Uint32Array => {
  const bits = new Uint32Array(40);
  for (const bit of at) bits[bit >>> 5] = bits[bit >>> 5]! | (1 << (bit & 31));
  return bits;
};
const listOf = (bits: Uint32Array | null): number[] =>
  bits === null ? [] : Array.from({ length: 64 }, (_, i) => i).filter((i) => ((bits[i >>> 5]! >>> (i & 31)) & 1) !== 0);

test('records of chosen subjects come in the order of fingerprints, those of a crowded line too', () => {
  // Nine values in the first line: two of them stand in the overflow, before those of the second line.
  const crowded = Array.from({ length: 9 }, (_, i) => [i, [i]] as const);
  const image = imageOf([...crowded, [0x80000000, [3, CONTROL_BIT | 8]]]);
  const found = recordsOf(image, bitsOf(3, 8));
  assert.deepEqual([...found], [4, 8 * LINES + 1, 8 + 1]);
});

test('who shares a value, and who has one that nobody else has, in lines and overflow', () => {
  const first = Array.from({ length: 6 }, (_, i) => [i, [i]] as const);
  const image = imageOf([...first, [6, [7, 9, 11]], [7, [9]], [0x80000000, [0, 1, CONTROL_BIT]]]);
  const run = findRecords(image, 1, 6);
  assert.deepEqual([run.first, run.count], [8 * LINES, 3]);
  assert.deepEqual(runOf(image, run.first + 1), { start: run.first, end: run.first + 3 });
  const everybody = bitsOf(...Array.from({ length: 12 }, (_, i) => i));
  // Every record, and no head of a line or place without one.
  const everything = bitsOf(1, 2, 3, 4, 5, 6, 9, 10, 11, 16, 17, 18, 19);
  const sharers = findSharers(image, recordsOf(image, everybody));
  assert.deepEqual(listOf(sharers), [0, 1, 7, 9, 11]);
  // 7 and 11 have nothing but the shared value.
  assert.ok(sharers !== null);
  const own = findOwn({ image, recordSeen: everything, among: sharers, fromWord: 0, toWord: 1 });
  assert.deepEqual(listOf(own), [0, 1, 9]);
  assert.deepEqual(ownersIn(image, runOf(image, run.first), bitsOf(9, 11)), [9, 11]);
  assert.equal(findSharers(image, recordsOf(image, bitsOf(4))), null);
});
