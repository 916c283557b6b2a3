import type { RowSink } from '../reader.ts';
import { readCopyRow } from './sql-copy.ts';
import { readSelectRow, readSetRow } from './sql-forms.ts';
import { SqlFrame } from './sql-frame.ts';
import { incomplete, isBlank, isWordByte, type SqlLexer, type SqlMode, unsound } from './sql-lexer.ts';
import { SqlPlainRows } from './sql-plain-rows.ts';
import { beginsRows } from './sql-rows-ahead.ts';
import { SqlSkipper } from './sql-skipper.ts';
import {
  type CopyHead,
  isStatementWord,
  readCopyHead,
  readCreateHead,
  readInsertHead,
  startsStatement,
} from './sql-statements.ts';
import { type RowTarget, SqlTables } from './sql-tables.ts';
import { MAX_COLUMNS, readTuple, SqlCells } from './sql-tuple.ts';

/** Words that begin a statement after rows without a semicolon. */
const nextStatements = new Set('INSERT REPLACE GO SET COMMIT BEGIN END PRINT IF EXEC UPDATE DELETE USE'.split(' '));

/** Words behind BEGIN that say it begins no block. */
const transactionWords = new Set('TRANSACTION TRAN WORK DEFERRED IMMEDIATE EXCLUSIVE CONCURRENT'.split(' '));

/** Words that begin what may follow the last row. */
const rowClauses = new Set(['ON', 'RETURNING', 'AS', 'SELECT']);

/** How much of a damaged head is looked at. */
const HEAD_BYTES = 512;

type State = 'statement' | 'rows' | 'recover' | 'skip' | 'copy' | 'set' | 'select';

/** Reads statements out of bytes that come in pieces. Each state reads one unit and leaves it behind. */
export class SqlMachine {
  readonly #sink: RowSink;
  readonly #lexer: SqlLexer;
  readonly #frame: SqlFrame;
  readonly #tables: SqlTables;
  readonly #cells = new SqlCells();
  readonly #nextCells = new SqlCells();
  readonly #plainRows = new SqlPlainRows();
  readonly #skipper: SqlSkipper;
  #state: State = 'statement';
  #target: RowTarget | null = null;
  #copy: CopyHead | null = null;
  /** Bytes of the last INSERT's head up to its first row: statements of one row each repeat it. */
  #headBytes = new Uint8Array(0);
  #headTarget: RowTarget | null = null;
  /** Cells of the last row that had the wrong number of them. */
  #otherArity = 0;
  /** Recovering: whether only blanks stand between here and the line's start, and the last byte that was not blank. */
  #lineStart = false;
  #previous = 0;
  /** Rows are looked for in a file that has not had a statement yet: only those at the start of a line count. */
  #fragment = false;
  /** COPY: the line that was given up has not ended yet. */
  #lineLost = false;

  constructor(sink: RowSink, mode: SqlMode) {
    this.#sink = sink;
    this.#frame = new SqlFrame(mode);
    this.#lexer = this.#frame.lexer;
    this.#tables = new SqlTables(sink);
    this.#skipper = new SqlSkipper(this.#lexer);
    this.#lexer.beginsRows = beginsRows;
  }

  /** Takes the next bytes and reads as far as they go. */
  push(chunk: Uint8Array): void {
    if (this.#frame.append(chunk)) this.#run();
  }

  /** Reads what is left; whatever ends with its line or its statement ends here. */
  finish(): void {
    this.#frame.endLine();
    // The head of a COPY may have waited for more bytes: it says how what is left ends.
    this.#run();
    this.#frame.close(this.#state === 'copy' ? '\\.' : ';');
    this.#run();
  }

  #run(): void {
    const frame = this.#frame;
    while (frame.at < frame.end) {
      frame.start();
      try {
        this.#step();
      } catch (error) {
        if (error !== incomplete && error !== unsound) throw error;
        if (frame.at === frame.end) return;
        const cost = frame.cost(error);
        if ((error === incomplete && frame.mayGrow()) || !this.#fail()) {
          frame.wait();
          return;
        }
        frame.pay(cost);
      }
    }
  }

  #step(): void {
    switch (this.#state) {
      case 'statement':
        this.#readStatement();
        return;
      case 'rows':
        this.#readRows();
        return;
      case 'recover':
        this.#recover();
        return;
      case 'skip':
        this.#skip();
        return;
      case 'copy':
        this.#readCopy();
        return;
      case 'set':
        this.#readSet();
        return;
      case 'select':
        this.#readSelect();
        return;
    }
  }

  /** What begins at the window's place cannot be read: goes on behind it. False: more bytes are needed to say how. */
  #fail(): boolean {
    const lexer = this.#lexer;
    if (this.#state === 'rows') {
      const retried = this.#retryBackslash();
      if (retried !== 'failed') return retried === 'written';
    }
    lexer.at = this.#frame.at + 1;
    switch (this.#state) {
      case 'rows':
        this.#sink.reject('bad-statement');
        this.#startRecovery(false, lexer.buffer[this.#frame.at]);
        break;
      case 'recover':
        lexer.at = this.#frame.at;
        this.#passByte();
        break;
      case 'skip':
        this.#skipper.passByte();
        break;
      case 'copy':
        this.#sink.reject('bad-line');
        this.#lineLost = true;
        break;
      default: {
        const namesTarget = this.#state === 'statement' ? this.#namesTarget() : false;
        if (namesTarget === null) return false;
        this.#sink.reject('bad-statement');
        if (namesTarget) this.#startRecovery(false);
        else this.#skipStatement('');
      }
    }
    this.#frame.commit();
    return true;
  }

  /** Whether a damaged head names the table whose rows came last: those that follow are then its own, too. Null: more bytes are needed to say so. */
  #namesTarget(): boolean | null {
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

  // Statements

  #readStatement(): void {
    const lexer = this.#lexer;
    while (lexer.at < lexer.end && isBlank(lexer.buffer[lexer.at]!)) lexer.at++;
    this.#frame.commit();
    if (lexer.at === this.#frame.end) return;
    lexer.skipBlank();
    this.#frame.commit();
    if (this.#repeatsHead()) return;
    const unit = lexer.peek();
    if (unit === 59) lexer.at++;
    else if (this.#skipper.acceptDelimiter()) {
      // Nothing stands before it.
    } else if (unit === 92 || unit === 64) lexer.skipLine();
    else if (unit === 40) {
      // A file cut out of the middle of a statement, or damage that ended one.
      this.#seekRow();
      return;
    } else if (unit === 47) lexer.at++;
    else if (isWordByte(unit)) this.#readKeyword(lexer.word());
    else {
      this.#sink.reject('bad-statement');
      this.#seekRow();
      return;
    }
    this.#frame.commit();
  }

  /** Looks for rows from here on; before the first statement they are those of a table that is not named. */
  #seekRow(): void {
    this.#fragment ||= this.#target === null;
    this.#target ??= this.#tables.target(['rows'], null);
    this.#startRecovery(true);
  }

  #readKeyword(word: string): void {
    const lexer = this.#lexer;
    switch (word) {
      case 'INSERT':
      case 'REPLACE':
        this.#readInsert();
        return;
      case 'COPY':
        this.#readCopyStart();
        return;
      case 'CREATE':
        this.#readCreate();
        return;
      case 'SET':
        this.#readSetting();
        return;
      case 'DELIMITER':
        this.#skipper.readDelimiter();
        return;
      case 'BEGIN':
        lexer.skipBlank();
        if (isWordByte(lexer.peek()) && transactionWords.has(lexer.peekWord())) this.#skipStatement(word);
        return;
      case 'GO':
      case 'REM':
      case 'REMARK':
      case 'PROMPT':
      case 'SPOOL':
      case 'EXIT':
      case 'QUIT':
      case 'WHENEVER':
        lexer.skipLine();
        return;
      default:
        if (isStatementWord(word)) this.#skipStatement(word);
        else this.#readUnknown();
    }
  }

  /** Behind a word that begins no statement: an INSERT whose first word is damaged, or anything. */
  #readUnknown(): void {
    const lexer = this.#lexer;
    const start = lexer.at;
    lexer.skipBlank();
    if (isWordByte(lexer.peek()) && lexer.peekWord() === 'INTO') this.#readInsert();
    else {
      lexer.at = start;
      this.#sink.reject('bad-statement');
      this.#seekRow();
    }
  }

  #readInsert(): void {
    const lexer = this.#lexer;
    const start = this.#frame.at;
    const head = readInsertHead(lexer);
    if (head.form === 'values') lexer.skipBlank();
    if (head.form === 'set') {
      this.#state = 'set';
      lexer.at = start;
      return;
    }
    const { table } = this.#target ?? {};
    this.#target = head.form === 'none' ? null : this.#tables.target(head.path, head.columns);
    if (this.#target?.table !== table) this.#otherArity = 0;
    this.#fragment = false;
    if (this.#target === null) {
      if (head.form !== 'none') this.#sink.reject('bad-statement');
      this.#skipStatement('');
      return;
    }
    this.#state = head.form === 'values' ? 'rows' : 'select';
    if (head.form === 'values') {
      this.#headBytes = lexer.buffer.slice(start, lexer.at);
      this.#headTarget = this.#target;
    }
  }

  /** Whether the same head begins here as before; takes it. */
  #repeatsHead(): boolean {
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
    this.#fragment = false;
    this.#state = 'rows';
    this.#lexer.at = at + head.length;
    this.#frame.commit();
    return true;
  }

  #readCopyStart(): void {
    const head = readCopyHead(this.#lexer);
    if (head?.header) this.#lexer.skipLine();
    this.#target = head === null ? null : this.#tables.target(head.path, head.columns);
    if (head === null) {
      this.#skipStatement('');
      return;
    }
    this.#copy = head;
    this.#otherArity = 0;
    this.#state = 'copy';
  }

  #readCreate(): void {
    const lexer = this.#lexer;
    for (let count = 0; count < 6; count++) {
      lexer.skipBlank();
      if (!isWordByte(lexer.peek())) break;
      const word = lexer.word();
      if (word === 'TABLE') {
        const head = readCreateHead(lexer);
        if (head !== null) {
          this.#tables.define(head.path, head.columns);
          this.#headTarget = null;
          // Rows without a readable head are its own sooner than those of the table before.
          this.#target = this.#tables.target(head.path, null);
          this.#otherArity = 0;
        }
        break;
      }
      if (this.#skipper.isRoutine(word)) {
        this.#skipStatement(word);
        return;
      }
    }
    this.#skipStatement('');
  }

  /** SET: what backslashes mean may be said here. */
  #readSetting(): void {
    const lexer = this.#lexer;
    const from = lexer.at;
    while (lexer.peek() !== 10 && lexer.peek() !== 59 && lexer.at - from < 2000) lexer.at++;
    const text = lexer.text(from, lexer.at);
    const mode = lexer.mode;
    const conforming = /standard_conforming_strings\s{0,9}(?:=|TO)\s{0,9}'?(on|off)/i.exec(text)?.[1]?.toLowerCase();
    if (conforming !== undefined) mode.backslash = conforming === 'off';
    if (/NO_BACKSLASH_ESCAPES/i.test(text)) mode.backslash = false;
    lexer.at = from;
    this.#skipStatement('');
  }

  #skipStatement(word: string): void {
    this.#skipper.start(word);
    this.#state = 'skip';
  }

  #skip(): void {
    if (this.#skipper.skipToken()) this.#state = 'statement';
    this.#frame.commit();
  }

  // Rows

  #readRows(): void {
    const lexer = this.#lexer;
    for (let isCommaBefore = false; ; ) {
      this.#checkComment();
      lexer.skipBlank();
      this.#frame.commit();
      const unit = lexer.peek();
      // What stood between comma and semicolon is lost, or the semicolon is damage: more rows may come.
      if (unit === 59 && isCommaBefore) throw unsound;
      isCommaBefore = unit === 44;
      if (unit === 40) {
        if (this.#takePlainRows()) continue;
        lexer.at++;
        readTuple(lexer, this.#cells);
        this.#takeRow();
        if (this.#state !== 'rows') return;
      } else if (unit === 44) lexer.at++;
      else if (unit === 59) {
        lexer.at++;
        this.#state = 'statement';
        break;
      } else if (isWordByte(unit)) {
        this.#readAfterRows();
        break;
      } else if (this.#skipper.acceptDelimiter() || unit === 47) {
        this.#state = 'statement';
        break;
      } else throw unsound;
    }
    this.#frame.commit();
  }

  /** A mark of a comment right behind a comma, on a line that holds more rows, is damage: it would hide them all. */
  #checkComment(): void {
    const { buffer, at, end } = this.#lexer;
    if (at === 0 || at >= end || buffer[at - 1] !== 44 || (buffer[at] !== 35 && buffer[at] !== 45)) return;
    const newline = this.#lexer.indexOf(10, at, end);
    if (newline < 0) throw incomplete;
    for (let next = at; next + 2 < newline; next++) {
      next = this.#lexer.indexOf(41, next, newline - 2);
      if (next < 0) return;
      if (buffer[next + 1] === 44 && buffer[next + 2] === 40) throw unsound;
    }
  }

  /** Reads and writes as many rows from here on as need nothing but copying; false when there are none. */
  #takePlainRows(): boolean {
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

  /** What a word after the rows begins: more rows (INSERT ALL, VALUES ROW(…)), a clause, or the next statement where the semicolon is left out. */
  #readAfterRows(): void {
    const lexer = this.#lexer;
    const start = lexer.at;
    if (startsStatement(lexer)) {
      this.#state = 'statement';
      return;
    }
    const word = lexer.word();
    if (word === 'ROW' && lexer.peek() === 40) return;
    if (word === 'INTO') {
      this.#readInsert();
      return;
    }
    if (nextStatements.has(word)) {
      lexer.at = start;
      this.#state = 'statement';
    } else if (rowClauses.has(word)) this.#skipStatement('');
    else throw unsound;
  }

  /** Writes the row in `cells` and leaves it behind when it has as many cells as it must; else counts it as rejected and looks for the next. */
  #takeRow(): void {
    const target = this.#target;
    const { count, sawBackslashQuote } = this.#cells;
    if (target === null) throw unsound;
    if (target.arity === 0 || count === target.arity) this.#write(target, count, sawBackslashQuote);
    // Two rows that agree are right against what was only supposed, as long as no rows have borne it out.
    else if (!target.listed && target.table.rows < 2 && (count === this.#otherArity || this.#nextRowHas(count))) {
      this.#write({ ...target, arity: 0 }, count, false);
    } else {
      this.#otherArity = count;
      throw unsound;
    }
    this.#frame.commit();
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

  #write(target: RowTarget, count: number, sawBackslashQuote: boolean): void {
    let open = target;
    if (target.arity === 0) {
      open = this.#tables.retarget(target, count);
      if (this.#headTarget === this.#target) this.#headTarget = open;
      this.#target = open;
    }
    if (sawBackslashQuote) this.#countBackslash();
    this.#otherArity = 0;
    open.table.rows++;
    this.#cells.write(this.#lexer, this.#tables.writer(open.table), open.order);
  }

  /** A row was read that would not have been with the other meaning of backslashes; the meaning that more rows bear out is tried first. */
  #countBackslash(): void {
    const { mode } = this.#lexer;
    if (mode.backslash) mode.escapeRows++;
    else mode.plainRows++;
  }

  /** Reads a row that failed once more with the other meaning of backslashes. One damaged row must not decide for those after it: most rows do. */
  #retryBackslash(): 'written' | 'failed' | 'wait' {
    const lexer = this.#lexer;
    const { mode } = lexer;
    const target = this.#target;
    const cells = this.#cells;
    const { at } = this.#frame;
    if (!cells.sawBackslash || lexer.buffer[at] !== 40) return 'failed';
    if (target === null || target.arity === 0) return 'failed';
    const before = mode.backslash;
    mode.backslash = !before;
    lexer.at = at + 1;
    try {
      readTuple(lexer, this.#cells);
      if (cells.count === target.arity && this.#isFollowed()) {
        this.#write(target, cells.count, cells.sawBackslashQuote);
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

  /** Whether a row that ends here stands in a list of rows; `at` stays. */
  #isFollowed(): boolean {
    const lexer = this.#lexer;
    const start = lexer.at;
    lexer.skipBlank();
    const unit = lexer.peek();
    const word = isWordByte(unit) ? lexer.peekWord() : '';
    lexer.at = start;
    return unit === 44 || unit === 59 || word === 'INTO' || nextStatements.has(word) || rowClauses.has(word);
  }

  // Finding the next sound place

  /** @param atRow whether a row may begin right here; `previous`: the byte before, where one has been given up */
  #startRecovery(atRow: boolean, previous = 0): void {
    this.#state = 'recover';
    this.#lineStart = atRow;
    this.#previous = previous;
  }

  #recover(): void {
    const lexer = this.#lexer;
    for (;;) {
      lexer.at = this.#frame.at;
      const unit = lexer.peek();
      if (unit === 40 && (this.#lineStart || (this.#previous === 44 && !this.#fragment))) {
        if (this.#recoverRow()) return;
      } else if ((this.#lineStart || this.#previous === 59) && startsStatement(lexer)) {
        this.#state = 'statement';
        return;
      }
      lexer.at = this.#frame.at;
      this.#passByte();
    }
  }

  /** Whether a sound row begins here: it has as many cells as it must, and stands in a list. */
  #recoverRow(): boolean {
    const lexer = this.#lexer;
    const target = this.#target;
    lexer.at++;
    readTuple(lexer, this.#cells);
    const { count, sawBackslashQuote } = this.#cells;
    if (target === null || (target.arity !== 0 && count !== target.arity) || !this.#isFollowed()) {
      this.#frame.pay(lexer.at - this.#frame.at);
      return false;
    }
    this.#write(target, count, sawBackslashQuote);
    this.#frame.commit();
    this.#state = 'rows';
    return true;
  }

  #passByte(): void {
    const lexer = this.#lexer;
    const unit = lexer.peek();
    if (unit === 10) this.#lineStart = true;
    else if (!isBlank(unit)) {
      this.#lineStart = false;
      this.#previous = unit;
    }
    lexer.at++;
    this.#frame.commit();
  }

  // COPY

  #readCopy(): void {
    const lexer = this.#lexer;
    const head = this.#copy;
    if (head === null) throw unsound;
    if (this.#lineLost) {
      const newline = lexer.indexOf(10, lexer.at, lexer.end);
      lexer.at = newline < 0 ? lexer.end : newline + 1;
      this.#lineLost = newline < 0;
      this.#frame.commit();
      return;
    }
    for (;;) {
      if (!readCopyRow(lexer, head, this.#cells)) {
        this.#state = 'statement';
        this.#frame.commit();
        return;
      }
      const { count } = this.#cells;
      const target = this.#target;
      if (target === null) this.#sink.reject('bad-line');
      else if (target.arity === 0 || count === target.arity) this.#write(target, count, false);
      else {
        lexer.at = this.#frame.at;
        if (startsStatement(lexer)) {
          this.#state = 'statement';
          return;
        }
        // A stray backslash may have joined it with the next line.
        lexer.skipLine();
        this.#sink.reject('bad-line');
      }
      this.#frame.commit();
    }
  }

  // Rows in other forms

  #readSet(): void {
    const { path, names } = readSetRow(this.#lexer, this.#cells);
    const target = this.#tables.target(path, names);
    if (target === null) this.#sink.reject('bad-statement');
    else this.#cells.write(this.#lexer, this.#tables.writer(target.table), target.order);
    this.#skipStatement('');
    this.#frame.commit();
  }

  #readSelect(): void {
    const target = this.#target;
    const found = readSelectRow(this.#lexer, this.#cells);
    if (found !== 'none' && target !== null) {
      const { count } = this.#cells;
      if (target.arity === 0 || count === target.arity) this.#write(target, count, false);
      else this.#sink.reject('bad-statement');
    }
    if (found !== 'more') this.#skipStatement('');
    this.#frame.commit();
  }
}
