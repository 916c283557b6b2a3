import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'vault feed';

export const vaultFeedCommand: Command = {
  name,
  summary: 'tells the register of every version that was written to the vault',
  usage: [''],
  options: {},
  details: [
    'From then on `verify` recognises it. `boltseal serve` does the same by itself. Nothing is told twice or lost, whenever it is interrupted.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault feed takes no further words');
    const { versions, closed, erased } = await context.services.vault.feed(context.home);
    context.print(
      `The register was told of ${formatCount(versions)} versions, and of ${formatCount(closed)} changes that end one.${erased === 0 ? '' : ` ${formatCount(erased)} who ${erased === 1 ? 'was erased is' : 'were erased are'} out of its files.`}\n`,
    );
  },
};
