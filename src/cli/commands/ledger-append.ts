import { BoltsealError } from '../../core/errors.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import { noteWithheld } from '../instruction.ts';

const name = 'ledger append';

export const ledgerAppendCommand: Command = {
  name,
  summary: 'records disclosures in the ledger: durable, tamper-evident, provable',
  usage: ['FILE   (JSON lines; - is standard input)'],
  options: {},
  details: [
    'A line: {"at": "2026-11-22T10:30:00Z", "principal": "scanner-7", "subject": "customer-1", "fields": ["name", "phone"], "purpose": "delivery"}, and "basis", "decision", "requestSignature" (Base64), "idempotencyKey" where there are any.',
    'The first call makes the ledger, its keys and its second place. Lines that are no disclosures are named with their number and a reason; the others are appended.',
  ],
  async run(context, given) {
    const [input, ...more] = given.positionals;
    if (input === undefined || more.length > 0) throw usageError(name, 'name one FILE, or - for standard input');
    const summary = await context.services.ledger.append(context.home, input, (error) => noteWithheld(context, error));
    const { appended, known, refused, refusedLines, first, last } = summary;
    for (const { line, problem } of refusedLines) context.note(`line ${line}: ${problem}\n`);
    if (refused > refusedLines.length) context.note(`… and ${formatCount(refused - refusedLines.length)} more\n`);
    const place = first === null || last === null ? '' : `, ${first.shard} ${first.index} to ${last.index}`;
    const repeated = known === 0 ? '' : ` (${formatCount(known)} were there already)`;
    context.print(`Appended ${formatCount(appended)} disclosures${repeated}${place}.\n`);
    if (refused > 0) throw new BoltsealError('LEDGER_LINES', { refused, lines: refused + appended });
  },
};
