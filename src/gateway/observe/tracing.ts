import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Context,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { DiscloseServices } from '../disclose/disclose.ts';

/** Traces of requests and of the steps of a disclosure (docs/design/gateway.md, "The way of a request"). Attributes are routes, statuses and codes: no value, nobody's id. */
export interface Tracing {
  /**
   * Begins a span for each request whose sender is known, and ends it with the answer. It belongs to the trace that the sender names (`traceparent`); what strangers name is theirs to make up,
   * and of what they send nothing is told but that it came.
   */
  watchRequests(app: FastifyInstance): void;
  /** The same services, each call a span. */
  watchSteps(services: DiscloseServices): DiscloseServices;
  /** Sends what waits. */
  close(): Promise<void>;
}

export function createTracing(tracer: Tracer, close: () => Promise<void>): Tracing {
  const current = new AsyncLocalStorage<Span>();
  const spans = new WeakMap<FastifyRequest, Span>();
  const step = <T>(name: string, work: () => T): T => {
    const parent = current.getStore();
    if (parent === undefined) return work();
    const span = tracer.startSpan(name, {}, trace.setSpan(ROOT_CONTEXT, parent));
    const fail = (error: unknown): never => {
      // Without the error's message, which may carry a value.
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
      throw error;
    };
    try {
      const result = work();
      if (!(result instanceof Promise)) {
        span.end();
        return result;
      }
      return result.then((value: unknown) => {
        span.end();
        return value;
      }, fail) as T;
    } catch (error) {
      return fail(error);
    }
  };
  return {
    watchRequests(app) {
      app.addHook('preHandler', (request, reply, done) => {
        // Requests of strangers, to public routes too.
        if (!request.caller) return done();
        const route = request.routeOptions.url ?? '(none)';
        const span = tracer.startSpan(
          `${request.method} ${route}`,
          {
            kind: SpanKind.SERVER,
            // Who asks was found before this hook, and belongs to the request.
            startTime: Date.now() - reply.elapsedTime,
            attributes: { 'http.request.method': request.method, 'http.route': route },
          },
          parentOf(request.headers.traceparent),
        );
        spans.set(request, span);
        current.run(span, done);
      });
      app.addHook('onResponse', async (request, reply) => {
        const span = spans.get(request);
        if (span === undefined) {
          const startTime = Date.now() - reply.elapsedTime;
          tracer.startSpan('request', { kind: SpanKind.SERVER, startTime }, ROOT_CONTEXT).end();
          return;
        }
        span.setAttribute('http.response.status_code', reply.statusCode);
        if (request.problem !== null) span.setAttribute('error.type', request.problem);
        if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
    },
    watchSteps: (services) => ({
      ...services,
      vault: {
        parcels: (numbers) => step('find parcels', () => services.vault.parcels(numbers)),
        read: (subjects, fields) => step('read values', () => services.vault.read(subjects, fields)),
      },
      context: { justify: (...given) => step('justify', () => services.context.justify(...given)) },
      policies: {
        decide: (...given) => step('apply policies', () => services.policies.decide(...given)),
        get version() {
          return services.policies.version;
        },
        get changing() {
          return services.policies.changing;
        },
      },
      budgets: { reserve: (request) => step('reserve budget', () => services.budgets.reserve(request)) },
      log: { append: (entries) => step('append to ledger', () => services.log.append(entries)) },
    }),
    close,
  };
}

/**
 * What a sender's `traceparent` names (W3C Trace Context, section 3.2); the root where it names nothing. Always sampled: whoever asks must not be able to keep it out of the traces. `tracestate` is not taken.
 */
function parentOf(header: string | string[] | undefined): Context {
  const [, version, traceId = '', spanId = '', rest] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-[\x21-\x7e]{0,200})?$/.exec(String(header)) ?? [];
  const isOne = version !== undefined && version !== 'ff' && (version !== '00' || rest === undefined);
  if (!isOne || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true });
}

/** Sends traces by OTLP over HTTP, as the OTEL_* variables of the environment say; null when OTEL_EXPORTER_OTLP_ENDPOINT is not set. */
export async function openTracing(version: string): Promise<Tracing | null> {
  if (!process.env.OTEL_EXPORTER_OTLP_ENDPOINT) return null;
  const { BatchSpanProcessor, TracerProvider } = await import('@opentelemetry/sdk-trace');
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http');
  const attributes = { 'service.name': process.env.OTEL_SERVICE_NAME || 'boltseal', 'service.version': version };
  const provider = new TracerProvider({
    resource: {
      attributes,
      merge() {
        return this;
      },
      getRawAttributes: () => Object.entries(attributes),
    },
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  return createTracing(provider.getTracer('boltseal', version), () => provider.shutdown());
}
