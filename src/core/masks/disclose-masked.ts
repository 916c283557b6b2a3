import { email } from '../fields/email.ts';
import type { FieldName } from '../fields/field.ts';
import { maskInput, stars } from '../fields/masks.ts';
import { nationalId } from '../fields/national-id.ts';
import { username } from '../fields/username.ts';
import { maskAddress } from './address.ts';
import { maskName } from './name.ts';
import { maskPhone } from './phone.ts';
import type { MaskUse } from './use.ts';

/** Fields that are given to people; the others never leave masked. */
export type MaskedField = Extract<FieldName, 'name' | 'phone' | 'email' | 'address' | 'nationalId' | 'username'>;

/**
 * The masked form of a value that is given to people; docs/spec/policies.md, "Masks". Waybills follow GB/T 41833-2022; what has no place on one (Provisional Regulations on Express
 * Delivery, 2018) is only stars there. Whatever the value is, no more of it is shown than its rule allows; a masked value stays as it is.
 */
export function discloseMasked(field: MaskedField, value: string, use: MaskUse): string {
  return masks[field](value, use);
}

const masks: Readonly<Record<MaskedField, (value: string, use: MaskUse) => string>> = {
  name: maskName,
  phone: maskPhone,
  address: maskAddress,
  email: offWaybill(maskEmail),
  nationalId: offWaybill((value) => (/^[0-9A-Za-z]{2}\*{8}$/.test(value) ? value : nationalId.mask(value))),
  username: offWaybill(maskUsername),
};

function offWaybill(mask: (value: string) => string): (value: string, use: MaskUse) => string {
  return (value, use) => (use === 'waybill' ? stars : mask(value));
}

/** As in reports; nothing of a mailbox of one or two characters. */
function maskEmail(value: string): string {
  if (/^[a-z0-9!#$%&'*+/=?^_`{|}~-]?\*\*\*@\*\*\*(?:\.[a-z]{2,3})?$/.test(value)) return value;
  const masked = email.mask(value);
  const isShort =
    maskInput(value)
      .replace(/^(?:mailto:)?<?/i, '')
      .indexOf('@') < 3;
  return isShort && masked !== stars ? masked.slice(1) : masked;
}

/** As in reports; nothing of a name of one or two characters. */
function maskUsername(value: string): string {
  const text = maskInput(value);
  if (/^[\p{L}\p{N}]\*\*\*$/u.test(text)) return text;
  const masked = Array.from(text.slice(0, 8)).length < 3 ? '' : username.mask(value);
  // A letter that prints as nothing is gone.
  return masked.length < 4 ? '****' : masked;
}
