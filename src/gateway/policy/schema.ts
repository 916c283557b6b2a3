import { purposes } from '../../contract/api/purposes.ts';
import {
  type DisclosureForm,
  disclosureForms,
  type PolicyAct,
  policyActs,
  principalKinds,
  vaultFields,
} from '../../contract/api/words.ts';

/** Forms in which there are exports: a number that forwards for a while is no use in a file. */
const exportForms = disclosureForms.filter((form) => form !== 'virtual');

/** The action of Cedar that stands for an act and a form; it is in the group of its act. */
export function actionOf(act: PolicyAct, form: DisclosureForm): string {
  return `${act}-${form}`;
}

/** Actions with the group of each. */
export const actions: readonly { readonly id: string; readonly act: PolicyAct }[] = policyActs.flatMap((act) =>
  (act === 'read' ? disclosureForms : exportForms).map((form) => ({ id: actionOf(act, form), act })),
);

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
${policyActs.map(groupText).join('\n')}
`;

/** Forms in which a field leaves: only telephone numbers have virtual ones, and only for reading. */
export function formsOf(field: string, act: PolicyAct = 'read'): readonly DisclosureForm[] {
  return field === 'phone' && act === 'read' ? disclosureForms : exportForms;
}

function groupText(group: PolicyAct): string {
  const ids = actions.filter(({ act }) => act === group).map(({ id }) => id);
  return `action "${group}";
action ${list(ids).slice(1, -1)} in ["${group}"]
  appliesTo { principal: [Principal], resource: [Field], context: Circumstances };`;
}

function list(words: readonly string[]): string {
  return JSON.stringify(words);
}
