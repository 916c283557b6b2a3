import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';

const name = 'gateway revoke';

export const gatewayRevokeCommand: Command = {
  name,
  summary: 'lets somebody ask the gateway no more, for good',
  usage: ['ID'],
  options: {},
  details: ['It holds for the next request, also while the gateway is open.'],
  async run(context, given) {
    const [id, more] = given.positionals;
    if (id === undefined || more !== undefined) throw usageError(name, 'give one ID');
    await context.services.principals.revoke(context.home, id, context.now());
    context.print(`Revoked ${id}.\n`);
  },
};
