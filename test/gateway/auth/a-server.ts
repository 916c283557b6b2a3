import { join } from 'node:path';
import fastify, { type FastifyInstance } from 'fastify';
import { createAuthenticator, type Proof } from '../../../src/gateway/auth/authenticator.ts';
import { Nonces } from '../../../src/gateway/auth/nonces.ts';
import { acceptJson, parseBody, rawBodies } from '../../../src/gateway/body.ts';
import { incomingOf } from '../../../src/gateway/incoming.ts';
import { problemOf } from '../../../src/gateway/problems.ts';
import { atEnd, makeFolder, openDirectory, type TestScope } from './world.ts';

export interface AServer extends ReturnType<typeof openDirectory> {
  readonly app: FastifyInstance;
  readonly nowMs: () => number;
  readonly clock: { aheadMs: number };
  readonly signatures: { readonly nonces: Nonces; readonly skewSeconds: number; readonly authorities: null };
}

/** A server that asks who comes, as the gateway does; `register` adds routes to it, and answers with further proofs. */
export function makeServer(t: TestScope, register: (server: AServer) => readonly Proof[]): AServer {
  const folder = makeFolder(t);
  const opened = openDirectory(join(folder, 'directory.sqlite'));
  const clock = { aheadMs: 0 };
  const nowMs = () => Date.now() + clock.aheadMs;
  const options = { folder: join(folder, 'n'), skewSeconds: 30, most: 1000, nowMs: nowMs(), boot: null };
  const nonces = new Nonces(options);
  const app = fastify();
  atEnd(t, () => {
    nonces.close();
    opened.database.close();
  });
  const signatures = { nonces, skewSeconds: 30, authorities: null };
  acceptJson(app);
  app.decorateRequest('caller', null);
  app.setErrorHandler((error, request, reply) => {
    const { status, body, headers } = problemOf(error, request.id);
    const date = new Date(nowMs()).toUTCString();
    const all = { ...headers, date };
    return reply.status(status).headers(all).type('application/problem+json').send(JSON.stringify(body));
  });
  const server = { ...opened, app, nowMs, clock, signatures };
  const proofs: Proof[] = [];
  const authenticator = createAuthenticator({ ...signatures, keys: opened.directory, proofs, now: nowMs });
  app.addHook('preValidation', async (request) => {
    if (request.routeOptions.config.isPublic !== true)
      request.caller = await authenticator.authenticate(incomingOf(request));
    const body = rawBodies.get(request);
    if (body !== undefined && body.length > 0) request.body = parseBody(body);
  });
  proofs.push(...register(server));
  return server;
}
