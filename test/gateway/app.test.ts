import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { BoltsealError } from '../../src/core/errors.ts';
import { buildApp, defaultLimits, type GatewayServices } from '../../src/gateway/app.ts';
import { STRANGER_BODY_BYTES } from '../../src/gateway/body.ts';
import { IdempotentAnswers } from '../../src/gateway/idempotent-answers.ts';
import type { PublicLedger } from '../../src/gateway/port.ts';
import { enrolmentRoutes } from '../../src/gateway/routes/enrolments.ts';
import { epcisRoutes } from '../../src/gateway/routes/epcis.ts';
import { sessionRoutes } from '../../src/gateway/routes/sessions.ts';
import { scanner, yesServices } from './pieces.ts';

const marked = 'ZZMARKEDVALUEZZ';
const noLedger: PublicLedger = {
  shards: () => ['2026h1', '2026h2'],
  checkpoint: (shard) => (shard === '2026h2' ? Buffer.from('checkpoint\n') : null),
  tile: (_shard, path) => (path === 'tile/0/000' ? Buffer.alloc(32, 7) : null),
  policy: () => 'policy\n',
  prove: () => 'proof\n',
  principalOf: (_shard, index) => (index === 5 ? 'scanner-7' : 'somebody-else'),
};

async function build(
  changes: Partial<GatewayServices> = {},
): Promise<{ app: FastifyInstance; faults: unknown[]; services: ReturnType<typeof yesServices> }> {
  const faults: unknown[] = [];
  const services = yesServices();
  const app = await buildApp(
    {
      authenticator: {
        authenticate: async ({ headers }) => {
          if (headers.get('x-key')?.[0] !== 'good') throw new BoltsealError('GATEWAY_FORBIDDEN');
          return { principal: scanner, by: 'signature', signature: null };
        },
      },
      disclosing: services,
      ledger: noLedger,
      version: '0.0.0',
      answers: new IdempotentAnswers(),
      addRoutes: () => undefined,
      onFault: (error) => faults.push(error),
      ...changes,
    },
    defaultLimits,
  );
  return { app, faults, services };
}

const post = (payload: unknown, more: InjectOptions = {}): InjectOptions => ({
  method: 'POST',
  url: '/v1/disclosures',
  headers: { 'content-type': 'application/json', 'x-key': 'good' },
  payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  ...more,
});
const good = { purpose: 'delivery', fields: { name: 'masked', phone: 'clear' }, parcels: ['PKG00001'] };

test('an answer has values and receipt, and nobody keeps it', async () => {
  const { app } = await build();
  const answer = await app.inject(post(good));
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.deepEqual(answer.json(), {
    disclosures: [
      {
        parcel: 'PKG00001',
        decision: 'allowed',
        values: { name: { form: 'masked', value: '<masked>' }, phone: { form: 'clear', value: '+8613900000000' } },
        receipt: { log: 'test.example/log', shard: '2026h2', index: 0 },
      },
    ],
  });
});

test('strangers get no further than who they are: no schema, no body is looked at', async () => {
  const { app, services } = await build();
  for (const payload of [good, { wrong: true }, '{"broken'])
    assert.equal(
      (await app.inject(post(payload, { headers: { 'content-type': 'application/json' } }))).json().code,
      'GATEWAY_FORBIDDEN',
    );
  assert.deepEqual(services.steps, []);
});

test('what is wrong with a request is told by place, never by what came', async () => {
  const { app, faults } = await build();
  const wrong: [unknown, string][] = [
    [{ ...good, purpose: marked.repeat(20) }, 'GATEWAY_REQUEST'],
    [{ ...good, [marked]: 1 }, 'GATEWAY_REQUEST'],
    [{ ...good, fields: { [marked]: 'clear' } }, 'GATEWAY_REQUEST'],
    [{ ...good, fields: { name: marked } }, 'GATEWAY_REQUEST'],
    [{ ...good, fields: {} }, 'GATEWAY_REQUEST'],
    [{ ...good, parcels: [] }, 'GATEWAY_REQUEST'],
    [{ ...good, parcels: ['PKG00001', 'PKG00001'] }, 'GATEWAY_REQUEST'],
    [{ ...good, parcels: Array.from({ length: 101 }, (_, i) => `PKG${10000 + i}`) }, 'GATEWAY_REQUEST'],
    [{ ...good, parcels: 'PKG00001' }, 'GATEWAY_REQUEST'],
    [{ purpose: 'delivery', fields: { name: 'clear' } }, 'GATEWAY_TARGETS'],
    [`{"${marked}`, 'GATEWAY_BODY'],
    [`${'['.repeat(40)}"${marked}"${']'.repeat(40)}`, 'GATEWAY_BODY'],
    [`{"__proto__":{"${marked}":1}}`, 'GATEWAY_BODY'],
    [`{"\\u005f_proto__":{"${marked}":1}}`, 'GATEWAY_BODY'],
    [`{"constructor":{"prototype":{"${marked}":1}}}`, 'GATEWAY_BODY'],
    [Buffer.from([0x22, 0xff, 0x22]), 'GATEWAY_BODY'],
    [`"${'x'.repeat(2 * 1024 * 1024)}"`, 'GATEWAY_TOO_LARGE'],
  ];
  for (const [payload, code] of wrong) {
    const answer = await app.inject(post(payload));
    assert.equal(answer.json().code, code);
    assert.ok(answer.statusCode >= 400 && answer.statusCode < 500);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    assert.ok(!answer.body.includes(marked));
  }
  const type = await app.inject(post(good, { headers: { 'content-type': `text/${marked}`, 'x-key': 'good' } }));
  assert.equal(type.statusCode, 400);
  assert.ok(!type.body.includes(marked));
  assert.deepEqual(faults, []);
});

/** The routes of strangers and of EPCIS, on nothing: what is asked for here ends before it. */
function outerRoutes(app: FastifyInstance, revoked: string[] = []): void {
  const passkeys = { revoke: (id: string) => revoked.push(id) };
  const directory = { audit: { together: (work: () => void) => work() } };
  const sessions = { closeOthers: () => undefined };
  const nothing = { nowMs: () => 0, publicOrigin: 'https://gate.example', oidc: null, passkeys, directory, sessions };
  sessionRoutes(app, nothing as never);
  enrolmentRoutes(app, nothing as never);
  epcisRoutes(app, { limits: { events: 1, parcels: 1, bodyBytes: 1000 } } as never);
}

test('who may send without being known may send little, and is told how much', async () => {
  const open: string[] = [];
  const { app } = await build({
    addRoutes(one) {
      one.addHook('onRoute', ({ url, method, config, bodyLimit }) => {
        if (config?.isPublic !== true || method !== 'POST') return;
        open.push(url);
        assert.equal(bodyLimit, STRANGER_BODY_BYTES, url);
      });
      outerRoutes(one);
    },
  });
  assert.deepEqual(open.sort(), [
    '/v1/enrolments/claim',
    '/v1/session/link',
    '/v1/session/passkey',
    '/v1/session/passkey/options',
  ]);
  const answer = await app.inject(post({ token: marked.repeat(2000) }, { url: '/v1/session/link' }));
  assert.deepEqual([answer.statusCode, answer.json().code], [413, 'GATEWAY_TOO_LARGE']);
  assert.match(answer.json().title, /16,?384/);
});

test('refusals of every route are heard of with their code, those of EPCIS too', async () => {
  const heard: (string | null)[] = [];
  const { app } = await build({ addRoutes: outerRoutes, onAnswer: ({ code }) => heard.push(code) });
  for (const url of ['/v1/epcis/capture', '/v1/epcis', '/v1/passkeys', '/nothing'])
    assert.equal((await app.inject({ url })).statusCode, 403, url);
  assert.deepEqual(heard, Array(4).fill('GATEWAY_FORBIDDEN'));
});

test('a passkey of any length can be revoked', async () => {
  const revoked: string[] = [];
  const { app } = await build({ addRoutes: (one) => outerRoutes(one, revoked) });
  const id = 'A'.repeat(1364);
  const request = { method: 'DELETE', headers: { 'x-key': 'good' } } as const;
  const answer = await app.inject({ ...request, url: `/v1/principals/scanner-7/passkeys/${id}` });
  assert.deepEqual([answer.statusCode, revoked], [204, [id]]);
});

test('a fault of ours says nothing of itself but to whoever watches', async () => {
  const services = yesServices({ vault: { parcels: () => Promise.reject(new Error(marked)), read: async () => [] } });
  const { app, faults } = await build({ disclosing: services });
  const answer = await app.inject(post(good));
  assert.equal(answer.statusCode, 500);
  assert.equal(answer.json().code, 'INTERNAL');
  assert.ok(!answer.body.includes(marked));
  assert.equal(faults.length, 1);
});

test('no ledger, no data: 503, with what is the matter and when to come again', async () => {
  const services = yesServices({
    log: { append: () => Promise.reject(new BoltsealError('LEDGER_BUSY', { retryAfterMs: 1500 })) },
  });
  const { app } = await build({ disclosing: services });
  const answer = await app.inject(post(good));
  assert.equal(answer.statusCode, 503);
  assert.equal(answer.json().code, 'LEDGER_BUSY');
  assert.equal(answer.headers['retry-after'], '2');
  assert.ok(!answer.body.includes('+8613900000000'));
});

test('all refused is 403, and each has its receipt; some refused is 200', async () => {
  const { app } = await build();
  const refused = await app.inject(post({ ...good, parcels: ['NONE0001'] }));
  assert.equal(refused.statusCode, 403);
  assert.equal(refused.json().disclosures[0].code, 'GATEWAY_NOT_JUSTIFIED');
  assert.equal(refused.json().disclosures[0].receipt.index, 0);
  assert.equal((await app.inject(post({ ...good, parcels: ['NONE0001', 'PKG00001'] }))).statusCode, 200);
});

test('a repeated request is answered as the first and decided once; its key serves no other', async () => {
  const { app, services } = await build();
  const headers = { 'content-type': 'application/json', 'x-key': 'good', 'idempotency-key': 'request-0001' };
  const [first, second] = await Promise.all([app.inject(post(good, { headers })), app.inject(post(good, { headers }))]);
  assert.equal(first.body, second.body);
  assert.equal(services.entries.length, 1);
  assert.equal(services.entries[0]?.idempotencyKey?.length, 16);
  const other = await app.inject(post({ ...good, purpose: 'support' }, { headers }));
  assert.equal(other.json().code, 'GATEWAY_IDEMPOTENCY');
  const bad = await app.inject(post(good, { headers: { ...headers, 'idempotency-key': 'a b' } }));
  assert.equal(bad.json().code, 'GATEWAY_REQUEST');
});

test('the newest checkpoint is public, the rest of the log is not', async () => {
  const { app } = await build();
  assert.equal((await app.inject('/ledger/checkpoint')).body, 'checkpoint\n');
  assert.equal((await app.inject('/ledger/2026h2/checkpoint')).body, 'checkpoint\n');
  assert.equal((await app.inject('/ledger/2026h1/checkpoint')).statusCode, 404);
  assert.equal((await app.inject('/ledger/2026h2/tile/0/000')).json().code, 'GATEWAY_FORBIDDEN');
  const headers = { 'x-key': 'good' };
  assert.equal((await app.inject({ url: '/ledger/2026h2/tile/0/000', headers })).rawPayload.length, 32);
  for (const url of [
    '/ledger/2026h2/tile/..%2f..%2fkeys',
    '/ledger/2026h2/tile/%2e%2e/x',
    '/ledger/..%2f2026h2/checkpoint',
    '/nothing',
  ])
    assert.equal((await app.inject({ url, headers })).statusCode >= 400, true);
});

test('who asked may have the proof, others not', async () => {
  const { app } = await build();
  const headers = { 'x-key': 'good' };
  assert.equal((await app.inject({ url: '/v1/receipts/2026h2/5/proof?reveal=time,purpose', headers })).body, 'proof\n');
  assert.equal((await app.inject({ url: '/v1/receipts/2026h2/6/proof', headers })).statusCode, 404);
  // Whom a refused parcel belongs to is what the refusal kept back.
  const guess = { url: '/v1/receipts/2026h2/5/proof?reveal=purpose,subject', headers };
  assert.equal((await app.inject(guess)).json().code, 'GATEWAY_FORBIDDEN');
});

test('auditors of the company may have every proof, those of a partner only their own', async () => {
  for (const [partner, status] of [
    [null, 200],
    ['p-1', 404],
  ] as const) {
    const auditor = { ...scanner, id: 'auditor-1', kind: 'staff', role: 'auditor', station: null, partner } as const;
    const { app } = await build({
      authenticator: { authenticate: async () => ({ principal: auditor, by: 'session', signature: null }) },
    });
    const url = '/v1/receipts/2026h2/5/proof?reveal=subject';
    assert.equal((await app.inject({ url })).statusCode, status, String(partner));
  }
});

test('the OpenAPI document describes every route, is valid, and is for who is signed in', async () => {
  const { app } = await build();
  assert.equal((await app.inject('/docs/openapi.json')).statusCode, 403);
  const answer = await app.inject({ url: '/docs/openapi.json', headers: { 'x-key': 'good' } });
  const document = answer.json();
  const { valid, errors } = await new Validator().validate(document);
  assert.ok(valid, JSON.stringify(errors));
  assert.ok(document.paths['/v1/disclosures'].post.requestBody);
  const page = await app.inject({ url: '/docs/', headers: { 'x-key': 'good' } });
  assert.equal(page.statusCode, 200);
  assert.doesNotMatch(page.body, /(?:src|href)=["']https?:/);
});

test('addresses that cannot be read are not repeated, to strangers neither', async () => {
  const { app, faults } = await build();
  for (const url of [`/v1/%zz${marked}`, `/v1/receipts/2026h2/${marked.repeat(30)}/proof`, `/%c0${marked}`]) {
    const answer = await app.inject({ method: 'GET', url });
    assert.ok(answer.statusCode === 404 || answer.statusCode === 403, `${answer.statusCode}`);
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/);
    assert.ok(!(answer.body + JSON.stringify(answer.headers)).includes(marked));
  }
  assert.deepEqual(faults, []);
});
