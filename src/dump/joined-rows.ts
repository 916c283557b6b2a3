import { findRowEnd } from './exact-rows.ts';
import type { Dialect, Encoding } from './port.ts';

const CARRIAGE_RETURN = 0x0d;

/** The part of a table's bytes that can stand between rows of other tables without any of them being read otherwise. */
export interface JoinableRows {
  /** Where the data rows begin: behind the header. */
  readonly from: number;
  /** Whether the last row has no line end of its own. */
  readonly lacksEnd: boolean;
}

/**
 * Finds the data rows of a small table; null where other rows behind them could be read as a part of them: a cell in quotes that goes over lines, quotes where none belong, half a character.
 */
export function findJoinable(
  bytes: Uint8Array,
  dialect: Dialect,
  encoding: Encoding,
  headerRows: number,
): JoinableRows | null {
  const newline = dialect.newline.charCodeAt(0);
  const last = bytes[bytes.length - 1];
  const lacksEnd = bytes.length > 0 && last !== newline;
  // With a line end behind it a CR would belong to that; and half a character could swallow it.
  if (lacksEnd && (last === CARRIAGE_RETURN || encoding !== 'utf-8')) return null;
  if (dialect.quote !== null && bytes.includes(dialect.quote.charCodeAt(0)) && !areQuotesPlain(bytes, dialect)) {
    return null;
  }
  let from = 0;
  for (let left = headerRows; left > 0 && from < bytes.length; ) {
    const end = findRowEnd(bytes, from, bytes.length, dialect, true);
    if (end < 0) return null;
    const isEmpty = end - from === 1 || (end - from === 2 && bytes[from] === CARRIAGE_RETURN);
    if (!isEmpty || bytes[end - 1] !== newline) left--;
    from = end;
  }
  return { from, lacksEnd };
}

/** Whether each line is a row of its own: every quote encloses a cell within one line, or is doubled in such a cell. Then the row ends with the line, whatever comes behind it. */
function areQuotesPlain(bytes: Uint8Array, { quote, separator, newline }: Dialect): boolean {
  const quoteCode = quote?.charCodeAt(0) ?? -1;
  const newlineCode = newline.charCodeAt(0);
  const first = separator.charCodeAt(0);
  const isEnd = (at: number): boolean =>
    at >= bytes.length ||
    bytes[at] === newlineCode ||
    (bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === newlineCode) ||
    isSeparator(at);
  const isSeparator = (at: number): boolean => {
    if (bytes[at] !== first) return false;
    for (let index = 1; index < separator.length; index++) {
      if (bytes[at + index] !== separator.charCodeAt(index)) return false;
    }
    return true;
  };
  for (let at = 0; at < bytes.length; ) {
    if (bytes[at] === quoteCode) {
      for (at++; ; at++) {
        if (at >= bytes.length || bytes[at] === newlineCode) return false;
        if (bytes[at] !== quoteCode) continue;
        if (bytes[at + 1] !== quoteCode) break;
        at++;
      }
      at++;
      if (!isEnd(at)) return false;
    }
    while (!isEnd(at)) {
      if (bytes[at] === quoteCode) return false;
      at++;
    }
    if (isSeparator(at)) at += separator.length;
    else at = bytes[at] === CARRIAGE_RETURN && newlineCode !== CARRIAGE_RETURN ? at + 2 : at + 1;
  }
  return true;
}
