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
    const batches = await context.services.canaries.list(context.home);
    context.print(batches.length === 0 ? 'There are no canaries.\n' : batches.map(describe).join(''));
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
