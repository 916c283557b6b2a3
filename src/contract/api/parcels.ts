import { type Static, Type } from 'typebox';
import { nameSchema, parcelStatuses, subjectIdSchema, timeSchema, trackingNumberSchema } from './words.ts';

/** Most parcels of one request. */
export const MOST_PARCELS = 1000;

const statusSchema = Type.Enum(parcelStatuses);
const dueSchema = Type.Array(nameSchema, { maxItems: 32, uniqueItems: true });

/** What the company's services say of a parcel: what is left out stays. */
export const parcelChangeSchema = Type.Object(
  {
    trackingNumber: trackingNumberSchema,
    recipient: Type.Optional(subjectIdSchema),
    sender: Type.Optional(subjectIdSchema),
    status: Type.Optional(statusSchema),
    /** Null: on the way. */
    station: Type.Optional(Type.Union([nameSchema, Type.Null()])),
    /** Stations where it is due, the next first. */
    due: Type.Optional(dueSchema),
    /** When this was so; left out: now. Changes may come in any order. */
    at: Type.Optional(timeSchema),
  },
  { additionalProperties: false },
);
export type ParcelChangeBody = Static<typeof parcelChangeSchema>;

/** `POST /v1/parcels`. */
export const parcelsChangeSchema = Type.Object(
  { parcels: Type.Array(parcelChangeSchema, { minItems: 1, maxItems: MOST_PARCELS }) },
  { additionalProperties: false },
);
export type ParcelsChangeBody = Static<typeof parcelsChangeSchema>;

/** What became of a request that writes. */
export const writeSummarySchema = Type.Object({
  made: Type.Integer({ minimum: 0 }),
  changed: Type.Integer({ minimum: 0 }),
  same: Type.Integer({ minimum: 0 }),
});
export type WriteSummaryBody = Static<typeof writeSummarySchema>;

/** `GET /v1/parcels/{trackingNumber}`: where it is, and nobody's data. */
export const parcelSchema = Type.Object({
  trackingNumber: trackingNumberSchema,
  status: statusSchema,
  station: Type.Union([nameSchema, Type.Null()]),
  due: dueSchema,
  at: timeSchema,
});
export type ParcelBody = Static<typeof parcelSchema>;
