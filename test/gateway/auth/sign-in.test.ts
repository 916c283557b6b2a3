import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { InjectOptions } from 'fastify';
import { OAuth2Server } from 'oauth2-mock-server';
import { Links } from '../../../src/gateway/auth/links.ts';
import { Oidc, type OidcOptions } from '../../../src/gateway/auth/oidc.ts';
import { Passkeys } from '../../../src/gateway/auth/passkeys.ts';
import { defaultSessionLimits, proveBySession, Sessions } from '../../../src/gateway/auth/sessions.ts';
import { principalRoutes } from '../../../src/gateway/routes/principals.ts';
import { sessionRoutes } from '../../../src/gateway/routes/sessions.ts';
import { makeServer } from './a-server.ts';
import { SoftwareAuthenticator } from './software-authenticator.ts';
import { addKeyOf, atEnd, makeFolder, openDirectory, START_MS, signRequest } from './world.ts';

const origin = 'https://gate.example';

function build(t: TestContext, oidcOptions: OidcOptions | null = null) {
  let links: Links | undefined;
  let sessions: Sessions | undefined;
  const server = makeServer(t, ({ app, store, directory, nowMs }) => {
    links = new Links(store, directory);
    sessions = new Sessions(store, defaultSessionLimits);
    const passkeys = new Passkeys(store, directory, origin);
    const oidc = oidcOptions === null ? null : new Oidc(oidcOptions, directory);
    sessionRoutes(app, { directory, sessions, links, passkeys, oidc, publicOrigin: origin, nowMs });
    principalRoutes(app, { directory, nowMs });
    return [proveBySession(sessions, directory, origin)];
  });
  assert.ok(links !== undefined && sessions !== undefined);
  const { app } = server;
  const call = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, body?: unknown, headers = {}) => {
    const payload = body === undefined ? {} : { payload: JSON.stringify(body) };
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    const answer = await app.inject({ method, url, headers: { ...type, ...headers }, ...payload } as InjectOptions);
    const text = answer.body;
    const isJson = String(answer.headers['content-type'] ?? '').includes('json');
    return { status: answer.statusCode, headers: answer.headers, text, body: isJson ? JSON.parse(text) : null };
  };
  return { ...server, links, sessions, call };
}

type Built = ReturnType<typeof build>;

/** Signs in with a link: headers of a page that is signed in. */
async function signIn({ links, call, nowMs }: Built): Promise<Record<string, string>> {
  const token = await links.makeFirst(nowMs());
  const { status, body, headers } = await call('POST', '/v1/session/link', { token });
  assert.equal(status, 200);
  return { cookie: cookieOf(headers), 'x-boltseal-csrf': body.csrf };
}

function cookieOf(headers: Record<string, unknown>): string {
  const all = [headers['set-cookie']].flat().map(String);
  return all.map((one) => one.split(';')[0]).join('; ');
}

test('a first start: a link makes an administrator once, for a short time, and no more when one has a passkey', async (t) => {
  const built = build(t);
  const { links, call, clock, nowMs } = built;
  const first = await links.makeFirst(nowMs());
  const token = await links.makeFirst(nowMs());
  assert.equal((await call('POST', '/v1/session/link', { token: first })).status, 401);
  const answer = await call('POST', '/v1/session/link', { token });
  assert.deepEqual([answer.body.principal, answer.body.role], ['administrator-1', 'administrator']);
  assert.match(
    String(answer.headers['set-cookie']),
    /^__Host-boltseal=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict; Max-Age=43200$/,
  );
  assert.equal((await call('POST', '/v1/session/link', { token })).body.code, 'SIGNIN_FAILED');
  const late = await links.makeFirst(nowMs());
  clock.aheadMs += 15 * 60_000;
  assert.equal((await call('POST', '/v1/session/link', { token: late })).status, 401);
  const page = { cookie: cookieOf(answer.headers), 'x-boltseal-csrf': answer.body.csrf };
  const authenticator = new SoftwareAuthenticator(origin);
  const options = await call('POST', '/v1/passkeys/options', {}, page);
  assert.equal((await call('POST', '/v1/passkeys', authenticator.create(options.body), page)).status, 201);
  assert.equal(await links.makeFirst(nowMs()), null);
});

test('a passkey signs in; not with another host, without verification, twice, or after it was revoked', async (t) => {
  const built = build(t);
  const { call } = built;
  const page = await signIn(built);
  const passkey = new SoftwareAuthenticator(origin);
  const adding = async (one: SoftwareAuthenticator) =>
    call('POST', '/v1/passkeys', one.create((await call('POST', '/v1/passkeys/options', {}, page)).body), page);
  assert.equal((await adding(new SoftwareAuthenticator('https://evil.example'))).status, 401);
  const unverified = new SoftwareAuthenticator(origin);
  unverified.flags = 0x01;
  assert.equal((await adding(unverified)).status, 401);
  assert.equal((await adding(passkey)).status, 201);
  assert.equal((await adding(passkey)).status, 401);

  const begin = async () => (await call('POST', '/v1/session/passkey/options', {})).body;
  const answer = passkey.get(await begin());
  const signedIn = await call('POST', '/v1/session/passkey', answer);
  assert.deepEqual([signedIn.status, signedIn.body.principal], [200, 'administrator-1']);
  assert.equal((await call('GET', '/v1/principals', undefined, { cookie: cookieOf(signedIn.headers) })).status, 200);
  const refused = async (response: object, why: string) => {
    const { status, body } = await call('POST', '/v1/session/passkey', response);
    assert.deepEqual([status, body.code], [401, 'SIGNIN_FAILED'], why);
  };
  await refused(answer, 'again');
  await refused(new SoftwareAuthenticator(origin).get(await begin()), 'unknown');
  await refused(passkey.get({ challenge: 'A'.repeat(43) }), 'a challenge that nobody gave');
  const own = (await call('POST', '/v1/passkeys/options', {}, page)).body;
  await refused(passkey.get(own), 'a challenge for adding');
  const broken = passkey.get(await begin());
  broken.response.signature = `A${broken.response.signature.slice(1)}`;
  await refused(broken, 'signature');
  passkey.flags = 0x01;
  await refused(passkey.get(await begin()), 'not verified');
  passkey.flags = 0x05;
  passkey.counter = 0;
  await refused(passkey.get(await begin()), 'a copy');
  passkey.counter = 100;
  assert.equal((await call('POST', '/v1/session/passkey', passkey.get(await begin()))).status, 200);
  const id = passkey.id.toString('base64url');
  const { status } = await call('DELETE', `/v1/principals/administrator-1/passkeys/${id}`, undefined, page);
  assert.equal(status, 204);
  await refused(passkey.get(await begin()), 'revoked');
  const { passkeys } = (await call('GET', '/v1/principals/administrator-1/passkeys', undefined, page)).body;
  assert.deepEqual([passkeys.length, passkeys[0].id, typeof passkeys[0].revoked], [1, id, 'string']);
});

test('what changes something needs the token of the session and a page of ours', async (t) => {
  const built = build(t);
  const { call } = built;
  const page = await signIn(built);
  const put = (headers: object) => call('PUT', '/v1/principals/d-1', { kind: 'device', role: 'scanner' }, headers);
  const { cookie, 'x-boltseal-csrf': csrf } = page;
  for (const headers of [
    { cookie },
    { cookie, 'x-boltseal-csrf': '' },
    { cookie, 'x-boltseal-csrf': `${csrf}x` },
    { ...page, origin: 'https://evil.example' },
    { ...page, origin: 'null' },
    { ...page, 'sec-fetch-site': 'cross-site' },
    { ...page, 'sec-fetch-site': 'same-site' },
  ])
    assert.equal((await put(headers)).body.code, 'AUTH_CSRF', JSON.stringify(headers));
  assert.equal((await put({ ...page, origin, 'sec-fetch-site': 'same-origin' })).status, 201);
  assert.equal((await call('GET', '/v1/session', undefined, { cookie })).body.csrf, csrf);
  const token = '0'.repeat(43);
  const other = await call('POST', '/v1/session/link', { token }, { origin: 'https://evil.example' });
  assert.equal(other.body.code, 'AUTH_CSRF');
});

test('a session ends: idle, after its whole time, when it is left, with its principal, and for whoever makes one up', async (t) => {
  const built = build(t);
  const { call, clock, directory, sessions, nowMs } = built;
  const see = async (headers: object) => (await call('GET', '/v1/session', undefined, headers)).status;
  assert.equal(await see({ cookie: `__Host-boltseal=${'A'.repeat(43)}` }), 401);
  const idle = await signIn(built);
  clock.aheadMs += 29 * 60_000;
  assert.equal(await see(idle), 200);
  clock.aheadMs += 29 * 60_000;
  assert.equal(await see(idle), 200);
  clock.aheadMs += 30 * 60_000;
  assert.equal(await see(idle), 401);
  const whole = await signIn(built);
  for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
    clock.aheadMs += 20 * 60_000;
    assert.equal(await see(whole), 200);
  }
  clock.aheadMs += 20 * 60_000;
  assert.equal(await see(whole), 401);
  const left = await signIn(built);
  assert.equal((await call('DELETE', '/v1/session', undefined, left)).status, 204);
  assert.equal(await see(left), 401);
  const twice = await signIn(built);
  assert.equal(await see({ cookie: `${twice.cookie}; ${twice.cookie}` }), 401);
  assert.equal(await see(twice), 200);
  directory.setState('administrator-1', 'suspended', { actor: 'test', nowMs: nowMs() });
  assert.equal(await see(twice), 401);
  directory.setState('administrator-1', 'active', { actor: 'test', nowMs: nowMs() });
  // Whoever polled with a stolen cookie meanwhile does not get in again with it.
  assert.equal(await see(twice), 401);
  const [here, there] = [await signIn(built), await signIn(built)];
  sessions.closeOthers('administrator-1', /=(.*)$/.exec(here.cookie ?? '')?.[1] ?? '');
  assert.deepEqual([await see(here), await see(there)], [200, 401]);
  const link = await built.links.make('administrator-1', { actor: 'test', nowMs: nowMs() });
  for (const state of ['suspended', 'active'] as const)
    directory.setState('administrator-1', state, { actor: 'test', nowMs: nowMs() });
  assert.equal((await call('POST', '/v1/session/link', { token: link })).status, 401);
});

test('an answer that the passkey did not sign changes nothing, and of two with one counter one counts', async (t) => {
  const built = build(t);
  const { call } = built;
  const page = await signIn(built);
  const passkey = new SoftwareAuthenticator(origin);
  const options = (await call('POST', '/v1/passkeys/options', {}, page)).body;
  assert.equal((await call('POST', '/v1/passkeys', passkey.create(options), page)).status, 201);
  const begin = async () => (await call('POST', '/v1/session/passkey/options', {})).body;
  const signInWith = async (answer: object) => (await call('POST', '/v1/session/passkey', answer)).status;
  // Somebody who has read its id, but not its key, answers with a counter that is never reached.
  const forger = new SoftwareAuthenticator(origin);
  forger.counter = 4_000_000_000;
  const id = passkey.id.toString('base64url');
  assert.equal(await signInWith({ ...forger.get(await begin()), id, rawId: id }), 401);
  assert.equal(await signInWith(passkey.get(await begin())), 200);
  const [one, two] = [await begin(), await begin()];
  const first = passkey.get(one);
  passkey.counter--;
  const second = passkey.get(two);
  assert.deepEqual((await Promise.all([signInWith(first), signInWith(second)])).sort(), [200, 401]);
});

test('who had a passkey that is revoked is signed in with it no more; who revoked it stays', async (t) => {
  const built = build(t);
  const { call } = built;
  const page = await signIn(built);
  const passkey = new SoftwareAuthenticator(origin);
  const options = (await call('POST', '/v1/passkeys/options', {}, page)).body;
  assert.equal((await call('POST', '/v1/passkeys', passkey.create(options), page)).status, 201);
  const challenge = (await call('POST', '/v1/session/passkey/options', {})).body;
  const thief = { cookie: cookieOf((await call('POST', '/v1/session/passkey', passkey.get(challenge))).headers) };
  assert.equal((await call('GET', '/v1/session', undefined, thief)).status, 200);
  const address = `/v1/principals/administrator-1/passkeys/${passkey.id.toString('base64url')}`;
  assert.equal((await call('DELETE', address, undefined, page)).status, 204);
  assert.equal((await call('GET', '/v1/session', undefined, thief)).status, 401);
  assert.equal((await call('GET', '/v1/session', undefined, page)).status, 200);
});

test('an administrator invites staff by link; a device makes itself no passkey', async (t) => {
  const built = build(t);
  const { call, directory, nowMs } = built;
  const page = await signIn(built);
  await call('PUT', '/v1/principals/agent-1', { kind: 'staff', role: 'customer-service' }, page);
  const made = await call('POST', '/v1/principals/agent-1/link', undefined, page);
  assert.equal(made.status, 201);
  const token = made.body.url.slice(`${origin}/sign-in#`.length);
  const agent = await call('POST', '/v1/session/link', { token });
  assert.equal(agent.body.role, 'customer-service');
  const agentPage = { cookie: cookieOf(agent.headers), 'x-boltseal-csrf': agent.body.csrf };
  assert.equal((await call('POST', '/v1/principals/administrator-1/link', undefined, agentPage)).status, 403);
  await call('PUT', '/v1/principals/d-1', { kind: 'device', role: 'scanner' }, page);
  assert.equal((await call('POST', '/v1/principals/d-1/link', undefined, page)).status, 404);
  await assert.rejects(built.links.make('d-1', { actor: '(home)', nowMs: nowMs() }), { code: 'DIRECTORY_UNKNOWN' });
  const device = addKeyOf(directory, 'd-1');
  const body = '{}';
  const signed = signRequest(device, { target: '/v1/passkeys/options', body, createdMs: nowMs() });
  const headers = Object.fromEntries(Array.from(signed.headers, ([name, [value]]) => [name, value]));
  assert.equal((await call('POST', '/v1/passkeys/options', {}, headers)).status, 403);
});

test('the page of sign-in runs its own script alone, and tokens are in no file', async (t) => {
  const { call } = build(t);
  const { status, headers, text } = await call('GET', '/sign-in');
  assert.equal(status, 200);
  assert.match(
    String(headers['content-security-policy']),
    /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; connect-src/,
  );
  assert.ok(!/\son[a-z]+=|src=|http:/.test(text.replace(/<(script|style)>[\s\S]*?<\/\1>/g, '')));
  const folder = makeFolder(t);
  const { database, directory, store } = openDirectory(join(folder, 'directory.sqlite'));
  atEnd(t, () => database.close());
  const token = (await new Links(store, directory).makeFirst(START_MS)) ?? '';
  const session = new Sessions(store, defaultSessionLimits).open('administrator-1', 'link', START_MS);
  for (const name of ['directory.sqlite', 'directory.sqlite-wal']) {
    const bytes = readFileSync(join(folder, name)).toString('latin1');
    assert.ok(!bytes.includes(token) && !bytes.includes(session));
  }
});

async function startProvider(t: TestContext) {
  const provider = new OAuth2Server();
  await provider.issuer.keys.generate('RS256');
  await provider.start(0, 'localhost');
  t.after(() => provider.stop());
  const claims: Record<string, unknown> = { sub: 'u-17', groups: ['everybody', 'privacy'], team: 'north' };
  provider.service.on('beforeTokenSigning', (token: { payload: Record<string, unknown> }) => {
    Object.assign(token.payload, claims);
  });
  const options: OidcOptions = {
    issuer: provider.issuer.url ?? '',
    clientId: 'boltseal',
    clientSecret: 'not-a-secret',
    redirectUri: `${origin}/v1/session/oidc/callback`,
    scope: 'openid',
    idClaim: 'sub',
    roleClaim: 'groups',
    roles: [
      ['admins', 'administrator'],
      ['privacy', 'privacy-officer'],
    ],
    attributes: { group: 'team' },
    allowsPlain: true,
  };
  return { options, claims, provider };
}

/** The browser's way: to the provider, and back with what it says. */
async function goThere({ call }: Built): Promise<{ readonly cookie: string; readonly callback: string }> {
  const begun = await call('GET', '/v1/session/oidc');
  assert.equal(begun.status, 303);
  assert.match(String(begun.headers['set-cookie']), /SameSite=Lax/);
  const led = await fetch(String(begun.headers.location), { redirect: 'manual' });
  const back = new URL(String(led.headers.get('location')));
  return { cookie: cookieOf(begun.headers), callback: back.pathname + back.search };
}

test('staff sign in with the company’s identity provider, which says who has which role', async (t) => {
  const { options, claims } = await startProvider(t);
  const built = build(t, options);
  const { call, directory, nowMs } = built;
  const enter = async () => {
    const { cookie, callback } = await goThere(built);
    return call('GET', callback, undefined, { cookie });
  };
  const first = await enter();
  assert.equal(first.status, 200, first.text);
  assert.deepEqual(directory.findActive('oidc:u-17'), {
    id: 'oidc:u-17',
    kind: 'staff',
    role: 'privacy-officer',
    station: null,
    partner: null,
    attributes: { group: 'north' },
  });
  const cookie = cookieOf(first.headers)
    .split('; ')
    .find((one) => one.startsWith('__Host-boltseal='));
  const session = await call('GET', '/v1/session', undefined, { cookie });
  assert.equal(session.body.role, 'privacy-officer');
  // Somebody who leaves the company is known to the provider alone.
  const page = { cookie, 'x-boltseal-csrf': session.body.csrf };
  assert.equal((await call('POST', '/v1/passkeys/options', {}, page)).status, 403);
  claims.groups = 'admins';
  await enter();
  assert.equal((await call('GET', '/v1/session', undefined, { cookie })).body.role, 'administrator');
  claims.groups = ['nobody'];
  assert.equal((await enter()).body.code, 'SIGNIN_ROLE');
  claims.groups = ['admins'];
  claims.sub = 'a b';
  assert.equal((await enter()).body.code, 'SIGNIN_FAILED');
  claims.sub = 'u-17';
  directory.setState('oidc:u-17', 'revoked', { actor: 'test', nowMs: nowMs() });
  assert.equal((await enter()).body.code, 'SIGNIN_FAILED');
  assert.equal((await call('GET', '/v1/session', undefined, { cookie })).status, 401);
});

test('what comes back must have been begun in this browser, once, lately, and be what the provider signed for it', async (t) => {
  const { options, claims, provider } = await startProvider(t);
  const built = build(t, options);
  const { call, clock } = built;
  const refused = async (callback: string, cookie: string | null, why: string) => {
    const { status, body } = await call('GET', callback, undefined, cookie === null ? {} : { cookie });
    assert.deepEqual([status, body.code], [401, 'SIGNIN_FAILED'], why);
  };
  const one = await goThere(built);
  await refused(one.callback, null, 'no cookie');
  await refused(one.callback, one.cookie, 'it was taken with that');
  const two = await goThere(built);
  await refused(two.callback, (await goThere(built)).cookie, 'the cookie of another browser');
  const three = await goThere(built);
  await refused(three.callback.replace(/state=[^&]+/, 'state=other'), three.cookie, 'another state');
  await refused(three.callback.replace(/code=[^&]+/, 'code=other'), three.cookie, 'another code');
  const four = await goThere(built);
  clock.aheadMs += 600_000;
  await refused(four.callback, four.cookie, 'too late');
  clock.aheadMs = 0;
  for (const [name, value] of [
    ['nonce', 'other'],
    ['aud', 'another-client'],
    ['iss', 'http://other.example'],
    ['exp', 1],
  ] as const) {
    claims[name] = value;
    const five = await goThere(built);
    await refused(five.callback, five.cookie, name);
    delete claims[name];
  }
  // Somebody else's words under the signature of the provider.
  provider.service.once('beforeResponse', (response: { body: { id_token: string } }) => {
    const [head, payload, signature] = response.body.id_token.split('.');
    const forged = { ...JSON.parse(Buffer.from(payload ?? '', 'base64url').toString()), groups: ['admins'] };
    response.body.id_token = `${head}.${Buffer.from(JSON.stringify(forged)).toString('base64url')}.${signature}`;
  });
  const six = await goThere(built);
  await refused(six.callback, six.cookie, 'forged');
  const seven = await goThere(built);
  assert.equal((await call('GET', seven.callback, undefined, { cookie: seven.cookie })).status, 200);
  await refused('/v1/session/oidc/callback?error=access_denied', null, 'an error');
  await refused('/v1/session/oidc/callback', null, 'nothing');
});

test('without a provider, or one that does not answer, nobody is led anywhere', async (t) => {
  const { call } = build(t);
  assert.equal((await call('GET', '/v1/session/oidc')).status, 404);
  const { options } = await startProvider(t);
  const away = build(t, { ...options, issuer: 'http://127.0.0.1:9' });
  assert.equal((await away.call('GET', '/v1/session/oidc')).status, 503);
});
