import type { DisclosureForm } from '../../contract/api/words.ts';
import type { DecisionEntry } from '../port.ts';
import type { Asked } from './decide.ts';
import type { Item } from './item.ts';
import type { ShapedValues } from './values.ts';

/** Whom an entry names when what was asked for is not there: the caller's guess must not become a person of the ledger. */
export const unknownSubject = '(unknown)';

/** What the ledger keeps of one decision. */
export function entryOf(
  item: Item,
  shaped: ShapedValues,
  { caller, body, also, nowMs }: Asked,
  idempotencyKey: Uint8Array | null,
): DecisionEntry {
  const isDenied = item.refusal !== null;
  return {
    principal: caller.principal.id,
    subject: item.matter?.subject ?? unknownSubject,
    fields: fieldsText(item, isDenied ? { ...body.fields } : formsOf(shaped), also),
    purpose: body.purpose,
    basis: item.refusal ?? item.basis,
    decision: isDenied ? 'deny' : Object.values(shaped).some(({ form }) => form === 'clear') ? 'allow' : 'mask',
    requestSignature: caller.signature,
    timeMs: nowMs,
    idempotencyKey,
  };
}

function formsOf(shaped: ShapedValues): Readonly<Record<string, DisclosureForm>> {
  return Object.fromEntries(Object.entries(shaped).map(([field, { form }]) => [field, form]));
}

/** Fields with their form unless it is the clear; who asked for a parcel knows its tracking number, beside whatever else. */
function fieldsText(item: Item, fields: Readonly<Record<string, DisclosureForm>>, also: readonly string[]): string {
  const texts = Object.entries(fields).map(([field, form]) => (form === 'clear' ? field : `${field}/${form}`));
  texts.push(...also);
  if ('parcel' in item.target) texts.push('trackingNumber');
  return texts.sort().join(' ');
}
