import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { describeLedger } from './ledger-status.ts';

const name = 'ledger checkpoint';

export const ledgerCheckpointCommand: Command = {
  name,
  summary: 'publishes all that is recorded under a signed, cosigned checkpoint',
  usage: ['[--new-second-place]'],
  options: {
    'new-second-place': {
      text: 'takes an empty second place for a new one: only when the old one is lost, and after fsck',
    },
  },
  details: [
    'The newest checkpoint is signed anew with the keys of today, and cosigned by the witnesses that can be reached.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger checkpoint takes no further words');
    context.print(
      describeLedger(
        await context.services.ledger.checkpoint(context.home, given.flag('new-second-place')),
        context.now(),
      ),
    );
  },
};
