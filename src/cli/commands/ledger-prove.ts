import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { parseIndex } from '../values.ts';

const name = 'ledger prove';

export const ledgerProveCommand: Command = {
  name,
  summary: 'proves one entry to somebody else, showing only the fields you name',
  usage: ['--index N [--reveal FIELD,...] [--shard NAME] --out FILE'],
  options: {
    index: { value: 'N', text: 'the entry, from 0 on' },
    reveal: {
      value: 'FIELD',
      multiple: true,
      text: 'what is shown: of a disclosure principal, subject, fields, purpose, basis, time, decision, requestSignature (others: docs/spec/ledger-entry.md)',
    },
    shard: { value: 'NAME', text: 'such as 2026h2 (default: the newest)' },
    out: { value: 'FILE', text: 'where the proof goes' },
  },
  details: [
    'The file is a C2SP tlog-proof. Fields that are not named stay closed: the proof has nothing of them that could be guessed.',
    'Whoever gets it checks it with `boltseal ledger verify FILE --policy POLICY`, without a home and without network; `boltseal ledger policy` writes the policy.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger prove takes no further words');
    const [index, out] = [given.text('index'), given.text('out')];
    if (index === undefined) throw usageError(name, '--index is missing');
    if (out === undefined) throw usageError(name, '--out is missing');
    const reveal = given.list('reveal').flatMap((word) => word.split(','));
    const request = { index: parseIndex(name, '--index', index), reveal, shard: given.text('shard') ?? null };
    const output = context.openOutput(out);
    try {
      output.write(await context.services.ledger.prove(context.home, request));
      output.commit();
    } finally {
      output.discard();
    }
    context.note(`Proved entry ${request.index}; revealed: ${reveal.join(', ') || 'nothing'}.\n`);
    const stated = await context.services.ledger.findPolicies(context.home, request);
    if (stated !== null)
      context.note(
        `In force there: the policies whose text has the SHA-256 ${stated.policies}, by entry ${stated.index} of ${stated.shard} (proved with --index ${stated.index} --shard ${stated.shard} --reveal policies,basis,time).\n`,
      );
  },
};
