import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'gateway link';

export const gatewayLinkCommand: Command = {
  name,
  summary: 'makes a link that signs a member of staff in once, for who has lost every key',
  usage: ['ID'],
  options: {},
  details: ['Open the address of the gateway with /sign-in# and what is printed behind it, within 15 minutes.'],
  async run(context, given) {
    const [id, more] = given.positionals;
    if (id === undefined || more !== undefined) throw usageError(name, 'give one ID');
    context.print(`/sign-in#${await context.services.principals.link(context.home, id, context.now())}\n`);
  },
};
