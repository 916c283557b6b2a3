import type { Canary } from '../contract/canaries.ts';
import { customerId } from '../core/fields/customer-id.ts';
import { CONTROL_BIT, FIELD_SHIFT, NONE, type RegisterImage, SUBJECT_MASK } from '../register/layout.ts';
import { findRecords } from '../register/lookup.ts';

/** The subject that a canary is in this image of a register; NONE when it is not there, or not in this part. */
export function subjectOf(image: RegisterImage, { idLo, idHi }: Pick<Canary, 'idLo' | 'idHi'>): number {
  const { first, count } = findRecords(image, idLo, idHi);
  for (let record = first; record < first + count; record++) {
    const owner = image.table[4 * record + 2]!;
    if (owner < CONTROL_BIT && owner >>> FIELD_SHIFT === customerId.id) return owner & SUBJECT_MASK;
  }
  return NONE;
}
