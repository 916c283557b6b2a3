import { toUtf8 } from '../core/bytes.ts';
import { writeDigest } from '../core/http-signature/content-digest.ts';
import { planSignature } from '../core/http-signature/profile.ts';
import { asArrayBuffer, type PrivateKey, toBase64Url } from './keys.ts';

/** Who signs. */
export interface Signer {
  readonly key: PrivateKey;
  /** As the gateway knows the key: `DeviceKey.keyId`. */
  readonly keyId: string;
}

export interface RequestToSign {
  readonly method: string;
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: Uint8Array | null;
}

/**
 * The headers that a request needs besides its own: digest of the body and signature (docs/spec/signing-requests.md), with a nonce of its own, so once for each time it is sent.
 * Rejects with TypeError for headers beyond ASCII.
 */
export async function signRequest(
  signer: Signer,
  { method, url, headers, body }: RequestToSign,
  nowMs: number,
): Promise<Record<string, string>> {
  const added: Record<string, string> = {};
  if (body !== null && body.length > 0) {
    const digest = await crypto.subtle.digest('SHA-256', asArrayBuffer(body));
    added['content-digest'] = writeDigest('sha-256', new Uint8Array(digest));
  }
  const fields = Object.entries({ ...headers, ...added }).map(([name, value]) => [name, [value]] as const);
  const request = {
    method,
    scheme: url.protocol.slice(0, -1),
    authority: url.host,
    target: url.pathname + url.search,
    headers: new Map(fields),
  };
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(18)));
  const plan = planSignature(request, { keyId: signer.keyId, createdSeconds: Math.floor(nowMs / 1000), nonce });
  if (plan === null) throw new TypeError('a header of the request cannot be signed: only ASCII can');
  const signature = await crypto.subtle.sign('Ed25519', signer.key, asArrayBuffer(toUtf8(plan.base)));
  return { ...added, ...plan.fields(new Uint8Array(signature)) };
}
