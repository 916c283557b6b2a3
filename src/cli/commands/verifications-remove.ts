import { BoltsealError } from '../../core/errors.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount } from '../format.ts';
import { parseTime } from '../values.ts';
import { describeKept } from './verifications-list.ts';

const name = 'verifications remove';

/** A file begun later than this may be that of a `verify` which is running. */
const PARTIAL_MS = 3_600_000;

export const verificationsRemoveCommand: Command = {
  name,
  summary: 'removes the evidence of verifications that nobody will attribute any more',
  usage: ['ID ...', '--before TIME'],
  options: { before: { value: 'TIME', text: 'removes what was written before this time' } },
  details: [
    'Evidence says which subjects a dump has, with which fields. Without it `boltseal attribute` cannot work on that verification; its reports stay as they are.',
  ],
  async run(context, given) {
    const before = given.text('before');
    const ids = new Set(given.positionals);
    if ((before === undefined) === (ids.size === 0)) throw usageError(name, 'give ids, or --before TIME');
    const kept = await context.services.verifications.list(context.home);
    for (const id of ids) {
      if (!kept.some((one) => one.id === id)) throw new BoltsealError('EVIDENCE_NONE', { path: context.home });
    }
    const limit = before === undefined ? 0 : parseTime(name, '--before', before) * 1000;
    const partialLimit = Math.min(limit, context.now() - PARTIAL_MS);
    const leaving = kept.filter(
      ({ id, writtenAt, isPartial }) => ids.has(id) || writtenAt < (isPartial ? partialLimit : limit),
    );
    const bytes = await context.services.verifications.remove(context.home, leaving);
    const lines = leaving.map((one) => `${describeKept(one)}\n`).join('');
    context.print(`${lines}Removed ${formatCount(leaving.length)}, ${formatBytes(bytes)}.\n`);
  },
};
