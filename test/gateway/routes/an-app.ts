import fastify, { type FastifyInstance } from 'fastify';
import { BoltsealError } from '../../../src/core/errors.ts';
import { acceptJson, parseBody, rawBodies } from '../../../src/gateway/body.ts';
import type { Caller, Principal } from '../../../src/gateway/port.ts';
import { problemOf } from '../../../src/gateway/problems.ts';

export const nowMs = Date.parse('2026-11-22T12:00:00Z');

/** A principal by its role; `partner` only where it is given. */
export function aCaller(role: string, given: Partial<Principal> = {}): Caller {
  const principal = { id: `${role}-1`, kind: 'service' as const, role, station: null, partner: null, attributes: {} };
  return { principal: { ...principal, ...given }, by: 'signature', signature: null };
}

/** A server with some routes, whose caller is whoever `as` was last called with. */
export function anApp(register: (app: FastifyInstance) => void) {
  const app = fastify({ ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } } });
  let caller: Caller = aCaller('integration');
  acceptJson(app);
  app.decorateRequest('caller', null);
  app.addHook('preValidation', async (request) => {
    request.caller = caller;
    const body = rawBodies.get(request);
    if (body !== undefined && body.length > 0) request.body = parseBody(body);
  });
  app.setErrorHandler((error, request, reply) => {
    const isRequest = typeof error === 'object' && error !== null && 'validation' in error;
    const known = isRequest
      ? new BoltsealError('GATEWAY_REQUEST', { place: '/', problem: 'is something else' })
      : error;
    const { status, body } = problemOf(known, request.id);
    return reply.status(status).type('application/problem+json').send(JSON.stringify(body));
  });
  register(app);
  return {
    app,
    as(next: Caller) {
      caller = next;
    },
    async call(method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'OPTIONS', url: string, body?: unknown, headers = {}) {
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      const payload = body === undefined ? {} : { payload: typeof body === 'string' ? body : JSON.stringify(body) };
      const answer = await app.inject({ method, url, headers: { ...type, ...headers }, ...payload });
      const text = answer.body;
      return { status: answer.statusCode, headers: answer.headers, text, body: text === '' ? null : JSON.parse(text) };
    },
  };
}
