import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import fastify from 'fastify';
import { createAuthenticator } from '../../../src/gateway/auth/authenticator.ts';
import { proveByCertificate } from '../../../src/gateway/auth/certificate.ts';
import { callerOf } from '../../../src/gateway/caller.ts';
import { incomingOf } from '../../../src/gateway/incoming.ts';
import type { IncomingRequest } from '../../../src/gateway/port.ts';
import { problemOf } from '../../../src/gateway/problems.ts';
import { makeServer } from './a-server.ts';
import { makeCertificate } from './make-certificate.ts';
import { addKeyOf, change, type Device, makeWorld, signRequest } from './world.ts';

const body = '{"purpose":"delivery"}';

/** A server that says who came, and a device that it knows. */
async function listen(t: TestContext) {
  const { app, directory } = makeServer(t, ({ app }) => {
    app.post('/v1/who', async (request) => ({ principal: callerOf(request).principal.id }));
    app.post('/v1/other', async () => ({ principal: 'other' }));
    return [];
  });
  t.after(() => app.close());
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  directory.addPrincipal(
    { id: 'd-1', kind: 'device', role: 'scanner', station: null, partner: null, attributes: {} },
    change,
  );
  const device = addKeyOf(directory, 'd-1');
  return { port: Number(port), device, directory };
}

function signed(device: Device): IncomingRequest {
  return signRequest(device, { target: '/v1/who', body, createdMs: Date.now() });
}

/** Header lines as they would be sent. */
function linesOf(request: IncomingRequest): string[] {
  const lines = Array.from(request.headers, ([name, [value]]) => `${name}: ${value}`);
  return [...lines, `content-length: ${request.body.length}`];
}

/** Status of the answer to bytes on a connection of their own; 0 when it was closed without one. */
function send(port: number, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text, 'latin1'));
    let answer = '';
    const end = () => {
      socket.destroy();
      resolve(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0));
    };
    socket.setTimeout(5000, end);
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (answer.includes('\r\n\r\n')) end();
    });
    socket.on('close', end);
    socket.on('error', reject);
  });
}

test('on the wire: names in any case are the same header, and nothing gets past by smuggling or by the path', async (t) => {
  const { port, device } = await listen(t);
  const attempt = (change: (lines: string[]) => string[], target = 'POST /v1/who HTTP/1.1') => {
    const request = signed(device);
    return send(port, [target, ...change(linesOf(request)), '', body].join('\r\n'));
  };
  const same = (lines: string[]) => lines;
  assert.equal(await attempt(same), 200);
  const upper = (lines: string[]) => lines.map((line) => line.replace(/^[^:]+/, (name) => name.toUpperCase()));
  assert.equal(await attempt(upper), 200);
  const digest = (value: string) => (lines: string[]) => [...lines, value];
  const tricks: [string, (lines: string[]) => string[]][] = [
    ['another digest', digest('Content-Digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:')],
    ['another digest in capitals', digest('CONTENT-DIGEST: md5=:AA==:')],
    ['another signature', digest('Signature: boltseal=:AA==:')],
    ['another input', digest('Signature-Input: boltseal=();tag="boltseal"')],
    ['another type', digest('Content-Type: text/plain')],
    ['another host', digest('Host: other.example')],
    ['another length', digest('Content-Length: 5')],
    ['chunks', digest('Transfer-Encoding: chunked')],
    ['a name with a blank', digest('Content-Digest : x')],
    ['a fold', (lines) => lines.map((line) => line.replace('signature-input: ', 'signature-input:\r\n '))],
    ['a bare line feed', (lines) => lines.map((line) => line.replace('signature: ', 'signature: \n'))],
    ['no host', (lines) => lines.filter((line) => !line.startsWith('host'))],
    ['another body', (lines) => [...lines.filter((line) => !line.startsWith('content-length')), 'content-length: 21']],
  ];
  for (const [why, trick] of tricks) {
    const status = await attempt(trick);
    assert.ok(status === 400 || status === 401, `${why}: ${status}`);
  }
  for (const target of ['/v1/other', '/v1/who?x', '//v1/who', '/v1//who', '/v1/./who', '/v1/x/../who', '/v1/%77ho'])
    assert.ok([401, 404].includes(await attempt(same, `POST ${target} HTTP/1.1`)), target);
  for (const target of [
    '/v1/who;x',
    '/v1/who#x',
    'http://gate.example/v1/who',
    '*',
    '/v1/who/',
    '/V1/WHO',
    '/v1/x/%2e%2e/who',
  ])
    assert.ok([400, 401, 404].includes(await attempt(same, `POST ${target} HTTP/1.1`)), target);
  for (const method of ['PUT', 'GET', 'post'])
    assert.ok([400, 401, 404].includes(await attempt(same, `${method} /v1/who HTTP/1.1`)), method);
  assert.equal(await attempt(same), 200);
});

test('on one connection: the request after a revocation is refused, and a replay too', async (t) => {
  const { port, device, directory } = await listen(t);
  const text = (request: IncomingRequest) => ['POST /v1/who HTTP/1.1', ...linesOf(request), '', body].join('\r\n');
  const statuses: number[] = [];
  const socket = connect(port, '127.0.0.1');
  const next = async (request: IncomingRequest) => {
    const answered = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString('latin1'))));
    socket.write(text(request));
    statuses.push(Number((await answered).slice(9, 12)));
  };
  const first = signed(device);
  await next(first);
  await next(signed(device));
  await next(first);
  await next(signed(device));
  directory.revokeKey(device.keyId, change);
  await next(signed(device));
  socket.destroy();
  assert.deepEqual(statuses, [200, 200, 401, 200, 401]);
});

test('a client certificate over TLS: its principal until it is revoked, on one connection; without one nobody', async (t) => {
  const world = makeWorld(t);
  const { directory, nonces } = world;
  const now = Date.now();
  const server = generateKeyPairSync('ed25519');
  const client = generateKeyPairSync('ed25519');
  const pem = (der: Uint8Array) =>
    `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
  const keyPem = ({ privateKey }: typeof server) => privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const serverPem = pem(makeCertificate(server.privateKey, now - 1000, now + 3_600_000));
  const clientPem = pem(makeCertificate(client.privateKey, now - 1000, now + 3_600_000));
  assert.equal(sign(null, Buffer.from('x'), client.privateKey).length, 64);
  const https = { key: keyPem(server), cert: serverPem, ca: clientPem, requestCert: true, rejectUnauthorized: false };
  const app = fastify({ https });
  t.after(() => app.close());
  const proofs = [proveByCertificate(directory)];
  const signatures = { nonces, skewSeconds: 30, authorities: null };
  const authenticator = createAuthenticator({ ...signatures, keys: directory, proofs, now: Date.now });
  app.setErrorHandler((error, request, reply) => {
    const { status, body: problem } = problemOf(error, request.id);
    return reply.status(status).send(problem);
  });
  app.get('/', async (request) => (await authenticator.authenticate(incomingOf(request))).principal.id);
  const { port } = new URL(await app.listen({ host: '127.0.0.1', port: 0 }));
  directory.addPrincipal(
    { id: 'orders-1', kind: 'service', role: 'orders', station: null, partner: null, attributes: {} },
    change,
  );
  const spki = client.publicKey.export({ format: 'der', type: 'spki' });
  const key = { principal: 'orders-1', use: 'certificate' as const, spki, notBeforeMs: 0, notAfterMs: null };
  directory.addKey(key, change);
  const own = new Agent({
    keepAlive: true,
    maxSockets: 1,
    rejectUnauthorized: false,
    key: keyPem(client),
    cert: clientPem,
  });
  const none = new Agent({ rejectUnauthorized: false });
  const stranger = new Agent({ rejectUnauthorized: false, key: keyPem(server), cert: serverPem });
  t.after(() => own.destroy());
  const sockets = new Set<unknown>();
  const get = (agent: Agent) =>
    new Promise<string>((resolve, reject) => {
      const asked = httpsRequest({ host: '127.0.0.1', port, agent }, (answer) => {
        let text = '';
        answer.on('data', (data) => {
          text += data;
        });
        answer.on('end', () => resolve(`${answer.statusCode} ${text.slice(0, 8)}`));
      });
      asked.on('socket', (socket) => sockets.add(socket));
      asked.on('error', reject).end();
    });
  assert.equal(await get(own), '200 orders-1');
  assert.match(await get(none), /^401/);
  assert.match(await get(stranger), /^401/);
  const before = sockets.size;
  directory.setState('orders-1', 'suspended', change);
  assert.match(await get(own), /^401/);
  directory.setState('orders-1', 'active', change);
  assert.equal(await get(own), '200 orders-1');
  assert.equal(sockets.size, before);
});
