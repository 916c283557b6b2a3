import { createRandom } from '../../dump/readers/record-harness.ts';

/** A whole number from 0 to below `limit`. */
export type Random = (limit: number) => number;
export const seeded: (seed: number) => Random = createRandom;

/** A stretch of a made-up file. */
export interface Part {
  readonly bytes: Uint8Array;
  /** Bytes at its end that separate it from what follows: damage to the record leaves them alone. */
  readonly endBytes: number;
  /** The rows that it stands for (see `rowKey`); null when it is not a record of its own, and has to stay. */
  readonly rows: readonly string[] | null;
}

/** A sound file, and what a reader must make of it. */
export interface Sample {
  readonly parts: readonly Part[];
  /** Whether damage within one record may not cost another. */
  readonly isLocal: boolean;
  /** Rows of the whole when they are not those of the parts; null when it is not known what comes out. */
  readonly rows?: readonly string[] | null;
}

const encoder = new TextEncoder();

export function frame(text: string | Uint8Array): Part {
  return { bytes: typeof text === 'string' ? encoder.encode(text) : text, endBytes: 0, rows: null };
}

export function record(text: string | Uint8Array, end: string, ...rows: readonly string[]): Part {
  const bytes = typeof text === 'string' ? encoder.encode(text + end) : Buffer.concat([text, encoder.encode(end)]);
  return { bytes, endBytes: encoder.encode(end).length, rows };
}

export function bytesOf(parts: readonly Part[]): Uint8Array {
  return Buffer.concat(parts.map(({ bytes }) => bytes));
}

export function rowsOf({ parts, rows }: Sample): readonly string[] | null {
  return rows === undefined ? parts.flatMap((part) => part.rows ?? []) : rows;
}

/**
 * A row as one text: each column with its value, cells without a value left away; the same for all the ways in which tables can be laid out. A byte-order mark at the
 * start of a value is nothing that a decoder keeps.
 */
export function rowKey(columns: readonly string[] | null, cells: readonly (string | null)[]): string {
  const entries = cells.flatMap((cell, index): [string, string][] =>
    cell === null ? [] : [[columns?.[index] ?? String(index), cell.replace(/^\ufeff+/, '')]],
  );
  return JSON.stringify(entries.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0)));
}

export function pick<T>(random: Random, list: readonly T[]): T {
  const found = list[random(list.length)];
  if (found === undefined) throw new RangeError('an empty list');
  return found;
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

const pieces = [
  ...[
    '',
    'x',
    'Ann',
    '13800138000',
    'a@example.org',
    '王小明',
    '浙江省杭州市',
    '😀',
    'é',
    'é',
    'Ünï',
    '2026-01-02 03:04:05',
  ],
  ...[
    '"',
    '""',
    "'",
    "''",
    '\\',
    '\\\\',
    "\\'",
    '\\"',
    '\\n',
    '\\N',
    'NULL',
    '`',
    '$$',
    '$a$',
    "E'",
    "N'",
    '0x',
    '--',
    '/*',
    '*/',
    '#',
  ],
  ...[
    ',',
    ';',
    ':',
    '|',
    '\t',
    '----',
    '=',
    '&',
    '<',
    '>',
    '</',
    '<!--',
    ']]>',
    '<![CDATA[',
    '&amp;',
    '&#0;',
    '{',
    '}',
    '[',
    ']',
    '(',
    ')',
  ],
  ...[
    "'),('",
    "');",
    '\n',
    '\r\n',
    '\r',
    ' ',
    '  ',
    '\0',
    '\x1b[31m',
    '\x1f',
    '\x7f',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ufeff',
    '\ufffd',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'GO',
    'END:VCARD',
    'dn:',
    'INSERT INTO t VALUES (1);',
    '\\.',
    '1e999',
    '-0',
    '0',
    'true',
  ],
];

/** A value as nobody expects it. */
export function hostileText(random: Random): string {
  if (random(300) === 0) return pick(random, pieces).repeat(1 + random(3000));
  return times(1 + random(4), () => pick(random, pieces)).join('');
}

/** The value without what a format cannot hold: control characters and characters that are none. */
export function tame(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\ufeff\ufffe\uffff\u2028\u2029]/g, '').trim();
}
