import type { DisclosureRequest } from '../../contract/api/disclosures.ts';
import type { DisclosureForm, VaultField } from '../../contract/api/words.ts';
import type { Vault } from '../../vault/port.ts';
import type { Forms } from '../forms.ts';
import { isOpen } from './decide.ts';
import type { Item } from './item.ts';

/** Values of one item in the forms in which they leave. */
export type ShapedValues = Partial<Record<VaultField, { form: DisclosureForm; value: string }>>;

/** Reads what is to be given; a subject that is not there any more is refused as one that never was. Rejects as the vault does. */
export async function readValues(
  vault: Pick<Vault, 'read'>,
  body: DisclosureRequest,
  items: readonly Item[],
): Promise<void> {
  const open = items.filter(isOpen);
  if (open.length === 0) return;
  const fields = Object.keys(body.fields) as VaultField[];
  const values = await vault.read(
    open.map(({ matter }) => matter.subject),
    fields,
  );
  for (const [i, item] of open.entries()) {
    item.values = values[i] ?? null;
    if (item.values === null) item.refusal = 'GATEWAY_NOT_JUSTIFIED';
  }
}

/** The values of each item in their forms, in the order of items; none for what is refused. Rejects as `Forms.shape`. */
export async function shapeValues(
  forms: Forms,
  body: DisclosureRequest,
  items: readonly Item[],
): Promise<readonly ShapedValues[]> {
  const shaped: ShapedValues[] = [];
  for (const item of items) shaped.push(isOpen(item) ? await shapeItem(forms, body, item) : {});
  return shaped;
}

async function shapeItem(forms: Forms, body: DisclosureRequest, { matter, values }: Item): Promise<ShapedValues> {
  const shaped: ShapedValues = {};
  if (matter === null || values === null) return shaped;
  for (const [field, form] of Object.entries(body.fields) as [VaultField, DisclosureForm][]) {
    const held = values[field];
    if (held === undefined) continue;
    const { subject, parcel } = matter;
    const { purpose } = body;
    const given = { field, value: held.value, subject, parcel: parcel?.trackingNumber ?? null, purpose };
    shaped[field] = { form, value: await forms.shape(form, given) };
  }
  return shaped;
}
