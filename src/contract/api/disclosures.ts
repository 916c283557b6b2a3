import { type Static, Type } from 'typebox';
import { byField, formSchema, nameSchema, partySchema, subjectIdSchema, trackingNumberSchema } from './words.ts';

/** Most parcels and subjects of one request. */
export const MOST_TARGETS = 100;

/** `POST /v1/disclosures`: what is asked for, and why. */
export const disclosureRequestSchema = Type.Object(
  {
    purpose: nameSchema,
    /** In which form each field is wanted; a field that is not named is not given. */
    fields: Type.Object(byField(formSchema), { additionalProperties: false, minProperties: 1 }),
    parcels: Type.Optional(
      Type.Array(trackingNumberSchema, { minItems: 1, maxItems: MOST_TARGETS, uniqueItems: true }),
    ),
    party: Type.Optional(partySchema),
    subjects: Type.Optional(Type.Array(subjectIdSchema, { minItems: 1, maxItems: MOST_TARGETS, uniqueItems: true })),
    /** The ticket of customer service that justifies it. */
    ticket: Type.Optional(nameSchema),
    /** Asks although no business fact justifies it: marked, and counted double. */
    exception: Type.Optional(
      Type.Object({ reason: Type.String({ minLength: 8, maxLength: 300 }) }, { additionalProperties: false }),
    ),
  },
  { additionalProperties: false },
);
export type DisclosureRequest = Static<typeof disclosureRequestSchema>;

/** Where the ledger has a decision. */
export const receiptSchema = Type.Object({
  log: Type.String(),
  shard: Type.String(),
  index: Type.Integer({ minimum: 0 }),
});
export type Receipt = Static<typeof receiptSchema>;

/** What became of one parcel or subject. */
export const disclosureResultSchema = Type.Object({
  parcel: Type.Optional(trackingNumberSchema),
  subject: Type.Optional(subjectIdSchema),
  decision: Type.Enum(['allowed', 'refused']),
  /** Why it was refused: a code of docs/errors.md. */
  code: Type.Optional(Type.String()),
  values: Type.Optional(Type.Object(byField(Type.Object({ form: formSchema, value: Type.String() })))),
  receipt: receiptSchema,
});
export type DisclosureResult = Static<typeof disclosureResultSchema>;

export const disclosureAnswerSchema = Type.Object({ disclosures: Type.Array(disclosureResultSchema) });
export type DisclosureAnswer = Static<typeof disclosureAnswerSchema>;
