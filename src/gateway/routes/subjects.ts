import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type WriteSummaryBody, writeSummarySchema } from '../../contract/api/parcels.ts';
import {
  type SeenByBody,
  type SubjectAccessQuery,
  type SubjectChangeBody,
  type SubjectsChangeBody,
  seenBySchema,
  subjectAccessQuerySchema,
  subjectChangeSchema,
  subjectsChangeSchema,
} from '../../contract/api/subjects.ts';
import { subjectIdSchema } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import { canonicalSubject } from '../../core/fields/canonical.ts';
import type { Vault } from '../../vault/port.ts';
import { callerOf } from '../caller.ts';
import { isPrivacyOfficer, requireFeed, requirePrivacyOfficer } from '../context/duties.ts';
import { timeMs } from '../context/times.ts';
import { unknownSubject } from '../disclose/entry.ts';
import type { Caller } from '../port.ts';

/** A request of a person's own data, which goes the way of every disclosure: ticket, policies, budget, ledger. */
export interface SubjectAccess {
  /** Everything held about a person, as the answer's body. Rejects with GATEWAY_NOT_JUSTIFIED, GATEWAY_POLICY, LEDGER_* and VAULT_*; then nothing leaves. */
  report(caller: Caller, subject: string, ticket: string): Promise<unknown>;
  /** The same for the person to take along: a document that other systems can read. Rejects as `report`. */
  export(caller: Caller, subject: string, ticket: string): Promise<unknown>;
  /** Records that somebody asked for it who may not: a refusal like every other. Rejects with LEDGER_* and VAULT_*. */
  refuse(caller: Caller, subject: string, ticket: string): Promise<void>;
}

/** Who saw the data of a subject. */
export interface DisclosureHistory {
  /** The newest first; `before` as an answer's `next` gave it, null: from now. Rejects with LEDGER_*. */
  of(subject: string, before: string | null): Promise<SeenByBody>;
}

/** Takes a person out of vault, ledger and everything beside them. */
export interface SubjectErasure {
  /** Durable when it resolves; gives whether there was anything. Rejects when a legal hold or a store refuses. */
  erase(subject: string, by: Caller): Promise<boolean>;
}

/** What writing subjects needs. */
export interface SubjectServices {
  readonly vault: Pick<Vault, 'write'>;
  readonly nowMs: () => number;
}

/** What the rights of a person need. */
export interface SubjectRightsServices {
  readonly history: DisclosureHistory;
  readonly erasure: SubjectErasure;
}

const params = Type.Object({ id: subjectIdSchema });
const historyQuery = Type.Object(
  { before: Type.Optional(Type.String({ maxLength: 200, pattern: '^[A-Za-z0-9._~-]+$' })) },
  { additionalProperties: false },
);
type WithId = { Params: { id: string } };
const tags = ['subjects'];

/** A person's own data, shown and exported, for the company's privacy officers. */
export function subjectAccessRoutes(app: FastifyInstance, access: SubjectAccess): void {
  for (const [path, summary, show] of [
    ['/v1/subjects/:id', 'Everything held about a person, for a ticket of theirs', access.report.bind(access)],
    ['/v1/subjects/:id/export', 'The same for the person to take along', access.export.bind(access)],
  ] as const)
    app.get<WithId & { Querystring: SubjectAccessQuery }>(
      path,
      { schema: { tags, summary, params, querystring: subjectAccessQuerySchema } },
      async (request) => {
        const caller = callerOf(request);
        const id = subjectOf(request.params.id);
        const { ticket } = request.query;
        if (isPrivacyOfficer(caller)) return show(caller, id, ticket);
        await access.refuse(caller, id, ticket);
        throw new BoltsealError('GATEWAY_FORBIDDEN');
      },
    );
}

/** Who saw a person, and the person's erasure, for the company's privacy officers. */
export function subjectRightsRoutes(app: FastifyInstance, { history, erasure }: SubjectRightsServices): void {
  app.get<WithId & { Querystring: { before?: string } }>(
    '/v1/subjects/:id/disclosures',
    {
      schema: {
        tags,
        summary: 'Who saw the data of a person',
        params,
        querystring: historyQuery,
        response: { 200: seenBySchema },
      },
    },
    async (request) => {
      requirePrivacyOfficer(callerOf(request));
      return history.of(subjectOf(request.params.id), request.query.before ?? null);
    },
  );
  app.delete<WithId>(
    '/v1/subjects/:id',
    { schema: { tags, summary: 'Erases a person', params } },
    async (request, reply) => {
      const caller = callerOf(request);
      requirePrivacyOfficer(caller);
      if (!(await erasure.erase(subjectOf(request.params.id), caller))) throw new BoltsealError('GATEWAY_NOT_FOUND');
      return reply.status(204).send();
    },
  );
}

/** `/v1/subjects`, written by the company's services. */
export function subjectRoutes(app: FastifyInstance, { vault, nowMs }: SubjectServices): void {
  app.put<WithId & { Body: SubjectChangeBody }>(
    '/v1/subjects/:id',
    {
      schema: {
        tags,
        summary: 'Makes a subject, or changes some of its fields',
        params,
        body: subjectChangeSchema,
        response: { 200: writeSummarySchema },
      },
    },
    async (request): Promise<WriteSummaryBody> => {
      requireFeed(callerOf(request), 'subjects');
      const { fields, at } = request.body;
      return vault.write([{ id: request.params.id, atMs: timeMs(at, nowMs(), '/at'), fields }]);
    },
  );
  app.post<{ Body: SubjectsChangeBody }>(
    '/v1/subjects',
    {
      schema: { tags, summary: 'The same for many', body: subjectsChangeSchema, response: { 200: writeSummarySchema } },
    },
    async (request): Promise<WriteSummaryBody> => {
      requireFeed(callerOf(request), 'subjects');
      const now = nowMs();
      const changes = request.body.subjects.map(({ id, fields, at }, i) => ({
        id,
        atMs: timeMs(at, now, `/subjects/${i}/at`),
        fields,
      }));
      return vault.write(changes);
    },
  );
}

/** The spelling under which ledger and vault know a subject. Fails with GATEWAY_NOT_FOUND for whom the ledger names when nobody is there: traces of guessing are nobody's data. */
function subjectOf(id: string): string {
  const subject = canonicalSubject(id);
  if (subject === null || subject === unknownSubject) throw new BoltsealError('GATEWAY_NOT_FOUND');
  return subject;
}
