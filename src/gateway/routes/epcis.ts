import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  type CaptureJobBody,
  type CaptureQuery,
  captureJobSchema,
  captureQuerySchema,
  epcisBodySchema,
} from '../../contract/api/epcis.ts';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { requireFeed } from '../context/duties.ts';
import type { CaptureLimits, EpcisCapture } from '../epcis/capture.ts';
import type { CaptureJob, ErrorBehaviour } from '../epcis/jobs.ts';
import { problemOf } from '../problems.ts';

const ROOT = '/v1/epcis';
const VERSION = '2.0';
const DEFAULT_PAGE = 30;
const MOST_ON_PAGE = 100;
const tags = ['epcis'];

const jobParams = Type.Object({ captureID: Type.String({ maxLength: 64 }) });

/** The capture interface of GS1 EPCIS 2.0 (section 12) below `/v1/epcis`, with the standard's headers and problem types. */
export function epcisRoutes(app: FastifyInstance, capture: EpcisCapture): void {
  app.register(async (scope) => {
    scope.addHook('onRequest', async (request) => checkNegotiation(request));
    scope.addHook('onSend', async (_request, reply) => {
      reply.header('GS1-EPCIS-Version', VERSION).header('GS1-CBV-Version', VERSION);
    });
    scope.setErrorHandler((error, request, reply) => sendProblem(error, request, reply, capture.limits));
    discoveryRoutes(scope, capture.limits);
    captureRoutes(scope, capture);
    jobRoutes(scope, capture);
  });
}

function captureRoutes(scope: FastifyInstance, capture: EpcisCapture): void {
  const options = (summary: string) => ({
    schema: { tags, summary, body: epcisBodySchema },
    bodyLimit: capture.limits.bodyBytes,
  });
  scope.post(`${ROOT}/capture`, options('Takes a document of events (GS1 EPCIS 2.0)'), async (request, reply) => {
    const caller = callerOf(request);
    requireFeed(caller, 'events');
    const behaviour = behaviourOf(request);
    const id = await capture.captureDocument(request.body, caller.principal.id, behaviour);
    reply.header('GS1-Capture-Error-Behaviour', behaviour).header('location', `${ROOT}/capture/${id}`);
    return reply.status(202).send();
  });
  scope.post<{ Body: Record<string, unknown> }>(
    `${ROOT}/events`,
    options('Takes one event'),
    async (request, reply) => {
      requireFeed(callerOf(request), 'events');
      const eventID = await capture.captureEvent(request.body);
      reply.header('location', `${ROOT}/events/${encodeURIComponent(eventID)}`);
      return reply.status(201).send({ ...request.body, eventID });
    },
  );
  const refuse = async (request: FastifyRequest) => {
    requireFeed(callerOf(request), 'events');
    throw new BoltsealError('EPCIS_NOT_SERVED');
  };
  const hidden = { schema: { hide: true } };
  scope.get(`${ROOT}/events`, hidden, refuse);
  scope.get(`${ROOT}/events/:eventID`, hidden, refuse);
}

function jobRoutes(scope: FastifyInstance, { jobs }: EpcisCapture): void {
  scope.get<{ Querystring: CaptureQuery }>(
    `${ROOT}/capture`,
    {
      schema: {
        tags,
        summary: 'What became of the documents that the caller sent',
        querystring: captureQuerySchema,
        response: { 200: Type.Array(captureJobSchema) },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireFeed(caller, 'events');
      const { perPage, nextPageToken = null } = request.query;
      const limit = Math.min(perPage === undefined ? DEFAULT_PAGE : Number(perPage), MOST_ON_PAGE);
      const page = jobs.list(caller.principal.id, nextPageToken, limit + 1);
      const last = page.length > limit ? page[limit - 1] : undefined;
      if (last !== undefined)
        reply.header('link', `<${ROOT}/capture?perPage=${limit}&nextPageToken=${last.id}>; rel="next"`);
      return page.slice(0, limit).map(bodyOf);
    },
  );
  scope.get<{ Params: { captureID: string } }>(
    `${ROOT}/capture/:captureID`,
    { schema: { tags, summary: 'What became of a document', params: jobParams, response: { 200: captureJobSchema } } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireFeed(caller, 'events');
      const job = jobs.get(request.params.captureID, caller.principal.id);
      if (job === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
      reply.header('GS1-Capture-Error-Behaviour', job.behaviour);
      return bodyOf(job);
    },
  );
}

function discoveryRoutes(scope: FastifyInstance, limits: CaptureLimits): void {
  const resources = [
    ['', 'OPTIONS, GET'],
    ['/capture', 'OPTIONS, POST, GET'],
    ['/capture/:captureID', 'OPTIONS, GET'],
    ['/events', 'OPTIONS, POST'],
  ] as const;
  for (const [path, allow] of resources)
    scope.options(
      `${ROOT}${path}`,
      { schema: { tags, summary: 'Versions and limits', ...(path.includes(':') ? { params: jobParams } : {}) } },
      async (request, reply) => {
        requireFeed(callerOf(request), 'events');
        reply.header('allow', allow);
        for (const range of ['EPCIS-Min', 'EPCIS-Max', 'CBV-Min', 'CBV-Max']) reply.header(`GS1-${range}`, VERSION);
        reply.header('GS1-EPC-Format', 'Never_Translates');
        if (path === '/capture') setLimits(reply, limits).header('GS1-Capture-Error-Behaviour', 'rollback');
        return reply.status(204).send();
      },
    );
  scope.get(ROOT, { schema: { tags, summary: 'What there is' } }, async (request) => {
    requireFeed(callerOf(request), 'events');
    return ['capture', 'events'];
  });
}

/** Fails with EPCIS_ACCEPT when the caller wants another version, or no JSON. */
function checkNegotiation({ headers }: FastifyRequest): void {
  const isVersion = ['gs1-epcis-version', 'gs1-cbv-version'].every((name) =>
    /^2(?:\.0){0,2}$/.test(String(headers[name] ?? VERSION)),
  );
  const wanted = (headers.accept ?? '*/*')
    .slice(0, 1000)
    .split(',')
    .map((type) => type.split(';')[0]?.trim());
  const isJson = wanted.some((type) =>
    ['*/*', 'application/*', 'application/json', 'application/ld+json'].includes(type ?? ''),
  );
  if (!isVersion || !isJson) throw new BoltsealError('EPCIS_ACCEPT', { version: VERSION });
}

function behaviourOf({ headers }: FastifyRequest): ErrorBehaviour {
  const behaviour = headers['gs1-capture-error-behaviour'] ?? 'rollback';
  if (behaviour !== 'rollback' && behaviour !== 'proceed') throw new BoltsealError('EPCIS_BEHAVIOUR');
  return behaviour;
}

function setLimits(reply: FastifyReply, { events, bodyBytes }: CaptureLimits): FastifyReply {
  return reply
    .header('GS1-EPCIS-Capture-Limit', String(events))
    .header('GS1-EPCIS-Capture-File-Size-Limit', String(bodyBytes));
}

function bodyOf({ id, createdMs, isRunning, isSuccess, problems }: CaptureJob): CaptureJobBody {
  return {
    captureID: id,
    createdAt: new Date(createdMs).toISOString(),
    running: isRunning,
    success: isSuccess,
    errors: problems.map(({ place, problem }) => {
      const status = place === null ? 500 : 400;
      const title = place === null ? 'the document was not taken' : 'an event is not as EPCIS 2.0 wants it';
      return { type: exceptionOf(status), title, status, detail: place === null ? problem : `${place} ${problem}` };
    }),
  };
}

/** What the standard calls a problem, by its status (its OpenAPI document, components/responses). */
function exceptionOf(status: number): string {
  const names: Readonly<Record<number, string>> = {
    400: 'ValidationException',
    401: 'SecurityException',
    403: 'SecurityException',
    404: 'NoSuchNameException',
    413: 'CaptureLimitExceededException',
  };
  return `epcisException:${names[status] ?? 'ImplementationException'}`;
}

/** Faults go on to the handler of the whole server, which tells those who look after it. */
function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  limits: CaptureLimits,
): FastifyReply {
  const known = error instanceof BoltsealError ? error : refusalOf(error, limits);
  if (known === null) throw error;
  const { status, body, headers } = problemOf(known, request.id);
  // For the log, the metrics and the SIEM, as the handler of the whole server does.
  request.problem = body.code;
  if (status === 413) setLimits(reply, limits);
  return reply
    .status(status)
    .headers(headers)
    .type('application/problem+json')
    .send(JSON.stringify({ ...body, type: exceptionOf(status) }));
}

/** What Fastify refuses before a route is called; null: a fault. */
function refusalOf(error: unknown, { bodyBytes }: CaptureLimits): BoltsealError | null {
  if (typeof error !== 'object' || error === null) return null;
  const code = 'code' in error ? error.code : null;
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new BoltsealError('EPCIS_LIMIT', { what: 'bytes', limit: bodyBytes });
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new BoltsealError('EPCIS_MEDIA_TYPE');
  if ('validation' in error)
    return new BoltsealError('EPCIS_DOCUMENT', { place: '/', problem: 'must be a document or an event' });
  return null;
}
