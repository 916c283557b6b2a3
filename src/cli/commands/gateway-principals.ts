import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'gateway principals';

export const gatewayPrincipalsCommand: Command = {
  name,
  summary: 'lists who may ask the gateway',
  usage: [''],
  options: {},
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, `${name} takes no further words`);
    const principals = await context.services.principals.list(context.home);
    const rows = principals.map(({ id, kind, role, station, partner, state }) =>
      [id, kind, role, station ?? '-', partner ?? '-', state].join('\t'),
    );
    context.print(`${['id\tkind\trole\tstation\tpartner\tstate', ...rows].join('\n')}\n`);
  },
};
