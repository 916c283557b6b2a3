import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  type ExceptionReviewBody,
  type ExceptionsQuery,
  exceptionIdSchema,
  exceptionReviewSchema,
  exceptionSchema,
  exceptionsQuerySchema,
  exceptionsSchema,
} from '../../contract/api/exceptions.ts';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { requireReader } from '../directory/duties.ts';
import type { Exceptions } from '../subjects/exceptions.ts';

const params = Type.Object({ id: exceptionIdSchema });
const tags = ['exceptions'];

/** `/v1/exceptions`: what was given without a business fact, for auditors and administrators; auditors say what they think of it. */
export function exceptionRoutes(app: FastifyInstance, exceptions: Exceptions): void {
  app.get<{ Querystring: ExceptionsQuery }>(
    '/v1/exceptions',
    {
      schema: {
        tags,
        summary: 'What was given without a business fact, the newest first',
        querystring: exceptionsQuerySchema,
        response: { 200: exceptionsSchema },
      },
    },
    async (request) => {
      requireReader(callerOf(request));
      const { before, open } = request.query;
      return exceptions.list(before ?? null, open !== undefined);
    },
  );
  app.post<{ Params: { id: string }; Body: ExceptionReviewBody }>(
    '/v1/exceptions/:id/reviews',
    {
      schema: {
        tags,
        summary: 'Says whether an exception was justified',
        params,
        body: exceptionReviewSchema,
        response: { 201: exceptionSchema },
      },
    },
    async (request, reply) => {
      const { principal } = callerOf(request);
      if (principal.role !== 'auditor' || principal.partner !== null) throw new BoltsealError('GATEWAY_FORBIDDEN');
      return reply.status(201).send(await exceptions.review(request.params.id, request.body, principal.id));
    },
  );
}
