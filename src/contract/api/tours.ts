import { type Static, Type } from 'typebox';
import { nameSchema, trackingNumberSchema } from './words.ts';

/** Most parcels of one tour. */
export const MOST_TOUR_PARCELS = 2000;

export const daySchema = Type.String({ pattern: '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$' });

/** `PUT /v1/tours/{id}`: the tour as a whole. */
export const tourChangeSchema = Type.Object(
  {
    /** The principal who drives it. */
    courier: nameSchema,
    /** Where the company is. */
    day: daySchema,
    /** Left out: open. */
    open: Type.Optional(Type.Boolean()),
    parcels: Type.Array(trackingNumberSchema, { maxItems: MOST_TOUR_PARCELS, uniqueItems: true }),
  },
  { additionalProperties: false },
);
export type TourChangeBody = Static<typeof tourChangeSchema>;

/** A tour without its parcels: their numbers are not kept. */
export const tourSchema = Type.Object({
  id: nameSchema,
  courier: nameSchema,
  day: daySchema,
  open: Type.Boolean(),
  parcels: Type.Integer({ minimum: 0 }),
});
export type TourBody = Static<typeof tourSchema>;
