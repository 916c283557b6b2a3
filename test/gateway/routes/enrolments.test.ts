import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Nonces } from '../../../src/gateway/auth/nonces.ts';
import { Enrolments } from '../../../src/gateway/directory/enrolments.ts';
import { enrolmentRoutes } from '../../../src/gateway/routes/enrolments.ts';
import {
  atEnd,
  change,
  type Device,
  makeFolder,
  makeKey,
  openDirectory,
  START_MS,
  signRequest,
} from '../auth/world.ts';
import { aCaller, anApp } from './an-app.ts';

const administrator = aCaller('administrator', { kind: 'staff' });

function build(t: TestContext) {
  const folder = makeFolder(t);
  const opened = openDirectory(join(folder, 'directory.sqlite'));
  const { directory, places, store } = opened;
  const staff = { kind: 'staff', role: 'administrator', station: null, partner: null, attributes: {} } as const;
  directory.addPrincipal({ id: administrator.principal.id, ...staff }, change);
  places.putPartner({ id: 'p-1', attributes: {} }, change);
  places.putStation({ id: 'st-1', partner: 'p-1', attributes: {} }, change);
  const clock = { nowMs: START_MS };
  const nonces = new Nonces({ folder: join(folder, 'n'), skewSeconds: 30, most: 1000, nowMs: START_MS, boot: null });
  atEnd(t, () => {
    nonces.close();
    opened.database.close();
  });
  const server = anApp((app) =>
    enrolmentRoutes(app, {
      enrolments: new Enrolments(store, directory),
      signatures: { nonces, skewSeconds: 30, authorities: new Set(['gate.example']) },
      nowMs: () => clock.nowMs,
    }),
  );
  server.as(administrator);
  const claim = (device: Device, code: string, given: { body?: object; signedBy?: Device; ip?: string } = {}) => {
    const publicKey = device.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
    const body = JSON.stringify({ code, publicKey, attributes: { model: 'm3' }, ...given.body });
    const target = '/v1/enrolments/claim';
    const request = signRequest(given.signedBy ?? device, { target, body, createdMs: clock.nowMs });
    const headers = Object.fromEntries(Array.from(request.headers, ([name, [value]]) => [name, value]));
    return server.call('POST', target, body, headers);
  };
  const make = async (body: object = {}) =>
    (await server.call('POST', '/v1/enrolments', { role: 'scanner', station: 'st-1', partner: 'p-1', ...body })).body;
  return { ...opened, folder, clock, server, claim, make };
}

test('a device with a code waits for an administrator, then signs as its principal', async (t) => {
  const { make, claim, server, directory } = build(t);
  const { id, code, principal } = await make({ attributes: { group: 'north' } });
  const device = makeKey();
  const waiting = await claim(device, code);
  assert.equal(waiting.status, 202);
  assert.deepEqual(waiting.body, { state: 'waiting', principal, keyId: device.keyId });
  assert.equal(directory.find(principal), null);
  assert.equal(directory.findSigningKey(device.keyId, START_MS), null);
  const { body: list } = await server.call('GET', '/v1/enrolments');
  assert.equal(list.enrolments[0].claimed.keyId, device.keyId);
  assert.equal((await server.call('POST', `/v1/enrolments/${id}/approve`)).body.state, 'approved');
  const approved = await claim(device, code);
  assert.equal(approved.status, 200);
  assert.deepEqual(directory.findSigningKey(device.keyId, START_MS)?.principal, {
    id: principal,
    kind: 'device',
    role: 'scanner',
    station: 'st-1',
    partner: 'p-1',
    attributes: { model: 'm3', group: 'north' },
  });
  assert.equal((await server.call('POST', `/v1/enrolments/${id}/approve`)).body.code, 'ENROLMENT_STATE');
});

test('a code may approve by itself, as the administrator who made it, and works once', async (t) => {
  const { make, claim, directory, heard } = build(t);
  const { code } = await make({ approval: 'automatic', principal: 'scanner-9' });
  const device = makeKey();
  const answer = await claim(device, code.toLowerCase().replaceAll('-', ' '));
  assert.deepEqual([answer.status, answer.body.state], [200, 'approved']);
  assert.equal(directory.findSigningKey(device.keyId, START_MS)?.principal.id, 'scanner-9');
  assert.equal(
    heard.find(({ action, object }) => action === 'principal made' && object === 'scanner-9')?.actor,
    'administrator-1',
  );
  const second = await claim(makeKey(), code);
  assert.deepEqual([second.status, second.body.code], [403, 'ENROLMENT_CODE']);
});

test('the code of an administrator who was revoked lets nobody in by itself', async (t) => {
  const { make, claim, directory } = build(t);
  const first = await make({ approval: 'automatic', role: 'administrator', station: undefined, partner: undefined });
  const second = await make({ approval: 'automatic' });
  const device = makeKey();
  directory.changePrincipal('administrator-1', { role: 'auditor' }, change);
  assert.equal((await claim(makeKey(), second.code)).body.state, 'waiting');
  directory.setState('administrator-1', 'revoked', change);
  const answer = await claim(device, first.code);
  assert.deepEqual([answer.status, answer.body.state], [202, 'waiting']);
  assert.equal(directory.findSigningKey(device.keyId, START_MS), null);
});

test('wrong codes: all look alike, and five of them end it', async (t) => {
  const { make, claim } = build(t);
  const { code } = await make();
  const wrong = `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`;
  const texts = new Set<string>();
  for (const one of [wrong, wrong, wrong, wrong, `ZZZZ${code.slice(4)}`, wrong, code]) {
    const { status, body } = await claim(makeKey(), one);
    assert.equal(status, 403);
    texts.add(body.title + body.detail);
  }
  assert.equal(texts.size, 1);
});

test('a code ends with its time, and when it is removed', async (t) => {
  const { make, claim, clock, server } = build(t);
  const first = await make({ ttlSeconds: 60 });
  const second = await make();
  clock.nowMs += 60_000;
  assert.equal((await claim(makeKey(), first.code)).status, 403);
  assert.equal((await server.call('DELETE', `/v1/enrolments/${second.id}`)).status, 204);
  assert.equal((await claim(makeKey(), second.code)).status, 403);
  const { body } = await server.call('GET', '/v1/enrolments');
  assert.deepEqual(
    body.enrolments.map(({ state }: { state: string }) => state),
    ['expired'],
  );
});

test('a claim is signed with the key that it brings, once, and says nothing that policies ask for', async (t) => {
  const { make, claim, server, directory } = build(t);
  const { code } = await make({ approval: 'automatic' });
  const device = makeKey();
  assert.equal((await claim(device, code, { signedBy: makeKey() })).body.code, 'AUTH_KEY');
  const unsigned = await server.call('POST', '/v1/enrolments/claim', {
    code,
    publicKey: device.publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
  });
  assert.equal(unsigned.status, 401);
  assert.equal((await claim(device, code, { body: { attributes: { group: 'all' } } })).status, 422);
  assert.equal((await claim(device, code, { body: { publicKey: 'A'.repeat(60) } })).body.code, 'DIRECTORY_KEY');
  assert.equal(directory.listPrincipals({ after: null, limit: 10 }).length, 1);
  assert.equal((await claim(device, code)).status, 200);
});

test('strangers may try only so often', async (t) => {
  const { claim, clock } = build(t);
  for (let i = 0; i < 20; i++) assert.equal((await claim(makeKey(), '0000-0000-0000-0000')).status, 403);
  assert.equal((await claim(makeKey(), '0000-0000-0000-0000')).status, 429);
  clock.nowMs += 60_000;
  assert.equal((await claim(makeKey(), '0000-0000-0000-0000')).status, 403);
});

test('only administrators make and approve; auditors see', async (t) => {
  const { server } = build(t);
  for (const caller of [
    aCaller('scanner', { kind: 'device' }),
    aCaller('integration'),
    aCaller('administrator', { partner: 'p-1' }),
    aCaller('auditor'),
  ]) {
    server.as(caller);
    assert.equal((await server.call('POST', '/v1/enrolments', { role: 'scanner' })).status, 403);
    assert.equal((await server.call('POST', '/v1/enrolments/AAAA/approve')).status, 403);
    assert.equal((await server.call('DELETE', '/v1/enrolments/AAAA')).status, 403);
    const mayRead = caller.principal.role === 'auditor';
    assert.equal((await server.call('GET', '/v1/enrolments')).status, mayRead ? 200 : 403);
  }
});

test('the code is in no file', async (t) => {
  const { make, folder } = build(t);
  const { code } = await make();
  const secret = code.replaceAll('-', '').slice(4);
  for (const name of ['directory.sqlite', 'directory.sqlite-wal']) {
    const bytes = readFileSync(join(folder, name)).toString('latin1');
    assert.ok(!bytes.includes(secret) && !bytes.includes(code));
  }
});
