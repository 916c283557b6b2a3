import { type Static, Type } from 'typebox';
import { nameSchema, subjectIdSchema, timeSchema, trackingNumberSchema } from './words.ts';

/** `PUT /v1/tickets/{id}`: about a subject or a parcel, for a group or an agent. */
export const ticketChangeSchema = Type.Object(
  {
    subject: Type.Optional(subjectIdSchema),
    parcel: Type.Optional(trackingNumberSchema),
    /** As in the attribute `group` of principals. */
    group: Type.Optional(nameSchema),
    /** Principal. */
    agent: Type.Optional(nameSchema),
    /** A word of the company's, such as `late` or `damaged`: never what a customer wrote. */
    reason: nameSchema,
    /** Left out: now, or what it was. */
    opened: Type.Optional(timeSchema),
    /** Left out: open. */
    closed: Type.Optional(timeSchema),
  },
  { additionalProperties: false },
);
export type TicketChangeBody = Static<typeof ticketChangeSchema>;

/** A ticket without whom it is about: that is not kept. */
export const ticketSchema = Type.Object({
  id: nameSchema,
  about: Type.Enum(['subject', 'parcel']),
  group: Type.Optional(nameSchema),
  agent: Type.Optional(nameSchema),
  reason: nameSchema,
  opened: timeSchema,
  closed: Type.Optional(timeSchema),
});
export type TicketBody = Static<typeof ticketSchema>;
