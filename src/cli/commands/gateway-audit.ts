import { BoltsealError } from '../../core/errors.ts';
import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'gateway audit';
const MOST_SHOWN = 100;

export const gatewayAuditCommand: Command = {
  name,
  summary: 'checks the record of who may do what against the ledger',
  usage: [''],
  options: {},
  details: [
    'Each change of principals, keys, passkeys, stations, partners, enrolments and budgets is a row of the gateway, and an entry of the ledger that was made of it. This says which rows and entries differ, and what stands in the directory that no row accounts for.',
    'Ends with exit code 1 when something differs.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, `${name} takes no further words`);
    const { rows, sound, notCarriedOut, unchecked, differences } = await context.services.principals.checkAudit(
      context.home,
    );
    const lines = [
      ...differences.slice(0, MOST_SHOWN),
      ...(differences.length > MOST_SHOWN ? [`… and ${formatCount(differences.length - MOST_SHOWN)} more`] : []),
      `${formatCount(rows)} rows: ${formatCount(sound)} as the ledger has them, ${formatCount(notCarriedOut)} asked for and not carried out, ${formatCount(unchecked)} whose entries cannot be read (not published yet, or dropped).`,
      '',
    ];
    context.print(lines.map((line) => printable(line, 1000)).join('\n'));
    if (differences.length > 0) throw new BoltsealError('DIRECTORY_AUDIT', { differences: differences.length });
  },
};
