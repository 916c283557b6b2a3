import type { BoltsealError } from '../../core/errors.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { instructionOptions, noteWithheld, parseInstruction } from '../instruction.ts';
import { parseIndex } from '../values.ts';

const name = 'ledger hold';

export const ledgerHoldCommand: Command = {
  name,
  summary: 'keeps what the ledger has of a person from being erased',
  usage: [
    '--subject ID --basis TEXT [--by WHO]',
    '--release ORIGIN/INDEX --subject ID --basis TEXT [--by WHO]',
    '--list',
  ],
  options: {
    subject: { value: 'ID', text: 'whose data it is' },
    release: { value: 'PLACE', text: 'ends the hold with that number (origin, slash, index, as --list shows it)' },
    list: { text: 'shows the holds that stand' },
    ...instructionOptions,
  },
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'ledger hold takes no further words');
    const { ledger } = context.services;
    if (given.flag('list')) {
      const holds = await ledger.holds(context.home);
      context.print(holds.length === 0 ? 'No holds.\n' : holds.map((hold) => `${placeText(hold)}\n`).join(''));
      return;
    }
    const subject = given.text('subject');
    if (subject === undefined) throw usageError(name, '--subject is missing');
    const instruction = parseInstruction(name, given);
    const onWithheld = (error: BoltsealError): void => noteWithheld(context, error);
    const release = given.text('release');
    if (release === undefined) {
      const place = await ledger.hold(context.home, subject, instruction, onWithheld);
      context.print(`Held: ${placeText(place)}\n`);
      return;
    }
    const place = await ledger.release(context.home, subject, parsePlace(release), instruction, onWithheld);
    context.print(`Released; entry ${placeText(place)} says so.\n`);
  },
};

function placeText({ origin, index }: EntryPlace): string {
  return `${origin}/${index}`;
}

function parsePlace(text: string): EntryPlace {
  const slash = text.lastIndexOf('/');
  if (slash < 1) throw usageError(name, '--release must be ORIGIN/INDEX, as --list shows it');
  return { origin: text.slice(0, slash), index: parseIndex(name, '--release', text.slice(slash + 1)) };
}
