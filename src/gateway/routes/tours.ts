import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { type TourBody, type TourChangeBody, tourChangeSchema, tourSchema } from '../../contract/api/tours.ts';
import { nameSchema } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { requireFeed } from '../context/duties.ts';
import type { Tour, TourStore } from '../context/tours.ts';

/** What the routes of tours need. */
export interface TourServices {
  readonly tours: TourStore;
  readonly nowMs: () => number;
}

const params = Type.Object({ id: nameSchema });
type WithId = { Params: { id: string } };
const tags = ['tours'];

/** `/v1/tours/{id}`: which parcels a courier drives today. */
export function tourRoutes(app: FastifyInstance, { tours, nowMs }: TourServices): void {
  app.put<WithId & { Body: TourChangeBody }>(
    '/v1/tours/:id',
    {
      schema: {
        tags,
        summary: "Makes a courier's tour of a day, or changes it as a whole",
        params,
        body: tourChangeSchema,
        response: { 200: tourSchema, 201: tourSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireFeed(caller, 'tours');
      const { courier, day, open = true, parcels } = request.body;
      const change = { id: request.params.id, courier, day, isOpen: open, trackingNumbers: parcels };
      const isNew = tours.put({ ...change, by: caller.principal.id, nowMs: nowMs() });
      return reply.status(isNew ? 201 : 200).send(bodyOf(found(tours.get(request.params.id))));
    },
  );
  app.get<WithId>(
    '/v1/tours/:id',
    { schema: { tags, summary: 'A tour, without its parcels', params, response: { 200: tourSchema } } },
    async (request) => {
      requireFeed(callerOf(request), 'tours');
      return bodyOf(found(tours.get(request.params.id)));
    },
  );
  app.delete<WithId>(
    '/v1/tours/:id',
    { schema: { tags, summary: 'A tour justifies nothing from now on', params } },
    async (request, reply) => {
      requireFeed(callerOf(request), 'tours');
      if (!tours.remove(request.params.id)) throw new BoltsealError('GATEWAY_NOT_FOUND');
      return reply.status(204).send();
    },
  );
}

function found<T>(thing: T | null): T {
  if (thing === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
  return thing;
}

function bodyOf({ id, courier, day, isOpen, parcels }: Tour): TourBody {
  return { id, courier, day, open: isOpen, parcels };
}
