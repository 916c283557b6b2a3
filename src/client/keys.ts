import { toBase64 } from '../core/base64.ts';
import { toUtf8 } from '../core/bytes.ts';

/** A private key of Web Cryptography; it need not be extractable, so a browser can keep it in its database without anybody reading it. */
export type PrivateKey = Parameters<typeof crypto.subtle.sign>[1];

/** What a device makes for itself when it enrols. */
export interface DeviceKey {
  readonly key: PrivateKey;
  /** SubjectPublicKeyInfo in DER, as Base64. */
  readonly publicKey: string;
  /** Thumbprint of the key (RFC 7638), which names it in signatures. */
  readonly keyId: string;
}

/** Makes an Ed25519 key that cannot be taken out. Rejects where Web Cryptography has no Ed25519. */
export async function makeDeviceKey(): Promise<DeviceKey> {
  const made = await crypto.subtle.generateKey('Ed25519', false, ['sign', 'verify']);
  if (!('privateKey' in made)) throw new TypeError('Ed25519 makes pairs of keys');
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', made.publicKey));
  return { key: made.privateKey, publicKey: toBase64(spki), keyId: await keyIdOf(made.publicKey) };
}

/** A private key from PKCS #8 in DER, for services that have it in a file. */
export async function importPrivateKey(pkcs8: Uint8Array<ArrayBuffer>): Promise<PrivateKey> {
  return crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign']);
}

/** The thumbprint of an Ed25519 public key (RFC 7638, RFC 8037), as base64url. */
export async function keyIdOf(publicKey: PrivateKey): Promise<string> {
  const { x } = await crypto.subtle.exportKey('jwk', publicKey);
  const members = toUtf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`);
  return toBase64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', asArrayBuffer(members))));
}

/** Base64 for addresses and tokens (RFC 4648, section 5), without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** The same bytes as Web Cryptography's types want them: never in memory that is shared. */
export function asArrayBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
