import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROW_PRINT_BYTES, RowPrints } from '../../src/register/row-prints.ts';

const printsOf = (bytes: Uint8Array): string[] =>
  Array.from({ length: bytes.length / ROW_PRINT_BYTES }, (_, subject) =>
    Buffer.from(bytes.subarray(ROW_PRINT_BYTES * subject, ROW_PRINT_BYTES * (subject + 1))).toString('hex'),
  );
const bits = (...set: number[]): Uint32Array => Uint32Array.of(set.reduce((word, bit) => word | (1 << bit), 0));
const none = bits();
const fillerKey = new Uint8Array(32).fill(3);

test('one row, or the same row twice, has its print; several that differ, or one without a print, have the filling of their meaning', () => {
  const make = (key: Uint8Array): string[] => {
    const prints = new RowPrints(null, 0, key);
    prints.add(0, 0x44332211, 0x6655);
    prints.add(1, 1, 0);
    prints.add(1, 1, 0);
    prints.add(2, 1, 0);
    prints.add(2, 2, 0);
    prints.add(3, 5, 0);
    prints.add(3, 0, 0);
    prints.add(4, 0, 0);
    prints.add(4, 5, 0);
    prints.add(6, 0, 7);
    return printsOf(prints.finish(7, none));
  };
  const [one, again, other] = [make(fillerKey), make(fillerKey), make(new Uint8Array(32).fill(4))];
  // A canary has no row: between two files of a meaning it must be as who has not changed.
  assert.deepEqual(one, again);
  assert.deepEqual([one[0], one[1], one[6]], ['112233445566', '010000000000', '000000000700']);
  for (const subject of [2, 3, 4, 5]) {
    assert.notEqual(one[subject], other[subject], `subject ${subject}`);
    assert.notEqual(one[subject], '000000000000');
  }
  assert.equal(new Set(one).size, 7);
});

test('a snapshot keeps the print of a row that is unchanged, and no other', () => {
  const first = new RowPrints(null, 0, fillerKey);
  for (let subject = 0; subject < 6; subject++) first.add(subject, 100 + subject, 0);
  const old = first.finish(6, none);
  const before = printsOf(old);
  const next = new RowPrints(old, 6, fillerKey);
  // 0 is unchanged, 1 has another row, 2 is gone, 3 has its row and another one, 4 its row twice, once unseen, 5 stays whatever comes, 6 is new.
  next.add(1, 200, 0);
  next.add(3, 300, 0);
  next.add(4, 104, 0);
  next.keep(5);
  next.add(5, 500, 0);
  next.add(6, 600, 0);
  const after = printsOf(next.finish(7, bits(0, 3, 4)));
  assert.deepEqual([after[0], after[4], after[5]], [before[0], before[4], before[5]]);
  assert.deepEqual([after[1], after[6]], ['c80000000000', '580200000000']);
  for (const subject of [2, 3]) assert.ok(after[subject] !== before[subject] && after[subject] !== '2c0100000000');
});

test('a table that is no snapshot leaves the prints of whom it does not have', () => {
  const first = new RowPrints(null, 0, fillerKey);
  for (let subject = 0; subject < 3; subject++) first.add(subject, 100 + subject, 0);
  const old = first.finish(3, none);
  const next = new RowPrints(old, 3, fillerKey);
  next.add(1, 0, 0);
  const [a, b, c, d] = printsOf(next.finish(4, null));
  assert.deepEqual([a, c], [printsOf(old)[0], printsOf(old)[2]]);
  assert.notEqual(b, printsOf(old)[1]);
  assert.notEqual(d, '000000000000');
});

test('what stands for a row that has no print is the same wherever a subject stands, in files of any length', () => {
  const [few, many] = [5, 3000].map((count) => printsOf(new RowPrints(null, 0, fillerKey).finish(count, none)));
  assert.deepEqual(few, many?.slice(0, 5));
  assert.equal(new Set(many).size, 3000);
});
