import { incomplete, isWordByte, type SqlLexer } from './sql-lexer.ts';
import { readCopyHead, readInsertHead, startsStatement } from './sql-statements.ts';
import { readTuple, SqlCells } from './sql-tuple.ts';

const cells = new SqlCells();

/**
 * Whether a statement begins here whose first row is sound, or the head of COPY data; the lexer is left anywhere. Throws `incomplete` or `unsound`, the latter meaning that
 * there is none.
 */
export function beginsRows(lexer: SqlLexer): boolean {
  if (!startsStatement(lexer)) return false;
  const word = lexer.word();
  if (word === 'COPY') return readCopyHead(lexer) !== null;
  if (word !== 'INSERT' && word !== 'REPLACE') return false;
  if (readInsertHead(lexer).form !== 'values') return false;
  lexer.skipBlank();
  lexer.expect(40);
  readTuple(lexer, cells);
  lexer.skipBlank();
  const unit = lexer.peek();
  return unit === 44 || unit === 59 || isWordByte(unit);
}

/** Whether the mark of a comment stands right behind a comma, on a line that holds more rows: it is damage, and would hide them all. Throws `incomplete`. */
export function hidesRows(lexer: SqlLexer): boolean {
  const { buffer, at, end } = lexer;
  if (at === 0 || at >= end || buffer[at - 1] !== 44 || (buffer[at] !== 35 && buffer[at] !== 45)) return false;
  const newline = lexer.indexOf(10, at, end);
  if (newline < 0) throw incomplete;
  for (let next = at; next + 2 < newline; next++) {
    next = lexer.indexOf(41, next, newline - 2);
    if (next < 0) return false;
    if (buffer[next + 1] === 44 && buffer[next + 2] === 40) return true;
  }
  return false;
}
