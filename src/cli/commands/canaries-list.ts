import { recipientTitle } from '../../contract/canaries.ts';
import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import type { CanaryBatchStatus } from '../services.ts';

const name = 'canaries list';

export const canariesListCommand: Command = {
  name,
  summary: 'shows for whom canaries were made, when and how many; none of their values',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'canaries list takes no further words');
    const { batches, stock } = await context.services.canaries.list(context.home);
    const lines = batches.length === 0 ? 'No canaries were made for anybody.\n' : batches.map(describe).join('');
    context.print(`${lines}${formatCount(stock)} in the register wait for a recipient.\n`);
  },
};

function describe(batch: CanaryBatchStatus): string {
  const lost = batch.count - batch.registered;
  const notes = [
    ...(batch.isExported ? [] : ['not exported: call `canaries make` again']),
    ...(lost > 0 ? [`${formatCount(lost)} not in the register`] : []),
  ];
  const line = `${batch.id}  ${batch.madeAt}  ${formatCount(batch.count)} for ${recipientTitle(batch.recipient)} (${batch.columns.join(', ')})`;
  return `${printable([line, ...notes].join('; '), 1000)}\n`;
}
