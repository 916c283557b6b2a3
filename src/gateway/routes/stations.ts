import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import { PAGE_SIZE, type PageQuery, pageQuerySchema } from '../../contract/api/principals.ts';
import {
  type PartnerChangeBody,
  partnerChangeSchema,
  partnerListSchema,
  partnerSchema,
  type StationBody,
  type StationChangeBody,
  stationChangeSchema,
  stationListSchema,
  stationSchema,
} from '../../contract/api/stations.ts';
import { nameSchema } from '../../contract/api/words.ts';
import { callerOf } from '../caller.ts';
import { requireAdministrator, requireReader } from '../directory/duties.ts';
import type { Places } from '../directory/places.ts';
import type { Station } from '../directory/port.ts';
import type { Caller } from '../port.ts';

/** What the routes of stations and partners need. */
export interface PlaceServices {
  readonly places: Places;
  readonly nowMs: () => number;
}

const params = Type.Object({ id: nameSchema });
type WithId = { Params: { id: string } };
const tags = ['stations'];

/** `/v1/stations` and `/v1/partners`. */
export function stationRoutes(app: FastifyInstance, { places, nowMs }: PlaceServices): void {
  const changeBy = ({ principal, signature }: Caller) => ({ actor: principal.id, signature, nowMs: nowMs() });
  const { audit } = places;

  app.get<{ Querystring: PageQuery }>(
    '/v1/stations',
    {
      schema: {
        tags,
        summary: `Stations by id, ${PAGE_SIZE} at a time`,
        querystring: pageQuerySchema,
        response: { 200: stationListSchema },
      },
    },
    async (request) => {
      requireReader(callerOf(request));
      const page = { after: request.query.after ?? null, limit: PAGE_SIZE };
      return { stations: places.listStations(page).map(bodyOf) };
    },
  );
  app.put<WithId & { Body: StationChangeBody }>(
    '/v1/stations/:id',
    {
      schema: {
        tags,
        summary: 'Makes a station, or changes it as a whole',
        params,
        body: stationChangeSchema,
        response: { 200: stationSchema },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { partner = null, attributes = {} } = request.body;
      const station = { id: request.params.id, partner, attributes };
      const change = changeBy(caller);
      return bodyOf(await audit.carryOut(() => places.putStation(station, change)));
    },
  );
  app.delete<WithId>(
    '/v1/stations/:id',
    { schema: { tags, summary: 'Removes a station that no principal ever belonged to', params } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const change = changeBy(caller);
      await audit.carryOut(() => places.removeStation(request.params.id, change));
      return reply.status(204).send();
    },
  );
  app.get<{ Querystring: PageQuery }>(
    '/v1/partners',
    {
      schema: {
        tags,
        summary: `Partners by id, ${PAGE_SIZE} at a time`,
        querystring: pageQuerySchema,
        response: { 200: partnerListSchema },
      },
    },
    async (request) => {
      requireReader(callerOf(request));
      return { partners: places.listPartners({ after: request.query.after ?? null, limit: PAGE_SIZE }) };
    },
  );
  app.put<WithId & { Body: PartnerChangeBody }>(
    '/v1/partners/:id',
    {
      schema: {
        tags,
        summary: 'Makes a partner, or changes it as a whole',
        params,
        body: partnerChangeSchema,
        response: { 200: partnerSchema },
      },
    },
    async (request) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const { attributes = {} } = request.body;
      const change = changeBy(caller);
      return audit.carryOut(() => places.putPartner({ id: request.params.id, attributes }, change));
    },
  );
  app.delete<WithId>(
    '/v1/partners/:id',
    { schema: { tags, summary: 'Removes a partner that nothing ever belonged to', params } },
    async (request, reply) => {
      const caller = callerOf(request);
      requireAdministrator(caller);
      const change = changeBy(caller);
      await audit.carryOut(() => places.removePartner(request.params.id, change));
      return reply.status(204).send();
    },
  );
}

function bodyOf({ id, partner, attributes }: Station): StationBody {
  return { id, ...(partner === null ? {} : { partner }), attributes };
}
