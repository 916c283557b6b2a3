import type { FastifyInstance } from 'fastify';
import {
  type DisclosureRequest,
  disclosureAnswerSchema,
  disclosureRequestSchema,
} from '../../contract/api/disclosures.ts';
import { rawBodies } from '../body.ts';
import { callerOf } from '../caller.ts';
import { type DiscloseServices, disclose } from '../disclose/disclose.ts';
import { isStillGiven } from '../disclose/still-given.ts';
import { idempotencyKeyOf } from '../idempotency-key.ts';
import { type IdempotentAnswers, itemKey, requestName } from '../idempotent-answers.ts';

/** `POST /v1/disclosures`. */
export function disclosureRoutes(app: FastifyInstance, services: DiscloseServices, answers: IdempotentAnswers): void {
  app.post<{ Body: DisclosureRequest }>(
    '/v1/disclosures',
    {
      schema: {
        tags: ['disclosures'],
        summary: 'Asks for personal data of parcels or subjects, for a purpose',
        body: disclosureRequestSchema,
        response: { 200: disclosureAnswerSchema, 403: disclosureAnswerSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      const key = idempotencyKeyOf(request);
      const name = key === null ? null : requestName(caller.principal.id, 'disclosures', key);
      const asked = {
        caller,
        body: request.body,
        idempotencyKeyOf: name === null ? null : (item: number) => itemKey(name, item),
      };
      const work = () => disclose(services, asked);
      const disclosures =
        name === null
          ? await work()
          : await answers.once(name, rawBodies.get(request) ?? new Uint8Array(0), services.nowMs(), work, (answer) =>
              isStillGiven(services, asked, answer),
            );
      if (disclosures.every(({ decision }) => decision === 'refused')) reply.status(403);
      return { disclosures };
    },
  );
}
