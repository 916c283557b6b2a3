import { readFileSync } from 'node:fs';
import { type Purpose, purposes } from '../src/contract/api/purposes.ts';
import {
  type DisclosureForm,
  disclosureForms,
  type PolicyAct,
  type VaultField,
  vaultFields,
} from '../src/contract/api/words.ts';

/** One line of test/gateway/policy/expected-access.txt, which is written by hand. */
export interface ExpectedAccess {
  readonly role: string;
  readonly purposes: readonly Purpose[];
  readonly fields: readonly VaultField[];
  readonly form: DisclosureForm;
  /** `export` and `approve`: of many in one file, and nothing else. */
  readonly act: PolicyAct;
  /** Of several people in one answer. */
  readonly isBulkToo: boolean;
  /** Of one person without a business fact. */
  readonly isExceptionToo: boolean;
  readonly why: string;
}

export interface ExpectedTable {
  /** In the order of the table; those without a line at its end. */
  readonly roles: readonly string[];
  readonly lines: readonly ExpectedAccess[];
}

/** Reads the table that is written by hand. Throws for a line that it does not understand. */
export function readExpectedAccess(): ExpectedTable {
  const text = readFileSync(new URL('../test/gateway/policy/expected-access.txt', import.meta.url), 'utf8');
  const roles: string[] = [];
  const lines: ExpectedAccess[] = [];
  for (const content of text.split('\n')) {
    if (content === '' || content.startsWith('#')) continue;
    const [role = '', why = '', what = '', form = '', bulk = '', exception = '', reason = ''] = content
      .split('|')
      .map((cell) => cell.trim());
    if (!roles.includes(role)) roles.push(role);
    if (!content.includes('|')) continue;
    lines.push({
      role,
      purposes: readList(why, purposes),
      fields: readList(what, vaultFields),
      form: readList(form, disclosureForms)[0]!,
      act: readList(bulk, ['yes', 'no', 'export', 'approve'] as const).map((word) =>
        word === 'export' || word === 'approve' ? word : 'read',
      )[0]!,
      isBulkToo: bulk === 'yes',
      isExceptionToo: readList(exception, ['one person', 'no'])[0] === 'one person',
      why: reason,
    });
  }
  return { roles, lines };
}

function readList<T extends string>(text: string, words: readonly T[]): T[] {
  return text.split(',').map((cell) => {
    const word = words.find((one) => one === cell.trim());
    if (word === undefined) throw new Error(`expected-access.txt: "${cell}" is none of ${words.join(', ')}`);
    return word;
  });
}

/** docs/access-matrix.md: the same table, spread out for every role, purpose and field. */
export function accessMatrixDocument({ roles, lines }: ExpectedTable): string {
  const grids = roles.map((role) =>
    gridOf(
      role,
      lines.filter((line) => line.role === role),
    ),
  );
  return `# Who may see what of a customer

With the policies that a new home begins with ([carrier.cedar](../src/gateway/policy/default/carrier.cedar), where each rule has its reason). This document is made of a table that is
written by hand, [expected-access.txt](../test/gateway/policy/expected-access.txt), and of nothing else; a test asks the policies for every combination of role, purpose, field, form and circumstance and
holds the answers against that table. \`npm run docs:access\` writes it.

How to read it:

- **masked**: a part of the value, as a waybill may show it by GB/T 41833-2022, and less on screens ([policies](spec/policies.md), "Masks"). **virtual**: a telephone number that forwards for a while. **clear**: the value itself. **–**: refused.
- All of it presupposes the business fact behind the purpose ([business context](spec/business-context.md)): the parcel is at, or due at, the device's own station; it is on the courier's own tour of today; the customer
  has an open ticket that is assigned to who asks; the shop sent the parcel. What is at another station, on another tour or in another's ticket is refused, whatever stands here.
- **several**: the same may be asked of several people in one request. Without this word, of one at a time.
- **exception**: the same may be asked without a business fact, with a reason, of one person at a time; it is marked in the ledger and counts double. Without this word: never.
- **export**: the same may be requested of many people in one file, which two others approve, and which is given once ([exports](spec/exports.md)); **approve**: such a request of somebody else may be approved. Neither allows to read.
- A device that belongs to no station sees nothing. A role held by a principal of another kind than it is for (a service as scanner, a device as customer service) sees nothing.
- A role that is not in this document sees nothing.

${grids.join('\n\n')}
`;
}

function gridOf(role: string, lines: readonly ExpectedAccess[]): string {
  if (lines.length === 0) return `## ${role}\n\nNothing of anybody, for no purpose, in no form.`;
  const head = [`| ${['purpose', ...vaultFields].join(' | ')} |`, `|${' --- |'.repeat(vaultFields.length + 1)}`];
  const rows = purposes.map((purpose) => {
    const cells = vaultFields.map((field) => {
      const texts = lines
        .filter((line) => line.purposes.includes(purpose) && line.fields.includes(field))
        .map((line) => [
          line.form,
          line.act === 'read' ? '' : line.act,
          line.isBulkToo ? 'several' : '',
          line.isExceptionToo ? 'exception' : '',
        ])
        .map(
          ([form, ...more]) =>
            `**${form}**${more
              .filter((word) => word !== '')
              .map((word) => `, ${word}`)
              .join('')}`,
        );
      return texts.length === 0 ? '–' : texts.join('; ');
    });
    return `| ${[purpose, ...cells].join(' | ')} |`;
  });
  const reasons = lines.map(
    ({ act, purposes: why, fields, form, why: reason }) =>
      `- ${fields.join(', ')} ${form}${act === 'read' ? '' : ` (${act})`} for ${why.join(', ')}: ${reason}.`,
  );
  return [`## ${role}`, '', ...head, ...rows, '', ...reasons].join('\n');
}
