import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { principalRoutes } from '../../../src/gateway/routes/principals.ts';
import { stationRoutes } from '../../../src/gateway/routes/stations.ts';
import { atEnd, makeFolder, makeKey, openDirectory, START_MS } from '../auth/world.ts';
import { aCaller, anApp } from './an-app.ts';

function build(t: TestContext) {
  const opened = openDirectory(join(makeFolder(t), 'directory.sqlite'));
  atEnd(t, () => opened.database.close());
  const server = anApp((app) => {
    principalRoutes(app, { directory: opened.directory, nowMs: () => START_MS });
    stationRoutes(app, { places: opened.places, nowMs: () => START_MS });
  });
  server.as(aCaller('administrator'));
  return { ...opened, ...server };
}

test('an administrator makes partner, station, principal and key, and takes them away', async (t) => {
  const { call, directory } = build(t);
  assert.equal((await call('PUT', '/v1/partners/p-1', {})).status, 200);
  assert.equal((await call('PUT', '/v1/stations/st-1', { partner: 'p-1' })).status, 200);
  const principal = { kind: 'device', role: 'scanner', station: 'st-1', partner: 'p-1', attributes: { model: 'm3' } };
  const made = await call('PUT', '/v1/principals/d-1', principal);
  assert.equal(made.status, 201);
  const at = new Date(START_MS).toISOString();
  assert.deepEqual(made.body, { id: 'd-1', ...principal, state: 'active', created: at, changed: at });
  const device = makeKey();
  const publicKey = device.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const key = await call('POST', '/v1/principals/d-1/keys', { use: 'signature', publicKey });
  assert.deepEqual([key.status, key.body], [201, { id: device.keyId, use: 'signature', notBefore: at }]);
  assert.equal((await call('PUT', '/v1/principals/d-1', { role: 'courier', station: null })).body.role, 'courier');
  const one = (await call('GET', '/v1/principals/d-1')).body;
  assert.equal(one.station, undefined);
  assert.equal(one.keys.length, 1);
  assert.equal((await call('DELETE', `/v1/principals/d-1/keys/${device.keyId}`)).status, 204);
  assert.equal(directory.findSigningKey(device.keyId, START_MS), null);
  assert.equal((await call('PUT', '/v1/principals/d-1/state', { state: 'revoked' })).body.state, 'revoked');
  assert.equal((await call('PUT', '/v1/principals/d-1/state', { state: 'active' })).status, 409);
  assert.equal((await call('DELETE', '/v1/stations/st-1')).status, 204);
  assert.equal((await call('DELETE', '/v1/partners/p-1')).status, 409);
  const { entries } = (await call('GET', '/v1/audit')).body;
  assert.deepEqual(
    entries.map(({ action }: { action: string }) => action),
    [
      'partner put',
      'station put',
      'principal made',
      'key made',
      'principal changed',
      'key revoked',
      'principal revoked',
      'station removed',
    ],
  );
  assert.equal((await call('GET', '/v1/audit?after=7')).body.entries.length, 1);
});

test('requests that are wrong get a code', async (t) => {
  const { call } = build(t);
  const put = (body: unknown, id = 'd-1') => call('PUT', `/v1/principals/${id}`, body);
  assert.equal((await put({ role: 'scanner' })).status, 400);
  assert.equal((await put({ kind: 'robot', role: 'x' })).status, 400);
  assert.equal((await put({ kind: 'device', role: 'x', station: 'none' })).status, 404);
  assert.equal((await put({ kind: 'device', role: 'x', attributes: { a: 1 } })).status, 400);
  assert.equal((await put({ kind: 'device', role: 'x', secret: 1 })).status, 400);
  assert.equal((await put({ kind: 'device', role: 'x' }, 'a%20b')).status, 400);
  assert.equal((await put({ kind: 'device', role: 'x' })).status, 201);
  assert.equal((await put({ kind: 'staff', role: 'x' })).status, 409);
  assert.equal((await call('GET', '/v1/principals/none')).status, 404);
  assert.equal((await call('DELETE', `/v1/principals/d-1/keys/${'A'.repeat(43)}`)).status, 404);
  const key = { use: 'signature', publicKey: 'A'.repeat(60) };
  assert.equal((await call('POST', '/v1/principals/d-1/keys', key)).status, 422);
  assert.equal((await put({ role: 'x' }, 'administrator-1')).status, 400);
  // Times that their format has and that Date cannot read: a key must not count for ever because of its spelling.
  const publicKey = makeKey().publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  for (const time of ['2027-06-30T23:59:60Z', '2027-01-01T00:00:00+01'])
    for (const times of [{ notAfter: time }, { notBefore: time }]) {
      const { status, body } = await call('POST', '/v1/principals/d-1/keys', { use: 'signature', publicKey, ...times });
      assert.deepEqual([status, body.code], [400, 'GATEWAY_REQUEST'], time);
    }
});

test('no administrator takes their own duties away, by role or by partner', async (t) => {
  const { call, directory, places } = build(t);
  const staff = { kind: 'staff', role: 'administrator', station: null, partner: null, attributes: {} } as const;
  directory.addPrincipal({ id: 'administrator-1', ...staff }, { actor: 'test', nowMs: START_MS });
  places.putPartner({ id: 'p-1', attributes: {} }, { actor: 'test', nowMs: START_MS });
  for (const change of [{ role: 'auditor' }, { partner: 'p-1' }])
    assert.equal((await call('PUT', '/v1/principals/administrator-1', change)).body.code, 'DIRECTORY_SELF');
  const allowed = { role: 'administrator', partner: null, attributes: { desk: '7' } };
  assert.equal((await call('PUT', '/v1/principals/administrator-1', allowed)).status, 200);
});

test('nobody else changes anything; auditors read, and everybody reads themselves', async (t) => {
  const { call, as } = build(t);
  await call('PUT', '/v1/principals/scanner-1', { kind: 'device', role: 'scanner' });
  for (const role of ['scanner', 'integration', 'auditor', 'privacy-officer', 'Administrator']) {
    as(aCaller(role));
    for (const [method, url, body] of [
      ['PUT', '/v1/principals/x', { kind: 'device', role: 'administrator' }],
      ['PUT', '/v1/principals/scanner-1', { role: 'administrator' }],
      ['PUT', '/v1/principals/scanner-1/state', { state: 'revoked' }],
      ['POST', '/v1/principals/scanner-1/keys', { use: 'signature', publicKey: 'A'.repeat(60) }],
      ['DELETE', `/v1/principals/scanner-1/keys/${'A'.repeat(43)}`, undefined],
      ['PUT', '/v1/stations/x', {}],
      ['DELETE', '/v1/stations/x', undefined],
      ['PUT', '/v1/partners/x', {}],
      ['DELETE', '/v1/partners/x', undefined],
    ] as const)
      assert.equal((await call(method, url, body)).status, 403, `${role} ${method} ${url}`);
    const mayRead = role === 'auditor' ? 200 : 403;
    for (const url of ['/v1/principals', '/v1/stations', '/v1/partners', '/v1/audit'])
      assert.equal((await call('GET', url)).status, mayRead, `${role} ${url}`);
    const own = role === 'scanner' || role === 'auditor' ? 200 : 403;
    assert.equal((await call('GET', '/v1/principals/scanner-1')).status, own);
  }
});
