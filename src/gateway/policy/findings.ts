import { setImmediate } from 'node:timers/promises';
import type { EntityUidJson, PolicyJson } from '@cedar-policy/cedar-wasm/nodejs';
import { purposes } from '../../contract/api/purposes.ts';
import { type DisclosureForm, disclosureForms, type VaultField, vaultFields } from '../../contract/api/words.ts';
import { createAsker } from './asker.ts';
import type { Feature } from './looks-at.ts';
import type { PolicySetText } from './read-policies.ts';
import { sampleOf } from './roles.ts';
import { formActions, formsOf } from './schema.ts';
import { widenPolicies } from './widen.ts';

/** What policies permit that somebody should have meant: `danger` has to be accepted by name before they become active. */
export interface Finding {
  readonly level: 'danger' | 'notice';
  readonly code: FindingCode;
  readonly role: string;
  readonly form: DisclosureForm;
  readonly fields: readonly VaultField[];
  readonly purposes: readonly string[];
}

/** What each code says, behind "ROLE may read FIELDS FORM". */
export const findingTexts = {
  'any-role': 'and so may every role that no policy names',
  'any-purpose': 'for every purpose there is',
  'bulk-clear': 'of several people in one answer',
  bulk: 'of several people in one answer',
  'exception-clear': 'without any business fact',
  'exception-bulk': 'without any business fact, of several people in one answer',
  'no-person-needed': 'for a purpose that needs nobody',
  'national-id-clear': 'in clear',
} as const;
export type FindingCode = keyof typeof findingTexts;

/** A role that no policy names. */
const unnamedRole = 'no-such-role';
/** Policies are asked for so long before others get their turn. */
const TURN_MS = 20;
/** What widened policies look at. */
const nothing: ReadonlySet<Feature> = new Set();
const needNobody: readonly string[] = ['statistics', 'audit'];
const circumstances = [
  { isException: false, isBulk: false },
  { isException: false, isBulk: true },
  { isException: true, isBulk: false },
  { isException: true, isBulk: true },
] as const;

/** One class of request that somebody of the role may make. */
export interface Permitted {
  readonly role: string;
  readonly purpose: string;
  readonly field: VaultField;
  readonly form: DisclosureForm;
  readonly isException: boolean;
  readonly isBulk: boolean;
}

/** Points out what is dangerous, by asking for every role, purpose, field and form; conditions on stations, times and the like count as fulfilled. Some thousand questions: about a second. */
export async function findDangers(set: PolicySetText): Promise<readonly Finding[]> {
  return dangersOf(await findPermitted(set));
}

/** The same from what was asked already. */
export function dangersOf(permitted: readonly Permitted[]): readonly Finding[] {
  return collect(permitted.flatMap((one) => codesOf(one, permitted).map((found) => ({ ...found, one }))));
}

/** Every class of request that somebody of some role may make, somewhere and at some time. */
export async function findPermitted({ policies, looks }: PolicySetText): Promise<readonly Permitted[]> {
  const widened = widenPolicies(policies);
  const asker = createAsker(widened);
  const permits = Object.values(widened).filter(({ effect }) => effect === 'permit');
  const clock = { hour: 0, weekday: 1, nowMs: 0 };
  const permitted: Permitted[] = [];
  let turnEnd = performance.now() + TURN_MS;
  for (const role of [unnamedRole, ...looks.roles])
    for (const purpose of purposes)
      for (const circumstance of circumstances) {
        const principal = sampleOf(role);
        for (const field of vaultFields)
          for (const form of formsOf(field))
            if (
              mayConcern(permits, role, form, field) &&
              asker.ask({ principal, purpose, form, field, ...circumstance, clock, at: nothing }).isAllowed
            )
              permitted.push({ role, purpose, field, form, ...circumstance });
        if (performance.now() < turnEnd) continue;
        await setImmediate();
        turnEnd = performance.now() + TURN_MS;
      }
  return permitted;
}

/** Whether the scope of any permission leaves room for it: half of all questions need not be asked. */
function mayConcern(permits: readonly PolicyJson[], role: string, form: DisclosureForm, field: VaultField): boolean {
  return permits.some(
    ({ principal, action, resource }) =>
      mayBe(principal, 'in', role) && mayBe(action, '==', formActions[form]) && mayBe(resource, '==', field),
  );
}

/** False when a part of a scope names another entity in this way; whatever else it says leaves room. */
function mayBe(scope: { readonly op: string }, op: string, id: string): boolean {
  if (scope.op !== op || !('entity' in scope)) return true;
  const entity = scope.entity as EntityUidJson;
  return ('__entity' in entity ? entity.__entity.id : entity.id) === id;
}

function codesOf(one: Permitted, all: readonly Permitted[]): { level: Finding['level']; code: FindingCode }[] {
  const { role, purpose, field, form, isException, isBulk } = one;
  const isClear = form === 'clear';
  if (isException && isBulk) return [{ level: 'danger', code: 'exception-bulk' }];
  if (isException) return isClear ? [{ level: 'danger', code: 'exception-clear' }] : [];
  if (isBulk) return [isClear ? { level: 'danger', code: 'bulk-clear' } : { level: 'notice', code: 'bulk' }];
  const codes: { level: Finding['level']; code: FindingCode }[] = [];
  if (role === unnamedRole) codes.push({ level: 'danger', code: 'any-role' });
  if (needNobody.includes(purpose)) codes.push({ level: 'danger', code: 'no-person-needed' });
  if (field === 'nationalId' && isClear)
    codes.push({ level: purpose === 'subject-access' ? 'notice' : 'danger', code: 'national-id-clear' });
  const same = all.filter(
    (other) =>
      other.role === role && other.field === field && other.form === form && !other.isException && !other.isBulk,
  );
  if (same.length === purposes.length) codes.push({ level: 'danger', code: 'any-purpose' });
  return codes;
}

/** One finding for each level, code, role and form. */
function collect(found: readonly { level: Finding['level']; code: FindingCode; one: Permitted }[]): readonly Finding[] {
  const groups = Map.groupBy(found, ({ level, code, one }) => [level, code, one.role, one.form].join('\0'));
  const findings = [...groups.values()].map((group): Finding => {
    const { level, code, one } = group[0]!;
    const has = <T extends string>(words: readonly T[], key: 'field' | 'purpose'): T[] =>
      words.filter((word) => group.some((item) => item.one[key] === word));
    return {
      level,
      code,
      role: one.role,
      form: one.form,
      fields: has(vaultFields, 'field'),
      purposes: has(purposes, 'purpose'),
    };
  });
  const codes = Object.keys(findingTexts);
  const orderOf = ({ level, code, form }: Finding): number =>
    (level === 'danger' ? 0 : 100) + codes.indexOf(code) * 3 + disclosureForms.indexOf(form);
  return findings.sort((a, b) => orderOf(a) - orderOf(b) || (a.role < b.role ? -1 : 1));
}

/** A finding as one line. */
export function findingText({ code, role, form, fields, purposes: why }: Finding): string {
  const who = role === unnamedRole ? 'a role that no policy names' : role;
  const purposeText = why.length === purposes.length ? 'any purpose' : why.join(', ');
  return `${who} may read ${fields.join(', ')} ${form} (${purposeText}) ${findingTexts[code]}`;
}
