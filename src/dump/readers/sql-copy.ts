import { incomplete, type SqlLexer } from './sql-lexer.ts';
import type { CopyHead } from './sql-statements.ts';
import { COPY_ESCAPED, CSV_QUOTED, NULL, RAW, type SqlCells } from './sql-tuple.ts';

/**
 * Reads one row of COPY data (PostgreSQL 18 manual, COPY, "File Formats") into `cells`; the lexer stands at its start, then behind its newline.
 * @returns false at the line `\.` that ends the data.
 */
export function readCopyRow(lexer: SqlLexer, head: CopyHead, cells: SqlCells): boolean {
  cells.clear();
  if (lexer.peek() === 92 && lexer.peekAt(1) === 46 && (lexer.peekAt(2) === 10 || lexer.peekAt(2) === 13)) {
    lexer.skipLine();
    return false;
  }
  if (head.csv) readCsvRow(lexer, head, cells);
  else readTextRow(lexer, head, cells);
  return true;
}

function readTextRow(lexer: SqlLexer, head: CopyHead, cells: SqlCells): void {
  const { buffer, end } = lexer;
  const { delimiter, nullText } = head;
  let at = lexer.at;
  let from = at;
  let kind = RAW;
  for (; ; at++) {
    if (at >= end) throw incomplete;
    const unit = buffer[at]!;
    // A backslash takes what follows with it, be it a newline or the delimiter.
    if (unit === 92) {
      kind = COPY_ESCAPED;
      at++;
    } else if (unit === delimiter || unit === 10) {
      const to = unit === 10 && at > from && buffer[at - 1] === 13 ? at - 1 : at;
      cells.add(isText(buffer, from, to, nullText) ? NULL : kind, from, to);
      if (unit === 10) break;
      from = at + 1;
      kind = RAW;
    }
  }
  lexer.at = at + 1;
}

function readCsvRow(lexer: SqlLexer, head: CopyHead, cells: SqlCells): void {
  const { buffer, end } = lexer;
  let at = lexer.at;
  for (;;) {
    let from = at;
    let kind = NULL;
    if (at < end && buffer[at] === 34) {
      kind = CSV_QUOTED;
      from = ++at;
      for (; ; at++) {
        if (at + 1 >= end) throw incomplete;
        if (buffer[at] !== 34) continue;
        if (buffer[at + 1] !== 34) break;
        at++;
      }
    }
    const closed = at;
    while (at < end && buffer[at] !== head.delimiter && buffer[at] !== 10) at++;
    if (at >= end) throw incomplete;
    if (kind === CSV_QUOTED) cells.add(kind, from, closed);
    else {
      const to = buffer[at] === 10 && at > from && buffer[at - 1] === 13 ? at - 1 : at;
      cells.add(isText(buffer, from, to, head.nullText) ? NULL : RAW, from, to);
    }
    if (buffer[at++] === 10) break;
  }
  lexer.at = at;
}

function isText(buffer: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  if (to > from && buffer[from] !== text.charCodeAt(0)) return false;
  for (let index = 0; index < text.length; index++) {
    if (buffer[from + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
