import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';

const name = 'vault rotate-key';

export const vaultRotateKeyCommand: Command = {
  name,
  summary: 'wraps the keys of all subjects under a new key-encryption key, or goes on with that',
  usage: [''],
  options: {},
  details: [
    'Reading and writing go on meanwhile. Interrupted, the same command goes on where it ended. The values themselves stay as they are: their keys do not change, what wraps them does.',
    'When it is through, older versions are destroyed in vault/keys.sqlite. Key files keys/vault-*.key stay, because backups of keys.sqlite need them; remove the old ones when the last such backup is gone.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault rotate-key takes no further words');
    const { progress } = context;
    let before = 0;
    const { version, dataKeys } = await context.services.vault.rotate(context.home, (done, total) => {
      if (before === 0) progress.begin('wrapping keys', total, 'rows');
      progress.advance(done - before);
      before = done;
    });
    if (before > 0) progress.end();
    context.print(
      `Version ${version} of the key-encryption key wraps the keys of ${formatCount(dataKeys)} subjects.\n`,
    );
  },
};
