import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { instructionOptions, parseInstruction } from '../instruction.ts';

const name = 'ledger rotate-key';

export const ledgerRotateKeyCommand: Command = {
  name,
  summary: 'has new keys sign the ledger from now on, with the word of the old ones',
  usage: ['--basis TEXT [--by WHO]'],
  options: instructionOptions,
  details: [
    'An entry names old and new keys, and a checkpoint that the old keys signed covers it. Then give the new policy (`boltseal ledger policy`) to those who check, and to your witnesses.',
    'Old key files stay: earlier checkpoints are checked with them.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger rotate-key takes no further words');
    const { generation, entry } = await context.services.ledger.rotateKeys(context.home, parseInstruction(name, given));
    context.print(
      `Keys of generation ${generation} sign from now on; entry ${entry.index} of ${entry.origin} says so.\n`,
    );
  },
};
