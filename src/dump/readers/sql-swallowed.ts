import { incomplete, isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';
import { readInsertHead, startsStatement } from './sql-statements.ts';
import { readTuple, SqlCells } from './sql-tuple.ts';

const cells = new SqlCells();

/**
 * Whether a row that was read from [start, lexer.at) has swallowed the head of another statement, since a quote is lost: a line within it begins a statement, the rows of
 * which, read on from there, come to one that ends where this row does, or further on. Rows of a statement that is text (somebody's notes, a log of queries) end within
 * that text or cannot be read, since its quotes are escaped. The lexer stays. Throws `incomplete`.
 */
export function swallowsStatement(lexer: SqlLexer, start: number): boolean {
  const end = lexer.at;
  try {
    for (let line = end; ; ) {
      line = lexer.buffer.subarray(start, line).lastIndexOf(10);
      if (line < 0) return false;
      line += start;
      lexer.at = line + 1;
      if (beginsStatement(lexer)) return reaches(lexer, end);
    }
  } finally {
    lexer.at = end;
  }
}

function beginsStatement(lexer: SqlLexer): boolean {
  try {
    return startsStatement(lexer);
  } catch (error) {
    if (error === unsound) return false;
    throw error;
  }
}

/** Whether rows of the statement that begins here reach `end`. */
function reaches(lexer: SqlLexer, end: number): boolean {
  try {
    const word = lexer.word();
    if (word !== 'INSERT' && word !== 'REPLACE') return false;
    const head = readInsertHead(lexer);
    if (head.form !== 'values') return false;
    let arity = head.columns?.length ?? 0;
    for (;;) {
      lexer.skipBlank();
      if (!lexer.accept(40)) return false;
      readTuple(lexer, cells);
      if (arity !== 0 && cells.count !== arity) return false;
      arity = cells.count;
      const { at } = lexer;
      lexer.skipBlank();
      const unit = lexer.peek();
      if (at >= end) return unit === 44 || unit === 59 || isWordByte(unit);
      if (unit !== 44) return false;
      lexer.at++;
    }
  } catch (error) {
    if (error === unsound) return false;
    if (error === incomplete && lexer.isFinal) return false;
    throw error;
  }
}
