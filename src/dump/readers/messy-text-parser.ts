import type { FieldContext } from '../../core/fields/field.ts';
import { isHeader, isHeaderName } from '../header.ts';
import type { RowSink } from '../reader.ts';
import {
  Cells,
  dropTrailing,
  findSeparator,
  HAN,
  isStrict,
  MOST_CELLS,
  mayHave,
  type Separator,
  separators,
  shapeOf,
  splitCells,
} from './messy-text-cells.ts';
import { AGREEING_LINES, type Layout, layoutAt } from './messy-text-layout.ts';
import { MessyTable } from './messy-text-table.ts';
import { aheadOf, type LineWindow } from './messy-text-window.ts';

/** Tables of one file; what a hostile file has more of is rejected. */
const MOST_TABLES = 256;
/** Lines that one row may stand on. */
const MOST_JOINED_LINES = 8;
const LONGEST_HEADER_BYTES = 8192;

/**
 * Reads irregular delimited text line by line. A line is a row of the current table when it has as many cells as that and they look like the columns; with another separator, or joined with
 * the next lines, only when not a single cell looks wrong. Headers begin tables (a header seen before goes on with its table), and so do three lines in a row that agree with each
 * other and not with the table. Everything else is rejected: better no row than cells in wrong columns.
 */
export class MessyParser {
  /** Rows written; among them those with a value of the form that their column has, and of these those that a reader of one dialect would not have read; lines rejected. */
  rows = 0;
  formedRows = 0;
  gainedRows = 0;
  rejected = 0;
  readonly #sink: RowSink;
  readonly #context: FieldContext;
  readonly #cells = new Cells();
  readonly #spare = new Cells();
  readonly #decoder = new TextDecoder();
  readonly #byHeader = new Map<string, MessyTable>();
  readonly #earlier: MessyTable[] = [];
  #tables = 0;
  #table: MessyTable | null = null;
  /** The last line that may be looked at while one is dealt with. */
  #last = 0;
  /** Lines until which the search for a new table is not worth repeating. */
  #hopeless = 0;

  constructor(sink: RowSink, context: FieldContext) {
    this.#sink = sink;
    this.#context = context;
  }

  /** Deals with the line at `index` and returns how many lines it took. */
  take(window: LineWindow, index: number): number {
    const { bytes } = window;
    const from = window.from[index] ?? 0;
    const to = window.to[index] ?? from;
    const table = this.#table;
    this.#last = aheadOf(window, index);
    if (this.#hopeless > 0) this.#hopeless--;
    if (isRule(bytes, from, to)) return 1;
    if (table !== null) {
      if (table.header !== null && to - from <= LONGEST_HEADER_BYTES && this.#isLine(bytes, from, to, table.header))
        return 1;
      if (this.#takeRow(table, window, index)) return 1;
    }
    if (this.#takeHeader(window, index)) return 1;
    if (table !== null) {
      if (this.#takeOtherwise(table, bytes, from, to)) return 1;
      const joined = this.#takeJoined(table, window, index);
      if (joined > 0) return joined;
    }
    if (this.#takeNewTable(window, index)) return 1;
    this.rejected++;
    this.#sink.reject('bad-line');
    return 1;
  }

  #isLine(bytes: Uint8Array, from: number, to: number, line: string): boolean {
    return to - from >= line.length && this.#decoder.decode(bytes.subarray(from, to)).trim() === line;
  }

  /** The line as a row in the table's own way. */
  #takeRow(table: MessyTable, window: LineWindow, index: number): boolean {
    const { bytes } = window;
    const cells = this.#cells;
    if (!this.#fits(table, window, index)) return table.isRagged && this.#takeShort(table, bytes);
    // The open quote may close on one of the next lines.
    if (cells.openAt !== -1 && this.#joinedLines(table, window, index) > 0) return false;
    const misfits = table.misfits(bytes, cells);
    if (misfits === -1 || (misfits === 0 && table.agreeing === 0 && this.#isHeaderLine(bytes, cells))) return false;
    if (misfits === 0) table.learn(bytes, cells);
    this.#write(table, bytes, cells, table.isGain);
    return true;
  }

  /** The line that was split last, without its last cells, where the table has such lines: no cell may look wrong. */
  #takeShort(table: MessyTable, bytes: Uint8Array): boolean {
    const cells = this.#cells;
    if (cells.count < 2 || cells.count >= table.width || cells.openAt !== -1) return false;
    cells.pad(table.width);
    if (table.misfits(bytes, cells) !== 0 || table.agreeing === 0) return false;
    this.#write(table, bytes, cells, false);
    return true;
  }

  /** The line with another separator: exactly one must fit in every cell. */
  #takeOtherwise(table: MessyTable, bytes: Uint8Array, from: number, to: number): boolean {
    let found: Separator | null = null;
    for (const separator of separators) {
      if (separator === table.main || !mayHave(bytes, from, to, separator)) continue;
      splitCells(bytes, from, to, separator, table.single, this.#cells);
      dropTrailing(this.#cells, table.width);
      if (this.#cells.count !== table.width || this.#cells.openAt !== -1) continue;
      if (table.misfits(bytes, this.#cells) !== 0) continue;
      if (table.agreeing === 0 && !table.others.has(separator)) continue;
      if (found !== null) return false;
      found = separator;
    }
    if (found === null) return false;
    splitCells(bytes, from, to, found, table.single, this.#cells);
    dropTrailing(this.#cells, table.width);
    table.misfits(bytes, this.#cells);
    table.others.add(found);
    this.#write(table, bytes, this.#cells, true);
    return true;
  }

  /** A row over several lines; how many it took, 0 when it is none. */
  #takeJoined(table: MessyTable, window: LineWindow, index: number): number {
    const lines = this.#joinedLines(table, window, index);
    if (lines === 0) return 0;
    const { bytes } = window;
    splitCells(
      bytes,
      window.from[index] ?? 0,
      window.to[index + lines - 1] ?? 0,
      table.main,
      table.single,
      this.#cells,
    );
    let quoted = false;
    for (let cell = 0; cell < this.#cells.count; cell++) {
      quoted ||=
        this.#cells.quoted[cell] === 1 && bytes.subarray(this.#cells.from[cell], this.#cells.to[cell]).includes(0x0a);
    }
    table.misfits(bytes, this.#cells);
    this.#write(table, bytes, this.#cells, !quoted);
    return lines;
  }

  /**
   * How many lines make one row: those after the first are no rows by themselves, and all cells fit. An open quote may reach over several lines, a bare line end only over one,
   * with two cells or more on each side: a single one could be any line.
   */
  #joinedLines(table: MessyTable, window: LineWindow, index: number): number {
    const { bytes } = window;
    const from = window.from[index] ?? 0;
    const cells = this.#spare;
    splitCells(bytes, from, window.to[index] ?? 0, table.main, table.single, cells);
    const { openAt, count } = cells;
    const isOpen = openAt !== -1;
    if (!isOpen && (count < 2 || count >= table.width)) return 0;
    // All cells are there: only the last may go on, any other begins with a stray quote.
    if (isOpen && count === table.width && openAt < count - 1) return 0;
    const last = Math.min(this.#last, index + (isOpen ? MOST_JOINED_LINES : 1));
    for (let next = index + 1; next <= last; next++) {
      splitCells(bytes, window.from[next] ?? 0, window.to[next] ?? 0, table.main, table.single, cells);
      dropTrailing(cells, table.width);
      if (cells.count === table.width || (!isOpen && cells.count < 2)) return 0;
      // Another damaged row: joined with it, the cells of two people would stand in one.
      if (beginsRow(table, bytes, window.from[next] ?? 0, window.to[next] ?? 0)) return 0;
      splitCells(bytes, from, window.to[next] ?? 0, table.main, table.single, cells);
      if (
        cells.count === table.width &&
        cells.openAt === -1 &&
        table.misfits(bytes, cells) === 0 &&
        table.agreeing > 0
      ) {
        return next - index + 1;
      }
    }
    return 0;
  }

  /** A header: that of an earlier table, or of a new one. */
  #takeHeader(window: LineWindow, index: number): boolean {
    const { bytes } = window;
    const from = window.from[index] ?? 0;
    const to = window.to[index] ?? from;
    if (to - from > LONGEST_HEADER_BYTES) return false;
    const current = this.#table;
    const line = this.#decoder.decode(bytes.subarray(from, to)).trim();
    const known = this.#byHeader.get(line);
    if (known !== undefined) {
      this.#table = known;
      return true;
    }
    for (const separator of separators) {
      if (!mayHave(bytes, from, to, separator)) continue;
      splitCells(bytes, from, to, separator, false, this.#cells);
      if (!this.#isHeaderLine(bytes, this.#cells)) continue;
      const width = this.#cells.count;
      const layout = layoutAt(window, index + 1, this.#last, width);
      // Nothing below it has its cells, and the rows of the table go on: a stray line.
      const soon = Math.min(this.#last, index + AGREEING_LINES);
      if (layout === null && current !== null && this.#fitsSoon(current, window, index, soon)) return false;
      this.#begin(layout ?? { separator, width, single: false }, window, index, line);
      return true;
    }
    return false;
  }

  #isHeaderLine(bytes: Uint8Array, cells: Cells): boolean {
    if (cells.count < 2 || cells.count > MOST_CELLS) return false;
    // No header has a value in a cell; this is what nearly all lines end with here.
    for (let cell = 0; cell < cells.count; cell++) {
      const shape = shapeOf(bytes, cells.from[cell] ?? 0, cells.to[cell] ?? 0);
      if (isStrict(shape) && shape !== HAN) return false;
    }
    let known = 0;
    let filled = 0;
    const names = new Set<string>();
    for (let cell = 0; cell < cells.count; cell++) {
      if (cells.isEmpty(cell)) continue;
      filled++;
      const from = cells.from[cell] ?? 0;
      const to = cells.to[cell] ?? 0;
      // Known names have at most this many bytes.
      if (to - from > 96) continue;
      const name = this.#decoder.decode(bytes.subarray(from, to));
      names.add(name);
      if (isHeaderName(name)) known++;
    }
    return known >= 2 && known * 2 >= filled && names.size === filled;
  }

  /** The first line of a table without a known header: this line and the next ones agree with each other, and not with the current table. */
  #takeNewTable(window: LineWindow, index: number): boolean {
    if (this.#hopeless > 0) return false;
    const current = this.#table;
    const last = this.#last;
    if (current !== null && this.#fitsSoon(current, window, index, Math.min(last, index + AGREEING_LINES)))
      return false;
    const layout = layoutAt(window, index, this.#last, null);
    if (layout === null && current === null && this.#takeWideHeader(window, index)) return true;
    if (layout === null) {
      // A stretch without any table is searched once in four lines only: each search reads twelve.
      this.#hopeless = 4;
      return false;
    }
    if (current !== null) {
      if (!this.#agree(layout, window, index, Math.min(last, index + AGREEING_LINES))) return false;
      const isSame = layout.width === current.width && layout.separator === current.main;
      if (isSame && this.#fitsSoon(current, window, index, last)) return false;
      const earlier = this.#earlierTable(window, index);
      if (earlier !== null) {
        this.#table = earlier;
        return this.#takeRow(earlier, window, index);
      }
    }
    const rows: string[][] = [];
    for (let line = index; line <= last; line++) {
      this.#split(window, line, layout);
      if (this.#cells.count === layout.width) rows.push(this.#texts(window.bytes, this.#cells));
    }
    const [first = []] = rows;
    const hasHeader = isHeader(first, rows.slice(1), this.#context);
    const line = this.#decoder.decode(window.bytes.subarray(window.from[index], window.to[index])).trim();
    const isKin = current !== null && layout.separator === current.main && this.#isKin(current, layout, window, index);
    if (!this.#begin(layout, window, index, hasHeader ? line : null)) return false;
    if (isKin && this.#table !== null) this.#table.isGain = false;
    return hasHeader || (this.#table !== null && this.#takeRow(this.#table, window, index));
  }

  /** The first line of a file as a header of more columns than the rows below it fill. */
  #takeWideHeader(window: LineWindow, index: number): boolean {
    const below = layoutAt(window, index + 1, this.#last, null);
    if (below === null) return false;
    const rows: string[][] = [];
    for (let line = index; line <= this.#last; line++) {
      this.#split(window, line, below);
      rows.push(this.#texts(window.bytes, this.#cells));
    }
    const [first = []] = rows;
    if (first.length <= below.width || first.length > below.width * 2) return false;
    if (!isHeader(first, rows.slice(1), this.#context)) return false;
    const line = this.#decoder.decode(window.bytes.subarray(window.from[index], window.to[index])).trim();
    return this.#begin({ ...below, width: first.length }, window, index, line);
  }

  /** Whether a line of another width begins or goes on like the rows of the table: then it is the same one, ragged, to a reader of one dialect. */
  #isKin(table: MessyTable, layout: Layout, window: LineWindow, index: number): boolean {
    this.#split(window, index, layout);
    this.#cells.count = Math.min(this.#cells.count, table.width);
    this.#cells.pad(table.width);
    return table.misfits(window.bytes, this.#cells) === 0 && table.agreeing > 0;
  }

  /** Whether one of the lines after `index` up to `last` is a row of the table. */
  #fitsSoon(table: MessyTable, window: LineWindow, index: number, last: number): boolean {
    for (let line = index + 1; line <= last; line++)
      if (this.#fits(table, window, line) && table.misfits(window.bytes, this.#cells) !== -1) return true;
    return false;
  }

  #fits(table: MessyTable, window: LineWindow, line: number): boolean {
    splitCells(window.bytes, window.from[line] ?? 0, window.to[line] ?? 0, table.main, table.single, this.#cells);
    dropTrailing(this.#cells, table.width);
    return this.#cells.count === table.width;
  }

  #agree(layout: Layout, window: LineWindow, index: number, last: number): boolean {
    for (let line = index; line <= last; line++) {
      this.#split(window, line, layout);
      if (this.#cells.count !== layout.width) return false;
    }
    return last > index;
  }

  #split(window: LineWindow, line: number, layout: Layout): void {
    splitCells(
      window.bytes,
      window.from[line] ?? 0,
      window.to[line] ?? 0,
      layout.separator,
      layout.single,
      this.#cells,
    );
  }

  /** One of the last tables before the current one whose columns this line and the next have. */
  #earlierTable(window: LineWindow, index: number): MessyTable | null {
    for (const table of this.#earlier.slice(-8)) {
      if (table === this.#table || index + 1 > this.#last) continue;
      if (!this.#fits(table, window, index) || table.misfits(window.bytes, this.#cells) !== 0 || table.agreeing === 0)
        continue;
      if (this.#fits(table, window, index + 1) && table.misfits(window.bytes, this.#cells) === 0) return table;
    }
    return null;
  }

  #texts(bytes: Uint8Array, cells: Cells): string[] {
    return Array.from({ length: cells.count }, (_, cell) =>
      this.#decoder.decode(
        bytes.subarray(cells.from[cell], Math.min(cells.to[cell] ?? 0, (cells.from[cell] ?? 0) + 256)),
      ),
    );
  }

  /** Begins a table; false when there are too many. */
  #begin(layout: Layout, window: LineWindow, index: number, header: string | null): boolean {
    if (this.#tables >= MOST_TABLES) return false;
    this.#tables++;
    const { bytes } = window;
    let names: string[] | null = null;
    if (header !== null) {
      for (const separator of [layout.separator, ...separators]) {
        splitCells(bytes, window.from[index] ?? 0, window.to[index] ?? 0, separator, layout.single, this.#cells);
        if (this.#cells.count !== layout.width) continue;
        names = this.#texts(bytes, this.#cells);
        break;
      }
    }
    const writer = this.#sink.table(this.#tables === 1 ? null : `table ${this.#tables}`, names);
    const table = new MessyTable(layout.width, layout.separator, layout.single, header, writer);
    table.isGain = this.#tables > 1 || layout.separator.isBlanks;
    if (header !== null) this.#byHeader.set(header, table);
    this.#earlier.push(table);
    this.#table = table;
    this.#learn(table, window, header === null ? index : index + 1);
    return true;
  }

  /** Learns what the columns look like before the first row is judged, and which other separators lines of that width have. */
  #learn(table: MessyTable, window: LineWindow, first: number): void {
    const { bytes } = window;
    const last = this.#last;
    const seen = new Map<Separator, number>();
    const short: number[] = [];
    let full = 0;
    for (let line = first; line <= last && line < window.from.length; line++) {
      if (this.#fits(table, window, line)) {
        if (!this.#isHeaderLine(bytes, this.#cells)) table.learn(bytes, this.#cells);
        full++;
        continue;
      }
      if (this.#cells.count >= 2 && this.#cells.count < table.width && this.#cells.openAt === -1) short.push(line);
      const from = window.from[line] ?? 0;
      const to = window.to[line] ?? 0;
      const fitting = separators.filter((separator) => {
        if (separator === table.main || !mayHave(bytes, from, to, separator)) return false;
        splitCells(bytes, from, to, separator, table.single, this.#cells);
        return this.#cells.count === table.width;
      });
      const [only] = fitting;
      if (only === undefined || fitting.length > 1 || table.width < 3) continue;
      splitCells(bytes, from, to, only, table.single, this.#cells);
      table.learn(bytes, this.#cells);
      seen.set(only, (seen.get(only) ?? 0) + 1);
    }
    for (const [separator, count] of seen) if (count >= 2) table.others.add(separator);
    table.isRagged = short.length >= 4 && short.length >= (last - first + 1) * 0.3;
    if (!table.isRagged || full > short.length) return;
    for (const line of short) {
      if (this.#fits(table, window, line)) continue;
      this.#cells.pad(table.width);
      table.learn(bytes, this.#cells);
    }
  }

  #write(table: MessyTable, bytes: Uint8Array, cells: Cells, isGained: boolean): void {
    const { writer } = table;
    for (let cell = 0; cell < cells.count; cell++) {
      const from = cells.from[cell] ?? 0;
      const to = cells.to[cell] ?? 0;
      if (to <= from) writer.empty();
      else if (cells.quoted[cell] === 1 || hasLineEnd(bytes, from, to))
        writer.text(this.#value(bytes, from, to, cells.quoted[cell] === 1));
      else writer.bytes(bytes, from, to);
    }
    writer.end();
    this.rows++;
    if (table.agreeing === 0) return;
    this.formedRows++;
    if (isGained) this.gainedRows++;
  }

  #value(bytes: Uint8Array, from: number, to: number, isQuoted: boolean): string {
    const text = this.#decoder.decode(bytes.subarray(from, to));
    if (!isQuoted) return text.replace(/[\r\n]+/g, ' ');
    const quote = bytes[from - 1] === 0x27 ? "'" : '"';
    return text.replaceAll(quote + quote, quote);
  }
}

/**
 * Whether the line begins like a row of the table, whatever its quotes: at least two of its cells have the form that their column, and hardly another, has, and none before them
 * another one. What goes on with a cell that was begun on the line before has its cells elsewhere.
 */
function beginsRow(table: MessyTable, bytes: Uint8Array, from: number, to: number): boolean {
  const { main } = table;
  let agreeing = 0;
  let start = from;
  for (let column = 0; column < table.width && start <= to && agreeing < 2; column++) {
    const end = findSeparator(bytes, start, to, main);
    const verdict = table.judgeCell(column, shapeOf(bytes, start, end));
    if (verdict < 0) return false;
    agreeing += verdict;
    start = end + main.bytes.length;
  }
  return agreeing >= 2;
}

function hasLineEnd(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) if (bytes[index] === 0x0a || bytes[index] === 0x0d) return true;
  return false;
}

/** A line of signs only, as tables drawn in text have. */
function isRule(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0;
    if (byte !== 0x2d && byte !== 0x2b && byte !== 0x3d && byte !== 0x7c && byte !== 0x20) return false;
  }
  return to - from >= 4;
}
