import { isBlank, isDigit, isWordByte } from './sql-lexer.ts';

/** Where the literal of a call stands in the buffer, without quotes. */
export interface LiteralPlace {
  from: number;
  to: number;
}

const cast = new TextEncoder().encode('cast(');
const toDate = new TextEncoder().encode('to_date(');
const toTimestamp = new TextEncoder().encode('to_timestamp(');

/**
 * Finds the literal in `CAST('…' AS type)` and `TO_DATE('…', '…')` when everything about the call is plain: SQL Server and Oracle write one for each date and number, and reading
 * them as expressions takes three times as long.
 * @returns where the call ends, or -1: it is to be read as an expression.
 */
export function findPlainCall(
  buffer: Uint8Array,
  start: number,
  end: number,
  backslash: boolean,
  place: LiteralPlace,
): number {
  const first = buffer[start]! | 32;
  let at: number;
  if (first === 99) at = skipName(buffer, start, end, cast);
  else if (first === 116) {
    at = skipName(buffer, start, end, toDate);
    if (at < 0) at = skipName(buffer, start, end, toTimestamp);
  } else return -1;
  if (at < 0) return -1;
  if ((buffer[at]! | 32) === 110 && at + 1 < end) at++;
  if (buffer[at] === 39) {
    place.from = at + 1;
    at = skipPlainString(buffer, at, end, backslash);
    place.to = at - 1;
  } else {
    place.from = at;
    if (buffer[at] === 45) at++;
    const digits = at;
    while (at < end && (isDigit(buffer[at]!) || buffer[at] === 46)) at++;
    place.to = at;
    if (at === digits) return -1;
  }
  if (at < 0) return -1;
  while (at < end && isBlank(buffer[at]!)) at++;
  at = first === 99 ? skipAsType(buffer, at, end) : skipMask(buffer, at, end, backslash);
  return at >= 0 && at < end && buffer[at] === 41 ? at + 1 : -1;
}

function skipName(buffer: Uint8Array, start: number, end: number, name: Uint8Array): number {
  if (start + name.length >= end) return -1;
  for (let index = 0; index < name.length; index++) {
    const unit = buffer[start + index]!;
    // The bit that makes letters small would make an underscore something else.
    if (unit !== name[index] && (unit | 32) !== name[index]) return -1;
  }
  return start + name.length;
}

/** A string without escapes; -1 when it has some or does not end. */
function skipPlainString(buffer: Uint8Array, start: number, end: number, backslash: boolean): number {
  let at = start + 1;
  for (; at < end && buffer[at] !== 39; at++) {
    if (buffer[at] === 92 && backslash) return -1;
  }
  return at + 1 < end && buffer[at + 1] !== 39 ? at + 1 : -1;
}

/** `AS decimal(10, 2)` */
function skipAsType(buffer: Uint8Array, start: number, end: number): number {
  let at = start;
  if (at + 3 >= end || (buffer[at]! | 32) !== 97 || (buffer[at + 1]! | 32) !== 115 || !isBlank(buffer[at + 2]!))
    return -1;
  at += 3;
  while (at < end && isWordByte(buffer[at]!)) at++;
  if (at < end && buffer[at] === 40) {
    at++;
    while (at < end && (isDigit(buffer[at]!) || buffer[at] === 44 || buffer[at] === 32)) at++;
    if (at >= end || buffer[at] !== 41) return -1;
    at++;
  }
  return at;
}

/** `, 'YYYY-MM-DD'` */
function skipMask(buffer: Uint8Array, start: number, end: number, backslash: boolean): number {
  let at = start;
  if (at >= end || buffer[at] !== 44) return at;
  at++;
  while (at < end && isBlank(buffer[at]!)) at++;
  return at < end && buffer[at] === 39 ? skipPlainString(buffer, at, end, backslash) : -1;
}
