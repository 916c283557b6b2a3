import { purposes } from '../../contract/api/purposes.ts';
import { type DisclosureForm, disclosureForms, principalKinds, vaultFields } from '../../contract/api/words.ts';

/** The action of Cedar that stands for a form. All are in the group `Action::"read"`. */
export const formActions: Readonly<Record<DisclosureForm, string>> = {
  masked: 'read-masked',
  virtual: 'read-virtual',
  clear: 'read-clear',
};

/**
 * What policies may speak of, in Cedar's schema language: a policy that names anything else is refused before it is taken.
 * Words of ours are enumerations, so that a misspelt one is an error and no policy that silently says nothing.
 */
export const policySchema = `
entity Role;
entity Station;
entity Partner;
entity Kind enum ${list(principalKinds)};
entity Purpose enum ${list(purposes)};
entity Field enum ${list(vaultFields)};
entity Principal in [Role] { kind: Kind, station?: Station, partner?: Partner } tags String;
type Circumstances = { purpose: Purpose, exception: Bool, bulk: Bool, hour: Long, weekday: Long, now: datetime };
action "read";
action ${list(Object.values(formActions)).slice(1, -1)} in ["read"]
  appliesTo { principal: [Principal], resource: [Field], context: Circumstances };
`;

/** Forms in which a field leaves: only telephone numbers have virtual ones. */
export function formsOf(field: string): readonly DisclosureForm[] {
  return field === 'phone' ? disclosureForms : disclosureForms.filter((form) => form !== 'virtual');
}

function list(words: readonly string[]): string {
  return JSON.stringify(words);
}
