import { gzipSync } from 'node:zlib';
import { makeGb18030Encoder } from '../bench/gb18030.ts';
import { needsQuotes, type Quoting, writeRow } from './csv.ts';
import { type Column, fieldOfColumn, makeStranger, type Person, type PersonVersion, versionsAt } from './people.ts';
import { makeRandom, pickOne, shuffle } from './random.ts';

/** How one dump is cut from the people; everything left out is the plain case. */
export interface Cut {
  readonly name: string;
  /** The time of the copy, or `all`: every version that ever was. */
  readonly at: string;
  readonly columns: readonly Column[];
  readonly separator?: string;
  readonly quoting?: Quoting;
  readonly newline?: '\n' | '\r\n' | '\r';
  readonly encoding?: 'utf-8' | 'gb18030';
  readonly header?: 'original' | 'renamed' | 'none';
  readonly byteOrderMark?: boolean;
  readonly gzip?: boolean;
  /** Only this many of the rows, for cuts of all versions. */
  readonly most?: number;
  /** Share of rows that are strangers'. */
  readonly strangers?: number;
  /** Share of rows whose values come from several people. */
  readonly recombined?: number;
  /** Share of rows that stand there twice. */
  readonly repeated?: number;
  /** Writes phones, addresses and letter case in other ways that mean the same. */
  readonly restyled?: boolean;
  /** Says nothing about the columns on the command line: they must be found. */
  readonly unmapped?: boolean;
}

const contact: readonly Column[] = ['name', 'email', 'capitol_phone', 'district_phone'];
const everything: readonly Column[] = [
  'person_id',
  'name',
  'email',
  'capitol_address',
  'capitol_phone',
  'district_address',
  'district_phone',
];

/** The dumps of the evaluation: times, columns, separators, quotes, newlines, encodings, headers, foreign rows, noise. */
export const cuts: readonly Cut[] = [
  { name: 'everything', at: '2024-01-15', columns: everything },
  { name: 'everything, all quoted', at: '2023-06-01', columns: everything, quoting: 'all' },
  { name: 'everything, CRLF', at: '2022-03-01', columns: everything, newline: '\r\n' },
  { name: 'everything, CR', at: '2022-09-01', columns: everything, newline: '\r' },
  { name: 'everything, BOM', at: '2025-02-01', columns: everything, byteOrderMark: true },
  { name: 'everything, gz', at: '2025-08-01', columns: everything, gzip: true },
  { name: 'everything, no header', at: '2021-05-01', columns: everything, header: 'none' },
  { name: 'everything, latest', at: '2026-08-05', columns: everything },
  { name: 'every version', at: 'all', columns: everything },
  { name: 'every version, shuffled contacts', at: 'all', columns: ['email', 'name', 'district_phone'], most: 30_000 },
  { name: 'semicolons', at: '2023-01-01', columns: everything, separator: ';' },
  { name: 'tabs', at: '2023-01-01', columns: everything, separator: '\t', quoting: 'none' },
  { name: 'pipes', at: '2024-07-01', columns: everything, separator: '|' },
  {
    name: 'pipes, no quotes, no header',
    at: '2024-07-01',
    columns: contact,
    separator: '|',
    quoting: 'none',
    header: 'none',
  },
  { name: 'colons, no header', at: '2022-01-01', columns: contact, separator: ':', quoting: 'none', header: 'none' },
  {
    name: 'colons, two columns',
    at: '2025-01-01',
    columns: ['email', 'capitol_phone'],
    separator: ':',
    quoting: 'none',
    header: 'none',
  },
  {
    name: 'four dashes, no header',
    at: '2024-03-01',
    columns: contact,
    separator: '----',
    quoting: 'none',
    header: 'none',
  },
  {
    name: 'four dashes, header, CRLF',
    at: '2021-11-01',
    columns: ['email', 'name', 'capitol_phone'],
    separator: '----',
    quoting: 'none',
    newline: '\r\n',
  },
  {
    name: 'tabs, quote characters inside cells',
    at: '2024-10-01',
    columns: contact,
    separator: '\t',
    quoting: 'bare',
  },
  {
    name: 'tabs, all quoted, no header',
    at: '2023-09-01',
    columns: everything,
    separator: '\t',
    quoting: 'all',
    header: 'none',
  },
  { name: 'GB18030', at: '2024-05-01', columns: everything, encoding: 'gb18030' },
  {
    name: 'GB18030, tabs, no header',
    at: '2022-05-01',
    columns: contact,
    encoding: 'gb18030',
    separator: '\t',
    header: 'none',
  },
  {
    name: 'GB18030, all quoted, CRLF',
    at: '2023-05-01',
    columns: everything,
    encoding: 'gb18030',
    quoting: 'all',
    newline: '\r\n',
  },
  {
    name: 'GB18030, four dashes',
    at: '2025-05-01',
    columns: contact,
    encoding: 'gb18030',
    separator: '----',
    quoting: 'none',
  },
  {
    name: 'GB18030, gz, semicolons',
    at: '2026-01-01',
    columns: everything,
    encoding: 'gb18030',
    gzip: true,
    separator: ';',
  },
  { name: 'e-mail only', at: '2024-01-15', columns: ['email'], header: 'none' },
  { name: 'e-mail and name', at: '2024-01-15', columns: ['email', 'name'] },
  { name: 'phones and name, reordered', at: '2023-03-01', columns: ['district_phone', 'name', 'capitol_phone'] },
  { name: 'ids and names', at: '2022-12-01', columns: ['name', 'person_id'] },
  { name: 'addresses first', at: '2024-11-01', columns: ['district_address', 'capitol_address', 'name', 'email'] },
  {
    name: 'with columns that are no field',
    at: '2024-02-01',
    columns: ['person_id', 'state', 'district', 'party', 'email', 'capitol_phone'],
  },
  { name: 'other header names', at: '2023-12-01', columns: everything, header: 'renamed' },
  { name: 'columns must be found', at: '2024-01-15', columns: contact, unmapped: true },
  {
    name: 'columns must be found, other header',
    at: '2025-06-01',
    columns: ['email', 'name', 'district_phone'],
    header: 'renamed',
    unmapped: true,
  },
  {
    name: 'columns must be found, no header',
    at: '2025-06-01',
    columns: ['email', 'district_phone'],
    header: 'none',
    separator: ';',
    unmapped: true,
  },
  { name: 'other ways to write the same', at: '2024-06-01', columns: everything, restyled: true, repeated: 0.2 },
  {
    name: 'other ways, no quotes, no header',
    at: '2022-06-01',
    columns: contact,
    restyled: true,
    repeated: 0.2,
    separator: '|',
    quoting: 'none',
    header: 'none',
  },
  { name: 'one row in five twice', at: '2023-07-01', columns: everything, repeated: 0.2 },
  { name: 'a third recombined', at: '2024-08-01', columns: contact, recombined: 0.33 },
  {
    name: 'a tenth recombined, with ids',
    at: '2025-03-01',
    columns: ['person_id', 'email', 'district_phone', 'name'],
    recombined: 0.1,
  },
  { name: 'half strangers', at: '2024-01-15', columns: contact, strangers: 0.5 },
  { name: 'strangers only', at: '2024-01-15', columns: contact, strangers: 1 },
];

/** A dump and what is true about it. */
export interface CutDump {
  readonly bytes: Buffer;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly string[])[];
  /** How many different registered people its rows were cut from. */
  readonly people: number;
}

const STRANGERS = 0.05;

/** Cuts one dump. */
export function cutDump(cut: Cut, versions: readonly PersonVersion[], seed: number): CutDump {
  const random = makeRandom(seed);
  const { separator = ',', quoting = 'minimal', newline = '\n', strangers = STRANGERS } = cut;
  const chosen = shuffle(cut.at === 'all' ? [...versions] : versionsAt(versions, cut.at), random).slice(0, cut.most);
  const from = new Set<string>();
  const rows: string[][] = [];
  for (const version of chosen) {
    const row = cut.columns.map((column) => {
      const source = random() < (cut.recombined ?? 0) ? pickOne(chosen, random) : version;
      return cut.restyled ? restyle(column, source.person[column], random) : source.person[column];
    });
    const kept = strangers < 1 && isWritable(row, separator, quoting);
    if (kept) {
      from.add(version.id);
      rows.push(row);
    }
    if (kept && random() < (cut.repeated ?? 0)) {
      rows.push(
        cut.columns.map((column) =>
          cut.restyled ? restyle(column, version.person[column], random) : version.person[column],
        ),
      );
    }
    if (random() < strangers) rows.push(strangerRow(cut, random));
  }
  const writable = shuffle(rows, random).filter((row) => isWritable(row, separator, quoting));
  const lines = writable.map((row) => writeRow(row, separator, quoting));
  if (cut.header !== 'none') lines.unshift(writeRow(headerOf(cut), separator, quoting));
  return {
    bytes: encode(cut, lines.map((line) => line + newline).join('')),
    columns: cut.columns,
    rows: writable,
    people: from.size,
  };
}

/** What the columns are called in the dump, or their numbers where it has no header: the right side of `--map`. */
export function columnNames(cut: Cut): string[] {
  return cut.header === 'none' ? cut.columns.map((_, index) => String(index + 1)) : headerOf(cut);
}

const renamed: Readonly<Record<Column, string>> = {
  person_id: 'Member No.',
  name: 'Full Name',
  email: 'E-Mail',
  capitol_address: 'Office Address',
  capitol_phone: 'Tel',
  district_address: 'Home Address',
  district_phone: 'Mobile',
  state: 'ST',
  district: 'Dist',
  party: 'Group',
};

function headerOf(cut: Cut): string[] {
  return cut.columns.map((column) => (cut.header === 'renamed' ? renamed[column] : column));
}

function strangerRow(cut: Cut, random: () => number): string[] {
  // Without Chinese text a file has hardly a byte by which GB18030 can be told from UTF-8.
  const stranger: Person = makeStranger(random, cut.encoding === 'gb18030');
  return cut.columns.map((column) => stranger[column]);
}

// A line without a character is no row, and without quotes a cell cannot hold the separator or look quoted.
function isWritable(row: readonly string[], separator: string, quoting: Quoting): boolean {
  if (row.length === 1 && row[0]?.trim() === '') return false;
  if (quoting === 'none') return !row.some((cell) => needsQuotes(cell, separator));
  // A quote is an ordinary character when it is not the first of a cell.
  if (quoting === 'bare') return !row.some((cell) => cell.includes(separator) || /^\s*"|[\r\n]/.test(cell));
  return true;
}

/** Another way to write a value that normalises to the same; names and addresses change only where normalising forgives it. */
export function restyle(column: Column, cell: string, random: () => number): string {
  const choice = Math.floor(random() * 4);
  switch (fieldOfColumn[column]) {
    case 'phone': {
      const national = /^(\d{3})-(\d{3})-(\d{4})$/.exec(cell);
      if (national === null) return cell;
      const [, area, exchange, line] = national;
      return [cell, `(${area}) ${exchange}-${line}`, `+1${area}${exchange}${line}`, `1.${area}.${exchange}.${line}`][
        choice
      ] as string;
    }
    case 'email':
      return [cell, cell.toUpperCase(), ` ${cell}`, cell.toLowerCase()][choice] as string;
    case 'name':
    case 'address':
      return [cell, cell.toUpperCase(), cell.replaceAll(' ', '  '), `${cell} `][choice] as string;
    default:
      return cell;
  }
}

function encode(cut: Cut, text: string): Buffer {
  const marked = cut.byteOrderMark === true ? `\ufeff${text}` : text;
  const bytes = cut.encoding === 'gb18030' ? gb18030()(marked) : Buffer.from(marked);
  return cut.gzip === true ? gzipSync(bytes) : bytes;
}

let encoder: ((text: string) => Buffer) | null = null;

function gb18030(): (text: string) => Buffer {
  encoder ??= makeGb18030Encoder();
  return encoder;
}

/** The field of each column of a cut. */
export function fieldsOf(cut: Cut) {
  return cut.columns.map((column) => fieldOfColumn[column]);
}
