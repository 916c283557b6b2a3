import { type Static, Type } from 'typebox';
import { timeSchema } from './words.ts';

/*
 * Bodies of the capture interface of GS1 EPCIS 2.0 (section 12.6 and its OpenAPI document). Documents and events are checked by hand, place by place: their schema is the standard's.
 */

/** An EPCISDocument or EPCISQueryDocument, or one event. */
export const epcisBodySchema = Type.Object({ type: Type.String() });

/** `GET /v1/epcis/capture/{captureID}`. */
export const captureJobSchema = Type.Object({
  captureID: Type.String(),
  createdAt: timeSchema,
  running: Type.Boolean(),
  success: Type.Boolean(),
  errors: Type.Array(
    Type.Object({
      type: Type.String(),
      title: Type.String(),
      status: Type.Integer(),
      detail: Type.String(),
    }),
  ),
});
export type CaptureJobBody = Static<typeof captureJobSchema>;

/** `GET /v1/epcis/capture`. */
export const captureQuerySchema = Type.Object(
  {
    perPage: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,2}$' })),
    nextPageToken: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,40}$' })),
  },
  { additionalProperties: false },
);
export type CaptureQuery = Static<typeof captureQuerySchema>;
