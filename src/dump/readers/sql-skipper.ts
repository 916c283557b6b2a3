import { incomplete, isBlank, isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';
import { startsStatement } from './sql-statements.ts';

/** A routine whose end is not found within so many bytes is taken to be broken. */
const MAX_ROUTINE_BYTES = 1_048_576;

const MAX_WORD_BYTES = 256;

const routines = new Set(['TRIGGER', 'PROCEDURE', 'PROC', 'FUNCTION', 'PACKAGE', 'EVENT']);
/** What may follow END without being a block's name. */
const inlineEnds = new Set(['IF', 'LOOP', 'WHILE', 'REPEAT', 'FOR']);

/** Goes over statements that hold no rows, token by token, to where they end. */
export class SqlSkipper {
  readonly #lexer: SqlLexer;
  /** What DELIMITER has set instead of the semicolon. */
  #delimiter: string | null = null;
  #routine = false;
  #depth = 0;
  #passed = 0;
  #lineStart = false;

  constructor(lexer: SqlLexer) {
    this.#lexer = lexer;
  }

  /** Begins in the middle of a statement; `word` is the keyword that says whether it may hold statements of its own. */
  start(word: string): void {
    this.#routine = this.isRoutine(word);
    this.#depth = 0;
    this.#passed = 0;
    this.#lineStart = false;
  }

  isRoutine(word: string): boolean {
    return routines.has(word);
  }

  /** `DELIMITER ;;` to its line's end; the lexer stands after the word. */
  readDelimiter(): void {
    const lexer = this.#lexer;
    const from = lexer.at;
    lexer.skipLine();
    const text = lexer.text(from, Math.min(lexer.at, from + 64)).trim();
    this.#delimiter = text === '' || text === ';' || text.length > 16 ? null : text;
  }

  /** Takes the delimiter that was set, if it stands here. */
  acceptDelimiter(): boolean {
    const delimiter = this.#delimiter;
    if (delimiter === null) return false;
    const lexer = this.#lexer;
    for (let index = 0; index < delimiter.length; index++) {
      if (lexer.peekAt(index) !== delimiter.charCodeAt(index)) return false;
    }
    lexer.at += delimiter.length;
    return true;
  }

  /** Skips one token; true when the statement has ended with it, or ended before what stands here. */
  skipToken(): boolean {
    const lexer = this.#lexer;
    const start = lexer.at;
    const ended = this.#skipToken();
    this.#passed += lexer.at - start;
    return ended;
  }

  /** What stands here is no token: goes on behind its first byte. */
  passByte(): void {
    this.#lineStart = false;
    this.#passed++;
  }

  #skipToken(): boolean {
    const lexer = this.#lexer;
    const unit = lexer.peek();
    if (unit === 10) {
      lexer.at++;
      this.#lineStart = true;
      return false;
    }
    if (isBlank(unit)) {
      lexer.at++;
      return false;
    }
    if (this.#lineStart && this.#endsBefore(unit)) return true;
    this.#lineStart = false;
    if (this.acceptDelimiter()) return true;
    if (unit === 59) {
      lexer.at++;
      return this.#delimiter === null && this.#depth <= 0;
    }
    if (unit === 39 || unit === 34 || unit === 96) this.#skipQuoted();
    else if (unit === 36) this.#skipDollar();
    else if (isWordByte(unit)) this.#skipWord();
    else if (unit === 45 || unit === 47 || unit === 42 || unit === 35) this.#skipMark(unit);
    else lexer.at++;
    return false;
  }

  /** At a line's start: whether the statement ends here without a mark (SQL Server, Oracle, a semicolon that was lost). */
  #endsBefore(unit: number): boolean {
    const lexer = this.#lexer;
    if (unit === 47 || (unit | 32) === 103) {
      const length = unit === 47 ? 1 : 2;
      const alone = (at: number): boolean => lexer.peekAt(at) === 10 || lexer.peekAt(at) === 13;
      if ((unit === 47 || (lexer.peekAt(1) | 32) === 111) && alone(length)) {
        lexer.skipLine();
        return true;
      }
      return false;
    }
    const inside = (this.#routine && this.#depth > 0) || this.#delimiter !== null;
    if (inside && this.#passed < MAX_ROUTINE_BYTES && (unit | 32) !== 100) return false;
    if (!startsStatement(lexer)) return false;
    return !inside || this.#passed >= MAX_ROUTINE_BYTES || lexer.peekWord() === 'DELIMITER';
  }

  #skipMark(unit: number): void {
    const lexer = this.#lexer;
    if (!lexer.skipComment(unit)) lexer.at++;
    else this.#lineStart = lexer.buffer[lexer.at - 1] === 10;
  }

  /** A string in which a statement begins on a new line has lost its end. */
  #skipQuoted(): void {
    const lexer = this.#lexer;
    const start = lexer.at;
    lexer.skipQuoted();
    const end = lexer.at;
    for (let at = lexer.indexOf(10, start, end); at >= 0; at = lexer.indexOf(10, at + 1, end)) {
      lexer.at = at + 1;
      if (at + 1 < end && this.#startsWithin(end)) {
        lexer.at = start;
        throw unsound;
      }
    }
    lexer.at = end;
  }

  #startsWithin(end: number): boolean {
    const lexer = this.#lexer;
    const limit = lexer.end;
    lexer.end = end;
    try {
      return startsStatement(lexer);
    } catch (error) {
      if (error === incomplete || error === unsound) return false;
      throw error;
    } finally {
      lexer.end = limit;
    }
  }

  #skipDollar(): void {
    const lexer = this.#lexer;
    const tag = this.#delimiter === null ? lexer.dollarTag() : null;
    if (tag === null) lexer.at++;
    else lexer.dollarQuoted(tag);
  }

  #skipWord(): void {
    const lexer = this.#lexer;
    const start = lexer.at;
    // A word without end is passed in pieces.
    while (lexer.at - start < MAX_WORD_BYTES && isWordByte(lexer.peek())) lexer.at++;
    if (!this.#routine || lexer.at - start === MAX_WORD_BYTES) return;
    lexer.at = start;
    const word = lexer.word();
    if (word === 'BEGIN' || word === 'CASE') this.#depth++;
    else if (word === 'END') {
      const end = lexer.at;
      while (isBlank(lexer.peek())) lexer.at++;
      const next = lexer.peekWord();
      if (next === 'CASE') lexer.word();
      else lexer.at = end;
      if (!inlineEnds.has(next)) this.#depth--;
    }
  }
}
