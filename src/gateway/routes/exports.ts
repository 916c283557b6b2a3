import { finished } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  type ExportBody,
  type ExportRequest,
  type ExportRowsBody,
  exportRequestSchema,
  exportRowsSchema,
  exportSchema,
  exportsSchema,
} from '../../contract/api/exports.ts';
import { nameSchema } from '../../contract/api/words.ts';
import { rawBodies } from '../body.ts';
import { callerOf } from '../caller.ts';
import type { Exports } from '../exports/exports.ts';
import type { ExportRecord } from '../exports/port.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { type IdempotentAnswers, requestName } from '../idempotent-answers.ts';

/** What the routes of exports need. */
export interface ExportRouteServices {
  readonly exports: Exports;
  readonly answers: IdempotentAnswers;
  readonly nowMs: () => number;
}

const params = Type.Object({ id: nameSchema });
const listQuery = Type.Object(
  { before: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,14}$' })) },
  { additionalProperties: false },
);
/** Described, and sent as it comes. */
const fileSchema = {
  description: 'The rows, in the format that was asked for',
  content: { 'text/csv': { schema: Type.String() }, 'application/jsonl': { schema: Type.String() } },
};
type WithId = { Params: { id: string } };
const tags = ['exports'];

/** `/v1/exports`: data of many people in one file, asked for by one, approved by others, given once. */
export function exportRoutes(app: FastifyInstance, { exports, answers, nowMs }: ExportRouteServices): void {
  app.post<{ Body: ExportRequest }>(
    '/v1/exports',
    {
      schema: {
        tags,
        summary: 'Asks for an export; others have to approve it',
        body: exportRequestSchema,
        response: { 201: exportSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const key = idempotencyKeyOf(request);
      const work = async () => bodyOf(await exports.request(caller, request.body));
      const body =
        key === null
          ? await work()
          : await answers.once(
              requestName(caller.principal.id, 'exports', key),
              rawBodies.get(request) ?? new Uint8Array(0),
              nowMs(),
              work,
            );
      return reply.status(201).header('location', `/v1/exports/${body.id}`).send(body);
    },
  );
  app.get<{ Querystring: { before?: string } }>(
    '/v1/exports',
    {
      schema: {
        tags,
        summary: 'Exports that you asked for, may approve or check, the newest first',
        querystring: listQuery,
        response: { 200: exportsSchema },
      },
    },
    async (request) => {
      const { before } = request.query;
      const { exports: found, next } = exports.list(callerOf(request), before === undefined ? null : Number(before));
      return { exports: found.map(bodyOf), ...(next === null ? {} : { next: String(next) }) };
    },
  );
  app.get<WithId>(
    '/v1/exports/:id',
    { schema: { tags, summary: 'One export', params, response: { 200: exportSchema } } },
    async (request) => bodyOf(exports.find(callerOf(request), request.params.id)),
  );
  app.post<WithId>(
    '/v1/exports/:id/approve',
    { schema: { tags, summary: 'Approves what somebody else asked for', params, response: { 200: exportSchema } } },
    async (request) => bodyOf(await exports.approve(callerOf(request), request.params.id)),
  );
  app.post<WithId>(
    '/v1/exports/:id/refuse',
    {
      schema: {
        tags,
        summary: 'Refuses an export, takes it back, or stops it while it is being given',
        params,
        response: { 200: exportSchema },
      },
    },
    async (request) => bodyOf(await exports.refuse(callerOf(request), request.params.id)),
  );
  app.post<WithId & { Body: ExportRowsBody }>(
    '/v1/exports/:id/rows',
    {
      schema: {
        tags,
        summary: 'The file, once: an answer that ends early is all that there will be',
        params,
        body: exportRowsSchema,
        response: { 200: fileSchema },
      },
    },
    async (request, reply) => {
      const { format } = request.body;
      const { record, contentType, stream, end } = await exports.begin(callerOf(request), request.params.id, format);
      // What the system has taken counts as given; whatever is cut off before is told by the connection, which ends without the last chunk.
      finished(reply.raw, (error) => end(error === undefined || error === null));
      return reply
        .header('content-type', contentType)
        .header('content-disposition', `attachment; filename="${record.id}.${format}"`)
        .send(stream);
    },
  );
}

function bodyOf(record: ExportRecord): ExportBody {
  const { id, state, request, selection, requestedBy, approvals, approvalsNeeded, refusedBy, beganMs, endedMs } =
    record;
  const { purpose, fields, people, recipient, reason } = request;
  return {
    id,
    state,
    purpose,
    fields,
    selection: selection.kind === 'subjects' ? { kind: selection.kind, subjects: selection.count } : selection,
    people,
    recipient,
    reason,
    requestedBy,
    requestedAt: timeText(record.requestedMs),
    expiresAt: timeText(record.expiresMs),
    approvalsNeeded,
    approvals: approvals.map(({ by, atMs }) => ({ by, at: timeText(atMs) })),
    ...(refusedBy === null ? {} : { refusedBy }),
    ...(beganMs === null ? {} : { beganAt: timeText(beganMs), rows: record.rows, isWhole: record.isWhole }),
    ...(endedMs === null ? {} : { endedAt: timeText(endedMs) }),
  };
}

function timeText(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
