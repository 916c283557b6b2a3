import type { KeyObject } from 'node:crypto';
import type { ParcelParty } from '../contract/api/words.ts';
import { BoltsealError } from '../core/errors.ts';
import type { Envelopes } from './envelope.ts';

/** What ties a party to a parcel. */
export interface PartyLink {
  readonly trackingNumber: string;
  /** The subject's id. */
  readonly id: string;
}

/** Versions of the envelopes: one party's does not open in the place of the other's. */
const versions: Readonly<Record<ParcelParty, number>> = { recipient: 1, sender: 2 };

/**
 * Seals tracking number and id, with U+0000 between them, under the key of the subject and bound to the print of the parcel: nobody is a party of a parcel who was not made one with his key,
 * and a parcel is answered with one decryption a party.
 */
export function sealLink(
  envelopes: Envelopes,
  key: KeyObject,
  parcel: Uint8Array,
  party: ParcelParty,
  { trackingNumber, id }: PartyLink,
): Uint8Array {
  const stamp = { version: versions[party], sinceMs: 0 };
  return envelopes.seal(key, parcel, 'trackingNumber', stamp, `${trackingNumber}\0${id}`);
}

/** What `sealLink` sealed for that party of that parcel. Fails with VAULT_DAMAGED. */
export function openLink(
  envelopes: Envelopes,
  key: KeyObject,
  parcel: Uint8Array,
  party: ParcelParty,
  link: Uint8Array,
): PartyLink {
  const { version, text } = envelopes.open(key, parcel, 'trackingNumber', link);
  if (version !== versions[party]) throw new BoltsealError('VAULT_DAMAGED', { what: 'parcel' });
  const end = text.indexOf('\0');
  return { trackingNumber: text.slice(0, end), id: text.slice(end + 1) };
}
