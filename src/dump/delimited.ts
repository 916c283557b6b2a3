import { describeColumns, type Mappings, type Reshaping } from './describe-columns.ts';
import { type DetectedDialect, detectDialect, MAX_COLUMNS } from './dialect.ts';
import { rowsOf } from './exact-rows.ts';
import { isHeader } from './header.ts';
import { HEAD_BYTES } from './input.ts';
import type { ReadingOptions } from './options.ts';
import type { TableDescription } from './port.ts';
import { HEAD_ROWS, INFERENCE_ROWS, SPREAD_ROWS } from './sampling.ts';

/** Text that has been brought to UTF-8, but for the whole of it. */
export interface TextSample {
  readonly name: string;
  /** The start, without byte-order mark, to the end of a row. */
  readonly start: Uint8Array;
  readonly isWhole: boolean;
  /** Stretches from all over the file, of whole lines. */
  readonly windows: readonly Uint8Array[];
}

/** What a table of delimited text is like (docs/spec/delimited.md). */
export type DelimitedTable = Pick<TableDescription, 'dialect' | 'columns' | 'headerRows' | 'head'> & {
  readonly reshaping: Reshaping | null;
};

/** Finds dialect, header and columns. `known`: the dialect, where it is known; `onHeader` hears of it when the first row turns out to be a header. */
export function describeDelimited(
  sample: TextSample,
  options: ReadingOptions,
  mappings: Mappings,
  known: DetectedDialect | null = null,
  onHeader: (detected: DetectedDialect) => void = () => undefined,
): DelimitedTable {
  const context = { region: options.region };
  const detected = known ?? detectDialect(sample.start, context, { separator: options.separator });
  const { dialect, columns: width, ...found } = detected;
  const preambleRows = options.header === false ? 0 : found.preambleRows;
  const rows = startRows(sample, dialect, preambleRows);
  const [first = []] = rows;
  const hasHeader = rows.length > 0 && (options.header ?? isHeader(first, rows.slice(1, 100), context));
  if (hasHeader) onHeader(detected);
  const columns = Math.max(width, hasHeader ? Math.min(MAX_COLUMNS, lastFilled(first)) : 0, 1);
  const data = fitted(hasHeader ? rows.slice(1) : rows, columns);
  const spread = fitted(spreadRows(sample.windows, dialect, columns), columns);
  const described = describeColumns(
    [...data.slice(0, INFERENCE_ROWS), ...spread],
    hasHeader ? first : null,
    columns,
    context,
    mappings,
    sample.name,
  );
  return {
    dialect,
    ...described,
    headerRows: preambleRows + (hasHeader ? 1 : 0),
    head: data.slice(0, HEAD_ROWS),
  };
}

/** The bytes up to the last line end within HEAD_BYTES; all of them when they are the whole or have no line end. */
export function wholeRows(head: Uint8Array, isWhole: boolean): Uint8Array {
  if (isWhole && head.length <= HEAD_BYTES) return head;
  const bytes = head.subarray(0, HEAD_BYTES);
  const last = Math.max(bytes.lastIndexOf(0x0a), bytes.lastIndexOf(0x0d));
  return last === -1 ? bytes : bytes.subarray(0, last + 1);
}

/** Decoded rows of the start after the preamble, as many as inference needs. */
function startRows(sample: TextSample, dialect: TableDescription['dialect'], skip: number): string[][] {
  const decoder = new TextDecoder();
  const rows: string[][] = [];
  let seen = 0;
  let isCut = !sample.isWhole;
  for (const row of rowsOf(sample.start, dialect)) {
    if (seen++ < skip || !('cells' in row)) continue;
    if (rows.length > INFERENCE_ROWS) {
      isCut = false;
      break;
    }
    rows.push(row.cells.map((cell) => decoder.decode(cell)));
  }
  // The sample ends at a line's end, which may stand within quotes: its last row is not sure.
  if (isCut && rows.length > 1) rows.pop();
  return rows;
}

/** Rows from all over the file. A window may begin within a quoted cell: only rows of the table's width count, and the first and last of each window do not. */
function spreadRows(windows: readonly Uint8Array[], dialect: TableDescription['dialect'], columns: number): string[][] {
  const decoder = new TextDecoder();
  const share = Math.ceil(SPREAD_ROWS / Math.max(1, windows.length));
  return windows.flatMap((window) => {
    const rows: string[][] = [];
    for (const row of rowsOf(window, dialect)) {
      if (rows.length > share + 1) break;
      if ('cells' in row) rows.push(row.cells.map((cell) => decoder.decode(cell)));
    }
    return rows.slice(1, -1).filter((row) => row.length === columns);
  });
}

function fitted(rows: readonly (readonly string[])[], columns: number): string[][] {
  return rows
    .filter((row) => row.length <= columns || row.slice(columns).every((cell) => cell === ''))
    .map((row) => Array.from({ length: columns }, (_, index) => row[index] ?? ''));
}

function lastFilled(header: readonly string[]): number {
  return header.findLastIndex((cell) => cell !== '') + 1;
}
