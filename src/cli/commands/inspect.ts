import type { Inspection } from '../../contract/inspection.ts';
import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Command } from '../command.ts';
import { formatBytes, formatCount } from '../format.ts';
import { checkOutput } from '../output-file.ts';
import { readingOptions } from '../reading-options.ts';
import { parseHints, parseMap, parseRegion } from '../values.ts';

const name = 'inspect';
const mostShown = 40;

export const inspectCommand: Command = {
  name,
  summary: 'shows how a file would be read: tables, encodings, columns, first rows (masked)',
  usage: ['FILE... [--json OUT] [--region CN]'],
  options: {
    json: { value: 'OUT', text: 'writes the same as JSON (docs/spec/inspection.md)' },
    region: { value: 'CC', text: "the company's region (default: that of the home, or CN)" },
    ...readingOptions,
  },
  details: [
    'FILE may be a folder or an archive, and - is standard input. It looks for about a second, whatever the size.',
    'No register is needed, and nothing is compared.',
  ],
  async run(context, given) {
    if (given.positionals.length === 0)
      throw usageError(name, 'no file: name a FILE, a folder, or - for standard input');
    const region = given.text('region');
    const output = given.text('json');
    if (output !== undefined) checkOutput(name, 'json', output, given.positionals, context.workingFolder);
    const file = output === undefined ? null : context.openOutput(output);
    try {
      const inspection = await context.services.inspect({
        home: context.home,
        inputs: given.positionals,
        region: region === undefined ? null : parseRegion(name, region),
        map: parseMap(name, given.list('map')),
        hints: parseHints(name, given),
      });
      file?.write(`${JSON.stringify(inspection, null, 2)}\n`);
      file?.commit();
      if (output !== '-') context.print(describe(inspection));
    } finally {
      file?.discard();
    }
  },
};

function describe(inspection: Inspection): string {
  const shown = inspection.parts.slice(0, mostShown);
  const more = inspection.parts.length - shown.length + inspection.partsOmitted;
  return [
    ...shown.flatMap(describePart),
    ...(more > 0 ? [`and ${formatCount(more)} more tables (--json lists up to 1,000)`, ''] : []),
    ...describeFailures(inspection),
    ...(inspection.complete ? [] : ['Time was up: there may be more tables; `verify` reads everything.', '']),
  ].join('\n');
}

function describePart(part: Inspection['parts'][number]): string[] {
  const size = part.bytes === null ? '' : ` · ${formatBytes(part.bytes)}`;
  const sureness = part.encodingConfidence < 0.95 ? ` (${Math.round(part.encodingConfidence * 100)} % sure)` : '';
  const separator =
    part.format.startsWith('delimited') && part.separator !== '\x1f'
      ? ` · cells between ${nameOfSeparator(part.separator)}`
      : '';
  const rejected = Object.entries(part.rejected).map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return [
    printable(part.name, 300),
    `  ${part.format} · ${part.encoding}${sureness}${separator}${size}${part.headerRows > 0 ? ' · with header' : ''}`,
    ...part.columns.slice(0, mostShown).map((column) => {
      const title = column.name === null ? '' : ` "${printable(column.name, 40)}"`;
      const field =
        column.field === null
          ? `(${column.kind ?? 'unknown'})`
          : `${column.field}, ${Math.round(column.confidence * 100)} %`;
      return `  ${String(column.index + 1).padStart(3)}${title}: ${field}: ${printable(column.reason, 120)}`;
    }),
    ...(part.columns.length > mostShown
      ? [`      and ${formatCount(part.columns.length - mostShown)} more columns`]
      : []),
    `  looked at ${describeLook(part)}`,
    ...part.rows.slice(0, 3).map((row) => `      ${printable(row.slice(0, 12).join(' | '), 160)}`),
    ...(rejected.length === 0 ? [] : [`  rejected so far: ${rejected.join(', ')}`]),
    '',
  ];
}

/** Columns and first rows are those of what was looked at. */
function describeLook({ looked, bytes }: Inspection['parts'][number]): string {
  if (looked.whole) return 'all of it';
  if (looked.bytes === null) return 'its start';
  // Text that is no UTF-8 has more bytes as such.
  const of = bytes !== null && bytes > looked.bytes ? ` of ${formatBytes(bytes)}` : '';
  return `${formatBytes(looked.bytes)}${of}: ${bytes === null ? 'its start' : 'its start, and stretches from all over it'}`;
}

function describeFailures({ failures, failuresOmitted }: Inspection): string[] {
  if (failures.length === 0) return [];
  const more = failures.length - mostShown + failuresOmitted;
  return [
    'Not read:',
    ...failures.slice(0, mostShown).map(({ code, message }) => `  ${code}: ${message}`),
    ...(more > 0 ? [`  and ${formatCount(more)} more`] : []),
    '',
  ];
}

function nameOfSeparator(separator: string): string {
  if (separator === '\t') return 'tabs';
  return separator === ' ' ? 'spaces' : `"${printable(separator, 20)}"`;
}
