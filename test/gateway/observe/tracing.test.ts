import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import fastify from 'fastify';
import { disclose } from '../../../src/gateway/disclose/disclose.ts';
import { createTracing } from '../../../src/gateway/observe/tracing.ts';
import { scanner, yesServices } from '../pieces.ts';

test('a request is a span with the steps of its disclosure below it, and none of them knows a value', async () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracing = createTracing(provider.getTracer('test'), () => provider.shutdown());
  const services = tracing.watchSteps(yesServices());
  const app = fastify();
  app.decorateRequest('problem', null);
  tracing.watchRequests(app);
  app.post('/v1/:planted', async () =>
    disclose(services, {
      caller: { principal: scanner, by: 'signature', signature: null },
      body: { purpose: 'sorting', fields: { name: 'masked' }, parcels: ['PKG-PLANTED'] },
      idempotencyKeyOf: null,
    }),
  );
  const answer = await app.inject({ method: 'POST', url: '/v1/PLANTED?PLANTED', payload: { some: 'PLANTED' } });
  assert.equal(answer.statusCode, 200);
  await app.close();
  const spans = exporter.getFinishedSpans();
  assert.deepEqual(
    spans.map(({ name }) => name),
    [
      'find parcels',
      'justify',
      'apply policies',
      'reserve budget',
      'read values',
      'append to ledger',
      'POST /v1/:planted',
    ],
  );
  const root = spans.at(-1)?.spanContext();
  for (const span of spans.slice(0, -1)) {
    assert.equal(span.spanContext().traceId, root?.traceId);
    assert.equal(span.parentSpanContext?.spanId, root?.spanId);
  }
  assert.doesNotMatch(
    JSON.stringify(spans.map(({ name, attributes, events }) => [name, attributes, events])),
    /PLANTED|scanner-7/,
  );
});
