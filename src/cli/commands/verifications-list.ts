import type { KeptVerification } from '../../verify/kept-verifications.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount } from '../format.ts';

const name = 'verifications list';

export const verificationsListCommand: Command = {
  name,
  summary: 'shows the verifications whose evidence the home keeps for `attribute`',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'verifications list takes no further words');
    const kept = await context.services.verifications.list(context.home);
    context.print(kept.length === 0 ? 'No evidence is kept.\n' : kept.map((one) => `${describeKept(one)}\n`).join(''));
  },
};

/** One line on kept evidence. */
export function describeKept({ id, createdAt, subjects, sizeBytes, isPartial, writtenAt }: KeptVerification): string {
  const size = formatBytes(sizeBytes);
  const written = new Date(writtenAt).toISOString();
  if (isPartial) return `${id}  ${written}  ${size}, begun and never finished`;
  if (createdAt === null || subjects === null) {
    return `${id}  ${written}  ${size}, damaged or written with another key`;
  }
  return `${id}  ${createdAt}  ${formatCount(subjects)} subjects, ${size}`;
}
