import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { parseDictionary } from '../../src/core/http-signature/structured-fields.ts';
import { problemOf } from '../../src/gateway/problems.ts';

test('who is not known hears how to prove it, nobody else does', () => {
  const { status, headers } = problemOf(new BoltsealError('AUTH_MISSING'), 'req-1');
  assert.equal(status, 401);
  assert.ok(headers['www-authenticate']);
  const asked = parseDictionary(headers['accept-signature'] ?? '')?.get('boltseal');
  assert.ok(asked !== undefined && 'items' in asked);
  assert.deepEqual(
    asked.items.map(({ item }) => item.value),
    ['@method', '@authority', '@path', '@query', 'content-digest'],
  );
  assert.deepEqual(problemOf(new BoltsealError('GATEWAY_FORBIDDEN'), 'req-1').headers, {});
  assert.deepEqual(problemOf(new BoltsealError('AUTH_BUSY', { retryAfterMs: 1200 }), 'r').headers, {
    'retry-after': '2',
  });
});
