import { type Static, Type } from 'typebox';
import { nameSchema, principalKinds, timeSchema } from './words.ts';

/** Names and values that a company gives its principals, stations and partners; never a person's data. */
export const attributesSchema = Type.Record(
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' }),
  Type.String({ maxLength: 256 }),
  { maxProperties: 32, additionalProperties: false },
);

/** A public key in DER (SubjectPublicKeyInfo), as Base64. */
export const publicKeySchema = Type.String({ minLength: 40, maxLength: 2000, pattern: '^[A-Za-z0-9+/]+={0,2}$' });
export const keyIdSchema = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' });

export const keyUses = ['signature', 'certificate'] as const;
export const principalStates = ['active', 'suspended', 'revoked'] as const;

/** `PUT /v1/principals/{id}`: makes one, or changes what is given. */
export const principalChangeSchema = Type.Object(
  {
    /** Needed for a new one; never changes. */
    kind: Type.Optional(Type.Enum(principalKinds)),
    /** Needed for a new one. */
    role: Type.Optional(nameSchema),
    /** Null: none. */
    station: Type.Optional(Type.Union([nameSchema, Type.Null()])),
    partner: Type.Optional(Type.Union([nameSchema, Type.Null()])),
    /** As a whole. */
    attributes: Type.Optional(attributesSchema),
  },
  { additionalProperties: false },
);
export type PrincipalChangeBody = Static<typeof principalChangeSchema>;

/** `PUT /v1/principals/{id}/state`. Revoked is for good. */
export const principalStateSchema = Type.Object({ state: Type.Enum(principalStates) }, { additionalProperties: false });
export type PrincipalStateBody = Static<typeof principalStateSchema>;

/** `POST /v1/principals/{id}/keys`. */
export const newKeySchema = Type.Object(
  {
    use: Type.Enum(keyUses),
    publicKey: publicKeySchema,
    /** Left out: now. */
    notBefore: Type.Optional(timeSchema),
    /** Left out: until it is revoked. */
    notAfter: Type.Optional(timeSchema),
  },
  { additionalProperties: false },
);
export type NewKeyBody = Static<typeof newKeySchema>;

export const keySchema = Type.Object({
  id: keyIdSchema,
  use: Type.Enum(keyUses),
  notBefore: timeSchema,
  notAfter: Type.Optional(timeSchema),
  revoked: Type.Optional(timeSchema),
});
export type KeyBody = Static<typeof keySchema>;

export const principalSchema = Type.Object({
  id: nameSchema,
  kind: Type.Enum(principalKinds),
  role: nameSchema,
  station: Type.Optional(nameSchema),
  partner: Type.Optional(nameSchema),
  attributes: attributesSchema,
  state: Type.Enum(principalStates),
  created: timeSchema,
  changed: timeSchema,
});
export type PrincipalBody = Static<typeof principalSchema>;

export const principalWithKeysSchema = Type.Object({
  ...principalSchema.properties,
  keys: Type.Array(keySchema),
});

/** Query of lists: the id behind which it goes on. */
export const pageQuerySchema = Type.Object({ after: Type.Optional(nameSchema) }, { additionalProperties: false });
export type PageQuery = Static<typeof pageQuerySchema>;
/** Most of one answer. */
export const PAGE_SIZE = 200;

export const principalListSchema = Type.Object({ principals: Type.Array(principalSchema) });

/** `GET /v1/audit`: changes of the directory behind a number, oldest first. */
export const auditQuerySchema = Type.Object(
  { after: Type.Optional(Type.String({ pattern: '^[0-9]{1,15}$' })) },
  { additionalProperties: false },
);
export type AuditQuery = Static<typeof auditQuerySchema>;

export const auditListSchema = Type.Object({
  entries: Type.Array(
    Type.Object({
      number: Type.Integer({ minimum: 1 }),
      at: timeSchema,
      /** A principal, or what did it, in brackets. */
      actor: Type.String(),
      action: Type.String(),
      object: Type.String(),
      detail: Type.Record(Type.String(), Type.Unknown()),
    }),
  ),
});
