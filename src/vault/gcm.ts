import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** What `sealGcm` adds. */
export const GCM_BYTES = NONCE_BYTES + TAG_BYTES;

/*
 * Nonces are random: a counter would be set back with a backup of the database. A subject's key seals each of its versions once, and one that wraps keys one for each subject, so the bound of 2^32
 * seals under one key (NIST SP 800-38D, section 8.3) is out of reach. They are drawn in blocks: each call of the generator costs more than its bytes.
 */
const drawn = Buffer.allocUnsafe(NONCE_BYTES * 256);
let drawnAt = drawn.length;

/** Seals with AES-256-GCM and a random nonce: `headBytes` bytes that are the caller's to fill, nonce (12), ciphertext, tag (16). Takes a KeyObject: raw keys take three times as long. */
export function sealGcm(key: KeyObject, context: Uint8Array, plain: Uint8Array | string, headBytes: number): Buffer {
  if (drawnAt === drawn.length) {
    randomFillSync(drawn);
    drawnAt = 0;
  }
  drawnAt += NONCE_BYTES;
  const nonce = drawn.subarray(drawnAt - NONCE_BYTES, drawnAt);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(context);
  const text = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain);
  cipher.final();
  const sealed = Buffer.allocUnsafe(headBytes + GCM_BYTES + text.length);
  nonce.copy(sealed, headBytes);
  text.copy(sealed, headBytes + NONCE_BYTES);
  cipher.getAuthTag().copy(sealed, sealed.length - TAG_BYTES);
  return sealed;
}

/** What `sealGcm` sealed under the same key and context, without head; null when it is not. */
export function openGcm(key: KeyObject, context: Uint8Array, sealed: Buffer): Buffer | null {
  if (sealed.length < GCM_BYTES) return null;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(end));
  const plain = decipher.update(sealed.subarray(NONCE_BYTES, end));
  try {
    decipher.final();
    return plain;
  } catch {
    return null;
  }
}
