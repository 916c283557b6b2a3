import fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from 'fastify';
import { BoltsealError } from '../core/errors.ts';
import { printable } from '../core/text.ts';
import { acceptJson, parseBody, rawBodies } from './body.ts';
import type { DiscloseServices } from './disclose/disclose.ts';
import type { IdempotentAnswers } from './idempotent-answers.ts';
import { incomingOf } from './incoming.ts';
import type { RequestObserver } from './observe/observer.ts';
import type { Tracing } from './observe/tracing.ts';
import type { Authenticator, PublicLedger } from './port.ts';
import { problemOf } from './problems.ts';
import { describeRoutes, serveReference } from './reference.ts';
import { disclosureRoutes } from './routes/disclosures.ts';
import { healthRoutes } from './routes/health.ts';
import { ledgerRoutes } from './routes/ledger.ts';

/** What the server is built from. */
export interface GatewayServices {
  readonly authenticator: Authenticator;
  readonly disclosing: DiscloseServices;
  readonly ledger: PublicLedger;
  /** Of the program. */
  readonly version: string;
  /** Adds the routes of everything else. */
  readonly addRoutes: (app: FastifyInstance) => void;
  /** Of requests that may come again. */
  readonly answers: IdempotentAnswers;
  readonly tracing?: Pick<Tracing, 'watchRequests'>;
  /** Hears of every answer. */
  readonly onAnswer?: RequestObserver;
  /** Hears of every failure that is ours; never of a value. */
  readonly onFault: (error: unknown, request: string) => void;
}

/** Limits of what comes in. */
export interface GatewayLimits {
  readonly bodyBytes: number;
  readonly requestMs: number;
}

export const defaultLimits: GatewayLimits = { bodyBytes: 1024 * 1024, requestMs: 10_000 };

/** Builds the server; nothing listens yet. `tls`: certificate, key and which certificates of clients are trusted. */
export async function buildApp(
  services: GatewayServices,
  limits: GatewayLimits,
  tls: TlsOptions | null = null,
): Promise<FastifyInstance> {
  // Node looks for what takes too long every 30 s, and gives a head a minute and then its body that minute, unless it is told.
  const timeouts = { headersTimeout: limits.requestMs, connectionsCheckingInterval: Math.ceil(limits.requestMs / 10) };
  const app = fastify({
    ...(tls === null ? { http: timeouts } : { https: { ...tls, ...timeouts, handshakeTimeout: limits.requestMs } }),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestMs,
    connectionTimeout: 6 * limits.requestMs,
    // What a proxy says of a client is no proof of anything.
    trustProxy: false,
    // Addresses that differ in anything are other addresses.
    routerOptions: {
      ignoreDuplicateSlashes: false,
      ignoreTrailingSlash: false,
      caseSensitive: true,
      // Ids of passkeys may have 1,023 bytes (WebAuthn, section 4), in base64url.
      maxParamLength: 1400,
    },
    // Addresses that cannot be read: the framework's own answer would repeat them.
    frameworkErrors: (_error: unknown, request: FastifyRequest, reply: FastifyReply) => {
      const { status, body } = problemOf(new BoltsealError('GATEWAY_NOT_FOUND'), request.id);
      (reply as FastifyReply).status(status).type('application/problem+json').send(JSON.stringify(body));
    },
    return503OnClosing: true,
    logger: false,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false, allErrors: false } },
  } as FastifyServerOptions) as FastifyInstance;
  acceptJson(app);
  app.decorateRequest('caller', null);
  app.decorateRequest('problem', null);
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.config.isPublic !== true)
      request.caller = await services.authenticator.authenticate(incomingOf(request));
    const body = rawBodies.get(request);
    if (body !== undefined && body.length > 0) request.body = parseBody(body);
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Answers hold personal data: nothing between us and the caller keeps them.
    reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff');
    done(null, payload);
  });
  services.tracing?.watchRequests(app);
  app.addHook('onResponse', async (request, reply) => {
    services.onAnswer?.({
      id: request.id,
      method: request.method,
      route: request.routeOptions.url ?? null,
      status: reply.statusCode,
      code: request.problem,
      role: request.caller?.principal.role ?? null,
      milliseconds: reply.elapsedTime,
    });
  });
  app.setErrorHandler((error, request, reply) => {
    const known = codedError(error, request.routeOptions.bodyLimit ?? limits.bodyBytes);
    if (known === null) services.onFault(error, request.id);
    const { status, body, headers } = problemOf(known ?? error, request.id);
    request.problem = body.code;
    return reply.status(status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
  });
  app.setNotFoundHandler(() => {
    throw new BoltsealError('GATEWAY_NOT_FOUND');
  });
  await describeRoutes(app, services.version);
  healthRoutes(app);
  disclosureRoutes(app, services.disclosing, services.answers);
  ledgerRoutes(app, services.ledger);
  services.addRoutes(app);
  await serveReference(app);
  await app.ready();
  return app;
}

/** Files' contents in PEM. */
export interface TlsOptions {
  readonly cert: string;
  readonly key: string;
  readonly minVersion?: 'TLSv1.2';
  readonly ca?: string;
  readonly requestCert?: boolean;
  readonly rejectUnauthorized?: boolean;
}

/** What Fastify refuses before a route is called, as an error of the registry; null: a fault. */
function codedError(error: unknown, bodyBytes: number): BoltsealError | null {
  if (error instanceof BoltsealError) return error;
  if (typeof error !== 'object' || error === null) return null;
  if ('validation' in error && Array.isArray(error.validation)) return requestError(error.validation[0]);
  const code = 'code' in error ? error.code : null;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new BoltsealError('GATEWAY_TOO_LARGE', { limit: bodyBytes });
  const isClient = 'statusCode' in error && typeof error.statusCode === 'number' && error.statusCode < 500;
  return isClient ? new BoltsealError('GATEWAY_BODY', { depth: 32 }) : null;
}

/** Names the place by keys of the schema and positions alone: other keys are the caller's words, and may be somebody's name. */
function requestError(given: unknown): BoltsealError {
  const { instancePath = '', message = 'is something else' } = (given ?? {}) as {
    instancePath?: string;
    message?: string;
  };
  const steps = instancePath.split('/').map((step) => (/^([a-z][A-Za-z]{0,30}|\d{1,5})?$/.test(step) ? step : '…'));
  return new BoltsealError('GATEWAY_REQUEST', {
    place: printable(steps.join('/'), 100) || '/',
    problem: printable(message, 200),
  });
}
