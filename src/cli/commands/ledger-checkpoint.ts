import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { describeLedger } from './ledger-status.ts';

const name = 'ledger checkpoint';

export const ledgerCheckpointCommand: Command = {
  name,
  summary: 'publishes all that is recorded under a signed, cosigned checkpoint',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger checkpoint takes no further words');
    context.print(describeLedger(await context.services.ledger.checkpoint(context.home)));
  },
};
