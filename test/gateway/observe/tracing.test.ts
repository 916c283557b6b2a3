import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind } from '@opentelemetry/api';
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
  app.decorateRequest('caller', null);
  app.addHook('onRequest', async (request) => {
    if (request.headers.authorization !== undefined)
      request.caller = { principal: scanner, by: 'signature', signature: null };
  });
  tracing.watchRequests(app);
  app.post('/v1/:planted', async () =>
    disclose(services, {
      caller: { principal: scanner, by: 'signature', signature: null },
      body: { purpose: 'sorting', fields: { name: 'masked' }, parcels: ['PKG-PLANTED'] },
      idempotencyKeyOf: null,
    }),
  );
  const [traceId, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  // Not sampled, it says: that is not for a sender to decide.
  const headers = { authorization: 'x', traceparent: `00-${traceId}-${parent}-00` };
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/PLANTED?PLANTED',
    payload: { some: 'PLANTED' },
    headers,
  });
  assert.equal(answer.statusCode, 200);
  const spans = [...exporter.getFinishedSpans()];
  assert.equal(spans.at(-1)?.spanContext().traceId, traceId);
  assert.equal(spans.at(-1)?.parentSpanContext?.spanId, parent);
  exporter.reset();
  const strange = { traceparent: headers.traceparent };
  await app.inject({ method: 'POST', url: '/v1/PLANTED?PLANTED', payload: { some: 'PLANTED' }, headers: strange });
  for (const traceparent of ['', '00-0', `00-${'0'.repeat(32)}-${parent}-01`, `ff-${traceId}-${parent}-01`, 'PLANTED'])
    await app.inject({ method: 'POST', url: '/v1/PLANTED', headers: { authorization: 'x', traceparent } });
  await app.close();
  const others = exporter.getFinishedSpans().filter(({ kind }) => kind === SpanKind.SERVER);
  assert.deepEqual([others[0]?.name, others[0]?.attributes], ['request', {}]);
  assert.equal(others.length, 6);
  for (const span of others) {
    assert.notEqual(span.spanContext().traceId, traceId);
    assert.equal(span.parentSpanContext, undefined);
  }
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
