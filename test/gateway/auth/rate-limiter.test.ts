import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../../src/gateway/auth/rate-limiter.ts';

const limits = { windowMs: 1000, mostOfOne: 2, mostOfAll: 5 };

test('who has a network of IPv6 is one caller with all its addresses, and does not shut everybody else out', () => {
  const limiter = new RateLimiter(limits);
  const own = ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', '2001:db8:1:2:3:4:5:6'];
  assert.deepEqual(
    own.map((address) => limiter.take(address, 0) === null),
    [true, true, false],
  );
  for (const address of ['2001:db8:1:3::1', '::1', '10.0.0.1']) assert.equal(limiter.take(address, 0), null, address);
  assert.equal(limiter.take('10.0.0.2', 400), 600, 'all together');
  assert.equal(limiter.take('2001:db8:1:2::1', 1000), null);
});

test('addresses of IPv4 count each for itself, also as IPv6 writes them', () => {
  const limiter = new RateLimiter(limits);
  for (const last of [1, 1, 2, 2]) assert.equal(limiter.take(`::ffff:10.0.0.${last}`, 0), null);
  assert.notEqual(limiter.take('::ffff:10.0.0.1', 0), null);
});
