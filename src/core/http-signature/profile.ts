import type { FieldLines, RequestMessage } from './message.ts';
import { createSignatureBase } from './signature-base.ts';
import { integerParameter, textParameter } from './signature-fields.ts';
import type { BareItem, FieldParameters, InnerList } from './structured-fields.ts';
import { writeDictionary, writeInnerList } from './write-fields.ts';

/*
 * Which signatures of RFC 9421 the gateway takes (docs/spec/signing-requests.md): what the client signs and what the gateway asks for, in one place.
 */

/** Of a request's signatures, the one with this `tag` is meant for Boltseal. */
export const SIGNATURE_TAG = 'boltseal';
const LABEL = 'boltseal';

/** What a client is asked for that did not sign (`Accept-Signature`, RFC 9421, section 5.1). */
export const ACCEPT_SIGNATURE = `${LABEL}=("@method" "@authority" "@path" "@query" "content-digest");created;tag="${SIGNATURE_TAG}"`;

/** Fields that change what a request means: covered whenever the request has them. */
const meaningfulFields = [
  'content-digest',
  'content-type',
  'content-encoding',
  'idempotency-key',
  'if-match',
  'gs1-capture-error-behaviour',
];

/**
 * Most components of a signature, and of them those with parameters, for each of which a whole query or field is read: 300 such cost a third of a second of processor time, before
 * anything is verified.
 */
const MOST_COMPONENTS = 32;
const MOST_PARTS = 4;

const knownParameters = new Set(['created', 'expires', 'nonce', 'keyid', 'alg', 'tag']);

/** What the gateway needs of a signature's parameters. */
export interface ProfileParameters {
  /** Seconds since 1970. */
  readonly createdSeconds: number;
  readonly expiresSeconds: number | null;
  readonly nonce: string;
  readonly keyId: string;
}

/** The parameters of a signature with Boltseal's tag, or what it lacks: in words that carry nothing of the request. */
export function readProfile(
  covered: InnerList,
  fields: FieldLines,
  hasBody: boolean,
): ProfileParameters | { readonly problem: string } {
  for (const name of covered.parameters.keys())
    if (!knownParameters.has(name)) return { problem: 'the signature has a parameter that is not known here' };
  const createdSeconds = integerParameter(covered, 'created');
  const expiresSeconds = integerParameter(covered, 'expires');
  const nonce = textParameter(covered, 'nonce');
  const keyId = textParameter(covered, 'keyid');
  if (createdSeconds === null || createdSeconds < 0) return { problem: 'the signature needs "created"' };
  if (expiresSeconds === null && covered.parameters.has('expires')) return { problem: '"expires" is no integer' };
  if (nonce === null || !/^[A-Za-z0-9+/=_-]{16,64}$/.test(nonce))
    return { problem: 'the signature needs a "nonce" of 16 to 64 letters of Base64' };
  if (keyId === null || !/^[A-Za-z0-9_-]{43}$/.test(keyId))
    return { problem: 'the signature needs a "keyid", the thumbprint of the key' };
  if (covered.parameters.has('alg') && textParameter(covered, 'alg') !== 'ed25519')
    return { problem: 'the signature must be of the algorithm ed25519' };
  const parts = covered.items.filter(({ parameters }) => parameters.size > 0).length;
  if (covered.items.length > MOST_COMPONENTS || parts > MOST_PARTS)
    return {
      problem: `the signature covers more than ${MOST_COMPONENTS} components, or parts of more than ${MOST_PARTS}`,
    };
  const missing = findMissingComponent(covered, fields, hasBody);
  if (missing !== null) return { problem: `the signature must cover ${missing}` };
  return { createdSeconds, expiresSeconds, nonce, keyId };
}

function findMissingComponent(covered: InnerList, fields: FieldLines, hasBody: boolean): string | null {
  // A component with parameters shows less than the whole.
  const whole = new Set<unknown>();
  for (const { item, parameters } of covered.items) if (parameters.size === 0) whole.add(item.value);
  if (!whole.has('@method')) return '@method';
  if (!whole.has('@authority')) return '@authority';
  if (!whole.has('@target-uri') && !(whole.has('@path') && whole.has('@query'))) return '@path and @query';
  if (hasBody && !whole.has('content-digest')) return 'content-digest';
  for (const name of meaningfulFields) if (fields.has(name) && !whole.has(name)) return name;
  return null;
}

/** A request that is about to be signed. */
export interface UnsignedRequest extends Omit<RequestMessage, 'trailers'> {
  readonly headers: FieldLines;
}

export interface SigningParameters {
  readonly keyId: string;
  /** Seconds since 1970. */
  readonly createdSeconds: number;
  /** 16 to 64 letters of Base64, never used before with this key. */
  readonly nonce: string;
}

/** What has to be signed, and the fields that carry the signature then. */
export interface SigningPlan {
  /** ASCII. */
  readonly base: string;
  fields(signature: Uint8Array): { readonly 'signature-input': string; readonly signature: string };
}

/** Covers everything that the gateway asks for. Null when the request cannot be signed: characters beyond ASCII in its target or its covered fields. */
export function planSignature(request: UnsignedRequest, given: SigningParameters): SigningPlan | null {
  const present = meaningfulFields.filter((name) => request.headers.has(name));
  const covered: InnerList = {
    items: ['@method', '@authority', '@path', '@query', ...present].map((value) => ({
      item: { type: 'string', value },
      parameters: new Map(),
    })),
    parameters: new Map<string, BareItem>([
      ['created', { type: 'integer', value: given.createdSeconds }],
      ['nonce', { type: 'string', value: given.nonce }],
      ['keyid', { type: 'string', value: given.keyId }],
      ['tag', { type: 'string', value: SIGNATURE_TAG }],
    ]) satisfies FieldParameters,
  };
  const { base } = createSignatureBase(covered, { request, response: null });
  if (base === null) return null;
  return {
    base,
    fields: (signature) => ({
      'signature-input': `${LABEL}=${writeInnerList(covered)}`,
      signature: writeDictionary(
        new Map([[LABEL, { item: { type: 'bytes', value: signature }, parameters: new Map() }]]),
      ),
    }),
  };
}
