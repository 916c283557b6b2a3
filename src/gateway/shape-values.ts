import { discloseMasked } from '../core/masks/disclose-masked.ts';
import type { MaskUse } from '../core/masks/use.ts';
import type { Forms } from './forms.ts';
import type { VirtualNumberProvider } from './virtual-numbers/port.ts';

/** What shaping needs besides the value. */
export interface ShapeServices {
  readonly numbers: VirtualNumberProvider;
  /** How long a virtual number forwards at least. */
  readonly ttlSeconds: number;
  readonly nowMs: () => number;
}

/** Purposes that need the way to the house, which is what waybills show; all others are served on screens. */
const onTheWay: ReadonlySet<string> = new Set(['sorting', 'delivery', 'pickup', 'return', 'waybill']);

/** Which mask a purpose needs. */
export function maskUseOf(purpose: string): MaskUse {
  return onTheWay.has(purpose) ? 'waybill' : 'screen';
}

/** Puts values into the form in which they leave: masks by purpose, virtual numbers from a provider. */
export function createForms({ numbers, ttlSeconds, nowMs }: ShapeServices): Forms {
  return {
    shape(form, { field, value, subject, parcel, purpose }) {
      if (form === 'clear') return value;
      if (form === 'masked') return discloseMasked(field, value, maskUseOf(purpose));
      return numbers.assign({ subject, parcel, target: value, ttlSeconds, nowMs: nowMs() });
    },
  };
}
