import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import fastify from 'fastify';
import { createIdentity } from '../../src/gateway/identity.ts';
import { atEnd, makeFolder, openDirectory } from './auth/world.ts';

test('who asks, put together: routes, a first link, and whoever comes without anything is refused', async (t) => {
  const folder = makeFolder(t);
  const { store, database } = openDirectory(join(folder, 'directory.sqlite'));
  const heard: string[] = [];
  const identity = createIdentity({
    store,
    noncesFolder: join(folder, 'nonces'),
    skewSeconds: 30,
    authorities: null,
    publicOrigin: 'https://gate.example',
    oidc: null,
    onChange: ({ action }) => heard.push(action),
    now: Date.now,
  });
  atEnd(t, () => {
    identity.close();
    database.close();
  });
  assert.match(identity.makeFirstLink() ?? '', /^https:\/\/gate\.example\/sign-in#[A-Za-z0-9_-]{43}$/);
  assert.deepEqual(heard, ['principal made', 'link made']);
  const app = fastify();
  identity.addRoutes(app);
  await app.ready();
  const routes = app.printRoutes({ commonPrefix: false });
  for (const name of ['principals', 'stations', 'partners', 'enrolments', 'audit', 'session', 'passkeys', 'sign-in'])
    assert.ok(routes.includes(name), name);
  const nobody = { method: 'GET', target: '/', authority: 'gate.example', scheme: 'https' } as const;
  const request = { ...nobody, headers: new Map(), body: new Uint8Array(0), certificate: null };
  await assert.rejects(identity.authenticator.authenticate(request), { code: 'AUTH_MISSING' });
});
