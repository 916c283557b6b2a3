import { userInfo } from 'node:os';
import type { BoltsealError } from '../core/errors.ts';
import type { Instruction } from '../ledger/erasing/port.ts';
import { usageError } from './arguments.ts';
import type { Arguments, Context, OptionSpecs } from './command.ts';

/** Options of commands that the ledger records with who asked and by what right. */
export const instructionOptions: OptionSpecs = {
  basis: { value: 'TEXT', text: 'the request, order or law that it rests on; recorded in the ledger' },
  by: { value: 'WHO', text: 'who asks for it; recorded in the ledger (default: the user of this machine)' },
};

const longestText = 1000;

/** Reads --basis and --by. Fails with USAGE_OPTION. */
export function parseInstruction(command: string, given: Arguments): Instruction {
  const basis = given.text('basis');
  if (basis === undefined) throw usageError(command, '--basis is missing: say what it rests on');
  const principal = given.text('by') ?? userInfo().username;
  if (basis.length > longestText || principal.length > longestText)
    throw usageError(command, `--basis and --by have at most ${longestText} characters`);
  return { principal, basis };
}

/** Says that what was recorded is not under a published checkpoint yet, and why. */
export function noteWithheld(context: Context, error: BoltsealError): void {
  context.note(`Recorded, but no checkpoint covers it yet: ${error.message} [${error.code}]\n`);
  context.note('  `boltseal ledger checkpoint` tries again.\n');
}
