import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { claimEnrolment, createClient } from '../../src/client/client.ts';
import { GatewayError } from '../../src/client/gateway-error.ts';
import { importPrivateKey, makeDeviceKey } from '../../src/client/keys.ts';
import type { TransportOptions } from '../../src/client/transport.ts';
import { Enrolments } from '../../src/gateway/directory/enrolments.ts';
import { openPolicies } from '../../src/gateway/policy/policies.ts';
import { policyMigrations } from '../../src/gateway/policy/policy-store.ts';
import { enrolmentRoutes } from '../../src/gateway/routes/enrolments.ts';
import { policyRoutes } from '../../src/gateway/routes/policies.ts';
import { principalRoutes } from '../../src/gateway/routes/principals.ts';
import { stationRoutes } from '../../src/gateway/routes/stations.ts';
import { inTransaction, openSqlite } from '../../src/store/sqlite.ts';
import { makeServer } from '../gateway/auth/a-server.ts';
import { addKeyOf } from '../gateway/auth/world.ts';

function policyDatabase(t: TestContext) {
  const database = openSqlite(':memory:', { migrations: policyMigrations, durability: 'full' });
  t.after(() => database.close());
  return { database, transact: <T>(work: () => T) => inTransaction(database, work) };
}

/** A server that listens, with an administrator. */
async function listen(t: TestContext) {
  const { app, directory, nowMs } = makeServer(t, ({ app, directory, places, store, signatures, nowMs }) => {
    principalRoutes(app, { directory, nowMs });
    stationRoutes(app, { places, nowMs });
    enrolmentRoutes(app, { enrolments: new Enrolments(store, directory), signatures, nowMs });
    policyRoutes(app, { policies: openPolicies(policyDatabase(t), { timeZone: 'UTC', nowMs: nowMs() }), nowMs });
    return [];
  });
  t.after(() => app.close());
  const baseUrl = await app.listen({ host: '127.0.0.1', port: 0 });
  const staff = { kind: 'staff', role: 'administrator', station: null, partner: null, attributes: {} } as const;
  directory.addPrincipal({ ...staff, id: 'admin-1' }, { actor: 'test', nowMs: nowMs() });
  const { privateKey, keyId } = addKeyOf(directory, 'admin-1');
  const key = await importPrivateKey(new Uint8Array(privateKey.export({ format: 'der', type: 'pkcs8' })));
  return { baseUrl, directory, administrator: { baseUrl, key, keyId } };
}

test('an administrator enrols a device, which then asks for itself, over a real connection', async (t) => {
  const { baseUrl, administrator, directory } = await listen(t);
  const admin = createClient(administrator);
  await admin.partners.put('p-1', {});
  await admin.stations.put('st-1', { partner: 'p-1', attributes: { city: '青岛' } });
  const { id, code, principal } = await admin.enrolments.make({ role: 'scanner', station: 'st-1', partner: 'p-1' });
  const device = await makeDeviceKey();
  assert.equal((await claimEnrolment({ baseUrl }, device, code, { model: 'm3' })).state, 'waiting');
  await admin.enrolments.approve(id);
  assert.equal((await claimEnrolment({ baseUrl }, device, code)).state, 'approved');
  const scanner = createClient({ baseUrl, ...device });
  assert.equal((await scanner.principals.get(principal)).keys[0]?.id, device.keyId);
  await assert.rejects(scanner.principals.list(), { name: 'GatewayError', code: 'GATEWAY_FORBIDDEN', status: 403 });
  await assert.rejects(admin.principals.get('none'), { code: 'DIRECTORY_UNKNOWN', status: 404 });
  await admin.principals.setState(principal, 'revoked');
  // The connection is still open.
  await assert.rejects(scanner.principals.get(principal), { code: 'AUTH_KEY', status: 401 });
  assert.equal(directory.find(principal)?.state, 'revoked');
});

test('a device whose clock is wrong learns the time and gets through', async (t) => {
  const { administrator } = await listen(t);
  let calls = 0;
  const late = createClient({
    ...administrator,
    now: () => Date.now() - 3_600_000,
    fetch: (...given) => {
      calls++;
      return fetch(...given);
    },
  });
  await late.principals.list();
  await late.principals.list();
  assert.equal(calls, 3);
});

test('whatever is encoded in an address is signed as it is sent', async (t) => {
  const { administrator } = await listen(t);
  const admin = createClient(administrator);
  await admin.partners.put('a/b:c@d', {});
  assert.equal((await admin.partners.list('a/b:c@c')).partners.length, 1);
  for (const id of ['', '.', '..']) await assert.rejects(async () => admin.partners.put(id, {}), TypeError);
});

interface Fake {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

async function fake(answers: (Fake | Error)[], given: Partial<TransportOptions> = {}) {
  const device = await makeDeviceKey();
  const sent: { headers: Record<string, string>; init: RequestInit }[] = [];
  const waits: number[] = [];
  const client = createClient({
    ...device,
    baseUrl: 'https://gate.example',
    wait: async (ms) => void waits.push(ms),
    fetch: (async (_url: unknown, init: RequestInit) => {
      sent.push({ headers: init.headers as Record<string, string>, init });
      const answer = answers.shift();
      if (answer === undefined || answer instanceof Error) throw answer ?? new Error('none left');
      const { status, headers = {}, body } = answer;
      return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
    }) as typeof fetch,
    ...given,
  });
  return { client, sent, waits };
}

const problem = { 'content-type': 'application/problem+json' };
const busy: Fake = { status: 503, headers: { ...problem, 'retry-after': '2' }, body: { code: 'LEDGER_BUSY' } };
const asked = { purpose: 'delivery', fields: { name: 'masked' as const }, parcels: ['TEST0001'] };

test('503 with Retry-After is asked again: the same key, another nonce', async () => {
  const right: Fake = { status: 200, body: { disclosures: [] } };
  const { client, sent, waits } = await fake([busy, new Error('reset'), right]);
  assert.deepEqual(await client.disclose(asked), { disclosures: [] });
  assert.deepEqual(waits, [2000, 1000]);
  assert.equal(new Set(sent.map(({ headers }) => headers['idempotency-key'])).size, 1);
  assert.equal(new Set(sent.map(({ headers }) => headers['signature-input'])).size, 3);
  assert.ok(sent.every(({ init }) => init.redirect === 'error'));
  const { client: named, sent: namedSent } = await fake([right]);
  await named.disclose(asked, 'order-1-scan-2');
  assert.equal(namedSent[0]?.headers['idempotency-key'], 'order-1-scan-2');
});

test('it gives up after some attempts, and at once where asking again is no use', async () => {
  const { client, sent } = await fake([busy, busy, busy, busy, busy]);
  await assert.rejects(client.disclose(asked), { code: 'LEDGER_BUSY', status: 503 });
  assert.equal(sent.length, 4);
  for (const answer of [
    { status: 403, headers: problem, body: { code: 'GATEWAY_FORBIDDEN' } },
    { status: 503, headers: problem, body: { code: 'VAULT_KEY' } },
    { status: 500, headers: problem, body: { code: 'INTERNAL' } },
    { status: 502 },
    { status: 200, headers: {}, body: undefined },
  ] satisfies Fake[]) {
    const one = await fake([answer]);
    if (answer.status === 200) assert.equal(await one.client.disclose(asked), null);
    else await assert.rejects(one.client.disclose(asked), GatewayError);
    assert.equal(one.sent.length, 1);
  }
});

test('a budget that is spent for hours is not asked again within minutes', async () => {
  const spent = (seconds: number): Fake => ({
    ...{ status: 429, headers: { ...problem, 'retry-after': String(seconds) }, body: { code: 'GATEWAY_BUDGET' } },
  });
  for (const [seconds, asks] of [
    [31, 1],
    [30, 4],
  ] as const) {
    const { client, sent } = await fake(Array(5).fill(spent(seconds)));
    await assert.rejects(client.disclose(asked), { code: 'GATEWAY_BUDGET', status: 429 });
    assert.equal(sent.length, asks);
  }
});

test('a gateway that does not answer is one that cannot be reached', async () => {
  const { key, keyId } = await makeDeviceKey();
  const hangs = createClient({
    ...{ key, keyId, baseUrl: 'https://gate.example', timeoutMs: 20, attempts: 2, wait: async () => undefined },
    fetch: (_url, init) =>
      new Promise((_, reject) => {
        // As long as a connection that hangs keeps a process.
        const open = setTimeout(() => undefined, 60_000);
        init?.signal?.addEventListener('abort', () => {
          clearTimeout(open);
          reject(init.signal?.reason);
        });
      }),
  });
  await assert.rejects(hangs.disclose(asked), { code: 'UNREACHABLE', status: 0 });
});

test('a wrong clock is mended once and not for ever', async () => {
  const date = new Date(Date.now() + 3_600_000).toUTCString();
  const late: Fake = { status: 401, headers: { ...problem, date }, body: { code: 'AUTH_TIME' } };
  const { client, sent } = await fake([late, late, late]);
  await assert.rejects(client.tours.get('t-1'), { code: 'AUTH_TIME' });
  assert.equal(sent.length, 2);
});

test('a disclosure that is refused as a whole is an answer', async () => {
  const body = { disclosures: [{ decision: 'refused', code: 'GATEWAY_POLICY', receipt: {} }] };
  const { client } = await fake([{ status: 403, headers: { 'content-type': 'application/json' }, body }]);
  assert.deepEqual(await client.disclose(asked), body);
});

test('errors carry nothing of the request', async () => {
  const { client } = await fake([{ status: 400, headers: problem, body: { code: 'GATEWAY_REQUEST', title: 't' } }]);
  await assert.rejects(
    client.subjects.put('13812345678', { fields: { name: 'Planted' } }),
    (error) => error instanceof GatewayError && !/138|Planted/.test(`${error.message}${error.detail}${error.stack}`),
  );
});

test('policies are changed in two signed steps, each against the version that was seen', async (t) => {
  const { administrator } = await listen(t);
  const { policies } = createClient(administrator);
  const { version, number } = await policies.active();
  const proposed = await policies.propose('permit (principal, action, resource);', version);
  assert.deepEqual((await policies.active()).number, number);
  const accept = [...new Set(proposed.findings.filter(({ level }) => level === 'danger').map(({ code }) => code))];
  await assert.rejects(policies.activate(proposed.number, version), { code: 'POLICY_DANGER', status: 409 });
  assert.equal((await policies.activate(proposed.number, version, accept)).isActive, true);
  await assert.rejects(policies.propose('', version), { code: 'POLICY_CONFLICT', status: 412 });
  assert.equal((await policies.get(number)).isActive, false);
  assert.equal((await policies.versions()).versions.length, 2);
});
