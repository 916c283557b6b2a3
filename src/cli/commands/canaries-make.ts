import { type CanaryField, canaryFields, type Recipient, recipientTitle } from '../../contract/canaries.ts';
import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Arguments, Command } from '../command.ts';
import { formatCount } from '../format.ts';
import type { CanariesMakeResult } from '../services.ts';
import { isFieldList, parseCount } from '../values.ts';

const name = 'canaries make';
const mostCanaries = 10_000;
const longestName = 256;

export const canariesMakeCommand: Command = {
  name,
  summary: 'makes customers who do not exist, to be planted where a theft should show itself',
  usage: ['--for PRINCIPAL | --scope NAME --count N [--out FILE.csv] [--columns FIELD,...]'],
  options: {
    for: { value: 'PRINCIPAL', text: 'who will get them, named as in the disclosures' },
    scope: { value: 'NAME', text: 'where they will be planted: a system, an export, a partner' },
    count: { value: 'N', text: `how many, at most ${mostCanaries}` },
    out: { value: 'FILE', text: 'where to write them as CSV (default: standard output)' },
    columns: {
      value: 'FIELD',
      multiple: true,
      continues: isFieldList,
      text: `of ${canaryFields.join(', ')} (default: all that the register has); the customer id is always there`,
    },
  },
  details: [
    'They stand in the register as customers; which ones they are stands in a sealed file of its own. Plant the CSV in one place only: the place is what they prove.',
    'What belongs to nobody (customer ids, phone numbers, a mail domain) is set aside in config.json, best before the register is built: docs/spec/canaries.md.',
    'A call that was cut off is finished by calling it again.',
  ],
  async run(context, given) {
    if (given.positionals.length > 0) throw usageError(name, 'canaries make takes no further words');
    const count = given.text('count');
    if (count === undefined) throw usageError(name, '--count is missing');
    const path = given.text('out') ?? '-';
    const request = {
      home: context.home,
      recipient: parseRecipient(given),
      count: parseCount(name, '--count', count, mostCanaries),
      columns: parseColumns(given),
      now: context.now(),
    };
    const output = context.openOutput(path);
    try {
      const result = await context.services.canaries.make({ ...request, output });
      context.note(describe(result, request.recipient, path));
    } finally {
      output.discard();
    }
  },
};

function parseRecipient(given: Arguments): Recipient {
  const principal = given.text('for');
  const scope = given.text('scope');
  if ((principal === undefined) === (scope === undefined))
    throw usageError(name, 'say for whom they are: --for PRINCIPAL or --scope NAME');
  const text = principal ?? scope ?? '';
  if (text.length > longestName || text.trim() !== text || /\p{Cc}/u.test(text))
    throw usageError(
      name,
      `a name has at most ${longestName} characters, no control characters, and no blanks around it`,
    );
  return principal === undefined ? { scope: text } : { principal: text };
}

function parseColumns(given: Arguments): CanaryField[] | null {
  const words = given.list('columns').flatMap((word) => word.split(','));
  if (words.length === 0) return null;
  const unknown = words.find((word) => !canaryFields.some((field) => field === word));
  if (unknown !== undefined) throw usageError(name, `--columns must be some of ${canaryFields.join(', ')}`);
  return canaryFields.filter((field) => words.includes(field));
}

function describe(result: CanariesMakeResult, recipient: Recipient, path: string): string {
  const { count, columns, batch, isResumed, unregistered } = result;
  const made = isResumed ? 'Finished an interrupted call: exported' : 'Made';
  return [
    `${made} ${formatCount(count)} canaries for ${recipientTitle(recipient)} (${columns.join(', ')})${path === '-' ? '' : ` into ${path}`}; batch ${batch}.`,
    ...(unregistered.length === 0
      ? []
      : [`The register has no ${unregistered.join(', ')} of anybody: in a dump these values will not be found.`]),
    'Plant them there and nowhere else. `boltseal canaries drill` proves that each is found.',
    '',
  ]
    .map((line) => printable(line, 1000))
    .join('\n');
}
