import { type Static, Type } from 'typebox';
import { byField, nameSchema, subjectIdSchema, timeSchema } from './words.ts';

/** Most subjects of one request. */
export const MOST_SUBJECTS = 1000;

const valueSchema = Type.Union([Type.String({ minLength: 1, maxLength: 1000 }), Type.Null()]);

/** Fields that change; null takes one away, what is left out stays. */
export const fieldsChangeSchema = Type.Object(byField(valueSchema), { additionalProperties: false });

/** `PUT /v1/subjects/{id}`. */
export const subjectChangeSchema = Type.Object(
  {
    fields: fieldsChangeSchema,
    /** Since when the values are true; left out: now. */
    at: Type.Optional(timeSchema),
  },
  { additionalProperties: false },
);
export type SubjectChangeBody = Static<typeof subjectChangeSchema>;

/** `POST /v1/subjects`. */
export const subjectsChangeSchema = Type.Object(
  {
    subjects: Type.Array(
      Type.Object(
        { id: subjectIdSchema, fields: fieldsChangeSchema, at: Type.Optional(timeSchema) },
        { additionalProperties: false },
      ),
      { minItems: 1, maxItems: MOST_SUBJECTS },
    ),
  },
  { additionalProperties: false },
);
export type SubjectsChangeBody = Static<typeof subjectsChangeSchema>;

/** Query of what shows a person's data: the ticket that justifies it. */
export const subjectAccessQuerySchema = Type.Object({ ticket: nameSchema }, { additionalProperties: false });
export type SubjectAccessQuery = Static<typeof subjectAccessQuerySchema>;

/** `GET /v1/subjects/{id}/disclosures`: who saw the data of a person, the newest first. */
export const seenBySchema = Type.Object({
  disclosures: Type.Array(
    Type.Object({
      at: timeSchema,
      principal: Type.String(),
      purpose: Type.String(),
      basis: Type.String(),
      /** Such as `address name phone/masked`. */
      fields: Type.String(),
      /** `allow`, `mask` or `deny`. */
      decision: Type.String(),
      log: Type.String(),
      shard: Type.String(),
      index: Type.Integer({ minimum: 0 }),
    }),
  ),
  /** There are more: ask again with `before`. */
  next: Type.Optional(Type.String()),
});
export type SeenByBody = Static<typeof seenBySchema>;
