import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { SignatureAlgorithm } from '../../core/note/signature-types.ts';
import type { SignatureVerifier } from '../../core/note/verify-note.ts';

/** DER before the raw key in a SubjectPublicKeyInfo (RFC 8410, section 4; RFC 9881, section 4). */
const spkiPrefixes: Readonly<Record<SignatureAlgorithm, Buffer>> = {
  ed25519: Buffer.from('302a300506032b6570032100', 'hex'),
  'ml-dsa-44': Buffer.from('30820532300b06096086480165030403110382052100', 'hex'),
};
const publicKeyBytes: Readonly<Record<SignatureAlgorithm, number>> = { ed25519: 32, 'ml-dsa-44': 1312 };

/** Checks by Node's crypto: Ed25519 (RFC 8032) and ML-DSA-44 with an empty context (FIPS 204). */
export const nodeVerifier: SignatureVerifier = {
  verify(algorithm, publicKey, message, signature) {
    if (publicKey.length !== publicKeyBytes[algorithm]) return false;
    try {
      return verify(null, message, publicKeyOf(algorithm, publicKey), signature);
    } catch {
      // Keys and signatures come from anybody; what OpenSSL cannot read is no signature.
      return false;
    }
  },
};

/** The raw bytes of a public key. */
export function rawPublicKey(algorithm: SignatureAlgorithm, key: KeyObject): Uint8Array {
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }).subarray(-publicKeyBytes[algorithm]));
}

function publicKeyOf(algorithm: SignatureAlgorithm, raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([spkiPrefixes[algorithm], raw]), format: 'der', type: 'spki' });
}
