import type { FieldContext, FieldName } from '../core/fields/field.ts';
import { rowsOf } from './exact-rows.ts';
import type { Dialect } from './port.ts';
import { type ColumnProfile, profileColumn, scoreOf, strictFields } from './profile.ts';

/** A dialect with the shape of the table that it gives. */
export interface DetectedDialect {
  readonly dialect: Dialect;
  /** Number of columns of the table's rows. */
  readonly columns: number;
  /** Rows before the table: titles, comments, a `sep=` line. */
  readonly preambleRows: number;
}

/** What the user said about the dialect: undefined where it is to be found out. */
export interface DialectHints {
  readonly separator?: string | undefined;
}

const SINGLE = [',', ';', '\t', '|', ':', '~', '^', '#', '\x01', '\x1f'];
/** A table wider than this is none: hostile lines of separators would make millions of columns. */
export const MAX_COLUMNS = 4096;
const SAMPLE_BYTES = 262_144;
const SAMPLE_ROWS = 400;
const TYPED_ROWS = 48;
const MAX_PREAMBLE_ROWS = 10;
const MAX_RUN_LENGTH = 64;
const looseFields: readonly FieldName[] = ['name', 'address', 'username', 'password'];

/**
 * Finds the dialect of a UTF-8 sample that begins at the start of the file and, unless it is the whole file, ends at a row's end.
 *
 * Every separator that occurs is tried with and without quotes. A reading is worth: consistency² × (0.3 + mean quality of its filled columns) ×
 * log2(1 + filled columns) × (1 − share of columns never filled / 5), where consistency is the share of rows with the commonest number of cells, and the quality of a column is how surely
 * it is one kind of value. So more columns win if they are as consistent, and a separator that cuts values apart loses.
 */
export function detectDialect(sample: Uint8Array, context: FieldContext, hints: DialectHints = {}): DetectedDialect {
  const newline = newlineOf(sample);
  const bytes = sample.subarray(0, sampleEnd(sample, newline));
  const text = new TextDecoder().decode(bytes);
  const declared = /^sep=([^\r\n"']{1,8})\r?\n/.exec(text)?.[1];
  const separator = hints.separator ?? declared;
  const candidates = separator === undefined ? candidateSeparators(text) : [separator];
  const isGiven = separator !== undefined;
  const readings = candidates.flatMap((candidate) => readWith(bytes, candidate, newline, context, isGiven));
  const single = readSingle(bytes, text, newline, context);
  let best = isGiven ? undefined : single;
  for (const reading of readings) {
    if (best === undefined || (reading.score > best.score && keepsWhole(reading, single))) best = reading;
  }
  const chosen = best ?? single;
  return { dialect: chosen.dialect, columns: chosen.columns, preambleRows: chosen.preambleRows };
}

/** LF, unless rows end in CR alone: then LF may stand within quotes. */
export function newlineOf(sample: Uint8Array): '\n' | '\r' {
  let lf = 0;
  let loneCr = 0;
  for (let index = 0; index < sample.length; index++) {
    if (sample[index] === 0x0a) lf++;
    else if (sample[index] === 0x0d && sample[index + 1] !== 0x0a) loneCr++;
  }
  return loneCr > lf * 10 ? '\r' : '\n';
}

function sampleEnd(sample: Uint8Array, newline: '\n' | '\r'): number {
  if (sample.length <= SAMPLE_BYTES) return sample.length;
  const last = sample.subarray(0, SAMPLE_BYTES).lastIndexOf(newline.charCodeAt(0));
  return last === -1 ? SAMPLE_BYTES : last + 1;
}

/** The usual separators that occur, and runs of two to eight punctuation characters that most lines have. */
function candidateSeparators(text: string): string[] {
  const lines = text
    .split(/[\r\n]+/, SAMPLE_ROWS)
    .filter((line) => line !== '')
    .map((line) => line.slice(0, 4096));
  const tally = new Map<string, number>();
  for (const line of lines) {
    for (const found of new Set(line.match(/[^\p{L}\p{N}\p{M}"'\r\n]+/gu) ?? [])) {
      // What is longer is no separator, and regular expressions that look at its end would cost the square of its length.
      if (found.length > MAX_RUN_LENGTH) continue;
      const run = separatorIn(found);
      if (isSeparatorLike(run)) tally.set(run, (tally.get(run) ?? 0) + 1);
    }
  }
  const runs = [...tally].filter(([, count]) => count >= lines.length * 0.4);
  const common = runs.toSorted((a, b) => b[1] - a[1] || b[0].length - a[0].length).slice(0, 8);
  const singles = [...SINGLE, ' '].filter((separator) => text.includes(separator));
  const named = ['----', '||', '::'].filter((separator) => text.includes(separator));
  return [...new Set([...singles, ...named, ...common.map(([run]) => run)])];
}

/** A run without the signs that begin a value ("~+86…" is separated by "~") and without the empty cell in "<=><=>". */
function separatorIn(run: string): string {
  const bare = run.replace(/[+($@.]+$/, '').replace(/([^-])-$/, '$1');
  const half = bare.slice(0, bare.length / 2);
  return half.length >= 3 && bare === half + half ? half : bare;
}

/**
 * A found separator is two to eight ASCII characters, more than the blanks, points and signs that stand within values, and not a usual one
 * with an empty column behind it.
 */
function isSeparatorLike(run: string): boolean {
  if (!/^[\x01-\x7e]{2,8}$/.test(run) || /^[ .@+()/_]*-?[ .@+()/_]*$/.test(run)) return false;
  return !/^(?:,+|;+|\t+|\x01+|\x1f+)$/.test(run);
}

function readWith(
  bytes: Uint8Array,
  separator: string,
  newline: '\n' | '\r',
  context: FieldContext,
  isGiven: boolean,
): TableReading[] {
  const plain = readTable(bytes, { separator, quote: null, newline }, context);
  const readings: TableReading[] = [];
  for (const quote of ['"', "'"] as const) {
    if (separator.includes(quote)) continue;
    const quoted = readTable(bytes, { separator, quote, newline }, context);
    if (quotesAreMeant(quoted, plain, quote)) readings.push(quoted);
  }
  if (readings.length === 0) readings.push(conventionallyQuoted(plain));
  return readings.filter((reading) => isGiven || isPlausible(reading));
}

/** A CSV without quotes in the sample may well have some later, other dumps may have cells that begin with one. */
function conventionallyQuoted(plain: TableReading): TableReading {
  const { separator } = plain.dialect;
  if ((separator !== ',' && separator !== ';') || plain.quotesSeen) return plain;
  return { ...plain, dialect: { ...plain.dialect, quote: '"' } };
}

function isPlausible(reading: TableReading): boolean {
  if (reading.columns < 2 || reading.columns > MAX_COLUMNS) return false;
  const isSpace = reading.dialect.separator.trim() === '' && reading.dialect.separator.includes(' ');
  return reading.consistency >= (isSpace ? 0.98 : 0.6);
}

/** The sample read in one dialect. */
interface TableReading extends DetectedDialect {
  readonly score: number;
  readonly profiles: readonly ColumnProfile[];
  readonly consistency: number;
  /** Cells in quotes: on one line, and over several. */
  readonly closed: number;
  readonly closedOverLines: number;
  /** Cells that begin with the quote and are not closed by one. */
  readonly open: number;
  readonly cells: number;
  /** Whether cells begin with a double quote although none was asked for. */
  readonly quotesSeen: boolean;
}

/**
 * Cells in quotes must outnumber those that only begin with one, and cells over several lines those on one (two passwords that begin and end with
 * a quote swallow the lines between them), unless the table is far more regular with quotes. Single quotes must be the rule.
 */
function quotesAreMeant(quoted: TableReading, plain: TableReading, quote: '"' | "'"): boolean {
  if (quoted.closed + quoted.closedOverLines === 0) return false;
  if (quote === "'" && quoted.closed < quoted.cells * 0.2) return false;
  if (quoted.closed < quoted.open * 4) return false;
  return quoted.closed >= quoted.closedOverLines || plain.consistency < quoted.consistency * 0.9;
}

function readTable(bytes: Uint8Array, dialect: Dialect, context: FieldContext): TableReading {
  const rows: Uint8Array[][] = [];
  const marks = { closed: 0, closedOverLines: 0, open: 0, cells: 0, quotesSeen: false };
  for (const row of rowsOf(bytes, dialect)) {
    if (!('cells' in row) || row.cells.length > MAX_COLUMNS) continue;
    rows.push([...row.cells]);
    countQuotes(bytes, row.cells, dialect, marks);
    if (rows.length === SAMPLE_ROWS) break;
  }
  const counts = rows.map((row) => row.length);
  const columns = commonest(counts);
  const preambleRows = preambleOf(counts, columns);
  const table = rows.slice(preambleRows);
  const exact = table.filter((row) => row.length === columns).length;
  const short = table.filter((row) => row.length < columns && row.length > 1).length;
  const consistency = table.length === 0 ? 0 : (exact + short / 2) / table.length;
  const profiles = profilesOf(table, columns, context);
  const filled = profiles.filter((profile) => profile.worded).length;
  const quality = profiles.reduce((sum, profile) => sum + qualityOf(profile), 0) / Math.max(1, filled);
  const idle = 1 - filled / Math.max(1, profiles.length);
  const steady = consistency === 1 && table.length >= 5 && dialect.separator.length > 1 ? 1.01 : 1;
  return {
    dialect,
    columns: widest(table, columns),
    preambleRows,
    consistency,
    score:
      consistency ** 2 *
      (0.3 + quality) *
      Math.log2(1 + filled) *
      (1 - idle / 5) *
      steady *
      weightOf(dialect.separator),
    profiles,
    ...marks,
  };
}

/** How seldom a separator stands within values: blanks are in many, colons in times, commas in addresses; control characters and "----" in none. */
function weightOf(separator: string): number {
  if (/^ +$/.test(separator)) return 0.75;
  if (/^[,;:.] +$|^:$/.test(separator)) return 0.85;
  if (/^(?:([^-])\1| *[^ ] *)$/.test(separator) && separator > ' ') return 1;
  return 1.25;
}

function countQuotes(
  bytes: Uint8Array,
  cells: readonly Uint8Array[],
  dialect: Dialect,
  marks: { closed: number; closedOverLines: number; open: number; cells: number; quotesSeen: boolean },
): void {
  const quote = dialect.quote?.charCodeAt(0);
  for (const cell of cells) {
    marks.cells++;
    if (cell[0] === 0x22) marks.quotesSeen = true;
    if (quote === undefined) continue;
    // A quoted cell is a view that stands after its quote, or a copy when quotes in it were doubled.
    if (cell.buffer !== bytes.buffer || bytes[cell.byteOffset - bytes.byteOffset - 1] === quote) {
      if (cell.includes(0x0a) || cell.includes(0x0d)) marks.closedOverLines++;
      else marks.closed++;
    } else if (cell[0] === quote) marks.open++;
  }
}

/** That all rows have the same separator is no accident, even if the whole line is one value in form: "hash:user name" may be a hash with its salt. */
const SINGLE_WEIGHT = 0.7;

/** The whole line as one cell, with a separator that the sample does not have. */
function readSingle(bytes: Uint8Array, text: string, newline: '\n' | '\r', context: FieldContext): TableReading {
  const separator = ['\t', '\x1f', '\x01', '|', ';', ','].find((one) => !text.includes(one)) ?? '\x1f\x1f\x1f';
  const plain = readTable(bytes, { separator, quote: null, newline }, context);
  const quoted = readTable(bytes, { separator, quote: '"', newline }, context);
  const single = quoted.closed > 0 && quoted.open === 0 && quoted.closedOverLines <= quoted.closed ? quoted : plain;
  return { ...single, columns: 1, preambleRows: 0, score: single.score * SINGLE_WEIGHT };
}

/**
 * Whether a reading leaves a list of single values whole: "+86 138 0013 8000" has blanks between its groups. The reading may still split rows that look like one
 * value when it finds the same in a column: "a----b@example.org" and "1~b@example.org" are valid e-mail addresses as a whole.
 */
function keepsWhole(reading: TableReading, single: TableReading): boolean {
  return strictFields.every((field) => !holds(single, field) || holds(reading, field));
}

function holds(reading: TableReading, field: FieldName): boolean {
  return reading.profiles.some((profile) => scoreOf(profile, field) >= 0.7);
}

function commonest(counts: readonly number[]): number {
  const tally = new Map<number, number>();
  for (const count of counts) tally.set(count, (tally.get(count) ?? 0) + 1);
  return [...tally].toSorted((a, b) => b[1] - a[1] || b[0] - a[0])[0]?.[0] ?? 1;
}

/** The most cells that at least one row in twenty has, so that a ragged table loses few rows. */
function widest(rows: readonly (readonly Uint8Array[])[], columns: number): number {
  const tally = new Map<number, number>();
  for (const row of rows) tally.set(row.length, (tally.get(row.length) ?? 0) + 1);
  const common = [...tally].filter(([, count]) => count >= Math.max(3, rows.length / 20));
  return Math.max(columns, ...common.map(([width]) => width));
}

/** Rows at the start with fewer cells than the table, when the table begins right after them. */
function preambleOf(counts: readonly number[], columns: number): number {
  const first = counts.indexOf(columns);
  if (columns < 2 || first <= 0 || first > MAX_PREAMBLE_ROWS || counts.length < first + 2) return 0;
  const table = counts.slice(first);
  const isClear = table.filter((count) => count === columns).length >= table.length * 0.9;
  return isClear && counts.slice(0, first).every((count) => count < columns && count <= 2) ? first : 0;
}

function profilesOf(rows: readonly (readonly Uint8Array[])[], columns: number, context: FieldContext): ColumnProfile[] {
  const decoder = new TextDecoder();
  // Not the first row, which may be a header; wide tables show with fewer rows.
  const count = Math.max(2, Math.min(TYPED_ROWS, Math.floor(8192 / columns)));
  const typed = rows.length > 2 ? rows.slice(1, 1 + count) : rows;
  const width = Math.min(columns, 256);
  return Array.from({ length: width }, (_, column) =>
    profileColumn(
      typed.map((row) => decoder.decode(row[column]?.subarray(0, 2048))),
      context,
    ),
  );
}

/** How surely a column is one kind of value, 0 to 1; 0 when it is empty or has only punctuation. */
function qualityOf(profile: ColumnProfile): number {
  if (!profile.worded) return 0;
  const strict = Math.max(...strictFields.map((field) => scoreOf(profile, field)));
  const loose = Math.max(...looseFields.map((field) => scoreOf(profile, field) * (field === 'address' ? 1 : 0.6)));
  const kind = profile.kind === 'date' ? 0.7 : profile.kind === 'number' ? 0.4 : 0.15;
  return Math.max(strict, loose, kind * profile.kindShare);
}
