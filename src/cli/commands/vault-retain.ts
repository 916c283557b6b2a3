import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import { parseCount } from '../values.ts';

const name = 'vault retain';
const dayMs = 86_400_000;
const mostDays = 36_525;

export const vaultRetainCommand: Command = {
  name,
  summary: 'erases people of whom nothing happened for so many days, or says how many that would be',
  usage: ['--days N [--yes]'],
  options: {
    days: { value: 'N', text: 'nothing of theirs changed, and no parcel of theirs, for so many days' },
    yes: { text: 'does it; without it nothing changes' },
  },
  details: [
    'Who is under a legal hold stays. What it did is in the gateway\u2019s audit and, by its figures, in the ledger. The ledger keeps what it has until its own term (`boltseal ledger drop`).',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault retain takes no further words');
    const text = given.text('days');
    if (text === undefined) throw usageError(name, 'say how long: --days N');
    const days = parseCount(name, '--days', text, mostDays);
    const isReal = given.flag('yes');
    const { vault, principals } = context.services;
    const note = (action: 'retention begun' | 'retention ended', figures: string): Promise<void> =>
      principals.noteRetention(context.home, action, figures, context.now());
    // Before anybody is gone: what is not there any more must be accounted for.
    if (isReal) await note('retention begun', `${days} days`);
    const { due, held, erased } = await vault.retain(context.home, context.now() - days * dayMs, isReal);
    if (isReal) await note('retention ended', `${erased} of ${due} subjects erased, ${held} held`);
    const kept = held === 0 ? '' : `; a legal hold keeps ${formatCount(held)} of them`;
    context.print(
      isReal
        ? `Erased ${formatCount(erased)} of ${formatCount(due)} subjects that are due${kept}.\n`
        : `${formatCount(due)} subjects are due${kept}. With --yes they are erased.\n`,
    );
  },
};
