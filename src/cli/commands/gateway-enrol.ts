import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'gateway enrol';
const TTL_SECONDS = 3600;

export const gatewayEnrolCommand: Command = {
  name,
  summary: 'makes a code that enrols one device',
  usage: ['[--role ROLE] [--station ID] [--partner ID] [--id ID] [--automatic]'],
  options: {
    role: { value: 'ROLE', text: 'as the policies name it (default: scanner)' },
    station: { value: 'ID', text: 'where it works' },
    partner: { value: 'ID', text: 'for whom' },
    id: { value: 'ID', text: 'what it is called (default: made up)' },
    automatic: { text: 'whoever has the code comes in without an administrator’s approval' },
  },
  details: ['The code works once, within an hour, and is shown here alone.'],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, `${name} takes no further words`);
    const { code, principal } = await context.services.principals.enrol(
      context.home,
      {
        role: given.text('role') ?? 'scanner',
        station: given.text('station') ?? null,
        partner: given.text('partner') ?? null,
        attributes: {},
        principal: given.text('id') ?? null,
        approval: given.flag('automatic') ? 'automatic' : 'administrator',
        ttlSeconds: TTL_SECONDS,
      },
      context.now(),
    );
    context.print(`${code}\n`);
    context.note(`The device that gives this code within an hour becomes ${principal}.`);
  },
};
