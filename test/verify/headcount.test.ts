import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probabilityOfReaching, thresholds } from '../../src/verify/headcount.ts';

test('what was counted surely is reached, what cannot be is not', () => {
  assert.equal(probabilityOfReaching(1_000_000, 1_200_000, 1_300_000, 1_100_000), 1);
  assert.equal(probabilityOfReaching(1_000_000, 200_000, 900_000, 100_000), 0);
  assert.equal(probabilityOfReaching(1_000_000, 1_000_000, 1_000_000, 1_000_000), 1);
});

test('in between, the probability falls from one end of the band to the other', () => {
  const at = (people: number): number => probabilityOfReaching(people, 900_000, 1_100_000, 500_000);
  const values = [500_000, 880_000, 950_000, 1_000_000, 1_050_000, 1_099_000, 1_100_001].map(at);
  for (let i = 1; i < values.length; i++) assert.ok(values[i]! <= values[i - 1]!, values.join(' '));
  assert.ok(Math.abs(at(1_000_000) - 0.5) < 0.02, String(at(1_000_000)));
  assert.ok(at(900_000) > 0.96 && at(1_090_000) < 0.05);
});

test('thresholds ascend and have those of the law', () => {
  const people = thresholds.map((threshold) => threshold.people);
  assert.deepEqual(
    people,
    people.toSorted((a, b) => a - b),
  );
  for (const wanted of [1_000_000, 10_000_000, 100_000_000]) assert.ok(people.includes(wanted));
});
