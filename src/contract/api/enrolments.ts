import { type Static, Type } from 'typebox';
import { attributesSchema, publicKeySchema } from './principals.ts';
import { nameSchema, timeSchema } from './words.ts';

export const approvals = ['automatic', 'administrator'] as const;
export const enrolmentStates = ['open', 'waiting', 'approved', 'locked', 'expired'] as const;

/** `POST /v1/enrolments`: makes a code for one device. */
export const newEnrolmentSchema = Type.Object(
  {
    role: nameSchema,
    station: Type.Optional(nameSchema),
    partner: Type.Optional(nameSchema),
    attributes: Type.Optional(attributesSchema),
    /** Id of the principal that the device becomes; left out: one is made up. */
    principal: Type.Optional(nameSchema),
    /** Left out: an administrator approves. */
    approval: Type.Optional(Type.Enum(approvals)),
    /** Left out: an hour. */
    ttlSeconds: Type.Optional(Type.Integer({ minimum: 60, maximum: 604_800 })),
  },
  { additionalProperties: false },
);
export type NewEnrolmentBody = Static<typeof newEnrolmentSchema>;

export const enrolmentSchema = Type.Object({
  id: Type.String(),
  state: Type.Enum(enrolmentStates),
  principal: nameSchema,
  role: nameSchema,
  station: Type.Optional(nameSchema),
  partner: Type.Optional(nameSchema),
  attributes: attributesSchema,
  approval: Type.Enum(approvals),
  created: timeSchema,
  createdBy: Type.String(),
  expires: timeSchema,
  /** What the device says of itself, and its key: for whoever approves. */
  claimed: Type.Optional(Type.Object({ at: timeSchema, keyId: Type.String(), attributes: attributesSchema })),
});
export type EnrolmentBody = Static<typeof enrolmentSchema>;
export const enrolmentListSchema = Type.Object({ enrolments: Type.Array(enrolmentSchema) });

/** The code is shown once, here: only a hash of it is kept. */
export const madeEnrolmentSchema = Type.Object({ ...enrolmentSchema.properties, code: Type.String() });

/** `POST /v1/enrolments/claim`, signed with the key that it brings. The same device asks again with it until it is approved. */
export const enrolmentClaimSchema = Type.Object(
  {
    code: Type.String({ minLength: 10, maxLength: 40 }),
    publicKey: publicKeySchema,
    attributes: Type.Optional(attributesSchema),
  },
  { additionalProperties: false },
);
export type EnrolmentClaimBody = Static<typeof enrolmentClaimSchema>;

export const enrolmentClaimAnswerSchema = Type.Object({
  state: Type.Enum(['waiting', 'approved']),
  principal: nameSchema,
  keyId: Type.String(),
});
export type EnrolmentClaimAnswer = Static<typeof enrolmentClaimAnswerSchema>;
