import { purposes } from '../../contract/api/purposes.ts';
import { type DisclosureForm, type PolicyAct, type VaultField, vaultFields } from '../../contract/api/words.ts';
import type { Permitted } from './permitted.ts';

/** What a role may read by one set of policies and not by another. */
export interface AccessChange {
  readonly change: 'gained' | 'lost';
  readonly act: PolicyAct;
  readonly role: string;
  readonly form: DisclosureForm;
  readonly fields: readonly VaultField[];
  readonly purposes: readonly string[];
  readonly bulk: boolean;
  readonly exception: boolean;
}

/** What changes when policies take the place of others: one line for each act, role, form and circumstance, what is gained first. */
export function compareAccess(before: readonly Permitted[], after: readonly Permitted[]): readonly AccessChange[] {
  return [...missing(before, after, 'gained'), ...missing(after, before, 'lost')];
}

function missing(
  from: readonly Permitted[],
  within: readonly Permitted[],
  change: AccessChange['change'],
): readonly AccessChange[] {
  const known = new Set(from.map((one) => JSON.stringify(one)));
  const others = within.filter((one) => !known.has(JSON.stringify(one)));
  const groups = Map.groupBy(others, ({ act, role, form, isBulk, isException }) =>
    [act, role, form, isBulk, isException].join('\0'),
  );
  return [...groups.values()].flatMap((group): AccessChange[] => {
    const [first] = group;
    if (first === undefined) return [];
    const { act, role, form, isBulk, isException } = first;
    return [
      {
        change,
        act,
        role,
        form,
        fields: vaultFields.filter((field) => group.some((one) => one.field === field)),
        purposes: purposes.filter((purpose) => group.some((one) => one.purpose === purpose)),
        bulk: isBulk,
        exception: isException,
      },
    ];
  });
}
