import { type Static, Type } from 'typebox';
import { nameSchema, timeSchema } from './words.ts';

/** `GET /v1/session`: who is signed in, and what pages send along with requests that change something. */
export const sessionSchema = Type.Object({
  principal: nameSchema,
  role: nameSchema,
  /** For the header `x-boltseal-csrf`. */
  csrf: Type.String(),
  /** At the latest. */
  ends: timeSchema,
});
export type SessionBody = Static<typeof sessionSchema>;

/** `POST /v1/session/link`: what stands behind the `#` of a link. */
export const linkSchema = Type.Object(
  { token: Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' }) },
  { additionalProperties: false },
);
export type LinkBody = Static<typeof linkSchema>;

/** `POST /v1/principals/{id}/link`. */
export const madeLinkSchema = Type.Object({ url: Type.String() });

/** An answer of `navigator.credentials`, as `PublicKeyCredential.toJSON` gives it (WebAuthn, level 3). */
export const credentialSchema = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 1400, pattern: '^[A-Za-z0-9_-]+$' }),
    rawId: Type.String({ maxLength: 1400 }),
    type: Type.Literal('public-key'),
    response: Type.Record(Type.String({ maxLength: 40 }), Type.Unknown()),
  },
  { additionalProperties: true },
);
export type CredentialBody = Static<typeof credentialSchema>;

/** Options for `navigator.credentials`. */
export const credentialOptionsSchema = Type.Object({}, { additionalProperties: true });

export const passkeySchema = Type.Object({ id: Type.String() });

/** `GET /v1/principals/{id}/passkeys`. */
export const passkeyListSchema = Type.Object({
  passkeys: Type.Array(Type.Object({ id: Type.String(), created: timeSchema, revoked: Type.Optional(timeSchema) })),
});
