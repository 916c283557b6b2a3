import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  type EnrolmentBody,
  type EnrolmentClaimBody,
  enrolmentClaimAnswerSchema,
  enrolmentClaimSchema,
  enrolmentListSchema,
  enrolmentSchema,
  madeEnrolmentSchema,
  type NewEnrolmentBody,
  newEnrolmentSchema,
} from '../../contract/api/enrolments.ts';
import { PAGE_SIZE, type PageQuery, pageQuerySchema } from '../../contract/api/principals.ts';
import { BoltsealError } from '../../core/errors.ts';
import { RateLimiter, type RateLimits } from '../auth/rate-limiter.ts';
import { authenticateSignature, type SignatureOptions } from '../auth/signature.ts';
import { STRANGER_BODY_BYTES } from '../body.ts';
import { callerOf } from '../caller.ts';
import { requireAdministrator, requireReader } from '../directory/duties.ts';
import type { Enrolment, Enrolments } from '../directory/enrolments.ts';
import { readPublicKey } from '../directory/keys.ts';
import { incomingOf } from '../incoming.ts';
import type { Caller, IncomingRequest, Principal } from '../port.ts';

/** What the routes of enrolment need. */
export interface EnrolmentServices {
  readonly enrolments: Enrolments;
  /** As the authenticator has them: a claim is signed like any other request, with the key that it brings. */
  readonly signatures: Omit<SignatureOptions, 'keys'>;
  readonly nowMs: () => number;
}

const DEFAULT_TTL_SECONDS = 3600;
/** Each try costs a look-up and a check of a signature; a code has 60 secret bits and five tries. */
const claimLimits: RateLimits = { windowMs: 60_000, mostOfOne: 20, mostOfAll: 600 };

const params = Type.Object({ id: Type.String({ pattern: '^[0-9A-Z]{4}$' }) });
type WithId = { Params: { id: string } };
const tags = ['enrolments'];

/** `/v1/enrolments`: how a device becomes a principal. */
export function enrolmentRoutes(app: FastifyInstance, { enrolments, signatures, nowMs }: EnrolmentServices): void {
  const limiter = new RateLimiter(claimLimits);
  const changeBy = ({ principal, signature }: Caller) => ({ actor: principal.id, signature, nowMs: nowMs() });

  app.post<{ Body: NewEnrolmentBody }>(
    '/v1/enrolments',
    {
      schema: {
        tags,
        summary: 'Makes a code that enrols one device',
        body: newEnrolmentSchema,
        response: { 201: madeEnrolmentSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { role, station, partner, attributes, principal, approval, ttlSeconds } = request.body;
      const { enrolment, code } = await enrolments.make(
        {
          role,
          station: station ?? null,
          partner: partner ?? null,
          attributes: attributes ?? {},
          principal: principal ?? null,
          approval: approval ?? 'administrator',
          ttlSeconds: ttlSeconds ?? DEFAULT_TTL_SECONDS,
        },
        changeBy(caller),
      );
      return reply.status(201).send({ ...bodyOf(enrolment, nowMs()), code });
    },
  );
  app.post<{ Body: EnrolmentClaimBody }>(
    '/v1/enrolments/claim',
    {
      config: { isPublic: true },
      bodyLimit: STRANGER_BODY_BYTES,
      schema: {
        tags,
        summary: 'A device brings its key and a code; signed with that key. Asked again with both: how far it is',
        security: [],
        body: enrolmentClaimSchema,
        response: { 200: enrolmentClaimAnswerSchema, 202: enrolmentClaimAnswerSchema },
      },
      // Before anything is looked up; Fastify has limited the body's size.
      preValidation: async (request) => {
        const retryAfterMs = limiter.take(request.ip, nowMs());
        if (retryAfterMs !== null) throw new BoltsealError('AUTH_RATE', { retryAfterMs });
      },
    },
    async (request, reply) => {
      const { code, publicKey, attributes = {} } = request.body;
      const spki = Buffer.from(publicKey, 'base64');
      await checkOwnSignature(incomingOf(request), spki, signatures, nowMs());
      const { state, principal, claimed } = await enrolments.claim({ code, spki, attributes }, nowMs());
      const isApproved = state === 'approved';
      const answer = { state: isApproved ? 'approved' : 'waiting', principal, keyId: claimed?.keyId ?? '' } as const;
      return reply.status(isApproved ? 200 : 202).send(answer);
    },
  );
  app.post<WithId>(
    '/v1/enrolments/:id/approve',
    {
      schema: {
        tags,
        summary: 'The device that waits becomes a principal',
        params,
        response: { 200: enrolmentSchema },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      return bodyOf(await enrolments.approve(request.params.id, changeBy(caller)), nowMs());
    },
  );
  app.get<{ Querystring: PageQuery }>(
    '/v1/enrolments',
    {
      schema: {
        tags,
        summary: `Enrolments by id, ${PAGE_SIZE} at a time`,
        querystring: pageQuerySchema,
        response: { 200: enrolmentListSchema },
      },
    },
    async (request) => {
      requireReader(callerOf(request));
      const page = { after: request.query.after ?? null, limit: PAGE_SIZE };
      return { enrolments: enrolments.list(page).map((enrolment) => bodyOf(enrolment, nowMs())) };
    },
  );
  app.delete<WithId>(
    '/v1/enrolments/:id',
    { schema: { tags, summary: 'A code is worth nothing from now on', params } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      await enrolments.remove(request.params.id, changeBy(caller));
      return reply.status(204).send();
    },
  );
}

/** Whoever claims has the private key. Fails as `authenticateSignature`, and with DIRECTORY_KEY. */
async function checkOwnSignature(
  request: IncomingRequest,
  spki: Uint8Array,
  options: Omit<SignatureOptions, 'keys'>,
  nowMs: number,
): Promise<void> {
  const { id, key } = readPublicKey('signature', spki);
  const keys = { findSigningKey: (keyId: string) => (keyId === id ? { key, principal: nobody } : null) };
  await authenticateSignature(request, { ...options, keys }, nowMs);
}

const nobody: Principal = { id: '', kind: 'device', role: '', station: null, partner: null, attributes: {} };

function bodyOf(enrolment: Enrolment, nowMs: number): EnrolmentBody {
  const { station, partner, createdMs, expiresMs, claimed, state, ...rest } = enrolment;
  return {
    ...rest,
    state: state === 'open' && nowMs >= expiresMs ? 'expired' : state,
    ...(station === null ? {} : { station }),
    ...(partner === null ? {} : { partner }),
    created: new Date(createdMs).toISOString(),
    expires: new Date(expiresMs).toISOString(),
    ...(claimed === null
      ? {}
      : {
          claimed: {
            at: new Date(claimed.atMs).toISOString(),
            keyId: claimed.keyId,
            attributes: claimed.attributes,
          },
        }),
  };
}
