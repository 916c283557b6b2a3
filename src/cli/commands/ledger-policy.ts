import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'ledger policy';

export const ledgerPolicyCommand: Command = {
  name,
  summary: 'writes the policy by which others check proofs and logs',
  usage: ['[--shard NAME] [--out FILE]'],
  options: {
    shard: { value: 'NAME', text: 'such as 2026h2 (default: the newest)' },
    out: { value: 'FILE', text: 'where it goes (default: standard output)' },
  },
  details: ['Hand it over by another way than the proofs: whoever can replace it can forge them.'],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger policy takes no further words');
    const text = await context.services.ledger.policy(context.home, given.text('shard') ?? null);
    const output = context.openOutput(given.text('out') ?? '-');
    try {
      output.write(text);
      output.commit();
    } finally {
      output.discard();
    }
  },
};
