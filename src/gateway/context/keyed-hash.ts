import { createHmac, createSecretKey } from 'node:crypto';

/** What stands for a tracking number or a subject id where it must be found again and not be read: 16 bytes. */
export type KeyedHash = (kind: 'parcel' | 'subject' | 'event', value: string) => Uint8Array;

/** HMAC-SHA-256 (RFC 2104) under a key of at least 32 bytes over kind, zero byte and value, cut to 16 bytes. Tracking numbers count as the same whatever their case. */
export function keyedHash(key: Uint8Array): KeyedHash {
  if (key.length < 32) throw new RangeError('the key of hashes has at least 32 bytes');
  const secret = createSecretKey(key);
  return (kind, value) =>
    createHmac('sha256', secret)
      .update(`${kind}\0${kind === 'parcel' ? value.toUpperCase() : value}`)
      .digest()
      .subarray(0, 16);
}
