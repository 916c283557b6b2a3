import { randomFrom } from '../samples.ts';
import { type DamagedTable, damageColumns, makeRow } from './damage.ts';

type Random = (limit: number) => number;

/** How one dialect writes rows; `before` and `after` stand around all of them. */
export interface SqlShape {
  readonly before: string;
  readonly after: string;
  /** What stands before each group of `group` rows, between two of them, and behind the last. */
  readonly head: string;
  readonly between: string;
  readonly tail: string;
  readonly group: number;
  readonly literal: (cell: string, column: number) => string;
  readonly join: (literals: readonly string[]) => string;
}

const doubled = (cell: string): string => `'${cell.replaceAll("'", "''")}'`;
const escaped = (cell: string): string =>
  `'${cell.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('"', '\\"')}'`;
const isNumber = (column: number): boolean => column === 0 || column === 8;
const tuple = (literals: readonly string[]): string => `(${literals.join(',')})`;
const spaced = (literals: readonly string[]): string => `(${literals.join(', ')})`;
const names = damageColumns.join(', ');
const created = `CREATE TABLE people (\n${damageColumns.map((name) => `  ${name} varchar(99)`).join(',\n')}\n);\n`;
const mysqlStart = `-- MySQL dump 10.13  Distrib 8.0.36\n/*!40101 SET NAMES utf8mb4 */;\nDROP TABLE IF EXISTS \`people\`;\nCREATE TABLE \`people\` (\n${damageColumns.map((name) => `  \`${name}\` varchar(99) NOT NULL DEFAULT ''`).join(',\n')}\n) ENGINE=InnoDB COMMENT='who';\n\nLOCK TABLES \`people\` WRITE;\n`;
const mysqlEnd = '/*!40000 ALTER TABLE `people` ENABLE KEYS */;\nUNLOCK TABLES;\n';
const postgresStart = `--\n-- PostgreSQL database dump\n--\n\nSET standard_conforming_strings = on;\n\nCREATE TABLE public.people (\n${damageColumns.map((name) => `    ${name} text`).join(',\n')}\n);\n\nALTER TABLE public.people OWNER TO postgres;\n\n`;

/** Shapes by name: statements of one row, lists of rows on one line and on lines of their own, and COPY, as the databases' own programs write them. */
export const sqlShapes: Readonly<Record<string, SqlShape>> = {
  'MySQL, a list on one line': {
    before: mysqlStart,
    after: mysqlEnd,
    head: 'INSERT INTO `people` VALUES ',
    between: ',',
    tail: ';\n',
    group: 40,
    literal: (cell, column) => (isNumber(column) ? cell : escaped(cell)),
    join: tuple,
  },
  'MySQL, a row on each line': {
    before: mysqlStart,
    after: mysqlEnd,
    head: `INSERT INTO \`people\` (\`${damageColumns.join('`, `')}\`) VALUES\n`,
    between: ',\n',
    tail: ';\n',
    group: 40,
    literal: (cell, column) => (isNumber(column) ? cell : escaped(cell)),
    join: spaced,
  },
  'MySQL, a statement for each row': {
    before: mysqlStart,
    after: mysqlEnd,
    head: 'INSERT INTO `people` VALUES ',
    between: '',
    tail: ';\n',
    group: 1,
    literal: (cell, column) => (isNumber(column) ? cell : escaped(cell)),
    join: spaced,
  },
  'PostgreSQL, a statement for each row': {
    before: postgresStart,
    after: '\n--\n-- PostgreSQL database dump complete\n--\n',
    head: `INSERT INTO public.people (${names}) VALUES `,
    between: '',
    tail: ';\n',
    group: 1,
    literal: (cell, column) => (isNumber(column) ? cell : doubled(cell)),
    join: spaced,
  },
  'PostgreSQL, COPY': {
    before: `${postgresStart}COPY public.people (${names}) FROM stdin;\n`,
    after: '\\.\n',
    head: '',
    between: '',
    tail: '\n',
    group: 1,
    literal: (cell) => cell.replaceAll('\\', '\\\\'),
    join: (literals) => literals.join('\t'),
  },
  'SQL Server': {
    before: 'USE [db]\nGO\nSET ANSI_NULLS ON\nGO\n',
    after: 'SET IDENTITY_INSERT [dbo].[people] OFF\nGO\n',
    head: `INSERT [dbo].[people] ([${damageColumns.join('], [')}]) VALUES `,
    between: '',
    tail: '\nGO\n',
    group: 1,
    literal: (cell, column) =>
      column === 7 ? `CAST(N'${cell}' AS DateTime2)` : isNumber(column) ? cell : `N${doubled(cell)}`,
    join: spaced,
  },
  Oracle: {
    before: 'REM INSERTING into PEOPLE\nSET DEFINE OFF;\n',
    after: 'COMMIT;\n',
    head: `Insert into PEOPLE (${damageColumns.map((name) => name.toUpperCase()).join(',')}) values `,
    between: '',
    tail: ';\n',
    group: 1,
    literal: (cell, column) =>
      column === 7 ? `to_date('${cell}','YYYY-MM-DD HH24:MI:SS')` : isNumber(column) ? cell : doubled(cell),
    join: tuple,
  },
  SQLite: {
    before: `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n${created}`,
    after: 'COMMIT;\n',
    head: 'INSERT INTO people VALUES',
    between: '',
    tail: ';\n',
    group: 1,
    literal: (cell, column) => (isNumber(column) ? cell : doubled(cell)),
    join: tuple,
  },
};

interface Victim {
  readonly row: string;
  readonly literals: readonly string[];
  readonly shape: SqlShape;
  readonly random: Random;
}

const cut = (text: string, at: number): [string, string] => [text.slice(0, at), text.slice(at)];
const noise = (random: Random): Buffer =>
  Buffer.from(
    Array.from({ length: 40 + random(40) }, () => random(256)).map((byte) => (byte === 10 || byte === 13 ? 0 : byte)),
  );
const separator = ({ shape }: Victim): string => (shape.join(['', '']).includes('\t') ? '\t' : ',');
/** A literal that is text, and where it stands. */
const textAt = ({ random }: Victim): number => [1, 3, 5, 6][random(4)] ?? 1;
const changed = (victim: Victim, column: number, change: (literal: string) => string): string =>
  victim.shape.join(victim.literals.with(column, change(victim.literals[column] ?? '')));

/** What stands between two rows or behind the last. */
type Gap = 'kept' | 'lost' | 'cut';

/** Kinds of damage by name: what stands instead of the row, and whether what comes behind it is kept. `cut` loses the rest of the line. */
export const sqlDamages: Readonly<Record<string, (victim: Victim) => { row: string | Uint8Array; gap?: Gap }>> = {
  'cut off': ({ row, random }) => ({ row: row.slice(0, 2 + random(row.length - 4)), gap: 'cut' }),
  'run into the next': ({ row }) => ({ row, gap: 'lost' }),
  'separator too many': (victim) => ({ row: victim.row.replace(separator(victim), separator(victim).repeat(2)) }),
  'separator lost': (victim) => ({ row: victim.row.replace(separator(victim), '') }),
  'quote within quotes': (victim) => ({
    row: changed(victim, 5, (literal) => `${literal.slice(0, 5)}' 5' x${literal.slice(5)}`),
  }),
  'quote not closed': (victim) => ({ row: changed(victim, textAt(victim), (literal) => literal.slice(0, -1)) }),
  'quote not opened': (victim) => ({ row: changed(victim, textAt(victim), (literal) => literal.replace("'", '')) }),
  'backslash before the end of a text': (victim) => ({
    row: changed(victim, textAt(victim), (literal) => `${literal.slice(0, -1)}\\${literal.slice(-1)}`),
  }),
  'line end outside of a text': (victim) => ({
    row: victim.row.replace(separator(victim), `\n${separator(victim)}`),
  }),
  NULs: ({ row, random }) => ({ row: cut(row, random(row.length)).join('\0\0\0') }),
  'broken bytes': ({ row, random }) => {
    const [left, right] = cut(row, random(row.length));
    return { row: Buffer.concat([Buffer.from(left), Buffer.of(0xff, 0xe4, 0xb8), Buffer.from(right)]) };
  },
  advertising: () => ({ row: ">>> don't wait: fresh data, every day, only here: t.example.org <<<" }),
  'column names': () => ({ row: damageColumns.join(',') }),
  'other separator': (victim) => ({ row: victim.row.replaceAll(separator(victim), ';') }),
  'bars between cells': (victim) => ({ row: victim.row.replaceAll(separator(victim), '|') }),
  'separators at the end': (victim) => ({ row: `${victim.row}${separator(victim).repeat(3)}` }),
  'separator in front': (victim) => ({ row: `${separator(victim)}${victim.row}` }),
  'cell missing': (victim) => ({ row: victim.shape.join(victim.literals.toSpliced(victim.random(9), 1)) }),
  'start repeated': ({ row, random }) => ({ row: `${row.slice(0, 10 + random(20))}${row}` }),
  'two cells changed over': ({ shape, literals }) => ({
    row: shape.join(literals.with(2, literals[3] ?? '').with(3, literals[2] ?? '')),
  }),
  'binary debris': ({ random }) => ({ row: noise(random) }),
  'huge cell': (victim) => ({
    row: changed(victim, 5, (literal) => `${literal.slice(0, 4)}${'x'.repeat(20_000)}${literal.slice(4)}`),
  }),
  'parenthesis lost': ({ row, random }) => ({ row: random(2) === 0 ? row.slice(1) : row.slice(0, -1) }),
  'comment not closed': ({ row, random }) => ({ row: cut(row, random(row.length)).join('/*') }),
};

/** What may stand where it should not. */
const marks = '\'"`\\();,/*#-[]$:xN0\n ';

/** Damage to single bytes, anywhere in a row. */
export const byteDamages: typeof sqlDamages = {
  'byte lost': ({ row, random }) => {
    const at = random(row.length);
    return { row: row.slice(0, at) + row.slice(at + 1) };
  },
  'byte changed': ({ row, random }) => {
    const at = random(row.length);
    return { row: row.slice(0, at) + marks[random(marks.length)] + row.slice(at + 1) };
  },
  'byte put in': ({ row, random }) => ({ row: cut(row, random(row.length)).join(marks[random(marks.length)]) }),
  'stretch lost': ({ row, random }) => {
    const at = random(row.length);
    return { row: row.slice(0, at) + row.slice(at + 1 + random(30)) };
  },
};
const allDamages = { ...sqlDamages, ...byteDamages };

/** A script of `rows` rows in which each row is damaged with a chance of 1 % for each of `kinds`. */
export function damagedScript(
  shape: SqlShape,
  rows: number,
  seed: number,
  kinds: readonly string[] = Object.keys(sqlDamages),
): DamagedTable {
  const random = randomFrom(seed);
  const parts: Uint8Array[] = [Buffer.from(shape.before)];
  const sound: string[][] = [];
  const damaged: { kind: string; cells: string[] }[] = [];
  let isRunOn = false;
  let isHeadLost = false;
  for (let index = 0; index < rows; index++) {
    const cells = makeRow(index, random);
    // No NUL, tab or quote is in these rows; an apostrophe now and then is.
    if (random(7) === 0) cells[6] = `${cells[6]}'s`;
    const literals = cells.map(shape.literal);
    const row = shape.join(literals);
    const isFirst = index % shape.group === 0;
    const isLast = index % shape.group === shape.group - 1 || index === rows - 1;
    const gap = isLast ? shape.tail : shape.between;
    const hit = random(100);
    const kind = hit < kinds.length ? kinds[hit] : undefined;
    const damage = kind === undefined ? undefined : allDamages[kind];
    if (isFirst && !isHeadLost) parts.push(Buffer.from(shape.head));
    isHeadLost = false;
    if (kind === undefined || damage === undefined || isRunOn) {
      parts.push(Buffer.from(`${row}${gap}`));
      if (isRunOn) damaged.push({ kind: 'run into', cells });
      else sound.push(cells);
      isRunOn = false;
      continue;
    }
    damaged.push({ kind, cells });
    const result = damage({ row, literals, shape, random });
    parts.push(typeof result.row === 'string' ? Buffer.from(result.row) : result.row);
    if (result.gap === 'lost') isRunOn = true;
    else parts.push(Buffer.from(result.gap === 'cut' && gap !== ',' ? gap.replace(/^[,;]/, '') : gap));
  }
  parts.push(Buffer.from(shape.after));
  return { text: Buffer.concat(parts), columns: damageColumns, sound, damaged };
}
