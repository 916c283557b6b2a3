import type { DisclosureForm, VaultField } from '../contract/api/words.ts';

/** Puts a value into the form in which it may leave. */
export interface Forms {
  /** Rejects with GATEWAY_VIRTUAL_NUMBERS when there is no number left to give. */
  shape(
    form: DisclosureForm,
    given: {
      readonly field: VaultField;
      readonly value: string;
      readonly subject: string;
      readonly parcel: string | null;
      readonly purpose: string;
    },
  ): Promise<string> | string;
}
