import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount } from '../format.ts';
import { instructionOptions, parseInstruction } from '../instruction.ts';

const name = 'ledger drop';

export const ledgerDropCommand: Command = {
  name,
  summary: 'ends the retention of a sealed half year: all of it goes but its last checkpoint',
  usage: ['--shard NAME', '--shard NAME --yes --basis TEXT [--by WHO]'],
  options: {
    shard: { value: 'NAME', text: 'such as 2025h1; `boltseal ledger status` says which are due' },
    yes: { text: 'does it; without it you are only told what would happen' },
    ...instructionOptions,
  },
  details: [
    'Entries, tiles, openings, the keys that open nothing else and the rows in the columns go; the last checkpoint stays, here and in the second place, and an entry in the log that goes on says what was dropped and why. Proofs that were made before go on holding.',
    'Only when `retentionDays` of the configuration have passed since the shard was sealed, the oldest shard first, and while no legal hold is on anybody in it.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger drop takes no further words');
    const shard = given.text('shard');
    if (shard === undefined) throw usageError(name, '--shard is missing');
    const { ledger } = context.services;
    if (given.flag('yes')) {
      const { tombstone, keys } = await ledger.drop(context.home, shard, parseInstruction(name, given));
      context.print(
        `Dropped ${shard}; ${formatCount(keys)} keys were destroyed; entry ${tombstone.index} of ${tombstone.origin} says so.\n`,
      );
      return;
    }
    const { entries, keys, isHeld, sizeBytes } = await ledger.planDrop(context.home, shard);
    context.print(
      [
        `shard    ${shard}: ${formatCount(entries)} entries, ${formatBytes(sizeBytes)}`,
        `keys     ${formatCount(keys)} open nothing else, and would be destroyed`,
        `holds    ${isHeld ? 'a legal hold is on somebody in it: it CANNOT be dropped' : 'none on anybody in it'}`,
        'Nothing was changed. With --yes and --basis it is done; it cannot be undone.',
        '',
      ].join('\n'),
    );
  },
};
