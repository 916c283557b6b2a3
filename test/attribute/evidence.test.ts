import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meanFactor } from '../../src/attribute/evidence.ts';

test('the mean of two Bayes factors: where neither leaves evidence there is none, and large ones do not overflow', () => {
  const none = Number.NEGATIVE_INFINITY;
  assert.equal(meanFactor(none, none), none);
  assert.ok(Math.abs(meanFactor(Math.log(3), none) - Math.log(1.5)) < 1e-12);
  assert.ok(Math.abs(meanFactor(Math.log(3), Math.log(5)) - Math.log(4)) < 1e-12);
  assert.ok(Math.abs(meanFactor(2000, 2000) - 2000) < 1e-9);
});
