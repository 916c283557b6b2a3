import type { RowWriter } from '../reader.ts';
import { unescapeCopy, unescapeLiteral } from './sql-escapes.ts';
import { readExpression, skipExpression } from './sql-expression.ts';
import { incomplete, isBlank, isDigit, isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';
import { findPlainCall, type LiteralPlace } from './sql-plain-call.ts';

/** Cells beyond are counted and not kept. */
export const MAX_COLUMNS = 4096;

/** How the bytes of a cell are to be taken. */
export const RAW = 0;
export const NULL = 1;
/** Its text stands in `texts`. */
export const TEXT = 2;
/** '…' and "…" with doubled quotes or backslashes. */
export const QUOTED = 3;
export const DOUBLE_QUOTED = 4;
/** COPY's text and CSV formats. */
export const COPY_ESCAPED = 5;
export const CSV_QUOTED = 6;

/** The cells of one row, as places in the lexer's buffer: nothing is written before the whole row is sound. */
export class SqlCells {
  count = 0;
  /** Whether a string held a backslash, and whether one stood before a quote: only then it matters what backslashes mean. */
  sawBackslash = false;
  sawBackslashQuote = false;
  readonly #kinds = new Uint8Array(MAX_COLUMNS);
  readonly #from = new Int32Array(MAX_COLUMNS);
  readonly #to = new Int32Array(MAX_COLUMNS);
  readonly #texts = new Map<number, string>();

  clear(): void {
    this.count = 0;
    this.sawBackslash = false;
    this.sawBackslashQuote = false;
    if (this.#texts.size > 0) this.#texts.clear();
  }

  add(kind: number, from: number, to: number): void {
    const index = this.count++;
    if (index >= MAX_COLUMNS) return;
    this.#kinds[index] = kind;
    this.#from[index] = from;
    this.#to[index] = to;
  }

  /** A cell whose value was computed; null is NULL, or what cannot be known. */
  addText(text: string | null): void {
    if (text !== null && this.count < MAX_COLUMNS) this.#texts.set(this.count, text);
    this.add(text === null ? NULL : TEXT, 0, 0);
  }

  /** Writes the row; `order` has for each column of the table its cell or -1, null means as they come. */
  write(lexer: SqlLexer, writer: RowWriter, order: Int32Array | null): void {
    const width = order === null ? Math.min(this.count, MAX_COLUMNS) : order.length;
    for (let column = 0; column < width; column++) {
      const index = order === null ? column : order[column]!;
      if (index < 0) writer.empty();
      else this.#writeCell(lexer, writer, index);
    }
    writer.end();
  }

  #writeCell(lexer: SqlLexer, writer: RowWriter, index: number): void {
    const kind = this.#kinds[index]!;
    const from = this.#from[index]!;
    const to = this.#to[index]!;
    if (kind === RAW) writer.bytes(lexer.buffer, from, to);
    else if (kind === NULL) writer.empty();
    else if (kind === TEXT) writer.text(this.#texts.get(index) ?? '');
    else {
      const target = lexer.scratch(to - from);
      const length =
        kind === COPY_ESCAPED
          ? unescapeCopy(lexer.buffer, from, to, target)
          : unescapeLiteral(
              lexer.buffer,
              from,
              to,
              kind === QUOTED ? 39 : 34,
              kind !== CSV_QUOTED && lexer.mode.backslash,
              target,
            );
      writer.bytes(target, 0, length);
    }
  }
}

const place: LiteralPlace = { from: 0, to: 0 };

/**
 * Reads `…)` of a row of VALUES into `cells`; the lexer stands after the opening parenthesis, then after the closing one. Plain literals are read here;
 * a cell that is anything else is read again from its start as an expression. Throws `incomplete` or `unsound`.
 */
export function readTuple(lexer: SqlLexer, cells: SqlCells): void {
  const { buffer, end } = lexer;
  const { backslash } = lexer.mode;
  // N'…' is of type character there, whose blanks at the end do not count and are lost in every other type.
  const blankPadded = lexer.mode.dialect === 'postgres';
  cells.clear();
  let at = lexer.at;
  for (;;) {
    while (at < end && isBlank(buffer[at]!)) at++;
    const start = at;
    if (at >= end) throw incomplete;
    let unit = buffer[at]!;
    let plain = false;
    const national = (unit === 78 || unit === 110) && at + 1 < end && buffer[at + 1] === 39;
    if (national) unit = buffer[++at]!;
    if (unit === 39 || unit === 34) {
      const quote = unit;
      const from = ++at;
      let kind = RAW;
      for (; ; at++) {
        if (at >= end) throw incomplete;
        unit = buffer[at]!;
        if (unit > 92) continue;
        if (unit === quote) {
          if (at + 1 >= end) throw incomplete;
          if (buffer[at + 1] !== quote) break;
          kind = quote === 39 ? QUOTED : DOUBLE_QUOTED;
          at++;
        } else if (unit === 92) {
          cells.sawBackslash = true;
          if (backslash) {
            kind = quote === 39 ? QUOTED : DOUBLE_QUOTED;
            if (buffer[++at] === quote) cells.sawBackslashQuote = true;
          }
        }
      }
      if (!backslash && endsInBackslash(buffer, from, at)) cells.sawBackslashQuote = true;
      let to = at;
      if (national && blankPadded) while (to > from && buffer[to - 1] === 32) to--;
      cells.add(kind, from, to);
      at++;
      plain = true;
    } else if (isDigit(unit) || unit === 45) {
      at++;
      while (at < end && isNumberByte(buffer[at]!)) at++;
      // A lone or doubled minus is no number.
      if (isDigit(buffer[at - 1]!) || buffer[at - 1] === 46) {
        cells.add(RAW, start, at);
        plain = true;
      }
    } else if ((unit | 32) === 110 && at + 4 < end && isUll(buffer, at + 1)) {
      at += 4;
      cells.add(NULL, start, at);
      plain = true;
    } else if (unit === 41 && cells.count === 0) {
      throw unsound;
    } else if (!blankPadded) {
      const after = findPlainCall(buffer, at, end, backslash, place);
      if (after >= 0) {
        cells.add(RAW, place.from, place.to);
        at = after;
        plain = true;
      }
    }
    while (at < end && isBlank(buffer[at]!)) at++;
    if (at >= end) throw incomplete;
    unit = buffer[at]!;
    if (!plain || (unit !== 44 && unit !== 41)) {
      if (plain) cells.count--;
      lexer.at = start;
      readCell(lexer, cells);
      at = lexer.at;
      unit = buffer[at]!;
    }
    at++;
    if (unit === 41) {
      lexer.at = at;
      return;
    }
  }
}

function readCell(lexer: SqlLexer, cells: SqlCells): void {
  let text = readExpression(lexer);
  const last = lexer.buffer[lexer.at - 1];
  let unit = lexer.peek();
  // 'a'b and 'a'(: a quote is lost, or one too many. Where one is lost the text goes on, over statements too, to the start of the next text: what is in that follows here.
  if ((last === 39 || last === 34) && (isWordByte(unit) || unit === 40)) throw unsound;
  lexer.skipBlank();
  unit = lexer.peek();
  if (unit !== 44 && unit !== 41) {
    if (isDigit(unit)) throw unsound;
    skipExpression(lexer);
    text = null;
    unit = lexer.peek();
  }
  cells.addText(text);
}

/** Whether an odd number of backslashes stands before `to`: an even one ends the text whatever they mean. */
function endsInBackslash(buffer: Uint8Array, from: number, to: number): boolean {
  let at = to;
  while (at > from && buffer[at - 1] === 92) at--;
  return (to - at) % 2 === 1;
}

function isNumberByte(unit: number): boolean {
  return isDigit(unit) || unit === 46 || unit === 101 || unit === 69 || unit === 43 || unit === 45;
}

/** Whether NULL goes on here after its first letter and ends. */
function isUll(buffer: Uint8Array, at: number): boolean {
  const after = buffer[at + 3]!;
  return (
    (buffer[at]! | 32) === 117 &&
    (buffer[at + 1]! | 32) === 108 &&
    (buffer[at + 2]! | 32) === 108 &&
    (after === 44 || after === 41 || isBlank(after))
  );
}
