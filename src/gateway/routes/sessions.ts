import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import {
  type CredentialBody,
  credentialOptionsSchema,
  credentialSchema,
  type LinkBody,
  linkSchema,
  madeLinkSchema,
  passkeyListSchema,
  passkeySchema,
  type SessionBody,
  sessionSchema,
} from '../../contract/api/sessions.ts';
import { nameSchema } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import { readCookie, writeCookie } from '../auth/cookies.ts';
import type { Links } from '../auth/links.ts';
import { type Oidc, PROVIDER_PREFIX } from '../auth/oidc.ts';
import type { Passkeys } from '../auth/passkeys.ts';
import { RateLimiter, type RateLimits } from '../auth/rate-limiter.ts';
import { csrfTokenOf, SESSION_COOKIE, type Sessions, type SignInMethod } from '../auth/sessions.ts';
import { STRANGER_BODY_BYTES } from '../body.ts';
import { callerOf } from '../caller.ts';
import type { Directory } from '../directory/directory.ts';
import { requireAdministrator, requireReader } from '../directory/duties.ts';
import { incomingOf } from '../incoming.ts';
import { signInPage, signInPolicy } from './sign-in-page.ts';

/** What the routes of sessions need. */
export interface SessionServices {
  readonly directory: Directory;
  readonly sessions: Sessions;
  readonly links: Links;
  readonly passkeys: Passkeys;
  /** Null: no identity provider. */
  readonly oidc: Oidc | null;
  /** Where browsers see the gateway. */
  readonly publicOrigin: string;
  readonly nowMs: () => number;
}

const OIDC_COOKIE = '__Host-boltseal-oidc';
const OIDC_COOKIE_SECONDS = 600;
const signInLimits: RateLimits = { windowMs: 60_000, mostOfOne: 60, mostOfAll: 1200 };
const tags = ['sessions'];
const publicConfig = { isPublic: true };

/** `/sign-in`, `/v1/session` and `/v1/passkeys`: how staff sign in, and out. */
export function sessionRoutes(app: FastifyInstance, services: SessionServices): void {
  const { directory, sessions, publicOrigin, nowMs } = services;
  const limiter = new RateLimiter(signInLimits);
  const limit = async (request: FastifyRequest): Promise<void> => {
    const retryAfterMs = limiter.take(request.ip, nowMs());
    if (retryAfterMs !== null) throw new BoltsealError('AUTH_RATE', { retryAfterMs });
  };
  /** Of what signs in without a session: a page of another site must not do it for somebody. */
  const fromHere = async ({ headers }: FastifyRequest): Promise<void> => {
    const { origin = publicOrigin } = headers;
    const site = headers['sec-fetch-site'] ?? 'same-origin';
    if (origin !== publicOrigin || site !== 'same-origin') throw new BoltsealError('AUTH_CSRF');
  };
  const signIn = (reply: FastifyReply, principal: string, by: SignInMethod): SessionBody => {
    const found = directory.findActive(principal);
    if (found === null) throw new BoltsealError('SIGNIN_FAILED', { problem: 'you may not come in here any more' });
    const now = nowMs();
    const token = sessions.open(principal, by, now);
    reply.header('set-cookie', writeCookie(SESSION_COOKIE, token, 'Strict', sessions.wholeSeconds));
    const ends = new Date(now + sessions.wholeSeconds * 1000).toISOString();
    return { principal, role: found.role, csrf: csrfTokenOf(token), ends };
  };

  app.get('/sign-in', { config: publicConfig, schema: { hide: true } as object }, async (_request, reply) =>
    reply
      .header('content-security-policy', signInPolicy)
      .header('referrer-policy', 'no-referrer')
      .type('text/html; charset=utf-8')
      .send(signInPage(services.oidc !== null)),
  );
  app.get(
    '/v1/session',
    { schema: { tags, summary: 'Who is signed in', response: { 200: sessionSchema } } },
    async (request): Promise<SessionBody> => {
      const { principal } = callerOf(request);
      const token = readCookie(incomingOf(request).headers, SESSION_COOKIE);
      const session = token === null ? null : sessions.find(token, nowMs());
      if (token === null || session === null || session.principal !== principal.id)
        throw new BoltsealError('AUTH_SESSION');
      const ends = new Date(session.endsMs).toISOString();
      return { principal: principal.id, role: principal.role, csrf: csrfTokenOf(token), ends };
    },
  );
  app.delete('/v1/session', { schema: { tags, summary: 'Signs out' } }, async (request, reply) => {
    callerOf(request);
    const token = readCookie(incomingOf(request).headers, SESSION_COOKIE);
    if (token !== null) sessions.close(token);
    return reply
      .header('set-cookie', writeCookie(SESSION_COOKIE, '', 'Strict', 0))
      .status(204)
      .send();
  });
  app.post<{ Body: LinkBody }>(
    '/v1/session/link',
    {
      config: publicConfig,
      bodyLimit: STRANGER_BODY_BYTES,
      schema: {
        tags,
        summary: 'Signs in with a link',
        security: [],
        body: linkSchema,
        response: { 200: sessionSchema },
      },
      preHandler: [limit, fromHere],
    },
    async (request, reply) => signIn(reply, await services.links.redeem(request.body.token, nowMs()), 'link'),
  );
  app.post<{ Params: { id: string } }>(
    '/v1/principals/:id/link',
    {
      schema: {
        tags,
        summary: 'Makes a link that signs a member of staff in once, to add a passkey; older ones work no more',
        params: Type.Object({ id: nameSchema }),
        response: { 201: madeLinkSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { id } = request.params;
      const { principal, signature } = caller;
      const token = await services.links.make(id, { actor: principal.id, signature, nowMs: nowMs() });
      return reply.status(201).send({ url: signInUrl(publicOrigin, token) });
    },
  );
  passkeyRoutes(app, services, { limit, fromHere, signIn });
  oidcRoutes(app, services, { limit, signIn });
}

/** What somebody opens: the token stands behind the `#`, which browsers send nowhere and servers do not log. */
export function signInUrl(publicOrigin: string, token: string): string {
  return `${publicOrigin}/sign-in#${token}`;
}

interface Steps {
  readonly limit: (request: FastifyRequest) => Promise<void>;
  readonly fromHere: (request: FastifyRequest) => Promise<void>;
  readonly signIn: (reply: FastifyReply, principal: string, by: SignInMethod) => SessionBody;
}

function passkeyRoutes(app: FastifyInstance, { sessions, passkeys, nowMs }: SessionServices, steps: Steps): void {
  const preHandler = [steps.limit, steps.fromHere];
  const options = { 200: credentialOptionsSchema };
  app.post(
    '/v1/session/passkey/options',
    {
      config: publicConfig,
      bodyLimit: STRANGER_BODY_BYTES,
      schema: { tags, summary: 'Begins to sign in with a passkey', security: [], response: options },
      preHandler,
    },
    async () => passkeys.beginSignIn(nowMs()),
  );
  app.post<{ Body: CredentialBody }>(
    '/v1/session/passkey',
    {
      config: publicConfig,
      bodyLimit: STRANGER_BODY_BYTES,
      schema: {
        tags,
        summary: 'Signs in with a passkey',
        security: [],
        body: credentialSchema,
        response: { 200: sessionSchema },
      },
      preHandler,
    },
    async (request, reply) => steps.signIn(reply, await passkeys.signIn(request.body, nowMs()), 'passkey'),
  );
  app.post(
    '/v1/passkeys/options',
    { schema: { tags, summary: 'Begins to add a passkey for whoever is signed in', response: options } },
    async (request) => passkeys.beginAdding(staffOf(request), nowMs()),
  );
  app.post<{ Body: CredentialBody }>(
    '/v1/passkeys',
    {
      schema: {
        tags,
        summary: 'Adds a passkey for whoever is signed in',
        body: credentialSchema,
        response: { 201: passkeySchema },
      },
    },
    async (request, reply) => {
      const id = await passkeys.add(request.body, { actor: staffOf(request), nowMs: nowMs() });
      return reply.status(201).send({ id });
    },
  );
  app.get<{ Params: { principal: string } }>(
    '/v1/principals/:principal/passkeys',
    {
      schema: {
        tags,
        summary: 'Passkeys of a principal: the own ones, or as an administrator or auditor anybody’s',
        params: Type.Object({ principal: nameSchema }),
        response: { 200: passkeyListSchema },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      const { principal } = request.params;
      if (caller.principal.id !== principal) requireReader(caller);
      const passkeysOf = passkeys.list(principal).map(({ id, createdMs, revokedMs }) => ({
        id,
        created: new Date(createdMs).toISOString(),
        ...(revokedMs === null ? {} : { revoked: new Date(revokedMs).toISOString() }),
      }));
      return { passkeys: passkeysOf };
    },
  );
  app.delete<{ Params: { principal: string; id: string } }>(
    '/v1/principals/:principal/passkeys/:id',
    {
      schema: {
        tags,
        summary: 'Revokes a passkey: one of the own, or as an administrator anybody’s; its owner’s other sessions end',
        params: Type.Object({ principal: Type.String({ maxLength: 128 }), id: Type.String({ maxLength: 1400 }) }),
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const { principal, id } = request.params;
      if (caller.principal.id !== principal) requireAdministrator(caller);
      const { signature } = caller;
      const own = readCookie(incomingOf(request).headers, SESSION_COOKIE);
      // Whoever had it may be signed in with it.
      const closeSessions = (): void => sessions.closeOthers(principal, own);
      await passkeys.revoke(id, principal, { actor: caller.principal.id, signature, nowMs: nowMs() }, closeSessions);
      return reply.status(204).send();
    },
  );
}

/**
 * Who is signed in with a session: a device's key must not make itself a passkey. Who comes from the identity provider comes in by it alone: a passkey would outlast what it says of
 * them, and that they left.
 */
function staffOf(request: FastifyRequest): string {
  const { principal, by } = callerOf(request);
  if (by !== 'session' || principal.id.startsWith(PROVIDER_PREFIX)) throw new BoltsealError('GATEWAY_FORBIDDEN');
  return principal.id;
}

function oidcRoutes(app: FastifyInstance, { oidc, nowMs }: SessionServices, steps: Omit<Steps, 'fromHere'>): void {
  const needed = (): Oidc => {
    if (oidc === null) throw new BoltsealError('SIGNIN_OFF');
    return oidc;
  };
  app.get(
    '/v1/session/oidc',
    {
      config: publicConfig,
      schema: { tags, summary: 'Leads to the identity provider', security: [] },
      preHandler: steps.limit,
    },
    async (_request, reply) => {
      const { url, browser } = await needed().begin(nowMs());
      // The provider leads back from another site, which a strict cookie would not survive.
      const cookie = writeCookie(OIDC_COOKIE, browser, 'Lax', OIDC_COOKIE_SECONDS);
      return reply.header('set-cookie', cookie).redirect(url, 303);
    },
  );
  app.get(
    '/v1/session/oidc/callback',
    {
      config: publicConfig,
      schema: { tags, summary: 'Where the identity provider leads back to', security: [] },
      preHandler: steps.limit,
    },
    async (request, reply) => {
      const { headers, target } = incomingOf(request);
      const query = target.slice(target.indexOf('?') + 1);
      const principal = await needed().finish(query, readCookie(headers, OIDC_COOKIE), nowMs());
      steps.signIn(reply, principal, 'oidc');
      // A redirect would still count as coming from the provider, and the session's cookie would stay behind.
      return reply
        .header('set-cookie', writeCookie(OIDC_COOKIE, '', 'Lax', 0))
        .header('content-security-policy', "default-src 'none'")
        .type('text/html; charset=utf-8')
        .send('<!doctype html><title>Boltseal</title><meta http-equiv="refresh" content="0; url=/docs">');
    },
  );
}
