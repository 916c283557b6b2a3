import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findRecords, lineOf } from '../../src/register/lookup.ts';
import { addTable, idOf, load, newHome, phone } from './support.ts';

test('the line of a fingerprint is exact for every u32', () => {
  const u32 = fc.oneof(
    fc.integer({ min: 0, max: 0xffffffff }),
    fc.constantFrom(0, 1, 0xffff, 0x10000, 0xfffffffe, 0xffffffff),
  );
  const check = (hi: number, lineCount: number): void => {
    assert.equal(BigInt(lineOf(hi, lineCount)), (BigInt(hi) * BigInt(lineCount)) >> 32n);
  };
  fc.assert(fc.property(u32, u32, check), { numRuns: 1000 });
  // Products that end in 32 ones: rounded to a double they would be in the next line.
  fc.assert(
    fc.property(u32, (half) => {
      const odd = (half | 1) >>> 0;
      let inverse = odd;
      for (let i = 0; i < 5; i++) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
      check(-inverse >>> 0, odd);
    }),
    { numRuns: 1000 },
  );
});

test('every stored fingerprint is found and no other', () => {
  const home = newHome();
  const values = Array.from({ length: 500 }, (_, i) => ({
    field: phone,
    lo: i % 7,
    hi: Math.imul(i >> 1, 0x9e3779b1) >>> 0,
  }));
  addTable(home, { mode: 'snapshot', asOf: 100, fields: ['phone'], rows: [{ ...idOf(1), values }] });
  const { image } = load(home);
  for (const { lo, hi } of values) {
    const same = new Set(values.filter((other) => other.lo === lo && other.hi === hi));
    assert.equal(findRecords(image, lo, hi).count > 0, same.size > 0);
    assert.equal(findRecords(image, lo + 7, hi).count, 0);
  }
});
