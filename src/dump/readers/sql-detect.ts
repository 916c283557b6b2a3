import type { InputStart } from '../reader.ts';
import type { SqlMode } from './sql-lexer.ts';

/** As much of the head as is looked at. */
const LOOK_BYTES = 262_144;

const insertLine =
  /^[ \t]{0,8}(?:INSERT|REPLACE)(?:[ \t]{1,4}(?:IGNORE|DELAYED|LOW_PRIORITY|OR[ \t]\w{1,10}))?(?:[ \t]{1,4}INTO)?[ \t\r\n]{1,4}[`"[\w\u0080-\uffff][^\n;]{0,400}?[^\w](?:VALUES?|SET|SELECT)\b/gim;
const insertAllLine = /^[ \t]{0,8}INSERT[ \t]{1,4}(?:ALL|FIRST)\s{1,8}INTO\s/gim;
const insertHeadLine =
  /^[ \t]{0,8}(?:INSERT|REPLACE)[ \t]{1,4}(?:IGNORE[ \t]{1,4})?INTO[ \t]{1,4}[`"[\w][^\n]{0,200}$/gim;
const copyLine = /^COPY[ \t][^\n;]{1,4000}[ \t]FROM[ \t]stdin\b/gim;
const createLine =
  /^[ \t]{0,8}CREATE[ \t](?:\w{1,10}[ \t]){0,2}TABLE[ \t](?:IF[ \t]NOT[ \t]EXISTS[ \t])?[`"[\w][^\n(;]{0,200}\s{0,4}\(/gim;
const dumpComment =
  /^(?:--|\/\*!?)[^\n]{0,40}(?:MySQL dump|MariaDB dump|PostgreSQL database dump|phpMyAdmin SQL Dump|Navicat|SQL Dump|DUMP)|^PRAGMA foreign_keys|^\/\*!40101 SET/im;
const firstStatement =
  /^(?:INSERT[ \t]{1,4}(?:INTO|IGNORE|ALL|OR|DELAYED|OVERWRITE|[`"[])|REPLACE[ \t]{1,4}(?:INTO|`)|CREATE[ \t]+(?:TABLE|DATABASE|SCHEMA|TEMP|OR|GLOBAL|EXTENSION|ROLE|USER|SEQUENCE|TYPE|UNIQUE|INDEX|VIEW|FUNCTION)|DROP[ \t]+(?:TABLE|DATABASE|SCHEMA|VIEW|SEQUENCE|INDEX)|ALTER[ \t]+(?:TABLE|DATABASE)|SET[ \t]+[\w@]|USE[ \t]+[`"[\w]|BEGIN\b|START[ \t]+TRANSACTION|PRAGMA[ \t]+\w|COPY[ \t]+[\w".]+[ \t]*(?:\(|FROM)|LOCK[ \t]+TABLES|DELIMITER[ \t]|GO\b|\\\w|SELECT[ \t]+pg_catalog|REM[ \t]|PROMPT[ \t]|TRUNCATE[ \t]|DELETE[ \t]+FROM)/i;

/**
 * How sure it is that `start` holds SQL statements with rows: 0.95 when it begins like a script and has a statement with rows or columns, 0.7 when half of its lines are
 * such statements or their rows, else 0. Linear in the head.
 */
export function detectSql(start: InputStart): number {
  const bytes = start.head.subarray(0, LOOK_BYTES);
  // Latin 1: only ASCII is looked for.
  const text = new TextDecoder('latin1').decode(bytes);
  const inserts = count(text, insertLine) + count(text, insertAllLine);
  const copies = count(text, copyLine);
  const creates = count(text, createLine);
  const heads = inserts > 0 ? 0 : count(text, insertHeadLine);
  const statements = inserts + copies + creates + heads;
  const begins = firstStatement.test(text.slice(skipComments(text)));
  if (begins && (statements > 0 || dumpComment.test(text))) return 0.95;
  if (inserts + copies > 0 && shareOfRows(text) >= 0.5) return 0.7;
  return 0;
}

function count(text: string, pattern: RegExp): number {
  let found = 0;
  pattern.lastIndex = 0;
  while (found < 100 && pattern.exec(text) !== null) found++;
  pattern.lastIndex = 0;
  return found;
}

/** Where the first thing stands that is neither white space nor a comment; executable comments are statements. */
function skipComments(text: string): number {
  let at = 0;
  for (;;) {
    while (at < text.length && text.charCodeAt(at) <= 32) at++;
    let end: number;
    if (text.startsWith('--', at) || text.startsWith('#', at)) end = text.indexOf('\n', at);
    else if (text.startsWith('*/', at)) end = at + 2;
    else if (/^\/\*M?!\d{5}/.test(text.slice(at, at + 10)) && !text.startsWith('/*M!999999', at)) {
      at = text.indexOf('!', at) + 1;
      while (/\d/.test(text.charAt(at))) at++;
      continue;
    } else if (text.startsWith('/*', at)) {
      end = text.indexOf('*/', at + 2);
      if (end >= 0) end += 2;
    } else return at;
    if (end < 0) return text.length;
    at = end;
  }
}

/** How many of the lines begin a statement or a row of VALUES. */
function shareOfRows(text: string): number {
  let lines = 0;
  let rows = 0;
  for (const line of text.split('\n', 2000)) {
    const start = line.trimStart().slice(0, 24);
    if (start === '' || start.startsWith('--')) continue;
    lines++;
    if (
      /^(?:\(\s*['"\dN-]|INSERT\s|REPLACE\s|CREATE\s|VALUES|GO\s*$|\)|\/\*!|DROP\s|SET\s|LOCK|UNLOCK|COMMIT)/i.test(
        start,
      )
    )
      rows++;
  }
  return lines === 0 ? 0 : rows / lines;
}

const signs: readonly (readonly [SqlMode['dialect'], readonly RegExp[]])[] = [
  [
    'mysql',
    [
      /MySQL|MariaDB|phpMyAdmin|Navicat MySQL/i,
      /^\s{0,8}(?:INSERT|REPLACE)[^\n`']{0,40}`/im,
      /\bENGINE\s?=|AUTO_INCREMENT|^LOCK TABLES/im,
      /\/\*!4\d{4}/,
      /^DELIMITER\s/im,
    ],
  ],
  [
    'postgres',
    [
      /PostgreSQL|pg_catalog/,
      /^COPY[^\n]{1,4000}FROM stdin/im,
      /^\\\w/m,
      /'::\w/,
      /standard_conforming_strings/,
      /\bE'|\bOWNER TO\b/,
    ],
  ],
  [
    'sqlserver',
    [
      /^GO\s*$/im,
      /\[dbo\]|\bdbo\./i,
      /SET IDENTITY_INSERT|SET ANSI_NULLS/i,
      /INSERT\s{1,4}(?:INTO\s{1,4})?\[/i,
      /\bNVARCHAR\s?\(\s?max/i,
    ],
  ],
  [
    'oracle',
    [
      /\bVARCHAR2\b|\bNUMBER\s?\(/i,
      /\bTO_DATE\s?\(|\bTO_TIMESTAMP\s?\(|\bTO_CLOB\s?\(/i,
      /INSERT\s{1,4}ALL\s/i,
      /^(?:REM|PROMPT)\s/im,
      /SET DEFINE OFF/i,
    ],
  ],
  ['sqlite', [/^PRAGMA\s/im, /^BEGIN TRANSACTION;/im, /AUTOINCREMENT\b/, /sqlite_sequence/, /\bunistr\(|char\(10\)\)/]],
];

/** What the head says about the dialect, and whether backslashes escape; to be corrected row by row. */
export function guessMode(head: Uint8Array): SqlMode {
  const text = new TextDecoder('latin1').decode(head.subarray(0, LOOK_BYTES));
  let dialect: SqlMode['dialect'] = 'unknown';
  let best = 0;
  for (const [name, patterns] of signs) {
    const score = patterns.filter((pattern) => pattern.test(text)).length;
    if (score > best) {
      best = score;
      dialect = name;
    }
  }
  const backslash = guessBackslash(dialect, text);
  // What the head says is worth as much as two rows: one that is damaged must not turn it over.
  const rows = dialect === 'unknown' ? 0 : 2;
  return { dialect, backslash, escapeRows: backslash ? rows : 0, plainRows: backslash ? 0 : rows };
}

function guessBackslash(dialect: SqlMode['dialect'], text: string): boolean {
  if (/SET[^\n;]{0,200}NO_BACKSLASH_ESCAPES/i.test(text)) return false;
  if (/standard_conforming_strings\s{0,4}(?:=|TO)\s{0,4}'?off/i.test(text)) return true;
  if (dialect === 'mysql') return true;
  if (dialect !== 'unknown') return false;
  // Nobody says: a quote after a backslash that ends no cell, or line ends written as \r\n, are MySQL's.
  return /\\'[^\s,)']|\\r\\n|[^\\]\\"/.test(text) && !/[^\\]\\'[,)]/.test(text);
}
