import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Batch, firstNotBefore, withoutKnown } from '../../src/disclosures/batch.ts';
import type { DisclosureColumns } from '../../src/disclosures/port.ts';

type Row = readonly [number, number, number, number, number];

const row = fc.tuple(
  fc.constantFrom(65_535, 65_536, 131_071, 4_000_000_001, 4_000_065_530),
  fc.integer({ min: 0, max: 3 }),
  fc.constantFrom(0, 1, 0x80000000, 0xffffffff),
  fc.constantFrom(1, 0xffff),
  fc.integer({ min: 0, max: 1 }),
);

function fill(rows: readonly Row[]): DisclosureColumns {
  const batch = new Batch(100_000);
  for (const cells of rows) batch.add(...cells);
  return batch.takeSorted();
}

function rowsOf({ time, principal, subject, fields, purpose }: DisclosureColumns): Row[] {
  return Array.from(time, (at, i) => [at, principal[i]!, subject[i]!, fields[i]!, purpose[i]!]);
}

function compare(a: Row, b: Row): number {
  for (let i = 0; i < 5; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}

const asSet = (rows: readonly Row[]): Row[] =>
  [...new Map(rows.map((cells) => [cells.join(), cells])).values()].sort(compare);

test('a batch comes out sorted, each disclosure once', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 300 }), (rows) => {
      assert.deepEqual(rowsOf(fill(rows)), asSet(rows));
    }),
  );
});

test('many disclosures in one second are sorted too', () => {
  const rows = Array.from({ length: 5000 }, (_, i): Row => [1000, (i * 7919) % 500, (i * 31) % 77, 1, 0]);
  assert.deepEqual(rowsOf(fill(rows)), asSet(rows));
});

test('known disclosures are left out, whatever the two hold', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 100 }), fc.array(row, { maxLength: 100 }), (fresh, old) => {
      const known = new Set(old.map((cells) => cells.join()));
      const expected = asSet(fresh).filter((cells) => !known.has(cells.join()));
      assert.deepEqual(rowsOf(withoutKnown(fill(fresh), fill(old))), expected);
    }),
  );
});

test('the first time that is not before another is found', () => {
  const times = Uint32Array.of(5, 5, 7, 9);
  assert.deepEqual(
    [0, 5, 6, 7, 9, 10].map((seconds) => firstNotBefore(times, seconds)),
    [0, 0, 2, 2, 3, 4],
  );
});
