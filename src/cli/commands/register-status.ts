import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import type { RegisterStatus } from '../services.ts';

const name = 'register status';

export const registerStatusCommand: Command = {
  name,
  summary: 'shows what the register holds',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'register status takes no further words');
    context.print(describeStatus(await context.services.register.status(context.home)));
  },
};

function describeStatus(status: RegisterStatus): string {
  const width = Math.max(0, ...status.fields.map((field) => field.field.length));
  const range =
    status.fromSeconds === null || status.untilSeconds === null
      ? 'no table yet'
      : `${formatTime(status.fromSeconds)} to ${formatTime(status.untilSeconds)}`;
  return [
    `subjects   ${formatCount(status.subjects)}`,
    `versions   ${formatCount(status.versions)}, of which ${formatCount(status.currentVersions)} are current`,
    `on disk    ${formatBytes(status.sizeBytes)}`,
    `time       ${range}`,
    `region     ${status.region}`,
    ...(status.waiting === 0
      ? []
      : [
          `erased     ${formatCount(status.waiting)} ${status.waiting === 1 ? 'person' : 'people'} whom nothing counts any more; the next \`register add\` or \`vault feed\` writes the files without them`,
        ]),
    'fields',
    ...status.fields.map(
      (field) =>
        `  ${field.field.padEnd(width)}  ${formatCount(field.versions)} versions, ${formatCount(field.current)} current${field.exclusive ? ', exclusive' : ''}`,
    ),
    '',
  ].join('\n');
}
