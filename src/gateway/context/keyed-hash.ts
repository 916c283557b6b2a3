import { createHmac, createSecretKey } from 'node:crypto';
import { canonicalSubject, canonicalTrackingNumber } from '../../core/fields/canonical.ts';

/** What stands for a tracking number or a subject id where it must be found again and not be read: 16 bytes. */
export type KeyedHash = (kind: 'parcel' | 'subject' | 'event', value: string) => Uint8Array;

/** HMAC-SHA-256 (RFC 2104) under a key of at least 32 bytes over kind, zero byte and value, cut to 16 bytes. Tracking numbers and subject ids count as the same as in the vault. */
export function keyedHash(key: Uint8Array): KeyedHash {
  if (key.length < 32) throw new RangeError('the key of hashes has at least 32 bytes');
  const secret = createSecretKey(key);
  return (kind, value) =>
    createHmac('sha256', secret)
      .update(`${kind}\0${canonical[kind](value) ?? value}`)
      .digest()
      .subarray(0, 16);
}

const canonical = {
  parcel: canonicalTrackingNumber,
  subject: canonicalSubject,
  event: (name: string) => name,
} as const;
