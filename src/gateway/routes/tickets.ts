import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  type TicketBody,
  type TicketChangeBody,
  ticketChangeSchema,
  ticketSchema,
} from '../../contract/api/tickets.ts';
import { nameSchema } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import { callerOf } from '../caller.ts';
import { requireFeed } from '../context/duties.ts';
import type { Ticket, TicketChange, TicketStore } from '../context/tickets.ts';
import { timeMs } from '../context/times.ts';

/** What the routes of tickets need. */
export interface TicketServices {
  readonly tickets: TicketStore;
  readonly nowMs: () => number;
}

const params = Type.Object({ id: nameSchema });
type WithId = { Params: { id: string } };
const tags = ['tickets'];

/** `/v1/tickets/{id}`: whom customer service deals with just now. */
export function ticketRoutes(app: FastifyInstance, { tickets, nowMs }: TicketServices): void {
  app.put<WithId & { Body: TicketChangeBody }>(
    '/v1/tickets/:id',
    {
      schema: {
        tags,
        summary: 'Opens a ticket about a customer or a parcel, changes or closes it',
        params,
        body: ticketChangeSchema,
        response: { 200: ticketSchema, 201: ticketSchema },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request);
      requireFeed(caller, 'tickets');
      const { id } = request.params;
      const before = tickets.get(id);
      const change = changeOf(request.body, before, nowMs());
      tickets.put({ ...change, id, by: caller.principal.id, nowMs: nowMs() });
      return reply.status(before === null ? 201 : 200).send(bodyOf(tickets.get(id)));
    },
  );
  app.get<WithId>(
    '/v1/tickets/:id',
    { schema: { tags, summary: 'A ticket, without whom it is about', params, response: { 200: ticketSchema } } },
    async (request) => {
      requireFeed(callerOf(request), 'tickets');
      return bodyOf(tickets.get(request.params.id));
    },
  );
  app.delete<WithId>(
    '/v1/tickets/:id',
    { schema: { tags, summary: 'A ticket justifies nothing from now on', params } },
    async (request, reply) => {
      requireFeed(callerOf(request), 'tickets');
      if (!tickets.remove(request.params.id)) throw new BoltsealError('GATEWAY_NOT_FOUND');
      return reply.status(204).send();
    },
  );
}

function changeOf(
  { subject, parcel, group, agent, reason, opened, closed }: TicketChangeBody,
  before: Ticket | null,
  nowMs: number,
): Omit<TicketChange, 'id' | 'by' | 'nowMs'> {
  if (group === undefined && agent === undefined) throw requestError('must name a group or an agent');
  const openedMs = opened === undefined ? (before?.openedMs ?? nowMs) : timeMs(opened, nowMs, '/opened');
  const closedMs = closed === undefined ? null : timeMs(closed, nowMs, '/closed');
  const rest = { group: group ?? null, agent: agent ?? null, reason, openedMs, closedMs };
  if (subject !== undefined && parcel === undefined) return { ...rest, about: { subject } };
  if (parcel !== undefined && subject === undefined) return { ...rest, about: { trackingNumber: parcel } };
  throw requestError('must name either a subject or a parcel');
}

function requestError(problem: string): BoltsealError {
  return new BoltsealError('GATEWAY_REQUEST', { place: '/', problem });
}

function bodyOf(ticket: Ticket | null): TicketBody {
  if (ticket === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
  const { id, about, group, agent, reason, openedMs, closedMs } = ticket;
  return {
    id,
    about,
    ...(group === null ? {} : { group }),
    ...(agent === null ? {} : { agent }),
    reason,
    opened: new Date(openedMs).toISOString(),
    ...(closedMs === null ? {} : { closed: new Date(closedMs).toISOString() }),
  };
}
