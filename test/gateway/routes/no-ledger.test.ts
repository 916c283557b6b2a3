import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Links } from '../../../src/gateway/auth/links.ts';
import { Nonces } from '../../../src/gateway/auth/nonces.ts';
import { Passkeys } from '../../../src/gateway/auth/passkeys.ts';
import { defaultSessionLimits, Sessions } from '../../../src/gateway/auth/sessions.ts';
import { Directory } from '../../../src/gateway/directory/directory.ts';
import { Enrolments } from '../../../src/gateway/directory/enrolments.ts';
import { Places } from '../../../src/gateway/directory/places.ts';
import { enrolmentRoutes } from '../../../src/gateway/routes/enrolments.ts';
import { principalRoutes } from '../../../src/gateway/routes/principals.ts';
import { sessionRoutes } from '../../../src/gateway/routes/sessions.ts';
import { stationRoutes } from '../../../src/gateway/routes/stations.ts';
import { atEnd, makeFolder, makeKey, openDirectory, START_MS } from '../auth/world.ts';
import { GovernanceInMemory } from '../directory/a-ledger.ts';
import { aCaller, anApp } from './an-app.ts';

test('every route that changes the directory refuses without the ledger, and nothing has changed', async (t) => {
  const folder = makeFolder(t);
  const { store, database } = openDirectory(join(folder, 'directory.sqlite'));
  const ledger = new GovernanceInMemory();
  const directory = new Directory(store, () => undefined, ledger);
  const places = new Places(store, directory.audit);
  const nowMs = () => START_MS;
  const nonces = new Nonces({ folder: join(folder, 'n'), skewSeconds: 30, most: 100, nowMs: START_MS, boot: null });
  atEnd(t, () => {
    nonces.close();
    database.close();
  });
  const routes: string[] = [];
  const { call, as } = anApp((server) => {
    server.addHook('onRoute', ({ method, url }) => {
      if (method !== 'GET' && method !== 'HEAD') routes.push(`${method} ${url}`);
    });
    principalRoutes(server, { directory, nowMs });
    stationRoutes(server, { places, nowMs });
    const signatures = { nonces, skewSeconds: 30, authorities: null };
    enrolmentRoutes(server, { enrolments: new Enrolments(store, directory), signatures, nowMs });
    sessionRoutes(server, {
      directory,
      sessions: new Sessions(store, defaultSessionLimits),
      links: new Links(store, directory),
      passkeys: new Passkeys(store, directory, 'https://gate.example'),
      oidc: null,
      publicOrigin: 'https://gate.example',
      nowMs,
    });
  });
  as(aCaller('administrator', { kind: 'staff' }));
  const publicKey = makeKey().publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const scanner = { kind: 'device', role: 'scanner' };
  await call('PUT', '/v1/partners/p-1', { attributes: {} });
  await call('PUT', '/v1/stations/st-1', { attributes: {} });
  await call('PUT', '/v1/principals/d-1', scanner);
  await call('PUT', '/v1/principals/s-1', { kind: 'staff', role: 'courier' });
  const key = (await call('POST', '/v1/principals/d-1/keys', { use: 'signature', publicKey })).body.id;
  const enrolment = (await call('POST', '/v1/enrolments', { role: 'scanner' })).body.id;
  database
    .prepare("INSERT INTO passkeys (id, principal, public_key, counter, created_ms) VALUES ('pk', 's-1', x'00', 0, 0)")
    .run();
  const other = makeKey().publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const changes: readonly (readonly ['PUT' | 'POST' | 'DELETE', string, object?])[] = [
    ['PUT', '/v1/principals/d-2', scanner],
    ['PUT', '/v1/principals/d-1', { role: 'courier' }],
    ['PUT', '/v1/principals/d-1/state', { state: 'suspended' }],
    ['POST', '/v1/principals/d-1/keys', { use: 'signature', publicKey: other }],
    ['DELETE', `/v1/principals/d-1/keys/${key}`],
    ['POST', '/v1/principals/s-1/link', {}],
    ['DELETE', '/v1/principals/s-1/passkeys/pk'],
    ['PUT', '/v1/partners/p-1', { attributes: { a: 'b' } }],
    ['DELETE', '/v1/partners/p-1'],
    ['PUT', '/v1/stations/st-1', { attributes: { a: 'b' } }],
    ['DELETE', '/v1/stations/st-1'],
    ['POST', '/v1/enrolments', { role: 'scanner' }],
    ['DELETE', `/v1/enrolments/${enrolment}`],
  ];
  const tables = ['principals', 'keys', 'stations', 'partners', 'enrolments', 'links', 'passkeys', 'audit_places'];
  const state = () => JSON.stringify(tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all()));
  const before = state();
  ledger.refuses = true;
  for (const [method, url, body] of changes) {
    const answer = await call(method, url, body);
    assert.equal(answer.status, 503, `${method} ${url}: ${answer.text}`);
    assert.equal(answer.body.code, 'LEDGER_BUSY');
    assert.equal(state(), before, `${method} ${url} changed something`);
  }
  ledger.refuses = false;
  // A new route belongs above, or here with those that need a device, a browser or nothing.
  const others = ['/claim', '/approve', '/v1/session', '/session/link', '/passkey', '/passkeys', '/options'];
  const asked = new Set(
    changes.map(([method, url]) => `${method} ${url}`.replace(/(s|keys)\/(?!state|link|keys|passkeys)[^/]+/g, '$1/…')),
  );
  const left = routes.filter((route) => !asked.has(route.replace(/:[a-z]+/gi, '…')));
  assert.deepEqual(
    left.filter((route) => !others.some((end) => route.endsWith(end))),
    [],
  );
  for (const [method, url, body] of changes) {
    const { status, text } = await call(method, url, body);
    assert.ok(status < 300, `${method} ${url}: ${text}`);
  }
});
