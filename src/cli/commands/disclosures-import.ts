import { type DisclosureKey, disclosureKeys, type LogFormat, logFormats } from '../../contract/disclosures.ts';
import { printable } from '../../core/text.ts';
import { usageError } from '../arguments.ts';
import type { Arguments, Command } from '../command.ts';
import { formatCount, formatDuration, formatTime } from '../format.ts';
import type { DisclosuresImportResult } from '../services.ts';
import { isFieldList, parseFields } from '../values.ts';

const name = 'disclosures import';

export const disclosuresImportCommand: Command = {
  name,
  summary: 'adds access logs: who read what of whom',
  usage: [
    'FILE... [--map at=COL principal=COL subject=COL fields=COL purpose=COL] [--fields FIELD,...]',
    "FILE... --subject-pattern '/customers/{subject}' --fields FIELD,...   (nginx, Apache, JSON)",
    'FILE... --table customers:id=name,phone:mobile                       (PostgreSQL with pgAudit)',
  ],
  options: {
    map: {
      value: 'WHAT=COL',
      multiple: true,
      continues: isMapping,
      text: `where it does not stand under its own name: ${disclosureKeys.join(', ')}`,
    },
    fields: {
      value: 'FIELD',
      multiple: true,
      continues: isFieldList,
      text: 'what was shown, where the log does not say',
    },
    'subject-pattern': {
      value: 'PATH',
      multiple: true,
      text: "addresses that show a person, with {subject} where the id is; 'PATH FIELDS' says what each shows",
    },
    table: {
      value: 'TABLE:KEY=FIELDS',
      multiple: true,
      text: 'a table of people in PostgreSQL, its id column, and fields (FIELD or FIELD:COLUMN, with commas)',
    },
    'log-prefix': { value: 'TEXT', text: "PostgreSQL's log_line_prefix (default: the usual ones)" },
    zone: { value: 'ZONE', text: 'of times that do not say theirs: +08:00 (default: UTC)' },
    format: { value: 'NAME', text: `${logFormats.join(', ')} (default: found out)` },
  },
  details: [
    'Reads tables in any format that `verify` reads, JSON lines, web server logs and pgAudit logs, plain or gz; - is standard input.',
    'The same disclosure (time, principal, subject, fields, purpose) counts once, however often it is imported.',
    'Times are kept in whole seconds. A failed or interrupted import leaves everything as it was.',
  ],
  async run(context, given) {
    if (given.positionals.length === 0)
      throw usageError(name, 'no log: name a FILE, a folder, or - for standard input');
    const result = await context.services.disclosures.import(
      {
        home: context.home,
        inputs: given.positionals,
        words: {
          format: parseFormat(given.text('format')),
          map: parseDisclosureMap(given),
          fields: parseFields(name, '--fields', given.list('fields')),
          urls: given.list('subject-pattern'),
          tables: given.list('table'),
          logPrefix: given.text('log-prefix') ?? null,
          zone: given.text('zone') ?? null,
        },
      },
      context.progress,
    );
    context.print(describe(result));
  },
};

function isKey(text: string): text is DisclosureKey {
  return (disclosureKeys as readonly string[]).includes(text);
}

function isMapping(word: string): boolean {
  return word.split(',').every((pair) => pair.includes('=') && isKey(pair.split('=', 1)[0] ?? ''));
}

/** `at=time principal=user` or the same with commas. */
function parseDisclosureMap(given: Arguments): ReadonlyMap<DisclosureKey, string> {
  const map = new Map<DisclosureKey, string>();
  for (const word of given.list('map')) {
    for (const pair of isMapping(word) ? word.split(',') : [word]) {
      const key = pair.split('=', 1)[0] ?? '';
      const column = pair.slice(key.length + 1);
      if (!isKey(key) || column === '') {
        throw usageError(name, `--map must be WHAT=COL, where WHAT is one of ${disclosureKeys.join(', ')}`);
      }
      map.set(key, column);
    }
  }
  return map;
}

function parseFormat(text: string | undefined): LogFormat | null {
  if (text === undefined) return null;
  const format = logFormats.find((known) => known === text);
  if (format === undefined) throw usageError(name, `--format must be one of ${logFormats.join(', ')}`);
  return format;
}

function describe(result: DisclosuresImportResult): string {
  const rejected = [...result.rejected]
    .sort((a, b) => b[1] - a[1])
    .map(([reason, count]) => `${formatCount(count)} ${reason}`);
  const known = result.knownFiles === 0 ? '' : `; ${formatCount(result.knownFiles)} were imported before`;
  const span =
    result.fromSeconds === null || result.untilSeconds === null
      ? ''
      : ` from ${formatTime(result.fromSeconds)} to ${formatTime(result.untilSeconds)}`;
  return [
    `Read ${formatCount(result.read)} disclosures${span} in ${formatDuration(result.seconds)}: ${formatCount(result.files)} files${known}.`,
    ...(rejected.length === 0 ? [] : [`Left out: ${rejected.join(', ')}.`]),
    ...(result.ignoredNames === 0
      ? []
      : [`${formatCount(result.ignoredNames)} names of fields are none that Boltseal knows.`]),
    `New: ${formatCount(result.added)} disclosures, ${formatCount(result.newPrincipals)} principals, ${formatCount(result.newUnknownSubjects)} subjects that the register does not know.`,
    `There are ${formatCount(result.total)} disclosures.`,
    '',
  ]
    .map((line) => printable(line, 1000))
    .join('\n');
}
