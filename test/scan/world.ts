import type { FieldName } from '../../src/core/fields/field.ts';
import { nationalId } from '../../src/core/fields/national-id.ts';
import { makeNeighbours } from '../../src/core/fields/neighbours.ts';
import { controlsContext, deriveKey } from '../../src/core/fingerprint/keys.ts';
import type { Dialect, Encoding } from '../../src/dump/port.ts';
import type { AddMode } from '../../src/register/port.ts';
import type { TimeColumn } from '../../src/scan/plan.ts';

/* Made-up companies and dumps: few people who share values, and tables and dumps that are as dirty as real ones. */

/** A column of a table or dump: a field, a time, or nothing. */
export type WorldColumn = FieldName | TimeColumn | null;

/** A delimited text and what its columns are. `text` is Latin-1, one character a byte, so that it can be kept as JSON. */
export interface WorldText {
  readonly dialect: Dialect;
  readonly columns: readonly WorldColumn[];
  readonly text: string;
}

export interface WorldTable extends WorldText {
  readonly mode: AddMode;
  readonly asOfSeconds: number;
}

/** Everything that a differential test needs; plain data. */
export interface World {
  readonly region: string;
  readonly tables: readonly WorldTable[];
  readonly dump: WorldText & { readonly encoding: Encoding };
}

/** The register key of all worlds. */
export const testKey = new Uint8Array(32).fill(7);

/** Numbers below `limit` that depend on the seed alone (mulberry32). */
export type Random = (limit: number) => number;

export function seeded(seed: number): Random {
  let state = seed | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

const identifying: readonly FieldName[] = ['phone', 'email', 'nationalId', 'username', 'trackingNumber', 'customerId'];
const confirming: readonly FieldName[] = ['name', 'address', 'password', 'passwordHash'];

/** The values that people of a world have: so few that they share them. */
function fieldValue(field: FieldName, n: number): string {
  switch (field) {
    case 'phone':
      return `138001380${String(n).padStart(2, '0')}`;
    case 'email':
      return `user${n}@mail.example.com`;
    case 'nationalId':
      return n % 2 === 0 ? `1101051949123100${n % 10}X` : `11010549123100${n % 10}`;
    case 'username':
      return `User_${n}`;
    case 'trackingNumber':
      return `SF10000000${String(n).padStart(5, '0')}`;
    case 'customerId':
      return `C-${n}`;
    case 'name':
      return ['张三', '李 四', 'José Müller', "O'Brien", '欧阳娜娜', 'Ann Lee'][n % 6]!;
    case 'address':
      return ['北京市朝阳区建国路88号', '1 Main St, Springfield', '上海市（浦东）', 'Straße 5'][n % 4]!;
    case 'password':
      return ['123456', 'Passw0rd ', 'null', ' x', 'pässword'][n % 5]!;
    case 'passwordHash':
      return ['5F4DCC3B5AA765D61D8327DEB882CF99', '$2b$10$abcdefghijklmnopqrstuu', `*${'2A'.repeat(20)}`][n % 3]!;
  }
}

const noValues = ['', '', '', ' ', 'NULL', '\\N', '-', 'n/a', 'None', '0', '\t'];
const junk = [
  'x',
  '1',
  '@',
  'a@b',
  '+',
  '张',
  '\ufffd',
  'é'.repeat(40),
  '9'.repeat(30),
  'a'.repeat(70),
  'q'.repeat(300),
  '00',
  "'",
  '2020-01-01',
  '？',
];

/** The same value as somebody else would write it, or something close to it that is another one. */
function dirty(random: Random, field: FieldName, value: string): string {
  const wide = (text: string): string => text.replace(/[!-~]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 0xfee0));
  switch (random(14)) {
    case 0:
      return ` ${value}`;
    case 1:
      return `${value}\t `;
    case 2:
      return value.toUpperCase();
    case 3:
      return value.toLowerCase();
    case 4:
      return wide(value);
    case 5:
      return field === 'phone' ? `+86 ${value.slice(0, 3)}-${value.slice(3)}` : value;
    case 6:
      return field === 'phone' ? `86${value}` : value.replace(/(.)(.)$/, '$1 $2');
    case 7:
      return value.replace('i', 'İ').replace('o', 'ｏ');
    case 8:
      return value.normalize('NFD');
    case 9:
      return `${value}'`;
    default:
      return value;
  }
}

interface Range {
  /** Values of a field are numbered below this. */
  readonly people: number;
  /** Chance of a cell without a value, of junk, of another way of writing: one in so many; 0: never. */
  readonly mess: number;
  /** Columns in which most have one value: a placeholder, a switchboard. */
  readonly placeholders?: ReadonlySet<WorldColumn>;
  /** Values that look like customers' and are nobody's, by field. */
  readonly decoys?: ReadonlyMap<WorldColumn, readonly string[]>;
}

function cellOf(random: Random, column: WorldColumn, person: number, range: Range): string {
  const { people, mess, placeholders, decoys } = range;
  if (column === null) return String(random(3));
  if (column === 'created') return '2020-05-04';
  if (column === 'validFrom') return random(20) === 0 ? '2019/3/4' : `201${random(5)}-01-0${1 + random(9)}`;
  if (column === 'validUntil') return random(3) === 0 ? '' : `201${3 + random(6)}-03-04 05:06:0${random(10)}`;
  const roll = mess === 0 ? 99 : random(mess);
  if (roll === 0) return noValues[random(noValues.length)]!;
  if (roll === 1) return junk[random(junk.length)]!;
  if (roll === 2 && decoys?.has(column)) return pick(random, decoys.get(column)!);
  if (placeholders?.has(column) && random(5) > 0) return fieldValue(column, 0);
  // Mostly the person's own value, else anybody's.
  const value = fieldValue(column, random(4) > 0 ? person : random(people));
  return mess > 0 && random(3) === 0 ? dirty(random, column, value) : value;
}

function write(random: Random, cells: readonly string[], { separator, quote, newline }: Dialect, mess: number): string {
  const written = cells.map((cell) => {
    const plain = cell.replaceAll('\n', ' ').replaceAll('\r', ' ');
    if (quote === null) return plain.replaceAll(separator, ' ');
    const must = plain.includes(separator) || plain.startsWith(quote);
    if (!must && random(mess > 0 ? 6 : 1_000_000) > 0) return plain;
    const inner = mess > 0 && random(8) === 0 ? `${plain}${quote}${newline}` : plain;
    return quote + inner.replaceAll(quote, quote + quote) + quote;
  });
  if (mess > 0 && random(25) === 0) written.push(...['', ''].slice(random(2)));
  if (mess > 0 && random(40) === 0) written.push('more');
  if (mess > 0 && random(25) === 0) written.splice(1 + random(written.length));
  if (mess > 0 && quote !== null && random(30) === 0) written[random(written.length)] = `${quote}open`;
  const end = newline === '\n' && random(5) === 0 ? '\r\n' : newline;
  return written.join(separator) + (mess > 0 && random(30) === 0 ? end + end : end);
}

export function pick<T>(random: Random, all: readonly T[]): T {
  return all[random(all.length)]!;
}

function makeText(
  random: Random,
  columns: readonly WorldColumn[],
  dialect: Dialect,
  rows: number,
  range: Range,
): string {
  const lines: string[] = [];
  for (let row = 0; row < rows; row++) {
    const person = random(range.people);
    lines.push(
      write(
        random,
        columns.map((column) => cellOf(random, column, person, range)),
        dialect,
        range.mess,
      ),
    );
  }
  const text = lines.join('');
  return random(4) === 0 ? text.slice(0, -1) : text;
}

/** Control values of the people's values: what the register keeps to tell a customer list from chance. */
function makeDecoys(people: number): ReadonlyMap<WorldColumn, readonly string[]> {
  const of = (field: FieldName, normalised: (n: number) => string): readonly string[] =>
    Array.from(
      { length: Math.min(people, 8) },
      (_, n) => makeNeighbours(field, normalised(n), controlsKey, 4) ?? [],
    ).flat();
  return new Map([
    ['phone', of('phone', (n) => `+86${fieldValue('phone', n)}`)],
    ['nationalId', of('nationalId', (n) => nationalId.normalise(fieldValue('nationalId', n), { region: 'CN' }) ?? '')],
  ]);
}

const controlsKey = deriveKey(testKey, controlsContext);

/** Makes a world. `size` scales the number of rows (1: a few hundred at most); without `mess` every table's row takes the kernel's fast path. */
export function makeWorld(seed: number, { size = 1, mess = true } = {}): World {
  const random = seeded(seed);
  const people = 2 + random(random(2) === 0 ? 6 : 60);
  const fieldsOf = (least: number): FieldName[] => {
    const chosen: FieldName[] = identifying.filter((field) => field !== 'customerId' && random(2) === 0);
    while (chosen.length < least) chosen.push(pick(random, identifying));
    if (random(3) === 0) chosen.push('phone');
    return [...chosen, ...confirming.filter(() => random(3) === 0), ...(random(5) === 0 ? ['name' as const] : [])];
  };
  const shuffled = <T>(all: readonly T[]): T[] =>
    all
      .map((item) => ({ item, at: random(1e9) }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);

  const tables: WorldTable[] = [];
  const number = 1 + random(3);
  for (let i = 0; i < number; i++) {
    const mode: AddMode = pick(random, ['snapshot', 'snapshot', 'delta', 'history'] as const);
    const times: TimeColumn[] = mode === 'history' ? ['validFrom', 'validUntil'] : [];
    if (random(2) === 0) times.push('created');
    const fields = fieldsOf(0).filter((field) => field !== 'customerId');
    const columns = shuffled<WorldColumn>(['customerId', ...fields, ...times, ...(random(3) === 0 ? [null] : [])]);
    const dialect: Dialect = {
      separator: pick(random, [',', '\t', '||']),
      quote: random(2) === 0 ? '"' : null,
      newline: '\n',
    };
    // Many rows over few people make values that more than 64 records share.
    const rows = 1 + random(random(3) === 0 ? 250 * size : 40 * size);
    const isBig = random(3) === 0;
    const range: Range = {
      people: isBig ? 300 : people,
      mess: mess ? 12 : 0,
      placeholders: new Set(isBig ? columns.filter((column) => column !== 'customerId' && random(3) === 0) : []),
    };
    const text = makeText(random, columns, dialect, rows, range);
    tables.push({ mode, asOfSeconds: 1_700_000_000 + i * 1000, dialect, columns, text: toLatin1(text) });
  }

  const encoding: Encoding = random(4) === 0 ? 'gb18030' : 'utf-8';
  const dialect: Dialect = {
    separator: pick(random, [',', ',', ';', '\t', '|', '||', '::', '----', '\x01']),
    quote: pick(random, ['"' as const, '"' as const, "'" as const, null]),
    newline: random(6) === 0 ? '\r' : '\n',
  };
  const columns = shuffled<WorldColumn>([
    ...fieldsOf(1),
    ...(random(2) === 0 ? [null] : []),
    ...(random(2) === 0 ? ['customerId' as const] : []),
  ]);
  const rows = 1 + random(random(4) === 0 ? 400 * size : 60 * size);
  const text = makeText(random, columns, dialect, rows, {
    people: people + random(4),
    mess: 12,
    decoys: makeDecoys(people),
  });
  return {
    region: pick(random, ['CN', 'CN', 'US', 'DE']),
    tables,
    dump: { dialect, columns, text: toLatin1(text), encoding },
  };
}

function toLatin1(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** The bytes of a text. */
export function bytesOf({ text }: WorldText): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'latin1'));
}

/** The columns of a text by what they are. */
export function columnsOf(text: WorldText): {
  readonly fields: { readonly index: number; readonly field: FieldName }[];
  readonly times: { readonly index: number; readonly time: TimeColumn }[];
} {
  const isTime = (column: WorldColumn): column is TimeColumn =>
    column === 'created' || column === 'validFrom' || column === 'validUntil';
  return {
    fields: text.columns.flatMap((column, index) =>
      column === null || isTime(column) ? [] : [{ index, field: column }],
    ),
    times: text.columns.flatMap((column, index) => (isTime(column) ? [{ index, time: column }] : [])),
  };
}
