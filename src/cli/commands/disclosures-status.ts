import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount, formatTime } from '../format.ts';
import type { DisclosuresStatus } from '../services.ts';

const name = 'disclosures status';

export const disclosuresStatusCommand: Command = {
  name,
  summary: 'shows what is known of who read what',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'disclosures status takes no further words');
    context.print(describe(await context.services.disclosures.status(context.home)));
  },
};

function describe(status: DisclosuresStatus): string {
  const range =
    status.fromSeconds === null || status.untilSeconds === null
      ? 'none yet'
      : `${formatTime(status.fromSeconds)} to ${formatTime(status.untilSeconds)}`;
  const each = status.disclosures === 0 ? '' : `, ${(status.sizeBytes / status.disclosures).toFixed(1)} bytes each`;
  return [
    `disclosures  ${formatCount(status.disclosures)}`,
    `time         ${range}`,
    `on disk      ${formatBytes(status.sizeBytes)} in ${formatCount(status.segments)} segments${each}`,
    `principals   ${formatCount(status.principals)}`,
    `purposes     ${formatCount(status.purposes)}`,
    `unknown      ${formatCount(status.unknownSubjects)} subjects were not in the register when they were read`,
    `files        ${formatCount(status.files)} imported`,
    '',
  ].join('\n');
}
