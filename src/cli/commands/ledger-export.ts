import { resolve } from 'node:path';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import { parseIndex } from '../values.ts';

const name = 'ledger export';

export const ledgerExportCommand: Command = {
  name,
  summary: 'writes the log as a static folder that any tlog client reads',
  usage: ['[--from N] [--to N] [--shard NAME] --out DIR'],
  options: {
    from: { value: 'N', text: 'first entry that is wanted (default: the first)' },
    to: { value: 'N', text: 'last entry that is wanted (default: the last)' },
    shard: { value: 'NAME', text: 'such as 2026h2 (default: the newest)' },
    out: { value: 'DIR', text: 'a new folder' },
  },
  details: [
    'Checkpoint, tiles and bundles as c2sp.org/tlog-tiles has them, and the policy. Bundles hold 256 entries and are given whole; tiles of hashes are all there, so that every proof can be made.',
    'Nothing of a person is in it: what entries commit to stays in the home.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger export takes no further words');
    const [from, to, out] = [given.text('from'), given.text('to'), given.text('out')];
    if (out === undefined) throw usageError(name, '--out is missing');
    const folder = resolve(context.workingFolder, out);
    const { origin, size, bundles, tiles } = await context.services.ledger.export(context.home, {
      shard: given.text('shard') ?? null,
      from: from === undefined ? null : parseIndex(name, '--from', from),
      to: to === undefined ? null : parseIndex(name, '--to', to),
      folder,
    });
    context.print(
      `Exported ${origin} (${formatCount(size)} entries): ${formatCount(bundles)} bundles, ${formatCount(tiles)} tiles, checkpoint and policy.\n`,
    );
  },
};
