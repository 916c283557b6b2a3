import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { buildApp } from '../../src/gateway/app.ts';
import { IdempotentAnswers } from '../../src/gateway/idempotent-answers.ts';
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

test('who sends slowly is cut off when the time for a request is over, in its head and in its body', async (t) => {
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
  );
  t.after(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const address = app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const head = 'POST /v1/disclosures HTTP/1.1\r\nhost: x\r\n';
  const slow = {
    head: [head, 'x-a: 1\r\n'],
    line: ['P', 'O'],
    body: [`${head}content-type: application/json\r\ncontent-length: 9000\r\n\r\n`, ' '],
    chunks: [`${head}content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`, '1\r\n \r\n'],
  };
  for (const [name, parts] of Object.entries(slow)) {
    const tookMs = await timeUntilClosed(address.port, parts);
    assert.ok(tookMs < 5000, `${name}: cut off after ${tookMs} ms`);
  }
});
