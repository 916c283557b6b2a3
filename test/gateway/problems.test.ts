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

test('where something lies on the machine is told to nobody over the network', () => {
  for (const error of [
    new BoltsealError('HOME_LOCKED', { path: '/srv/carrier/home' }),
    new BoltsealError('LEDGER_FILE', { path: '/srv/carrier/home/ledger', reason: 'EIO' }),
    new BoltsealError('LEDGER_DAMAGED', { file: '/srv/carrier/home/ledger/x', problem: 'it is missing' }),
  ]) {
    const { status, body } = problemOf(error, 'req-1');
    assert.equal(status, 503);
    assert.doesNotMatch(JSON.stringify(body), /srv/, error.code);
    assert.ok(!body.title.includes('{'), body.title);
  }
  const { body } = problemOf(new BoltsealError('LEDGER_FILE', { path: '/srv', reason: 'EIO' }), 'req-1');
  assert.ok(body.title.includes('EIO'), 'the reason is');
});
