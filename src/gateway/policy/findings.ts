import { purposes } from '../../contract/api/purposes.ts';
import {
  type DisclosureForm,
  disclosureForms,
  type PolicyAct,
  type VaultField,
  vaultFields,
} from '../../contract/api/words.ts';
import { type Permitted, unnamedRole } from './permitted.ts';

/** What policies permit that somebody should have meant: `danger` has to be accepted by name before they become active. */
export interface Finding {
  readonly level: 'danger' | 'notice';
  readonly code: FindingCode;
  readonly act: PolicyAct;
  readonly role: string;
  readonly form: DisclosureForm;
  readonly fields: readonly VaultField[];
  readonly purposes: readonly string[];
}

/** What each code says, behind "ROLE may read (export, approve exports of) FIELDS FORM". */
export const findingTexts = {
  'any-role': 'and so may every role that no policy names',
  'any-purpose': 'for every purpose there is',
  'bulk-clear': 'of several people in one answer',
  bulk: 'of several people in one answer',
  'exception-clear': 'without any business fact',
  'exception-bulk': 'without any business fact, of several people in one answer',
  'no-person-needed': 'for a purpose that needs nobody',
  'national-id-clear': 'in clear',
  'export-and-approve': 'and may request such exports as well: those who approve are to be others than those who ask',
  export: 'of many people in one file',
} as const;
export type FindingCode = keyof typeof findingTexts;

const needNobody: readonly string[] = ['statistics', 'audit'];

/** Points out what is dangerous in what is permitted (`findPermitted`), the dangers first. */
export function findingsOf(permitted: readonly Permitted[]): readonly Finding[] {
  const purposesOf = Map.groupBy(permitted.filter(isOrdinary), sameForAnyPurpose);
  const exported = new Set(permitted.filter(({ act }) => act === 'export').map(sameExport));
  return collect(
    permitted.flatMap((one) => {
      const codes =
        one.act === 'approve'
          ? approvalCodes(one, exported.has(sameExport(one)))
          : codesOf(one, purposesOf.get(sameForAnyPurpose(one))?.length ?? 0);
      return codes.map((found) => ({ ...found, one }));
    }),
  );
}

/** An export is always of many. */
function isOrdinary({ act, isException, isBulk }: Permitted): boolean {
  return act === 'export' || (act === 'read' && !isException && !isBulk);
}

function sameForAnyPurpose({ act, role, field, form }: Permitted): string {
  return [act, role, field, form].join('\0');
}

function sameExport({ role, purpose, field, form }: Permitted): string {
  return [role, purpose, field, form].join('\0');
}

type Code = { readonly level: Finding['level']; readonly code: FindingCode };

function approvalCodes({ role }: Permitted, isExportedToo: boolean): Code[] {
  const codes: Code[] = [];
  if (role === unnamedRole) codes.push({ level: 'danger', code: 'any-role' });
  if (isExportedToo) codes.push({ level: 'danger', code: 'export-and-approve' });
  return codes;
}

function codesOf(one: Permitted, purposeCount: number): Code[] {
  const { act, role, purpose, field, form, isException, isBulk } = one;
  const isClear = form === 'clear';
  if (act === 'read') {
    if (isException && isBulk) return [{ level: 'danger', code: 'exception-bulk' }];
    if (isException) return isClear ? [{ level: 'danger', code: 'exception-clear' }] : [];
    if (isBulk) return [isClear ? { level: 'danger', code: 'bulk-clear' } : { level: 'notice', code: 'bulk' }];
  }
  const codes: Code[] = act === 'export' ? [{ level: 'notice', code: 'export' }] : [];
  if (role === unnamedRole) codes.push({ level: 'danger', code: 'any-role' });
  if (needNobody.includes(purpose)) codes.push({ level: 'danger', code: 'no-person-needed' });
  if (field === 'nationalId' && isClear)
    codes.push({ level: purpose === 'subject-access' ? 'notice' : 'danger', code: 'national-id-clear' });
  if (purposeCount === purposes.length) codes.push({ level: 'danger', code: 'any-purpose' });
  return codes;
}

/** One finding for each level, code, act, role and form. */
function collect(found: readonly (Code & { readonly one: Permitted })[]): readonly Finding[] {
  const groups = Map.groupBy(found, ({ level, code, one }) => [level, code, one.act, one.role, one.form].join('\0'));
  const findings = [...groups.values()].map((group): Finding => {
    const { level, code, one } = group[0]!;
    const has = <T extends string>(words: readonly T[], key: 'field' | 'purpose'): T[] =>
      words.filter((word) => group.some((item) => item.one[key] === word));
    return {
      level,
      code,
      act: one.act,
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

const verbs: Readonly<Record<PolicyAct, string>> = {
  read: 'read',
  export: 'export',
  approve: 'approve exports of',
};

/** A finding as one line. */
export function findingText({ code, act, role, form, fields, purposes: why }: Finding): string {
  const who = role === unnamedRole ? 'a role that no policy names' : role;
  const purposeText = why.length === purposes.length ? 'any purpose' : why.join(', ');
  return `${who} may ${verbs[act]} ${fields.join(', ')} ${form} (${purposeText}) ${findingTexts[code]}`;
}
