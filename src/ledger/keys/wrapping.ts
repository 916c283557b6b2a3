import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { concatBytes } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import type { KeyWrap } from '../port.ts';
import { sha256 } from '../sha256.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';

/** Bytes of every symmetric key. */
export const KEY_BYTES = 32;
/** Bytes that sealing adds: nonce and tag. */
export const SEAL_BYTES = 28;
/** Bytes of a wrapped key. */
export const WRAPPED_KEY_BYTES = KEY_BYTES + SEAL_BYTES;
/** Bytes of a nonce of `sealBytes`. */
export const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** Of SHA-256. */
const BLOCK_BYTES = 64;
const purpose = 'wrap';

/** Keys of the ledger's own stores, all from the one key-wrapping key of the home. */
export interface LedgerSecrets {
  /** Wraps keys of people and of segments. */
  readonly wrap: KeyObject;
  /** Makes owners unrecognisable in the store of keys: HMAC-SHA-256. */
  readonly owners: (message: Uint8Array) => Uint8Array;
  /** Authenticates files of openings as wholes. */
  readonly openings: KeyObject;
  /** Names requests (`makeRequestFingerprint`). */
  readonly requests: KeyObject;
}

/** Makes the key-wrapping key. Fails with LEDGER_KEY_EXISTS. */
export function createWrappingKey(file: string): LedgerSecrets {
  return secretsOf(createKeyFile(file, purpose, KEY_BYTES));
}

/** Reads the key-wrapping key. Fails with LEDGER_KEY. */
export function readWrappingKey(file: string): LedgerSecrets {
  return secretsOf(readKeyFile(file, purpose, KEY_BYTES));
}

/** The keys that come from 32 bytes of key-wrapping key: HKDF-SHA-256 (RFC 5869) without salt, one label each. */
export function secretsOf(wrappingKey: Uint8Array): LedgerSecrets {
  const derive = (label: string): KeyObject =>
    createSecretKey(Buffer.from(hkdfSync('sha256', wrappingKey, '', `boltseal ledger ${label} 1`, KEY_BYTES)));
  return {
    wrap: derive('wrap'),
    owners: makeHmac(derive('owners').export()),
    openings: derive('openings'),
    requests: derive('requests'),
  };
}

/**
 * Seals bytes: nonce (12), ciphertext, tag (16) of AES-256-GCM (NIST SP 800-38D) with `context` as associated data.
 *
 * The nonce is random, drawn here or, where much is sealed, in blocks by the caller: no counter is safe, since a store that was restored from a backup, or lost a transaction that was not synced, counts again from
 * where it was. 2^32 seals under one key keep the chance of a repeated nonce below 2^-32 (SP 800-38D, section 8.3): a million people have 12 million keys a year.
 */
export function sealBytes(
  key: KeyObject,
  context: Uint8Array,
  plain: Uint8Array,
  nonce: Uint8Array = randomBytes(NONCE_BYTES),
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(context);
  const text = cipher.update(plain);
  cipher.final();
  return Buffer.concat([nonce, text, cipher.getAuthTag()]);
}

/** What `sealBytes` sealed under the same key and context; null when it is not. */
export function openBytes(key: KeyObject, context: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < SEAL_BYTES) return null;
  const end = sealed.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(end));
  try {
    const plain = decipher.update(sealed.subarray(NONCE_BYTES, end));
    decipher.final();
    return plain;
  } catch {
    return null;
  }
}

/** Wraps keys of 32 bytes for the write-ahead log. */
export function makeKeyWrap({ wrap }: Pick<LedgerSecrets, 'wrap'>): KeyWrap {
  return {
    wrap: (key, context) => sealBytes(wrap, context, key),
    unwrap: (wrapped, context) => {
      const key = wrapped.length === WRAPPED_KEY_BYTES ? openBytes(wrap, context, wrapped) : null;
      if (key === null)
        throw new BoltsealError('LEDGER_DAMAGED', { file: 'wal', problem: 'its key cannot be unwrapped' });
      return key;
    },
  };
}

/** HMAC-SHA-256 (RFC 2104). */
export function hmac(key: KeyObject, message: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(message).digest();
}

/** HMAC-SHA-256 (RFC 2104) for many short messages under one key: its two hashes in two calls take half of what an object of node:crypto takes. */
export function makeHmac(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  const pad = (byte: number): Uint8Array => Uint8Array.from({ length: BLOCK_BYTES }, (_, i) => (short[i] ?? 0) ^ byte);
  const [inner, outer] = [pad(0x36), pad(0x5c)];
  return (message) => sha256(concatBytes([outer, sha256(concatBytes([inner, message]))]));
}
