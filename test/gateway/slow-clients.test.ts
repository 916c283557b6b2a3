import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { buildApp, type TlsOptions } from '../../src/gateway/app.ts';
import { IdempotentAnswers } from '../../src/gateway/idempotent-answers.ts';
import { makeCertificate } from './auth/make-certificate.ts';
import { yesServices } from './pieces.ts';

/** Milliseconds until the server ends a connection over which these parts come, one every 50 ms, the last of them again and again. */
function timeUntilClosed(port: number, parts: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let i = 0;
    const timer = setInterval(() => socket.write(parts[Math.min(i++, parts.length - 1)] ?? ''), 50);
    socket.on('error', () => undefined).on('data', () => undefined);
    socket.on('close', () => {
      clearInterval(timer);
      resolve(performance.now() - startedAt);
    });
  });
}

async function serveSlowly(t: TestContext, tls: TlsOptions | null): Promise<number> {
  const app = await buildApp(
    {
      authenticator: { authenticate: () => Promise.reject(new BoltsealError('AUTH_MISSING')) },
      disclosing: yesServices(),
      ledger: {
        ...{ shards: () => [], checkpoint: () => null, tile: () => null },
        ...{ policy: () => '', prove: () => '', principalOf: () => null },
      },
      version: '0.0.0',
      answers: new IdempotentAnswers(),
      addRoutes: () => undefined,
      onFault: () => undefined,
    },
    { bodyBytes: 10_000, requestMs: 400 },
    tls,
  );
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return address.port;
}

test('who begins with TLS and goes no further is cut off too', async (t) => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = makeCertificate(privateKey, Date.now() - 1000, Date.now() + 3_600_000);
  const cert = `-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`;
  const key = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const port = await serveSlowly(t, { cert, key });
  for (const parts of [[''], ['\x16\x03\x01\x02\x00', '']]) assert.ok((await timeUntilClosed(port, parts)) < 5000);
});

test('who sends slowly is cut off when the time for a request is over, in its head and in its body', async (t) => {
  const port = await serveSlowly(t, null);
  const head = 'POST /v1/disclosures HTTP/1.1\r\nhost: x\r\n';
  const slow = {
    head: [head, 'x-a: 1\r\n'],
    line: ['P', 'O'],
    body: [`${head}content-type: application/json\r\ncontent-length: 9000\r\n\r\n`, ' '],
    chunks: [`${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  };
  for (const [name, parts] of Object.entries(slow)) {
    const tookMs = await timeUntilClosed(port, parts);
    assert.ok(tookMs < 5000, `${name}: cut off after ${tookMs} ms`);
  }
});
