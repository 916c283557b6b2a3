import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { createAuthenticator } from '../../../src/gateway/auth/authenticator.ts';
import { proveByCertificate } from '../../../src/gateway/auth/certificate.ts';
import type { IncomingRequest } from '../../../src/gateway/port.ts';
import { makeCertificate } from './make-certificate.ts';
import { change, makeWorld, START_MS, signRequest, type TestScope, type Unsigned } from './world.ts';

const day = 86_400_000;

function build(t: TestScope) {
  const world = makeWorld(t);
  const { directory, nonces, clock } = world;
  const keys = generateKeyPairSync('ed25519');
  const service = { kind: 'service', role: 'orders', station: null, partner: null, attributes: {} } as const;
  directory.addPrincipal({ ...service, id: 'orders-1' }, change);
  const spki = keys.publicKey.export({ format: 'der', type: 'spki' });
  const key = { principal: 'orders-1', use: 'certificate' as const, spki, notBeforeMs: START_MS, notAfterMs: null };
  const { id } = directory.addKey(key, change);
  const authenticator = createAuthenticator({
    keys: directory,
    nonces,
    skewSeconds: 30,
    authorities: null,
    proofs: [proveByCertificate(directory)],
    now: () => clock.nowMs,
  });
  const certificate = makeCertificate(keys.privateKey, START_MS, START_MS + day);
  const ask = (given: Uint8Array | null, more: Unsigned = {}) => {
    const { headers: _signed, ...request } = signRequest(world.device, more);
    return authenticator.authenticate({ ...request, headers: new Map(), certificate: given } as IncomingRequest);
  };
  return { ...world, authenticator, keys, keyId: id, certificate, ask };
}

test('a certificate is the principal that has its key, and goes on being it when it is renewed', async (t) => {
  const { ask, certificate, keys } = build(t);
  const caller = await ask(certificate);
  assert.equal(caller.principal.id, 'orders-1');
  assert.equal(caller.by, 'certificate');
  assert.equal(caller.signature, null);
  assert.equal((await ask(makeCertificate(keys.privateKey, START_MS, START_MS + 2 * day))).principal.id, 'orders-1');
});

test('certificates of other keys, of other times, of nobody, and what is none are refused', async (t) => {
  const { ask, certificate, keys, clock } = build(t);
  const other = generateKeyPairSync('ed25519').privateKey;
  const refused = { code: 'AUTH_CERTIFICATE' };
  await assert.rejects(ask(makeCertificate(other, START_MS, START_MS + day)), refused);
  await assert.rejects(ask(makeCertificate(keys.privateKey, START_MS + 1000, START_MS + day)), refused);
  await assert.rejects(ask(Buffer.from('no certificate')), refused);
  await assert.rejects(ask(null), { code: 'AUTH_MISSING' });
  await ask(certificate);
  clock.nowMs = START_MS + day;
  await assert.rejects(ask(certificate), refused);
});

test('what a browser sends for the page of another site does not count, whatever certificate it has', async (t) => {
  const { authenticator, certificate } = build(t);
  const from = (site: string) => {
    const request = { method: 'POST', target: '/v1/enrolments/ABCD/approve', authority: 'gate.example', certificate };
    const headers = new Map([['sec-fetch-site', [site]]]);
    return authenticator.authenticate({ ...request, scheme: 'https', headers, body: new Uint8Array(0) });
  };
  for (const site of ['cross-site', 'same-site']) await assert.rejects(from(site), { code: 'AUTH_CSRF' });
  for (const site of ['same-origin', 'none']) assert.equal((await from(site)).principal.id, 'orders-1');
});

test('a revocation holds for the next request of an open connection', async (t) => {
  const { ask, certificate, directory, keyId } = build(t);
  await ask(certificate);
  directory.setState('orders-1', 'suspended', change);
  await assert.rejects(ask(certificate), { code: 'AUTH_CERTIFICATE' });
  directory.setState('orders-1', 'active', change);
  await ask(certificate);
  directory.revokeKey(keyId, change);
  await assert.rejects(ask(certificate), { code: 'AUTH_CERTIFICATE' });
});

test('a signature counts more than the certificate, and a bad one is not mended by it', async (t) => {
  const { authenticator, certificate, device, directory } = build(t);
  const request = { ...signRequest(device), certificate };
  assert.equal((await authenticator.authenticate(request)).principal.id, 'scanner-1');
  directory.revokeKey(device.keyId, change);
  await assert.rejects(authenticator.authenticate({ ...signRequest(device), certificate }), { code: 'AUTH_KEY' });
});

test('the key of a certificate signs no requests, and a signing key is no certificate', async (t) => {
  const { ask, authenticator, keys, keyId, device } = build(t);
  const pretender = { privateKey: keys.privateKey, publicKey: keys.publicKey, keyId };
  await assert.rejects(authenticator.authenticate(signRequest(pretender)), { code: 'AUTH_KEY' });
  await assert.rejects(ask(makeCertificate(device.privateKey, START_MS, START_MS + day)), { code: 'AUTH_CERTIFICATE' });
});
