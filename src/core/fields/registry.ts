import { address } from './address.ts';
import { customerId } from './customer-id.ts';
import { email } from './email.ts';
import type { Field, FieldName } from './field.ts';
import { name } from './name.ts';
import { nationalId } from './national-id.ts';
import { password } from './password.ts';
import { passwordHash } from './password-hash.ts';
import { phone } from './phone.ts';
import { trackingNumber } from './tracking-number.ts';
import { username } from './username.ts';

/** Every field, by ascending id. */
export const fields: readonly Field[] = [
  phone,
  email,
  nationalId,
  username,
  trackingNumber,
  customerId,
  name,
  address,
  password,
  passwordHash,
];

const byName: ReadonlyMap<string, Field> = new Map(fields.map((field) => [field.name, field]));
const byId: ReadonlyMap<number, Field> = new Map(fields.map((field) => [field.id, field]));

/** The fields that point to one subject at a time (ids 0 to 7). */
export const identifyingFields: readonly Field[] = fields.filter((field) => field.role === 'identifying');

/** The fields that only support a match (ids 8 to 15). */
export const confirmingFields: readonly Field[] = fields.filter((field) => field.role === 'confirming');

/** Whether a text is the name of a field, in exactly its spelling. */
export function isFieldName(text: string): text is FieldName {
  return byName.has(text);
}

/** The field of that name. Total: every `FieldName` has an entry. */
export function fieldByName(fieldName: FieldName): Field {
  const field = byName.get(fieldName);
  if (field === undefined) throw new RangeError(`no field has the name ${fieldName}`);
  return field;
}

/** The field with that number in files, or null when the number is not given to any (a file of a later version). */
export function fieldById(id: number): Field | null {
  return byId.get(id) ?? null;
}
