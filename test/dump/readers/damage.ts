import { randomFrom } from '../samples.ts';

type Random = (limit: number) => number;

/** What a damaged line gets: its text, its cells, and the line after it to do as it likes with. */
interface Victim {
  readonly line: string;
  readonly cells: readonly string[];
  readonly random: Random;
}

/** A table with damaged lines in it, and what a reader should find. */
export interface DamagedTable {
  readonly text: Uint8Array;
  readonly columns: readonly string[];
  /** Rows whose lines are as they should be. */
  readonly sound: readonly (readonly string[])[];
  readonly damaged: readonly { readonly kind: string; readonly cells: readonly string[] }[];
}

export const damageColumns = ['id', 'name', 'phone', 'email', 'idcard', 'address', 'city', 'created_at', 'amount'];

const quoteCell = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const toLine = (cells: readonly string[], separator = ','): string => cells.map(quoteCell).join(separator);
const cut = (line: string, at: number): [string, string] => [line.slice(0, at), line.slice(at)];

/** An index of a comma outside quotes. */
function commaAt({ line, random }: Victim): number {
  const found: number[] = [];
  let isQuoted = false;
  for (let index = 0; index < line.length; index++) {
    if (line[index] === '"') isQuoted = !isQuoted;
    if (line[index] === ',' && !isQuoted) found.push(index);
  }
  return found[random(found.length)] ?? 0;
}

/** Twenty kinds of damage by name; each gives what stands in the file instead of the line and its end. */
export const damages: Readonly<Record<string, (victim: Victim) => string | Uint8Array>> = {
  'cut off': ({ line, random }) => `${line.slice(0, 2 + random(line.length - 4))}\n`,
  'run into the next': ({ line }) => line,
  'separator too many': (victim) => {
    const [left, right] = cut(victim.line, commaAt(victim));
    return `${left},${right}\n`;
  },
  'separator lost': (victim) => {
    const at = commaAt(victim);
    return `${victim.line.slice(0, at)}${victim.line.slice(at + 1)}\n`;
  },
  'quote within quotes': ({ cells }) => `${toLine(cells.with(5, '#'), ',').replace('#', `"${cells[5]}, 5" wide"`)}\n`,
  'quote not closed': ({ cells }) => `${toLine(cells.with(1, '#')).replace('#', `"${cells[1]}`)}\n`,
  'line end within a cell': (victim) => {
    const { cells } = victim;
    const address = cells[5] ?? '';
    return `${toLine(cells.with(5, '#')).replace('#', `${address.slice(0, 4).replaceAll(',', ' ')}\n${address.slice(4).replaceAll(',', ' ')}`)}\n`;
  },
  NULs: ({ line, random }) => {
    const [left, right] = cut(line, random(line.length));
    return `${left}\0\0\0${right}\n`;
  },
  'broken bytes': ({ line, random }) => {
    const [left, right] = cut(line, random(line.length));
    return Buffer.concat([Buffer.from(left), Buffer.of(0xff, 0xe4, 0xb8), Buffer.from(`${right}\n`)]);
  },
  advertising: () => '>>> fresh data, every day, only here: t.example.org <<<\n',
  'header again': () => `${toLine(damageColumns)}\n`,
  'other separator': ({ cells }) => `${cells.map((cell) => cell.replaceAll(',', ' ')).join(';')}\n`,
  'bars between cells': ({ cells }) => `${cells.map((cell) => cell.replaceAll(',', ' ')).join('|')}\n`,
  'separators at the end': ({ line }) => `${line},,,\n`,
  'separator in front': ({ line }) => `,${line}\n`,
  'cell missing': ({ cells, random }) => `${toLine(cells.toSpliced(random(cells.length), 1))}\n`,
  'start repeated': ({ line, random }) => `${line.slice(0, 10 + random(20))}${line}\n`,
  'two cells changed over': ({ cells }) => `${toLine(cells.with(2, cells[3] ?? '').with(3, cells[2] ?? ''))}\n`,
  'binary debris': ({ random }) => {
    const bytes = Buffer.from(
      Array.from({ length: 40 + random(40) }, () => random(256)).map((byte) => (byte === 10 || byte === 13 ? 0 : byte)),
    );
    return Buffer.concat([bytes, Buffer.of(10)]);
  },
  'huge cell': ({ cells, random }) => `${toLine(cells.with(5, 'x'.repeat(20_000 + random(9))))}\n`,
};

/** A clean CSV of `rows` rows in which each line is damaged with a chance of 1 % for each kind. */
export function damagedTable(
  rows: number,
  seed: number,
  kinds: readonly string[] = Object.keys(damages),
): DamagedTable {
  const random = randomFrom(seed);
  const parts: Uint8Array[] = [Buffer.from(`${toLine(damageColumns)}\n`)];
  const sound: string[][] = [];
  const damaged: { kind: string; cells: string[] }[] = [];
  let isRunOn = false;
  for (let row = 0; row < rows; row++) {
    const cells = makeRow(row, random);
    const hit = random(100);
    const kind = hit < kinds.length ? kinds[hit] : undefined;
    const damage = kind === undefined ? undefined : damages[kind];
    // A line that another ran into is not sound either, and gets no damage of its own.
    if (kind === undefined || damage === undefined || isRunOn) {
      parts.push(Buffer.from(`${toLine(cells)}\n`));
      if (isRunOn) damaged.push({ kind: 'run into', cells });
      else sound.push(cells);
      isRunOn = false;
      continue;
    }
    damaged.push({ kind, cells });
    parts.push(Buffer.from(damage({ line: toLine(cells), cells, random })));
    isRunOn = kind === 'run into the next';
  }
  return { text: Buffer.concat(parts), columns: damageColumns, sound, damaged };
}

/** Every value stands in one cell of the table only, so that it can be told where it came from. */
export function makeRow(row: number, random: Random): string[] {
  const pick = (text: string): string => Array.from(text)[random(Array.from(text).length)] ?? '';
  const digits = (count: number): string => Array.from({ length: count }, () => random(10)).join('');
  const serial = String(row).padStart(6, '0');
  const han = Array.from(serial, (digit) => '零壹贰叁肆伍陆柒捌玖'[Number(digit)]).join('');
  const address = `${pick('浙江苏皖鲁')}省${han}市${pick('东西南北')}区${random(4) === 0 ? ',' : ''}${random(900)}号${random(9) === 0 ? '"阁"' : ''}`;
  const day = `20${10 + random(10)}-0${1 + random(9)}-1${random(10)} 1${random(10)}:2${random(10)}:${serial.slice(0, 2)}.${serial.slice(2)}`;
  return [
    String(1_000_000 + row),
    `${pick('王李张刘陈')}${han}`,
    `13${digits(3)}${serial}`,
    `u${serial}${pick('abc')}@example.org`,
    `33010${digits(6)}${serial}X`,
    address,
    `city ${han.slice(2)}${pick('甲乙丙丁')}`,
    day,
    `${1000 + random(9000)}.${serial}`,
  ];
}

/** What is wrong with rows that were read from a damaged table; both lists are empty when nothing is. Rows shorter than the table count as they are. */
export function judgeRows(
  table: DamagedTable,
  rows: readonly (readonly (string | null)[])[],
): { lost: number; wrong: string[] } {
  const origin = new Map<string, { row: readonly string[]; column: number; kind: string }>();
  const known = (row: readonly string[], kind: string): void => {
    for (const [column, cell] of row.entries()) origin.set(cell, { row, column, kind });
  };
  for (const row of table.sound) known(row, 'sound');
  for (const { kind, cells } of table.damaged) known(cells, kind);
  const soundKeys = new Set(table.sound.map((row) => row.join('\x1f')));
  const wrong: string[] = [];
  for (const row of rows) {
    if (soundKeys.delete(row.join('\x1f'))) continue;
    const from = new Set<readonly string[]>();
    let kinds = '';
    for (const [column, cell] of row.entries()) {
      const found = cell === null || cell.length < 4 ? undefined : origin.get(cell);
      if (found === undefined) continue;
      from.add(found.row);
      kinds = found.kind;
      if (found.column !== column) wrong.push(`${found.kind}: column ${found.column} in ${column}`);
    }
    if (from.size > 1) wrong.push(`${kinds}: cells of ${from.size} rows`);
  }
  return { lost: soundKeys.size, wrong };
}
