import type { SqlFrame } from './sql-frame.ts';
import { incomplete, isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';
import { SqlPlainRows } from './sql-plain-rows.ts';
import { followsRow } from './sql-statements.ts';
import type { RowTarget, SqlTables } from './sql-tables.ts';
import { MAX_COLUMNS, readTuple, SqlCells } from './sql-tuple.ts';

/** How much of a damaged head is looked at. */
const HEAD_BYTES = 512;

/** Takes rows for the table that was named last, and judges by the number of their cells whether they are its own. */
export class SqlTarget {
  /** Of the row at hand. */
  readonly cells = new SqlCells();
  readonly #lexer: SqlLexer;
  readonly #frame: SqlFrame;
  readonly #tables: SqlTables;
  readonly #nextCells = new SqlCells();
  readonly #plainRows = new SqlPlainRows();
  #target: RowTarget | null = null;
  /** Bytes of the last INSERT's head up to its first row: statements of one row each repeat it. */
  #headBytes = new Uint8Array(0);
  #headTarget: RowTarget | null = null;
  /** Cells of the last row that had the wrong number of them. */
  #otherArity = 0;

  constructor(frame: SqlFrame, tables: SqlTables) {
    this.#frame = frame;
    this.#lexer = frame.lexer;
    this.#tables = tables;
  }

  /** Null: none was named, or its rows cannot be read. */
  get current(): RowTarget | null {
    return this.#target;
  }

  /** Rows that follow are of this table; null: of none. */
  set(target: RowTarget | null): void {
    this.#target = target;
  }

  /** The same where a new list of rows begins: how many cells the last row had says nothing of it. */
  begin(target: RowTarget | null): void {
    this.#target = target;
    this.#otherArity = 0;
  }

  /** A table was defined anew: its rows may have other columns than its last head said. */
  forgetHead(): void {
    this.#headTarget = null;
  }

  /** Remembers the head that ends at the lexer's place. */
  keepHead(start: number): void {
    this.#headBytes = this.#lexer.buffer.slice(start, this.#lexer.at);
    this.#headTarget = this.#target;
  }

  /** Whether the same head begins here as before; takes it. */
  repeatsHead(): boolean {
    const head = this.#headBytes;
    const { buffer, at, end } = this.#lexer;
    if (this.#headTarget === null || head.length === 0) return false;
    for (let index = 0; index < head.length; index++) {
      if (at + index >= end) throw incomplete;
      if (buffer[at + index] !== head[index]) return false;
    }
    // VALUE is the beginning of VALUES.
    if (isWordByte(head[head.length - 1]!)) {
      if (at + head.length >= end) throw incomplete;
      if (isWordByte(buffer[at + head.length]!)) return false;
    }
    this.#target = this.#headTarget;
    this.#lexer.at = at + head.length;
    this.#frame.commit();
    return true;
  }

  /** Whether a damaged head names the table whose rows came last: those that follow are then its own, too. Null: more bytes are needed to say so. */
  isNamedByHead(): boolean | null {
    const lexer = this.#lexer;
    const { at, end } = this.#frame;
    if (this.#target === null) return false;
    const newline = lexer.indexOf(10, at, Math.min(end, at + HEAD_BYTES));
    if (newline < 0 && end < at + HEAD_BYTES && !lexer.isFinal) return null;
    const line = lexer.text(at, newline < 0 ? Math.min(end, at + HEAD_BYTES) : newline);
    const [first, ...words] = line.toLowerCase().split(/[\s.,()`"[\]]+/);
    const name = this.#target.table.title.toLowerCase().split('.').at(-1) ?? '';
    return (first === 'insert' || first === 'replace') && words.includes(name);
  }

  /** Reads and writes as many rows from here on as need nothing but copying; false when there are none. */
  takePlainRows(): boolean {
    const lexer = this.#lexer;
    const target = this.#target;
    // A table is opened by its first row, which is read in the other way.
    const direct = target?.table.writer?.direct;
    if (target === null || direct === undefined) return false;
    const { arity, order, table } = target;
    if (order !== null || arity === 0 || arity > MAX_COLUMNS) return false;
    const plain = this.#plainRows;
    if (!plain.read(lexer.buffer, lexer.at, lexer.end, arity, direct)) return false;
    table.rows += plain.rows;
    this.#otherArity = 0;
    lexer.at = plain.at;
    this.#frame.commit();
    return true;
  }

  /** Writes the row in `cells` and leaves it behind when it has as many cells as it must; else throws `unsound`. */
  takeRow(): void {
    const target = this.#target;
    const { count, sawBackslashQuote } = this.cells;
    if (target === null) throw unsound;
    if (target.arity === 0 || count === target.arity) this.write(target, count, sawBackslashQuote);
    // Two rows that agree are right against what was only supposed, as long as no rows have borne it out.
    else if (!target.listed && target.table.rows < 2 && (count === this.#otherArity || this.#nextRowHas(count))) {
      this.write({ ...target, arity: 0 }, count, false);
    } else {
      this.#otherArity = count;
      throw unsound;
    }
    this.#frame.commit();
  }

  /** Writes the row in `cells`; `sawBackslashQuote`: the other meaning of backslashes would have ended it elsewhere. */
  write(target: RowTarget, count: number, sawBackslashQuote: boolean): void {
    let open = target;
    if (target.arity === 0) {
      open = this.#tables.retarget(target, count);
      if (this.#headTarget === this.#target) this.#headTarget = open;
      this.#target = open;
    }
    if (sawBackslashQuote) this.#countBackslash();
    this.#otherArity = 0;
    open.table.rows++;
    this.cells.write(this.#lexer, this.#tables.writer(open.table), open.order);
  }

  /** Reads a row that failed once more with the other meaning of backslashes. One damaged row must not decide for those after it: most rows do. */
  retryBackslash(): 'written' | 'failed' | 'wait' {
    const lexer = this.#lexer;
    const { mode } = lexer;
    const target = this.#target;
    const { cells } = this;
    const { at } = this.#frame;
    if (!cells.sawBackslash || lexer.buffer[at] !== 40) return 'failed';
    if (target === null || target.arity === 0) return 'failed';
    const before = mode.backslash;
    mode.backslash = !before;
    lexer.at = at + 1;
    try {
      readTuple(lexer, cells);
      if (cells.count === target.arity && followsRow(lexer)) {
        this.write(target, cells.count, cells.sawBackslashQuote);
        this.#frame.commit();
        if (mode.escapeRows !== mode.plainRows) mode.backslash = mode.escapeRows > mode.plainRows;
        else mode.backslash = before;
        return 'written';
      }
    } catch (error) {
      if (error !== incomplete && error !== unsound) throw error;
      if (error === incomplete && this.#frame.mayGrow()) {
        mode.backslash = before;
        return 'wait';
      }
      this.#frame.pay(this.#frame.cost(error));
    }
    mode.backslash = before;
    cells.sawBackslash = false;
    return 'failed';
  }

  /** Whether another row follows with `count` cells; the lexer stays. */
  #nextRowHas(count: number): boolean {
    const lexer = this.#lexer;
    const start = lexer.at;
    lexer.skipBlank();
    if (!lexer.accept(44)) return this.#backTo(start);
    lexer.skipBlank();
    if (!lexer.accept(40)) return this.#backTo(start);
    readTuple(lexer, this.#nextCells);
    this.#backTo(start);
    return this.#nextCells.count === count;
  }

  #backTo(start: number): false {
    this.#lexer.at = start;
    return false;
  }

  /** A row was read that would not have been with the other meaning of backslashes; the meaning that more rows bear out is tried first. */
  #countBackslash(): void {
    const { mode } = this.#lexer;
    if (mode.backslash) mode.escapeRows++;
    else mode.plainRows++;
  }
}
