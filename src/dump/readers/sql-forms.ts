import { readExpression } from './sql-expression.ts';
import { isWordByte, type SqlLexer, unsound } from './sql-lexer.ts';
import { readAssigned, readInsertHead, startsStatement } from './sql-statements.ts';
import { MAX_COLUMNS, type SqlCells } from './sql-tuple.ts';

/** Reads `INSERT … SET a = 1, b = 'x'` as a whole; the lexer stands before INSERT. */
export function readSetRow(lexer: SqlLexer, cells: SqlCells): { path: readonly string[]; names: string[] } {
  lexer.word();
  const { path } = readInsertHead(lexer);
  const names: string[] = [];
  cells.clear();
  for (;;) {
    names.push(readAssigned(lexer));
    cells.addText(readExpression(lexer));
    lexer.skipBlank();
    if (!lexer.accept(44)) break;
    if (names.length >= MAX_COLUMNS) throw unsound;
  }
  const unit = lexer.peek();
  if (unit !== 59 && !isWordByte(unit)) throw unsound;
  return { path, names };
}

/**
 * Reads one row of `SELECT 1, 'x' FROM dual UNION ALL SELECT 2, 'y'`; the lexer stands behind SELECT.
 * @returns `none` when it is a query over other tables, `more` when another row follows (the lexer stands behind its SELECT).
 */
export function readSelectRow(lexer: SqlLexer, cells: SqlCells): 'none' | 'more' | 'last' {
  cells.clear();
  lexer.skipBlank();
  if (lexer.peek() === 42) return 'none';
  let word: string;
  do {
    cells.addText(readExpression(lexer));
    word = skipToWord(lexer);
    if (word === 'AS') {
      lexer.word();
      lexer.skipBlank();
      lexer.identifier();
      word = skipToWord(lexer);
    }
  } while (lexer.accept(44));
  if (word === 'FROM') {
    lexer.word();
    lexer.skipBlank();
    if (lexer.word() !== 'DUAL') return 'none';
    word = skipToWord(lexer);
  }
  if (word !== 'UNION') return lexer.peek() === 59 || startsStatement(lexer) || word === 'GO' ? 'last' : 'none';
  lexer.word();
  lexer.skipBlank();
  lexer.acceptWord('ALL');
  lexer.skipBlank();
  if (!lexer.acceptWord('SELECT')) throw unsound;
  return 'more';
}

/** The next word, or an empty text when none begins there; it is not taken. */
function skipToWord(lexer: SqlLexer): string {
  lexer.skipBlank();
  return isWordByte(lexer.peek()) ? lexer.peekWord() : '';
}
