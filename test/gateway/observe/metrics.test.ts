import assert from 'node:assert/strict';
import { test } from 'node:test';
import { proveByScrapeToken } from '../../../src/gateway/auth/scrape-token.ts';
import { createMetrics } from '../../../src/gateway/observe/metrics.ts';
import { createRequestLog } from '../../../src/gateway/observe/request-log.ts';
import type { DecisionEntry, DecisionLog, IncomingRequest } from '../../../src/gateway/port.ts';
import { metricsRoutes } from '../../../src/gateway/routes/metrics.ts';
import { aCaller, anApp } from '../routes/an-app.ts';

const figures = {
  ledger: () => ({ shard: '2026h2', entries: 5, published: 3, freeBytes: 9, isWithheld: true }),
  unfed: async () => 4,
};
const answered = {
  id: 'req-1',
  method: 'GET',
  route: '/v1/x/:id',
  status: 403,
  code: 'GATEWAY_FORBIDDEN',
  role: 'shop',
};
const log: DecisionLog = {
  append: async (entries) => entries.map((_, index) => ({ log: 'l', shard: '2026h2', index })),
};
const entry = (changes: Partial<DecisionEntry>): DecisionEntry =>
  ({
    purpose: 'sorting',
    decision: 'mask',
    basis: 'parcel at station st-1',
    subject: 'Planted',
    ...changes,
  }) as DecisionEntry;

test('requests, decisions and the ledger are counted by words of ours, whatever callers write', async () => {
  const metrics = createMetrics(figures, '1.2.3');
  metrics.observe({ ...answered, milliseconds: 3 });
  const counting = metrics.countingLog(log);
  await counting.append([entry({}), entry({ purpose: 'planted-purpose', decision: 'deny', basis: 'GATEWAY_POLICY' })]);
  const failing = metrics.countingLog({ append: async () => Promise.reject(new Error('no')) });
  await assert.rejects(failing.append([entry({})]));
  const text = await metrics.text();
  for (const line of [
    'boltseal_requests_total{route="/v1/x/:id",method="GET",status="403",role="shop"} 1',
    'boltseal_request_seconds_bucket{le="0.005",route="/v1/x/:id"} 1',
    'boltseal_problems_total{code="GATEWAY_FORBIDDEN"} 1',
    'boltseal_decisions_total{purpose="sorting",decision="mask",code=""} 1',
    'boltseal_decisions_total{purpose="(other)",decision="deny",code="GATEWAY_POLICY"} 1',
    'boltseal_ledger_refusals_total 1',
    'boltseal_ledger_entries 5',
    'boltseal_ledger_unpublished_entries 2',
    'boltseal_ledger_withheld 1',
    'boltseal_vault_unfed 4',
    'boltseal_info{version="1.2.3"} 1',
  ])
    assert.ok(text.includes(line), line);
  assert.doesNotMatch(text, /planted|parcel at station/i);
});

test('metrics are for who monitors or audits the company, and not for a partner', async () => {
  const { as, app } = anApp((one) => metricsRoutes(one, createMetrics(figures, '1.2.3')));
  for (const [role, partner, status] of [
    ['monitoring', null, 200],
    ['auditor', null, 200],
    ['monitoring', 'p-1', 403],
    ['administrator', 'p-1', 403],
    ['scanner', null, 403],
  ] as const) {
    as(aCaller(role, { partner }));
    assert.equal((await app.inject('/metrics')).statusCode, status, `${role} ${partner}`);
  }
});

test('a request is one line of JSON, and a log that cannot be written stops nothing', () => {
  const lines: string[] = [];
  const requestLog = createRequestLog(
    (text) => lines.push(text),
    () => 0,
  );
  requestLog.observe({ ...answered, milliseconds: 1.23456 });
  requestLog.observe({ ...answered, code: null, milliseconds: 1 });
  requestLog.close();
  const [first] = lines.join('').split('\n');
  assert.equal(lines.length, 1);
  assert.deepEqual(JSON.parse(first ?? ''), { time: '1970-01-01T00:00:00.000Z', ...answered, ms: 1.235 });
  const full = createRequestLog(
    () => {
      throw new Error('full');
    },
    () => 0,
  );
  full.observe({ ...answered, milliseconds: 1 });
  full.close();
});

test('the token opens the metrics and nothing else', () => {
  const prove = proveByScrapeToken('a-token-of-enough-letters');
  const request = (target: string, authorization: string | null, method = 'GET') =>
    prove(
      {
        method,
        target,
        headers: new Map(authorization === null ? [] : [['authorization', [authorization]]]),
      } as unknown as IncomingRequest,
      0,
    );
  const right = 'Bearer a-token-of-enough-letters';
  assert.equal(request('/metrics', right)?.principal.role, 'monitoring');
  for (const target of ['/metrics?x', '/metrics/', '/v1/audit', '//metrics'])
    assert.equal(request(target, right), null);
  assert.equal(request('/metrics', right, 'POST'), null);
  assert.equal(request('/metrics', null), null);
  for (const wrong of ['Bearer a-token-of-enough-letter', `${right}s`, 'Basic eDp5', '', 'Bearer '])
    assert.throws(() => request('/metrics', wrong), { code: 'AUTH_TOKEN' });
});
