import { isWordByte, type SqlLexer } from './sql-lexer.ts';
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
