import type { DisclosureResult } from '../contract/api/disclosures.ts';
import type { Waybill, WaybillRequest } from '../contract/api/waybills.ts';
import type { DisclosureForm, VaultField } from '../contract/api/words.ts';
import { discloseMasked } from '../core/masks/disclose-masked.ts';

/** What is asked for a waybill: three fields, none of them in clear. */
export function waybillFields(phone: WaybillRequest['phone']): Partial<Record<VaultField, DisclosureForm>> {
  return { name: 'masked', phone: phone ?? 'masked', address: 'masked' };
}

/** The parties' disclosures as a printer needs them. A value that came in clear is masked here: nothing else is printed. */
export function makeWaybill(parcel: string, recipient: DisclosureResult, sender: DisclosureResult): Waybill {
  return {
    parcel,
    recipient: partyOf(recipient),
    sender: partyOf(sender),
    receipts: [recipient.receipt, sender.receipt],
  };
}

function partyOf({ decision, values }: DisclosureResult): Waybill['recipient'] {
  if (decision !== 'allowed' || values === undefined) return null;
  const textOf = (field: 'name' | 'phone' | 'address'): string => {
    const given = values[field];
    if (given === undefined) return '';
    return given.form === 'virtual' ? given.value : discloseMasked(field, given.value, 'waybill');
  };
  return { name: textOf('name'), phone: textOf('phone'), address: textOf('address') };
}
