import { purposes } from '../../contract/api/purposes.ts';
import { type DisclosureForm, disclosureForms, type VaultField, vaultFields } from '../../contract/api/words.ts';
import { type Permitted, unnamedRole } from './permitted.ts';

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

const needNobody: readonly string[] = ['statistics', 'audit'];

/** Points out what is dangerous in what is permitted (`findPermitted`), the dangers first. */
export function findingsOf(permitted: readonly Permitted[]): readonly Finding[] {
  const purposesOf = Map.groupBy(permitted.filter(isOrdinary), sameForAnyPurpose);
  return collect(
    permitted.flatMap((one) =>
      codesOf(one, purposesOf.get(sameForAnyPurpose(one))?.length ?? 0).map((found) => ({ ...found, one })),
    ),
  );
}

function isOrdinary({ isException, isBulk }: Permitted): boolean {
  return !isException && !isBulk;
}

function sameForAnyPurpose({ role, field, form }: Permitted): string {
  return [role, field, form].join('\0');
}

function codesOf(one: Permitted, purposeCount: number): { level: Finding['level']; code: FindingCode }[] {
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
  if (purposeCount === purposes.length) codes.push({ level: 'danger', code: 'any-purpose' });
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
