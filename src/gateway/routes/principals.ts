import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  type AuditQuery,
  auditListSchema,
  auditQuerySchema,
  type KeyBody,
  keyIdSchema,
  keySchema,
  type NewKeyBody,
  newKeySchema,
  PAGE_SIZE,
  type PageQuery,
  type PrincipalBody,
  type PrincipalChangeBody,
  type PrincipalStateBody,
  pageQuerySchema,
  principalChangeSchema,
  principalListSchema,
  principalSchema,
  principalStateSchema,
  principalWithKeysSchema,
} from '../../contract/api/principals.ts';
import { nameSchema } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import type { Directory } from '../directory/directory.ts';
import { requireAdministrator, requireReader } from '../directory/duties.ts';
import type { KeyRecord, PrincipalRecord } from '../directory/port.ts';
import type { Caller } from '../port.ts';

/** What the routes of principals need. */
export interface PrincipalServices {
  readonly directory: Directory;
  readonly nowMs: () => number;
}

const params = Type.Object({ id: nameSchema });
const keyParams = Type.Object({ id: nameSchema, key: keyIdSchema });
type WithId = { Params: { id: string } };
const tags = ['principals'];

/** `/v1/principals`: who may ask, with their keys; `/v1/audit`: every change of them. */
export function principalRoutes(app: FastifyInstance, { directory, nowMs }: PrincipalServices): void {
  const changeBy = ({ principal, signature }: Caller) => ({ actor: principal.id, signature, nowMs: nowMs() });
  const { audit } = directory;

  app.get<{ Querystring: PageQuery }>(
    '/v1/principals',
    {
      schema: {
        tags,
        summary: `Principals by id, ${PAGE_SIZE} at a time`,
        querystring: pageQuerySchema,
        response: { 200: principalListSchema },
      },
    },
    async (request) => {
      requireReader(callerOf(request));
      const page = { after: request.query.after ?? null, limit: PAGE_SIZE };
      return { principals: directory.listPrincipals(page).map(bodyOf) };
    },
  );
  app.get<WithId>(
    '/v1/principals/:id',
    { schema: { tags, summary: 'One principal with its keys', params, response: { 200: principalWithKeysSchema } } },
    async (request) => {
      const caller = callerOf(request);
      const { id } = request.params;
      if (caller.principal.id !== id) requireReader(caller);
      const record = directory.find(id);
      if (record === null) throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'principal' });
      return { ...bodyOf(record), keys: directory.listKeys(id).map(keyBodyOf) };
    },
  );
  app.put<WithId & { Body: PrincipalChangeBody }>(
    '/v1/principals/:id',
    {
      schema: {
        tags,
        summary: 'Makes a principal, or changes what is given',
        params,
        body: principalChangeSchema,
        response: { 200: principalSchema, 201: principalSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { id } = request.params;
      const { kind, ...patch } = request.body;
      const known = directory.find(id);
      if (known !== null) {
        if (kind !== undefined && kind !== known.kind)
          throw new BoltsealError('DIRECTORY_EXISTS', { what: 'principal' });
        const change = changeBy(caller);
        return bodyOf(await audit.carryOut(() => directory.changePrincipal(id, patch, change)));
      }
      const { role, station = null, partner = null, attributes = {} } = patch;
      if (kind === undefined || role === undefined)
        throw new BoltsealError('GATEWAY_REQUEST', { place: '/', problem: 'a new principal needs kind and role' });
      const change = changeBy(caller);
      const made = await audit.carryOut(() =>
        directory.addPrincipal({ id, kind, role, station, partner, attributes }, change),
      );
      return reply.status(201).send(bodyOf(made));
    },
  );
  app.put<WithId & { Body: PrincipalStateBody }>(
    '/v1/principals/:id/state',
    {
      schema: {
        tags,
        summary: 'Suspends a principal, lets it go on, or revokes it for good; holds for the next request',
        params,
        body: principalStateSchema,
        response: { 200: principalSchema },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const change = changeBy(caller);
      const { state } = request.body;
      return bodyOf(await audit.carryOut(() => directory.setState(request.params.id, state, change)));
    },
  );
  app.post<WithId & { Body: NewKeyBody }>(
    '/v1/principals/:id/keys',
    {
      schema: {
        tags,
        summary: 'Gives a principal one more key',
        params,
        body: newKeySchema,
        response: { 201: keySchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { use, publicKey, notBefore, notAfter } = request.body;
      const change = changeBy(caller);
      const key = {
        principal: request.params.id,
        use,
        spki: Buffer.from(publicKey, 'base64'),
        notBeforeMs: notBefore === undefined ? change.nowMs : readTime(notBefore, '/notBefore'),
        notAfterMs: notAfter === undefined ? null : readTime(notAfter, '/notAfter'),
      };
      return reply.status(201).send(keyBodyOf(await audit.carryOut(() => directory.addKey(key, change))));
    },
  );
  app.delete<{ Params: { id: string; key: string } }>(
    '/v1/principals/:id/keys/:key',
    { schema: { tags, summary: 'Revokes a key; holds for the next request', params: keyParams } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { id, key } = request.params;
      if (directory.findKey(key)?.principal !== id) throw new BoltsealError('DIRECTORY_UNKNOWN', { what: 'key' });
      const change = changeBy(caller);
      await audit.carryOut(() => directory.revokeKey(key, change));
      return reply.status(204).send();
    },
  );
  app.get<{ Querystring: AuditQuery }>(
    '/v1/audit',
    {
      schema: {
        tags,
        summary: `Changes of principals, keys, stations, partners and enrolments, ${PAGE_SIZE} at a time`,
        querystring: auditQuerySchema,
        response: { 200: auditListSchema },
      },
    },
    async (request) => {
      requireReader(callerOf(request));
      const entries = directory.audit.since(Number(request.query.after ?? 0), PAGE_SIZE);
      return { entries: entries.map(({ timeMs, ...entry }) => ({ ...entry, at: timeOf(timeMs) })) };
    },
  );
}

/** Milliseconds since 1970. The format of schemas has times that Date cannot read, such as leap seconds, and a key must not count for ever for one. Fails with GATEWAY_REQUEST. */
function readTime(text: string, place: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new BoltsealError('GATEWAY_REQUEST', { place, problem: 'must be a time' });
  return time;
}

function bodyOf({ createdMs, changedMs, station, partner, ...rest }: PrincipalRecord): PrincipalBody {
  return {
    ...rest,
    ...(station === null ? {} : { station }),
    ...(partner === null ? {} : { partner }),
    created: timeOf(createdMs),
    changed: timeOf(changedMs),
  };
}

function keyBodyOf({ id, use, notBeforeMs, notAfterMs, revokedMs }: KeyRecord): KeyBody {
  return {
    id,
    use,
    notBefore: timeOf(notBeforeMs),
    ...(notAfterMs === null ? {} : { notAfter: timeOf(notAfterMs) }),
    ...(revokedMs === null ? {} : { revoked: timeOf(revokedMs) }),
  };
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
