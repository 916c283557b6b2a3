import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import { instructionOptions, parseInstruction } from '../instruction.ts';

const name = 'vault erase';

export const vaultEraseCommand: Command = {
  name,
  summary: 'erases a person in the vault, the ledger, the columns of disclosures and the register, for ever',
  usage: ['--subject ID --basis TEXT [--by WHO]'],
  options: { subject: { value: 'ID', text: 'your own id of the person' }, ...instructionOptions },
  details: [
    'The key of the person is destroyed, so that backups of vault/data.sqlite cannot be read either; those of vault/keys.sqlite are the true term of an erasure: keep them for a short time and apart. A legal hold forbids it.',
    'The register leaves the person out from now on; the next `vault feed` or `register add` writes its files without. Tables that still have the id bring nobody back.',
    'While `boltseal serve` is open: DELETE /v1/subjects/ID, as a privacy officer.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'vault erase takes no further words');
    const subject = given.text('subject');
    if (subject === undefined) throw usageError(name, 'say whom: --subject ID');
    const { vault } = context.services;
    const { wasInVault, tombstone, entries } = await vault.erase(context.home, subject, parseInstruction(name, given));
    const inVault = wasInVault
      ? 'The vault has nothing of this subject any more'
      : 'The vault had nothing of this subject';
    const inLedger =
      tombstone === null
        ? 'the ledger had nothing of it'
        : `what ${entries === 1 ? 'one entry of the ledger holds' : `${formatCount(entries)} entries of the ledger hold`} is erased, and entry ${tombstone.index} of ${tombstone.origin} says so`;
    context.print(`${inVault}; ${inLedger}.\n`);
  },
};
