import type { EntityUidJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { purposes } from '../../contract/api/purposes.ts';
import { type DisclosureForm, type PolicyAct, type VaultField, vaultFields } from '../../contract/api/words.ts';
import { createAsker } from './asker.ts';
import type { Feature } from './looks-at.ts';
import type { PolicySetText } from './read-policies.ts';
import { sampleOf } from './roles.ts';
import { actionOf, formsOf } from './schema.ts';
import { widenPolicies } from './widen.ts';

/** One class of request that somebody of the role may make. */
export interface Permitted {
  readonly act: PolicyAct;
  readonly role: string;
  readonly purpose: string;
  readonly field: VaultField;
  readonly form: DisclosureForm;
  readonly isException: boolean;
  readonly isBulk: boolean;
}

/** A role that no policy names. */
export const unnamedRole = 'no-such-role';

/** What widened policies look at. */
const nothing: ReadonlySet<Feature> = new Set();
const circumstances = [
  { act: 'read', isException: false, isBulk: false },
  { act: 'read', isException: false, isBulk: true },
  { act: 'read', isException: true, isBulk: false },
  { act: 'read', isException: true, isBulk: true },
  { act: 'export', isException: false, isBulk: true },
  { act: 'approve', isException: false, isBulk: true },
] as const;

/** Every class of request that somebody of some role may make, somewhere and at some time: up to about 1,000 questions a role, some hundred microseconds each. */
export function findPermitted({ policies, looks }: PolicySetText): readonly Permitted[] {
  const widened = widenPolicies(policies);
  const asker = createAsker(widened);
  const permits = Object.values(widened).filter(({ effect }) => effect === 'permit');
  const clock = { hour: 0, weekday: 1, nowMs: 0 };
  const permitted: Permitted[] = [];
  for (const role of [unnamedRole, ...looks.roles])
    for (const purpose of purposes)
      for (const circumstance of circumstances)
        for (const field of vaultFields)
          for (const form of formsOf(field, circumstance.act)) {
            const one = { role, purpose, field, form, ...circumstance };
            const mayBePermitted = permits.some((permit) => mayConcern(permit, one));
            if (mayBePermitted && asker.ask({ principal: sampleOf(role), ...one, clock, at: nothing }).isAllowed)
              permitted.push(one);
          }
  return permitted;
}

/** Whether the scope of a permission leaves room for it: half of all questions need not be asked. */
function mayConcern({ principal, action, resource }: PolicyJson, { act, role, form, field }: Permitted): boolean {
  return mayBe(principal, 'in', role) && mayBe(action, '==', actionOf(act, form)) && mayBe(resource, '==', field);
}

/** False when a part of a scope names another entity in this way; whatever else it says leaves room. */
function mayBe(scope: { readonly op: string }, op: string, id: string): boolean {
  if (scope.op !== op || !('entity' in scope)) return true;
  const entity = scope.entity as EntityUidJson;
  return ('__entity' in entity ? entity.__entity.id : entity.id) === id;
}
