import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatCount } from '../format.ts';
import type { PrincipalsImportResult } from '../services.ts';

const name = 'principals import';
const mostShown = 20;

export const principalsImportCommand: Command = {
  name,
  summary: 'adds what is known of who reads: kind, station, partner, role, model, build, ...',
  usage: ['FILE... [--principal COL] [--at COL]'],
  options: {
    principal: { value: 'COL', text: 'the column with the name, as logs have it (default: principal)' },
    at: { value: 'COL', text: 'the column that says since when the row is true (default: at, or since ever)' },
  },
  details: [
    'Every other column is an attribute; an empty cell says nothing. A row replaces what was said of the same principal and time.',
    'COL is the name of a column, or its number from 1.',
  ],
  async run(context, given) {
    if (given.positionals.length === 0) throw usageError(name, 'no table: name a FILE, or - for standard input');
    const result = await context.services.disclosures.importPrincipals(
      {
        home: context.home,
        inputs: given.positionals,
        principal: given.text('principal') ?? null,
        at: given.text('at') ?? null,
      },
      context.progress,
    );
    context.print(describe(result));
  },
};

function describe(result: PrincipalsImportResult): string {
  const rejected = [...result.rejected].map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ');
  const shown = result.attributes.slice(0, mostShown).map((attribute) => printable(attribute, 40));
  const more = result.attributes.length > mostShown ? ', ...' : '';
  return [
    `Read ${formatCount(result.rows)} rows${rejected === '' ? '' : `; left out: ${rejected}`}.`,
    `Attributes: ${shown.length === 0 ? 'none' : `${shown.join(', ')}${more}`}.`,
    `New: ${formatCount(result.added)} principals; ${formatCount(result.changed)} rows said something new.`,
    `There are ${formatCount(result.total)} principals.`,
    '',
  ].join('\n');
}
