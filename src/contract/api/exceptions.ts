import { type Static, Type } from 'typebox';
import { timeSchema } from './words.ts';

/** What whoever reviews an exception finds. */
export const exceptionFindings = ['justified', 'unjustified'] as const;

/** Shard and index of the ledger. */
export const exceptionIdSchema = Type.String({ maxLength: 24, pattern: '^[0-9]{4}h[12][.][0-9]{1,15}$' });

/** Somebody got data without a business fact. It names nobody whose data it is: that is for those who see to persons' rights. */
export const exceptionSchema = Type.Object({
  id: Type.String(),
  /** Missing where the person was erased since, with all but who asked. */
  at: Type.Optional(timeSchema),
  principal: Type.String(),
  purpose: Type.Optional(Type.String()),
  /** Such as `name/masked trackingNumber`. */
  fields: Type.Optional(Type.String()),
  /** As whoever asked wrote it. */
  reason: Type.Optional(Type.String()),
  log: Type.String(),
  shard: Type.String(),
  index: Type.Integer({ minimum: 0 }),
  /** The newest; missing: nobody has looked at it. */
  review: Type.Optional(Type.Object({ finding: Type.Enum(exceptionFindings), by: Type.String(), at: timeSchema })),
});
export type ExceptionBody = Static<typeof exceptionSchema>;

export const exceptionsSchema = Type.Object({
  exceptions: Type.Array(exceptionSchema),
  /** There are more: ask again with `before`. */
  next: Type.Optional(Type.String()),
});
export type ExceptionsBody = Static<typeof exceptionsSchema>;

/** `GET /v1/exceptions`: the newest first; `open`: those alone that nobody has looked at. */
export const exceptionsQuerySchema = Type.Object(
  { before: Type.Optional(exceptionIdSchema), open: Type.Optional(Type.Enum(['true'])) },
  { additionalProperties: false },
);
export type ExceptionsQuery = Static<typeof exceptionsQuerySchema>;

/** `POST /v1/exceptions/{id}/reviews`. */
export const exceptionReviewSchema = Type.Object(
  { finding: Type.Enum(exceptionFindings) },
  { additionalProperties: false },
);
export type ExceptionReviewBody = Static<typeof exceptionReviewSchema>;
