import { type Static, Type } from 'typebox';
import { purposes } from './purposes.ts';
import { formSchema, policyActs, timeSchema, vaultFieldSchema } from './words.ts';

/** Longest text of policies, in characters. */
export const MOST_POLICY_TEXT = 128 * 1024;

const numberSchema = Type.Integer({ minimum: 1 });
const purposeSchema = Type.Enum(purposes);
/** What somebody may do: read, request an export, approve one. */
const actSchema = Type.Enum(policyActs);

/** What policies permit that somebody should have meant; docs/spec/policies.md. */
export const findingSchema = Type.Object({
  level: Type.Enum(['danger', 'notice']),
  code: Type.String(),
  act: actSchema,
  role: Type.String(),
  form: formSchema,
  fields: Type.Array(vaultFieldSchema),
  purposes: Type.Array(purposeSchema),
  text: Type.String(),
});
export type FindingBody = Static<typeof findingSchema>;

/** What somebody may read by one version of the policies and not by another. */
export const accessChangeSchema = Type.Object({
  change: Type.Enum(['gained', 'lost']),
  act: actSchema,
  role: Type.String(),
  form: formSchema,
  fields: Type.Array(vaultFieldSchema),
  purposes: Type.Array(purposeSchema),
  /** Of several people in one request. */
  bulk: Type.Boolean(),
  /** Without a business fact. */
  exception: Type.Boolean(),
});
export type AccessChangeBody = Static<typeof accessChangeSchema>;

/** One version of the policies, without its text. */
export const policyVersionSchema = Type.Object({
  number: numberSchema,
  /** As the ledger names it. */
  version: Type.String(),
  proposedBy: Type.String(),
  proposedAt: timeSchema,
  isActive: Type.Boolean(),
  /** The newest last; empty: it never was active. */
  activations: Type.Array(Type.Object({ by: Type.String(), at: timeSchema, accepted: Type.Array(Type.String()) })),
});
export type PolicyVersionBody = Static<typeof policyVersionSchema>;

export const policyVersionsSchema = Type.Object({ versions: Type.Array(policyVersionSchema) });

/** `GET /v1/policies` and `GET /v1/policies/versions/{number}`. */
export const policiesSchema = Type.Object({ ...policyVersionSchema.properties, text: Type.String() });
export type PoliciesBody = Static<typeof policiesSchema>;

/** `PUT /v1/policies`: the first of two steps; nothing changes yet. */
export const policyProposalSchema = Type.Object(
  { text: Type.String({ maxLength: MOST_POLICY_TEXT }) },
  { additionalProperties: false },
);
export type PolicyProposalBody = Static<typeof policyProposalSchema>;

export const policyProposedSchema = Type.Object({
  number: numberSchema,
  version: Type.String(),
  findings: Type.Array(findingSchema),
  changes: Type.Array(accessChangeSchema),
});
export type PolicyProposedBody = Static<typeof policyProposedSchema>;

/** `POST /v1/policies/versions/{number}/activate`: the second step. */
export const policyActivationSchema = Type.Object(
  {
    /** Codes of the dangers that are meant. */
    accept: Type.Optional(Type.Array(Type.String({ maxLength: 40 }), { maxItems: 20, uniqueItems: true })),
  },
  { additionalProperties: false },
);
export type PolicyActivationBody = Static<typeof policyActivationSchema>;
