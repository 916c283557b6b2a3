import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { type SignatureAlgorithm, signatureTypeOf } from '../../../src/core/note/signature-types.ts';
import { makeVerifierKey } from '../../../src/core/note/verifier-key.ts';
import type { NoteSigner, SignatureVerifier } from '../../../src/core/note/verify-note.ts';

/** SHA-256 of Node, for tests. */
export const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest();

/** DER before the raw key in a SubjectPublicKeyInfo (RFC 8410, section 4; RFC 9881, section 4). */
const spkiPrefixes: Readonly<Record<SignatureAlgorithm, string>> = {
  ed25519: '302a300506032b6570032100',
  'ml-dsa-44': '30820532300b0609608648016503040311038205210 0'.replace(' ', ''),
};

function publicKeyOf(algorithm: SignatureAlgorithm, raw: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from(spkiPrefixes[algorithm], 'hex'), raw]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

/** Checks by Node's crypto. */
export const verifier: SignatureVerifier = {
  verify: (algorithm, publicKey, message, signature) => {
    try {
      return verify(null, message, publicKeyOf(algorithm, publicKey), signature);
    } catch {
      return false;
    }
  },
};

/** A new key of a type, and who signs with it. */
export function makeSigner(name: string, byte: number): NoteSigner {
  const type = signatureTypeOf(byte);
  if (type === undefined) throw new RangeError('"byte" is the byte of a signature type');
  const pair = type.algorithm === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ml-dsa-44');
  const raw = pair.publicKey.export({ format: 'der', type: 'spki' }).subarray(-type.publicKeyBytes);
  return {
    key: makeVerifierKey(sha256, name, type, Uint8Array.from(raw)),
    sign: (message) => sign(null, message, pair.privateKey),
  };
}
