import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KeyCache } from '../../../src/vault/keys/key-cache.ts';

test('the cache of keys forgets by number and by time', () => {
  let now = 0;
  const cache = new KeyCache<string>(2, 100, () => now);
  for (const i of [1, 2, 3, 4, 5]) cache.set(i, `k${i}`);
  assert.equal(cache.get(1), undefined);
  assert.equal(cache.get(5), 'k5');
  now = 99;
  assert.equal(cache.get(4), 'k4');
  now = 100;
  assert.equal(cache.get(4), undefined);
  cache.set(6, 'k6');
  cache.delete(6);
  assert.equal(cache.get(6), undefined);
});
