import type { FieldName } from '../../core/fields/field.ts';
import type { AddMode } from '../../register/port.ts';
import { usageError } from '../arguments.ts';
import type { Arguments, Command } from '../command.ts';
import { formatCount, formatDuration } from '../format.ts';
import { readingOptions } from '../reading-options.ts';
import type { AddRequest, AddResult } from '../services.ts';
import { postgresOptions, readTableSource } from '../table-source.ts';
import { isFieldList, parseFields, parseMap, parseTime } from '../values.ts';

const name = 'register add';

export const registerAddCommand: Command = {
  name,
  summary: 'adds a table of your customers to the register',
  usage: [
    'FILE... --id COL --as-of TIME [--map FIELD=COL ...] [--created COL] [--exclusive FIELD ...] [--delta]',
    'FILE... --id COL --history --valid-from COL --valid-to COL [--as-of TIME] ...',
    '--postgres URL --query SQL --id COL --as-of TIME ...',
  ],
  options: {
    id: { value: 'COL', text: 'the column with your own id of the person' },
    'as-of': {
      value: 'TIME',
      text: 'when the table was taken: 2026-03-31, 2026-03-31T18:00+08:00, or seconds since 1970',
    },
    created: { value: 'COL', text: 'the column that says when the person became a customer' },
    exclusive: {
      value: 'FIELD',
      multiple: true,
      continues: isFieldList,
      text: 'only your company issues such values (always: customerId, trackingNumber, username)',
    },
    delta: { text: 'the table has changes only: who is not in it stays' },
    history: { text: 'the table has dated versions (slowly changing dimension, type 2)' },
    'valid-from': { value: 'COL', text: 'with --history: since when the row is true' },
    'valid-to': { value: 'COL', text: 'with --history: until when; empty: still' },
    'admit-erased': {
      text: 'ids of people who were erased are taken as those of new customers; without it their rows are left out',
    },
    ...postgresOptions,
    ...readingOptions,
  },
  details: [
    'Without --delta or --history the table is a full snapshot: who is no longer in it is closed at that time.',
    'COL is the name of a column, or its number from 1. Columns map themselves where it is obvious; --map overrides.',
    'The register keeps fingerprints only. A failed or interrupted addition leaves it as it was.',
  ],
  async run(context, given) {
    const request = readRequest(context.home, given, context.now());
    context.print(describeAddition(await context.services.register.add(request, context.progress)));
  },
};

function readRequest(home: string, given: Arguments, nowMilliseconds: number): AddRequest {
  const mode = readMode(given);
  const id = given.text('id');
  if (id === undefined) throw usageError(name, '--id COL is missing: which column holds your own id of the person?');
  const asOf = given.text('as-of');
  if (asOf === undefined && mode !== 'history') {
    throw usageError(name, '--as-of TIME is missing: when was the table taken?');
  }
  return {
    home,
    source: readTableSource(name, given),
    mode,
    asOfSeconds: asOf === undefined ? Math.floor(nowMilliseconds / 1000) : parseTime(name, '--as-of', asOf),
    id,
    created: given.text('created') ?? null,
    validFrom: given.text('valid-from') ?? null,
    validTo: given.text('valid-to') ?? null,
    map: parseMap(name, given.list('map')),
    exclusive: readExclusive(given),
    admitsErased: given.flag('admit-erased'),
  };
}

function readMode(given: Arguments): AddMode {
  const history = given.flag('history');
  if (history && given.flag('delta')) throw usageError(name, '--history and --delta exclude each other');
  const intervals = ['valid-from', 'valid-to'].filter((option) => given.flag(option)).length;
  if (history && intervals < 2) throw usageError(name, '--history needs --valid-from COL and --valid-to COL');
  if (!history && intervals > 0) throw usageError(name, '--valid-from and --valid-to are for --history');
  return history ? 'history' : given.flag('delta') ? 'delta' : 'snapshot';
}

function readExclusive(given: Arguments): FieldName[] {
  return parseFields(name, '--exclusive', given.list('exclusive'));
}

function describeAddition(result: AddResult): string {
  const columns = result.columns
    .filter((column) => column.field !== null)
    .map((column) => `  column ${column.index + 1}${column.name === null ? '' : ` "${column.name}"`}: ${column.field}`);
  const rejected = [...result.rejected].map(([reason, count]) => `${formatCount(count)} ${reason}`).join(', ');
  return [
    `Read ${formatCount(result.rows)} rows in ${formatDuration(result.seconds)}${rejected === '' ? '' : `; left out: ${rejected}`}.`,
    ...columns,
    `New: ${formatCount(result.newSubjects)} subjects, ${formatCount(result.newVersions)} versions. Closed: ${formatCount(result.closedVersions)} versions; ${formatCount(result.goneSubjects)} subjects are gone.`,
    `The register has ${formatCount(result.subjects)} subjects with ${formatCount(result.versions)} versions.`,
    '',
  ].join('\n');
}
