import { BoltsealError } from '../../core/errors.ts';
import { printable } from '../../core/text.ts';
import type { FsckReport } from '../../ledger/service/fsck-report.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'ledger fsck';

export const ledgerFsckCommand: Command = {
  name,
  summary: 'checks the whole ledger, or a log in a folder or at an address',
  usage: ['', 'DIR|URL --policy FILE [--part]'],
  options: {
    policy: { value: 'FILE', text: 'whose signatures are believed (c2sp.org/tlog-policy)' },
    part: { text: 'it may be a part of a log, as `ledger export --from --to` writes it' },
  },
  details: [
    'Of the home: checkpoints, second place, write-ahead log, every bundle, tile, entry and opening, and the columns of disclosures. Of a folder or address: what other people can see of a log.',
    'Ends with exit code 1 when something is wrong; each finding has a code (docs/spec/ledger.md).',
  ],
  async run(context, given) {
    const [source, ...more] = given.positionals;
    const policy = given.text('policy');
    if (more.length > 0) throw usageError(name, 'name one folder or address, or none for the home');
    if ((source === undefined) !== (policy === undefined))
      throw usageError(name, 'a folder or address is checked with --policy FILE; the home without');
    const isPart = given.flag('part');
    if (isPart && source === undefined) throw usageError(name, '--part goes with a folder or address');
    const { ledger } = context.services;
    context.progress.begin('checking entries', null, 'rows');
    const onEntries = (count: number): void => context.progress.advance(count);
    const report =
      source === undefined || policy === undefined
        ? await ledger.fsckHome(context.home, onEntries)
        : await ledger.fsckLog(source, { policy, isPart }, onEntries);
    context.progress.end();
    context.print(describe(report));
    if (report.findingCount > 0) throw new BoltsealError('LEDGER_FSCK', { faults: report.findingCount });
  },
};

function describe({ entries, logs, findings, findingCount, notes }: FsckReport): string {
  const lines = [
    ...findings.map(({ code, place, detail }) => `${code}  ${place}: ${detail}`),
    ...(findingCount > findings.length ? [`… and ${formatCount(findingCount - findings.length)} more`] : []),
    ...notes.map((note) => `note  ${note}`),
    ...logs.map(
      ({ origin, size, cosigned }) =>
        `log  ${origin}: ${formatCount(size)} entries${cosigned.length === 0 ? '' : `, cosigned by ${cosigned.join(', ')}`}`,
    ),
    `Checked ${formatCount(entries)} entries: ${findingCount === 0 ? 'everything is sound' : findingCount === 1 ? 'one finding' : `${formatCount(findingCount)} findings`}.`,
    '',
  ];
  return lines.map((line) => printable(line, 1000)).join('\n');
}
