import { canonicalTrackingNumber } from '../../core/fields/canonical.ts';
import { keyedHash } from '../context/keyed-hash.ts';

/** What stands for a subject and a parcel of theirs, or none, beside a virtual number. `key` as `keyedHash` takes it. */
export function numberHolder(key: Uint8Array): (subject: string, parcel: string | null) => Uint8Array {
  const hash = keyedHash(key);
  return (subject, parcel) =>
    hash('subject', JSON.stringify([subject, parcel === null ? null : (canonicalTrackingNumber(parcel) ?? parcel)]));
}
