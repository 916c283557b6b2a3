import { BoltsealError } from '../../core/errors.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { describeCheck } from '../vault-check-text.ts';

const name = 'vault check';

export const vaultCheckCommand: Command = {
  name,
  summary: 'looks for readable values of the vault in every file of the home',
  usage: [''],
  options: {},
  details: [
    'Values of up to 20,000 subjects, spread over all of them, are looked for in UTF-8, UTF-16, GB18030, hexadecimal and Base64, and escaped as in addresses and JSON. Forms of less than eight bytes, such as names of two characters in UTF-8, occur by chance and are left out; their longer forms are not.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault check takes no further words');
    const check = await context.services.vault.check(context.home, context.progress);
    context.print(describeCheck(check));
    if (check.hits.length > 0) throw new BoltsealError('VAULT_PLAINTEXT', { found: check.hits.length });
  },
};
