import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Arena } from '../../src/scan/arena.ts';
import { hasBit, ThreadMarks } from '../../src/scan/marks.ts';

const sizes = { subjects: 100, records: 70, confirming: 40, controls: 0 };

test('marks of all threads are joined, and strong subjects are touched ones', () => {
  const arena = new Arena();
  const marks = new ThreadMarks(arena, 2, sizes);
  const [one, two] = marks.addresses;
  arena.words(one!.touched, 4)[0] = 1;
  arena.words(two!.strong, 4)[2] = 2;
  arena.words(two!.confirmSeen, 2)[1] = 4;
  const { touched, strong, confirmSeen } = marks.merge();
  assert.deepEqual([...touched], [1, 0, 2, 0, 0]);
  assert.deepEqual([...strong], [0, 0, 2, 0, 0]);
  assert.ok(hasBit(confirmSeen, 34));
});

test('confirming entries that nobody asks for take no memory', () => {
  const arena = new Arena();
  const marks = new ThreadMarks(arena, 2, sizes, { keepsConfirming: false });
  assert.deepEqual(
    marks.addresses.map(({ confirmSeen }) => confirmSeen),
    [0, 0],
  );
  assert.equal(marks.merge().confirmSeen.length, 0);
});
