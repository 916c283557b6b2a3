import type { Dialect, RejectReason } from './port.ts';

/** Longest row in bytes, its end included; a longer one is rejected as `too-long`. */
export const MAX_ROW_BYTES = 1_048_576;
/** A quoted cell closes at most this many bytes after its opening quote (index of the closing quote less index of the opening one), or it is not quoted. */
export const QUOTE_REACH_BYTES = 65_536;
/** `findRowEnd`: the bytes end before it can be known where the row ends. */
export const INCOMPLETE = -1;
/** `findRowEnd`: whatever follows, the row is longer than MAX_ROW_BYTES. */
export const TOO_LONG = -2;

const NONE = -1;
const UNDECIDED = -2;
const CARRIAGE_RETURN = 0x0d;

/** One row as it was read: its cells as UTF-8, or why it was not taken. */
export type Row = { readonly cells: readonly Uint8Array[] } | { readonly rejected: RejectReason };

/** A dialect as byte values; `quote` is -1 when there is none. */
interface DialectBytes {
  readonly separator: Uint8Array;
  readonly quote: number;
  readonly newline: number;
}

const compiled = new WeakMap<Dialect, DialectBytes>();

function bytesOf(dialect: Dialect): DialectBytes {
  let codes = compiled.get(dialect);
  if (codes === undefined) {
    codes = {
      separator: Uint8Array.from(dialect.separator, (character) => character.charCodeAt(0)),
      quote: dialect.quote === null ? -1 : dialect.quote.charCodeAt(0),
      newline: dialect.newline.charCodeAt(0),
    };
    compiled.set(dialect, codes);
  }
  return codes;
}

function separatorAt(bytes: Uint8Array, index: number, end: number, separator: Uint8Array): boolean {
  if (index + separator.length > end) return false;
  for (let offset = 0; offset < separator.length; offset++) {
    if (bytes[index + offset] !== separator[offset]) return false;
  }
  return true;
}

/**
 * Finds the closing quotes in one stretch of bytes, for opening quotes that are asked for in ascending order.
 * Whether a run of quotes closes a cell does not depend on the opening quote before it, so every byte is looked at once
 * however many opening quotes never close: a million of them in 2 MB would otherwise cost 64 KiB each.
 */
export class ClosingQuotes {
  readonly #bytes: Uint8Array;
  readonly #isFinal: boolean;
  readonly #codes: DialectBytes;
  /** Runs that start before this are known not to close, but for the one below. */
  #scanned = 0;
  #closingRun = NONE;
  #closingQuote = NONE;

  constructor(bytes: Uint8Array, end: number, dialect: Dialect, isFinal: boolean) {
    this.#bytes = bytes.subarray(0, end);
    this.#isFinal = isFinal;
    this.#codes = bytesOf(dialect);
  }

  /** Index of the quote that closes the one at `opening`; -1 when none does; -2 when the bytes end before that is known. */
  find(opening: number): number {
    const limit = opening + QUOTE_REACH_BYTES;
    const firstRun = opening + 1;
    const afterFirstRun = this.#endOfRun(firstRun);
    const first = this.#judge(firstRun, afterFirstRun);
    if (first !== NONE) return afterFirstRun - 1 <= limit ? first : NONE;
    return this.#next(afterFirstRun, limit);
  }

  #next(from: number, limit: number): number {
    const end = this.#bytes.length;
    if (this.#closingRun < from) {
      this.#closingRun = NONE;
      if (this.#scanned < from) this.#scanned = from;
    }
    while (this.#closingRun === NONE) {
      const start = this.#bytes.indexOf(this.#codes.quote, this.#scanned);
      this.#scanned = start === -1 ? end : start;
      if (this.#scanned > limit) return NONE;
      if (start === -1) return this.#isFinal ? NONE : UNDECIDED;
      const after = this.#endOfRun(start);
      const judged = this.#judge(start, after);
      if (judged === UNDECIDED) return after - 1 <= limit ? UNDECIDED : NONE;
      this.#scanned = after;
      if (judged !== NONE) {
        this.#closingRun = start;
        this.#closingQuote = judged;
      }
    }
    return this.#closingQuote <= limit ? this.#closingQuote : NONE;
  }

  #endOfRun(start: number): number {
    let index = start;
    while (this.#bytes[index] === this.#codes.quote) index++;
    return index;
  }

  /** The last quote of the run from `start` to `after` when the run closes a cell. */
  #judge(start: number, after: number): number {
    const end = this.#bytes.length;
    if (after === end && !this.#isFinal) return UNDECIDED;
    if ((after - start) % 2 === 0) return NONE;
    if (after === end) return after - 1;
    const { newline, separator } = this.#codes;
    const next = this.#bytes[after];
    if (next === newline || separatorAt(this.#bytes, after, end, separator)) return after - 1;
    if (next === CARRIAGE_RETURN && this.#bytes[after + 1] === newline) return after - 1;
    return !this.#isFinal && after + Math.max(separator.length, 2) > end ? UNDECIDED : NONE;
  }
}

/**
 * Index after the newline of the row that starts at `start`; `end` when the row is the last one and has none.
 * INCOMPLETE (-1) when more bytes are needed (never when `isFinal`), TOO_LONG (-2) when the row is longer than MAX_ROW_BYTES.
 * `closings` keeps what was found between rows of the same bytes: without it every row with an unclosed quote costs QUOTE_REACH_BYTES.
 */
export function findRowEnd(
  bytes: Uint8Array,
  start: number,
  end: number,
  dialect: Dialect,
  isFinal: boolean,
  closings?: ClosingQuotes,
): number {
  const { separator, quote, newline } = bytesOf(dialect);
  const longest = start + MAX_ROW_BYTES;
  const stop = Math.min(end, longest);
  if (quote === -1) {
    const lineEnd = bytes.subarray(0, stop).indexOf(newline, start);
    if (lineEnd !== -1) return lineEnd + 1;
    if (end > longest) return TOO_LONG;
    return isFinal ? end : INCOMPLETE;
  }
  let quotes = closings;
  let index = start;
  let atCellStart = true;
  while (index < stop) {
    const byte = bytes[index];
    if (atCellStart && byte === quote) {
      quotes ??= new ClosingQuotes(bytes, end, dialect, isFinal);
      const closing = quotes.find(index);
      if (closing === UNDECIDED) return INCOMPLETE;
      atCellStart = false;
      index = closing === NONE ? index + 1 : closing + 1;
    } else if (byte === newline) {
      return index + 1;
    } else if (byte === separator[0] && separatorAt(bytes, index, end, separator)) {
      index += separator.length;
      atCellStart = true;
    } else {
      index++;
      atCellStart = false;
    }
  }
  if (end > longest || index > longest) return TOO_LONG;
  return isFinal ? end : INCOMPLETE;
}

/**
 * The cells of the one complete row from `start` to `end` (its newline may be among the bytes), as UTF-8.
 * A cell without doubled quotes is a view of `bytes`. An empty row has one empty cell.
 */
export function splitRow(bytes: Uint8Array, start: number, end: number, dialect: Dialect): Uint8Array[] {
  const { separator, quote } = bytesOf(dialect);
  const stop = contentEnd(bytes, start, end, dialect);
  const cells: Uint8Array[] = [];
  let quotes: ClosingQuotes | undefined;
  let cellStart = start;
  for (;;) {
    let index = cellStart;
    if (quote !== -1 && index < stop && bytes[index] === quote) {
      quotes ??= new ClosingQuotes(bytes, end, dialect, true);
      const closing = quotes.find(index);
      if (closing !== NONE) {
        cells.push(unescapeQuotes(bytes.subarray(index + 1, closing), quote));
        index = closing + 1;
        if (index >= stop) return cells;
        cellStart = index + separator.length;
        continue;
      }
    }
    while (index < stop && !(bytes[index] === separator[0] && separatorAt(bytes, index, stop, separator))) index++;
    cells.push(bytes.subarray(cellStart, index));
    if (index >= stop) return cells;
    cellStart = index + separator.length;
  }
}

/** Where the cells of a row end: before its newline, and before one CR that stands before a '\n'. */
function contentEnd(bytes: Uint8Array, start: number, end: number, dialect: Dialect): number {
  const { newline } = bytesOf(dialect);
  if (end <= start || bytes[end - 1] !== newline) return end;
  return dialect.newline === '\n' && end - 2 >= start && bytes[end - 2] === CARRIAGE_RETURN ? end - 2 : end - 1;
}

/** Every two quotes in a row become one; an odd one stays. */
function unescapeQuotes(cell: Uint8Array, quote: number): Uint8Array {
  let read = cell.indexOf(quote);
  while (read !== -1 && cell[read + 1] !== quote) read = cell.indexOf(quote, read + 1);
  if (read === -1) return cell;
  const out = new Uint8Array(cell.length - 1);
  out.set(cell.subarray(0, read));
  let write = read;
  while (read < cell.length) {
    const byte = cell[read] ?? 0;
    out[write++] = byte;
    read += byte === quote && cell[read + 1] === quote ? 2 : 1;
  }
  return out.subarray(0, write);
}

/**
 * The row as a table with `columns` columns has it: missing cells are empty, empty cells that are too many fall away, other extra ones reject the row.
 */
export function fitRow(cells: readonly Uint8Array[], columns: number): Row {
  if (cells.length === columns) return { cells };
  if (cells.length > columns) {
    for (let index = columns; index < cells.length; index++) {
      if (cells[index]?.length !== 0) return { rejected: 'too-many-cells' };
    }
    return { cells: cells.slice(0, columns) };
  }
  const full = [...cells];
  while (full.length < columns) full.push(empty);
  return { cells: full };
}

const empty = new Uint8Array(0);

/** Twice the longest row with the reach of a quote: there is always room to go on, and at most half of it is read again after moving it to the front. */
const BUFFER_BYTES = 2 * (MAX_ROW_BYTES + QUOTE_REACH_BYTES);

/**
 * Cuts a stream of UTF-8 bytes into rows, with one buffer of 2.1 MiB whatever comes.
 * Rows come out when the buffer is full and at the end; their cells stay unchanged only until the next row is asked for.
 * With `columns`, each row is fitted to that number (see `fitRow`).
 */
export class RowReader {
  readonly #dialect: Dialect;
  readonly #columns: number | null;
  #buffer = new Uint8Array(65_536);
  #filled = 0;
  /** Bytes of a rejected row that must still pass before a newline byte ends it; null when not skipping. */
  #skip: number | null = null;

  constructor(dialect: Dialect, columns: number | null = null) {
    this.#dialect = dialect;
    this.#columns = columns;
  }

  /** Takes in a chunk; the rows must be drawn to the end before the next one. */
  *push(chunk: Uint8Array): Generator<Row, void> {
    let taken = 0;
    while (taken < chunk.length) {
      if (this.#filled === this.#buffer.length) {
        if (this.#buffer.length < BUFFER_BYTES) this.#grow();
        else yield* this.#drain(false);
      }
      const part = chunk.subarray(taken, taken + this.#buffer.length - this.#filled);
      this.#buffer.set(part, this.#filled);
      this.#filled += part.length;
      taken += part.length;
    }
  }

  /** The rows that are left when the input has ended. */
  *finish(): Generator<Row, void> {
    yield* this.#drain(true);
  }

  #grow(): void {
    const larger = new Uint8Array(Math.min(BUFFER_BYTES, this.#buffer.length * 4));
    larger.set(this.#buffer);
    this.#buffer = larger;
  }

  *#drain(isFinal: boolean): Generator<Row, void> {
    const bytes = this.#buffer.subarray(0, this.#filled);
    const rest = yield* cutRows(bytes, this.#dialect, this.#columns, isFinal, this.#skip);
    this.#skip = rest.skip;
    this.#buffer.copyWithin(0, rest.start, this.#filled);
    this.#filled -= rest.start;
  }
}

/** Yields the complete rows in `bytes`; returns where the rest starts and what is left to skip of a rejected row. */
function* cutRows(
  bytes: Uint8Array,
  dialect: Dialect,
  columns: number | null,
  isFinal: boolean,
  skip: number | null,
): Generator<Row, { start: number; skip: number | null }> {
  const end = bytes.length;
  const { newline } = bytesOf(dialect);
  const closings = new ClosingQuotes(bytes, end, dialect, isFinal);
  let start = 0;
  let toSkip = skip;
  while (start < end) {
    if (toSkip !== null) {
      const from = Math.min(end, start + toSkip);
      const lineEnd = bytes.indexOf(newline, from);
      if (lineEnd === -1) return { start: end, skip: toSkip - (from - start) };
      toSkip = null;
      start = lineEnd + 1;
      continue;
    }
    const rowEnd = findRowEnd(bytes, start, end, dialect, isFinal, closings);
    if (rowEnd === INCOMPLETE) break;
    if (rowEnd === TOO_LONG) {
      toSkip = MAX_ROW_BYTES;
      yield { rejected: 'too-long' };
      continue;
    }
    if (contentEnd(bytes, start, rowEnd, dialect) > start) {
      const cells = splitRow(bytes, start, rowEnd, dialect);
      yield columns === null ? { cells } : fitRow(cells, columns);
    }
    start = rowEnd;
  }
  return { start, skip: toSkip };
}

/** The rows of a whole input in memory; cells without doubled quotes are views of `bytes`. */
export function* rowsOf(bytes: Uint8Array, dialect: Dialect, columns: number | null = null): Generator<Row, void> {
  yield* cutRows(bytes, dialect, columns, true, null);
}

/** The rows of a stream of UTF-8 bytes in bounded memory; a row's cells stay unchanged only until the next one is asked for. */
export async function* readRows(
  chunks: AsyncIterable<Uint8Array>,
  dialect: Dialect,
  columns: number | null = null,
): AsyncGenerator<Row, void> {
  const reader = new RowReader(dialect, columns);
  for await (const chunk of chunks) yield* reader.push(chunk);
  yield* reader.finish();
}
