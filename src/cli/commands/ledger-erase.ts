import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import { instructionOptions, parseInstruction } from '../instruction.ts';

const name = 'ledger erase';

export const ledgerEraseCommand: Command = {
  name,
  summary: 'makes everything about a person in the ledger unreadable, for ever',
  usage: ['--subject ID | --principal ID --basis TEXT [--by WHO]'],
  options: {
    subject: { value: 'ID', text: 'whose data it is' },
    principal: { value: 'ID', text: 'who read' },
    ...instructionOptions,
  },
  details: [
    'Keys and openings are destroyed, an entry says how many entries were concerned and why; all proofs of the log go on holding. A legal hold forbids it.',
    "In the columns of disclosures a subject loses its rows, those of imported logs too; a principal its name, while the rows stay: whose data was disclosed, when and why is the subject's to know.",
    'Backups of keys.sqlite and of the key-wrapping key bring destroyed keys back: their retention is the true term of an erasure (docs/design/ledger.md).',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger erase takes no further words');
    const [subject, principal] = [given.text('subject'), given.text('principal')];
    if ((subject === undefined) === (principal === undefined))
      throw usageError(name, 'say who: --subject ID or --principal ID');
    const kind = subject === undefined ? 'principal' : 'subject';
    const id = subject ?? principal ?? '';
    const { ledger } = context.services;
    const erased = await ledger.erase(context.home, kind, id, parseInstruction(name, given));
    context.print(
      erased.tombstone === null
        ? `The ledger has nothing of this ${kind}; ${formatCount(erased.importedRows)} rows of imported logs were ${kind === 'subject' ? 'removed' : 'left without a name'}.\n`
        : `Erased what ${formatCount(erased.entries)} entries hold; entry ${erased.tombstone.index} of ${erased.tombstone.origin} says so.\n`,
    );
    if (erased.damagedFiles > 0)
      context.note(
        `${formatCount(erased.damagedFiles)} files of openings are damaged; what they have is unreadable.\n`,
      );
  },
};
