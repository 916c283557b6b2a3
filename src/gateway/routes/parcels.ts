import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { Type } from 'typebox';
import {
  type ParcelBody,
  type ParcelChangeBody,
  type ParcelsChangeBody,
  parcelSchema,
  parcelsChangeSchema,
  type WriteSummaryBody,
  writeSummarySchema,
} from '../../contract/api/parcels.ts';
import { type ParcelParty, trackingNumberSchema } from '../../contract/api/words.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { Vault } from '../../vault/port.ts';
import { callerOf } from '../caller.ts';
import { requireFeed } from '../context/duties.ts';
import { timeMs } from '../context/times.ts';
import type { Movement } from '../movements/movement.ts';
import type { ParcelParties, ParcelTracking } from '../movements/tracking.ts';

/** What the routes of parcels need. */
export interface ParcelServices {
  readonly vault: Pick<Vault, 'parcels'>;
  readonly tracking: ParcelTracking;
  readonly nowMs: () => number;
}

const params = Type.Object({ trackingNumber: trackingNumberSchema });
const tags = ['parcels'];

/** `POST /v1/parcels` and `GET /v1/parcels/{trackingNumber}`: for the company's own services. */
export function parcelRoutes(app: FastifyInstance, { vault, tracking, nowMs }: ParcelServices): void {
  app.post<{ Body: ParcelsChangeBody }>(
    '/v1/parcels',
    {
      schema: {
        tags,
        summary: 'Parcels are made, change hands, or are somewhere else; in any order',
        body: parcelsChangeSchema,
        response: { 200: writeSummarySchema },
      },
    },
    async (request): Promise<WriteSummaryBody> => {
      requireFeed(callerOf(request), 'parcels');
      const now = nowMs();
      const { parcels } = request.body;
      return tracking.record(
        parcels.map((parcel, i) => movementOf(parcel, timeMs(parcel.at, now, `/parcels/${i}/at`))),
        parcels.map(partiesOf),
      );
    },
  );
  app.get<{ Params: { trackingNumber: string } }>(
    '/v1/parcels/:trackingNumber',
    { schema: { tags, summary: "Where a parcel is, without anybody's data", params, response: { 200: parcelSchema } } },
    async (request): Promise<ParcelBody> => {
      requireFeed(callerOf(request), 'parcels');
      const [parcel] = await vault.parcels([request.params.trackingNumber]);
      if (parcel === null || parcel === undefined) throw new BoltsealError('GATEWAY_NOT_FOUND');
      const { trackingNumber, status, station, due, atMs } = parcel;
      return { trackingNumber, status, station, due: [...due], at: new Date(atMs).toISOString() };
    },
  );
}

/** Sent again at the same time with the same content it is the same event. */
function movementOf({ trackingNumber, status, station, due, at }: ParcelChangeBody, atMs: number): Movement {
  const content = JSON.stringify([status, station, due, at === undefined ? null : atMs]);
  return {
    trackingNumber,
    atMs,
    event: `service:${atMs}:${createHash('sha256').update(content).digest('base64url')}`,
    status: status ?? null,
    station,
    due: due ?? null,
    next: null,
    isVoid: false,
  };
}

function partiesOf({ trackingNumber, recipient, sender }: ParcelChangeBody): ParcelParties {
  const parties: Partial<Record<ParcelParty, string>> = {};
  if (recipient !== undefined) parties.recipient = recipient;
  if (sender !== undefined) parties.sender = sender;
  return { trackingNumber, parties };
}
