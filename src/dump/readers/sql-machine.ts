import type { RowSink } from '../reader.ts';
import { readCopyRow } from './sql-copy.ts';
import { readSelectRow, readSetRow } from './sql-forms.ts';
import { SqlFrame } from './sql-frame.ts';
import { incomplete, isBlank, isWordByte, type SqlLexer, type SqlMode, unsound } from './sql-lexer.ts';
import { beginsRows, hidesRows } from './sql-rows-ahead.ts';
import { SqlSkipper } from './sql-skipper.ts';
import {
  type CopyHead,
  endsRows,
  followsRow,
  isRowClause,
  isStatementWord,
  readCopyHead,
  readCreateHead,
  readInsertHead,
  readSetting,
  startsStatement,
} from './sql-statements.ts';
import { SqlTables } from './sql-tables.ts';
import { SqlTarget } from './sql-target.ts';
import { readTuple } from './sql-tuple.ts';

/** Words behind BEGIN that say it begins no block. */
const transactionWords = new Set('TRANSACTION TRAN WORK DEFERRED IMMEDIATE EXCLUSIVE CONCURRENT'.split(' '));

type State = 'statement' | 'rows' | 'recover' | 'skip' | 'copy' | 'set' | 'select';

/** Reads statements out of bytes that come in pieces. Each state reads one unit and leaves it behind. */
export class SqlMachine {
  readonly #sink: RowSink;
  readonly #lexer: SqlLexer;
  readonly #frame: SqlFrame;
  readonly #tables: SqlTables;
  readonly #skipper: SqlSkipper;
  readonly #target: SqlTarget;
  #state: State = 'statement';
  #copy: CopyHead | null = null;
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
    this.#target = new SqlTarget(this.#frame, this.#tables);
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
      const retried = this.#target.retryBackslash();
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
        const namesTarget = this.#state === 'statement' ? this.#target.isNamedByHead() : false;
        if (namesTarget === null) return false;
        this.#sink.reject('bad-statement');
        if (namesTarget) this.#startRecovery(false);
        else this.#skipStatement('');
      }
    }
    this.#frame.commit();
    return true;
  }

  // Statements

  #readStatement(): void {
    const lexer = this.#lexer;
    while (lexer.at < lexer.end && isBlank(lexer.buffer[lexer.at]!)) lexer.at++;
    this.#frame.commit();
    if (lexer.at === this.#frame.end) return;
    lexer.skipBlank();
    this.#frame.commit();
    if (this.#target.repeatsHead()) {
      this.#fragment = false;
      this.#state = 'rows';
      return;
    }
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
    if (this.#target.current === null) {
      this.#fragment = true;
      this.#target.set(this.#tables.target(['rows'], null));
    }
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
        readSetting(lexer);
        this.#skipStatement('');
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
    const target = head.form === 'none' ? null : this.#tables.target(head.path, head.columns);
    if (target?.table === this.#target.current?.table) this.#target.set(target);
    else this.#target.begin(target);
    this.#fragment = false;
    if (target === null) {
      if (head.form !== 'none') this.#sink.reject('bad-statement');
      this.#skipStatement('');
      return;
    }
    this.#state = head.form === 'values' ? 'rows' : 'select';
    if (head.form === 'values') this.#target.keepHead(start);
  }

  #readCopyStart(): void {
    const head = readCopyHead(this.#lexer);
    if (head?.header) this.#lexer.skipLine();
    if (head === null) {
      this.#target.set(null);
      this.#skipStatement('');
      return;
    }
    this.#target.begin(this.#tables.target(head.path, head.columns));
    this.#copy = head;
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
          this.#target.forgetHead();
          // Rows without a readable head are its own sooner than those of the table before.
          this.#target.begin(this.#tables.target(head.path, null));
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
      if (hidesRows(lexer)) throw unsound;
      lexer.skipBlank();
      this.#frame.commit();
      const unit = lexer.peek();
      // What stood between comma and semicolon is lost, or the semicolon is damage: more rows may come.
      if (unit === 59 && isCommaBefore) throw unsound;
      isCommaBefore = unit === 44;
      if (unit === 40) {
        if (this.#target.takePlainRows()) continue;
        lexer.at++;
        readTuple(lexer, this.#target.cells);
        this.#target.takeRow();
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
    if (endsRows(word)) {
      lexer.at = start;
      this.#state = 'statement';
    } else if (isRowClause(word)) this.#skipStatement('');
    else throw unsound;
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
    const target = this.#target.current;
    lexer.at++;
    readTuple(lexer, this.#target.cells);
    const { count, sawBackslashQuote } = this.#target.cells;
    if (target === null || (target.arity !== 0 && count !== target.arity) || !followsRow(lexer)) {
      this.#frame.pay(lexer.at - this.#frame.at);
      return false;
    }
    this.#target.write(target, count, sawBackslashQuote);
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
      if (!readCopyRow(lexer, head, this.#target.cells)) {
        this.#state = 'statement';
        this.#frame.commit();
        return;
      }
      const { count } = this.#target.cells;
      const target = this.#target.current;
      if (target === null) this.#sink.reject('bad-line');
      else if (target.arity === 0 || count === target.arity) this.#target.write(target, count, false);
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
    const { path, names } = readSetRow(this.#lexer, this.#target.cells);
    const target = this.#tables.target(path, names);
    if (target === null) this.#sink.reject('bad-statement');
    else this.#target.cells.write(this.#lexer, this.#tables.writer(target.table), target.order);
    this.#skipStatement('');
    this.#frame.commit();
  }

  #readSelect(): void {
    const target = this.#target.current;
    const found = readSelectRow(this.#lexer, this.#target.cells);
    if (found !== 'none' && target !== null) {
      const { count } = this.#target.cells;
      if (target.arity === 0 || count === target.arity) this.#target.write(target, count, false);
      else this.#sink.reject('bad-statement');
    }
    if (found !== 'more') this.#skipStatement('');
    this.#frame.commit();
  }
}
