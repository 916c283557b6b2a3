import { recipientTitle } from '../../contract/canaries.ts';
import { BoltsealError } from '../../core/errors.ts';
import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import type { CanaryDrillLine } from '../services.ts';

const name = 'canaries drill';

export const canariesDrillCommand: Command = {
  name,
  summary: 'proves that each canary would be found: verifies dumps that hold them all',
  usage: ['[--file OUT]'],
  options: { file: { value: 'OUT', text: 'keeps the first of these dumps (CSV), for drills in other systems' } },
  details: [
    'The dumps hold every canary among strangers, as exported, as SQL, and retyped. They are written below TMPDIR and removed.',
    'Ends with 0 only if every canary was found in every one of them.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'canaries drill takes no further words');
    const path = given.text('file');
    const output = path === undefined ? null : context.openOutput(path);
    try {
      const { shapes, recipients } = await context.services.canaries.drill(
        { home: context.home, output },
        context.progress,
      );
      output?.commit();
      const sum = (of: (line: CanaryDrillLine) => number): number =>
        recipients.reduce((all, line) => all + of(line), 0);
      const planted = sum((line) => line.planted);
      const missing = planted - sum((line) => line.found);
      const report = [
        ...recipients.map(describe),
        `${shapes.join(', ')}: ${formatCount(planted - missing)} of ${formatCount(planted)} canaries found in each.`,
        '',
      ];
      if (path !== '-') context.print(report.join('\n'));
      if (missing > 0) throw new BoltsealError('CANARIES_MISSING', { missing, planted });
    } finally {
      output?.discard();
    }
  },
};

function describe({ recipient, planted, found, notRegistered, missed }: CanaryDrillLine): string {
  const reasons = [
    ...(notRegistered > 0 ? [`${formatCount(notRegistered)} not in the register`] : []),
    ...missed.map(({ shape, count }) => `${formatCount(count)} not found in ${shape}`),
  ];
  const line = `${found === planted ? 'found  ' : 'MISSING'}  ${formatCount(found)} of ${formatCount(planted)}  ${recipientTitle(recipient)}`;
  return printable([line, ...reasons].join('; '), 1000);
}
