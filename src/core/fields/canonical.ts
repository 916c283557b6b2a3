import { upperAscii } from '../text.ts';
import { customerId } from './customer-id.ts';
import { trackingNumber } from './tracking-number.ts';

/** Neither of the two depends on where the company is. */
const anywhere = { region: 'ZZ' };

/**
 * The one spelling of a subject's id (docs/spec/fields.md, `customerId`): without blanks around it, NFKC. Whatever is kept or found by the id takes it, so that nobody has a second person by
 * writing the first otherwise. Null when it is none.
 */
export function canonicalSubject(id: string): string | null {
  return customerId.normalise(id, anywhere);
}

/**
 * The one spelling of a tracking number (docs/spec/fields.md, `trackingNumber`); letters and digits of other forms than those of parcel services count too, in capitals, without blanks and
 * hyphens. Null for anything else, and beyond 64 of them.
 */
export function canonicalTrackingNumber(text: string): string | null {
  const code = trackingNumber.normalise(text, anywhere) ?? upperAscii(text).replace(/[\t-\r -]+/g, '');
  return /^[A-Z0-9]{1,64}$/.test(code) ? code : null;
}
