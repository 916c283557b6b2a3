import { createPublicKey, hash, type KeyObject } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { KeyUse } from './port.ts';

/** Reads a public key; its id is what signatures or certificates name it by. Fails with DIRECTORY_KEY. */
export function readPublicKey(use: KeyUse, spki: Uint8Array): { readonly id: string; readonly key: KeyObject } {
  let key: KeyObject;
  try {
    key = createPublicKey({ key: Buffer.from(spki), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new BoltsealError('DIRECTORY_KEY', { problem: 'it is no public key in DER' }, { cause });
  }
  if (use === 'certificate') return { id: spkiThumbprint(key), key };
  return { id: jwkThumbprint(key), key };
}

/** SHA-256 of the SubjectPublicKeyInfo, as 43 letters of base64url. */
export function spkiThumbprint(key: KeyObject): string {
  return hash('sha256', key.export({ format: 'der', type: 'spki' }), 'base64url');
}

/** Thumbprint of an Ed25519 key (RFC 7638 with the members that RFC 8037, section 2, names). Fails with DIRECTORY_KEY for keys of other kinds. */
export function jwkThumbprint(key: KeyObject): string {
  if (key.asymmetricKeyType !== 'ed25519')
    throw new BoltsealError('DIRECTORY_KEY', { problem: 'it is no Ed25519 key' });
  const { x } = key.export({ format: 'jwk' });
  return hash('sha256', `{"crv":"Ed25519","kty":"OKP","x":"${x}"}`, 'base64url');
}
