import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'ledger rebuild-columns';

export const ledgerRebuildColumnsCommand: Command = {
  name,
  summary: 'brings the disclosures that `attribute` reads up to the ledger',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger rebuild-columns takes no further words');
    const { ledger } = context.services;
    const { entries, added, left } = await ledger.rebuildColumns(context.home);
    context.print(
      `The ledger has ${formatCount(entries)} disclosures that can be read; ${formatCount(added)} were missing in the columns${left === 0 ? '' : `, ${formatCount(left)} do not fit there`}.\n`,
    );
  },
};
