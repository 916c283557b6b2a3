/*
 * Cutting a block of UTF-8 text into rows and cells, and handing the cells to the fast normalisers (docs/spec/delimited.md defines rows and cells).
 * A row that the fast path does not take is put on the slow list, untouched; nothing of it has been counted.
 */
import {
  BATCH,
  CLASS_CREATED,
  CLASS_EXACT,
  CLASS_VALID_FROM,
  CLASS_VALID_UNTIL,
  COL_CLASS,
  COL_LENGTH,
  COL_SLOTS,
  CTX_CLOSE_AT,
  CTX_CLOSE_FROM,
  CTX_CLOSE_RUN,
  CTX_COLUMN_MAP,
  CTX_COLUMNS,
  CTX_CONFIRMING,
  CTX_HISTORY,
  CTX_ID_COLUMN,
  CTX_IDENTIFYING,
  CTX_INDEX,
  CTX_MODE,
  CTX_NEWLINE,
  CTX_PREPARED_USED,
  CTX_QUOTE,
  CTX_REGION,
  CTX_ROW_COUNTER,
  CTX_ROWS,
  CTX_SEPARATOR,
  CTX_SEPARATOR_LENGTH,
  CTX_SLOW,
  CTX_SLOW_COUNT,
  CTX_TIMES,
  MODE_ADD,
  QUOTE_LIMIT,
  ROW_END,
  ROW_HASH,
  ROW_HITS,
  ROW_LIMIT,
  ROW_ORDINAL,
  ROW_PRESENT,
  ROW_SLOW,
  ROW_START,
  ROWS,
  SEGMENT,
  SLOW_CAPACITY,
  VALUE_COUNT,
  VALUE_FIRST,
} from '../../src/kernel/layout';
import { emitRows, keepValues } from './add';
import { hashCell, hashColumn } from './hash';
import { isSpace, normaliseIdentifying, SLOW, timeSeconds } from './normalise';
import { probe } from './probe';
import { columnAt, hashConfirming, resolveRows, touchConfirming, valuesAt } from './resolve';

function putSlow(ctx: usize, start: usize, end: usize, ordinal: u32): void {
  const number = load<u32>(ctx, CTX_SLOW_COUNT);
  const to = ctx + CTX_SLOW + (usize(number) << 4);
  store<u32>(to, u32(start));
  store<u32>(to, u32(end), 4);
  store<u32>(to, ordinal, 8);
  store<u32>(ctx, number + 1, CTX_SLOW_COUNT);
}

/** Whether one more row can be gathered. A flush may put every gathered row on the slow list. */
// @ts-ignore: decorator
@inline
function hasRoom(ctx: usize): bool {
  return load<i32>(ctx, CTX_ROWS) < ROWS && load<i32>(ctx, CTX_SLOW_COUNT) < SLOW_CAPACITY - ROWS;
}

/** Hashes the batch that ends with the gathered rows. */
export function hashBatch(ctx: usize): void {
  const gathered = load<i32>(ctx, CTX_ROWS);
  const base = (gathered - 1) & ~(BATCH - 1);
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  for (let column: i32 = 0; column < identifying; column++) hashColumn(ctx, column, base, gathered - base);
  if (load<u32>(ctx, CTX_MODE) == MODE_ADD) keepValues(ctx, base, gathered - base);
}

/** Rows whose confirming values are fetched and hashed together. */
const STEP: i32 = 128;

/** Looks up and resolves the rows that have been gathered: afterwards there are none, and the lists that go out are full. */
export function flush(ctx: usize): void {
  const rows = load<i32>(ctx, CTX_ROWS);
  store<i32>(ctx, 0, CTX_ROWS);
  if (rows == 0) return;
  if ((rows & (BATCH - 1)) != 0) {
    store<i32>(ctx, rows, CTX_ROWS);
    hashBatch(ctx);
    store<i32>(ctx, 0, CTX_ROWS);
  }
  const isAdd = load<u32>(ctx, CTX_MODE) == MODE_ADD;
  const isHistory = load<u32>(ctx, CTX_HISTORY) != 0;
  probe(ctx, rows, isAdd && isHistory ? load<i32>(ctx, CTX_ID_COLUMN) : -1);
  const hasConfirming = load<u32>(ctx, CTX_CONFIRMING) != 0;
  if (hasConfirming && !isHistory) touchConfirming(ctx, rows);
  for (let from: i32 = 0; from < rows; from += STEP) {
    const to = min(rows, from + STEP);
    if (hasConfirming) {
      hashConfirming(ctx, from, to, isAdd);
      for (let row = from; row < to; row++) {
        if (load<u8>(ctx + row, ROW_SLOW) == 0) continue;
        const at = ctx + (row << 2);
        putSlow(ctx, load<u32>(at, ROW_START), load<u32>(at, ROW_END), load<u32>(at, ROW_ORDINAL));
      }
    }
    if (!isAdd) resolveRows(ctx, from, to);
  }
  if (isAdd) emitRows(ctx, rows);
  store<u32>(ctx, 0, CTX_PREPARED_USED);
}

// The row being read: its columns with a value (and, from bit 16 on, its confirming cells that are not empty), and whether the exact path must take it.
let rowPresent: u32 = 0;
let rowIsSlow: bool = false;

/** Puts one cell into row `row`; answers the row's hash so far. */
// @ts-ignore: decorator
@inline
function takeCell(ctx: usize, row: i32, column: i32, cell: usize, end: usize, hash: u64, region: i32): u64 {
  const active: i32 = load<u8>(ctx + column, CTX_COLUMN_MAP);
  let from = cell;
  let to = end;
  while (from < to && isSpace(load<u8>(from))) from++;
  while (from < to && isSpace(load<u8>(to - 1))) to--;
  const length = i32(to - from);
  if (active == 255) return hashCell(ctx, hash, from, length);
  const col = columnAt(ctx, active);
  const kind = load<i32>(col, COL_CLASS);
  if (active < load<i32>(ctx, CTX_IDENTIFYING)) {
    const place = row & (BATCH - 1);
    const size = normaliseIdentifying(kind, from, length, region, col + COL_SLOTS + (place << 6));
    if (size > 0) {
      store<i32>(col + (place << 2), size, COL_LENGTH);
      rowPresent |= 1 << active;
      return hash;
    }
    if (size == SLOW) rowIsSlow = true;
    store<i32>(col + (place << 2), 0, COL_LENGTH);
    return hashCell(ctx, hash, from, length);
  }
  const values = valuesAt(ctx, active) + (row << 2);
  if (kind >= CLASS_CREATED) {
    takeTime(values, kind, from, length);
    return hashCell(ctx, hash, from, length);
  }
  // White space belongs to a password.
  const isExact = kind == CLASS_EXACT;
  store<u32>(values, u32(isExact ? cell : from), VALUE_FIRST);
  store<u32>(values, isExact ? u32(end - cell) : u32(length), VALUE_COUNT);
  rowPresent |= (u32(isExact ? end > cell : length != 0) << active) | (u32(length != 0) << (16 + active));
  return hashCell(ctx, hash, from, length);
}

function takeTime(values: usize, kind: i32, from: usize, length: i32): void {
  let seconds: i64 = kind == CLASS_VALID_UNTIL ? 0xffffffff : 0;
  if (length != 0) seconds = timeSeconds(from, length);
  // An unreadable time, or a version without its beginning, is for the exact path to refuse.
  if (seconds < 0 || (length == 0 && kind == CLASS_VALID_FROM)) rowIsSlow = true;
  store<u32>(values, u32(seconds), VALUE_FIRST);
}

/** Whether the row whose newline (or the end of the input) is at `at` is longer than ROW_LIMIT. */
// @ts-ignore: decorator
@inline
function isTooLong(start: usize, at: usize, end: usize): bool {
  return at < end ? at - start >= usize(ROW_LIMIT) : at - start > usize(ROW_LIMIT);
}

/** Ends the row in place `row`, which had `columns` cells: it joins the gathered ones, or goes on the slow list. */
// @ts-ignore: decorator
@inline
function endRow(ctx: usize, row: i32, columns: i32, expected: i32, start: usize, end: usize, isLong: bool, hash: u64, region: i32): void {
  const ordinal = load<u32>(ctx, CTX_ROW_COUNTER);
  store<u32>(ctx, ordinal + 1, CTX_ROW_COUNTER);
  for (let column = columns; column < expected; column++) hash = takeCell(ctx, row, column, end, end, hash, region);
  if (rowIsSlow || isLong || columns > expected || lacksId(ctx, row)) {
    putSlow(ctx, start, end, ordinal);
    return;
  }
  const at = ctx + (row << 2);
  store<u32>(at, u32(start), ROW_START);
  store<u32>(at, u32(end), ROW_END);
  store<u32>(at, ordinal, ROW_ORDINAL);
  store<u32>(at, rowPresent, ROW_PRESENT);
  store<u8>(ctx + row, 0, ROW_SLOW);
  store<u64>(ctx + (row << 3), hash, ROW_HASH);
  store<i32>(ctx, row + 1, CTX_ROWS);
  if (((row + 1) & (BATCH - 1)) == 0) hashBatch(ctx);
}

/** Add: a row without an id, or with an interval that ends before it begins, is for the exact path to refuse. */
function lacksId(ctx: usize, row: i32): bool {
  if (load<u32>(ctx, CTX_MODE) != MODE_ADD) return false;
  if (((rowPresent >> load<i32>(ctx, CTX_ID_COLUMN)) & 1) == 0) return true;
  if (load<u32>(ctx, CTX_HISTORY) == 0) return false;
  let from: u32 = 0;
  let until: u32 = 0xffffffff;
  const first = load<i32>(ctx, CTX_IDENTIFYING) + load<i32>(ctx, CTX_CONFIRMING);
  for (let column = first; column < first + load<i32>(ctx, CTX_TIMES); column++) {
    const kind = load<i32>(columnAt(ctx, column), COL_CLASS);
    const seconds = load<u32>(valuesAt(ctx, column) + (row << 2), VALUE_FIRST);
    if (kind == CLASS_VALID_FROM) from = seconds;
    else if (kind == CLASS_VALID_UNTIL) until = seconds;
  }
  return from >= until;
}

/**
 * Scans the rows of [from, end), which begins at a row and ends after one (or at the end of the input).
 * Answers where it stopped: `end` when all is done, earlier when no more rows can be gathered; the caller then flushes, empties the lists and calls again.
 */
export function scanRows(ctx: usize, from: usize, end: usize): usize {
  const isSimple = load<u32>(ctx, CTX_SEPARATOR_LENGTH) == 1 && !hasQuote(ctx, from, end);
  store<u32>(ctx, 0, CTX_CLOSE_FROM);
  let at = from;
  while (at < end && hasRoom(ctx)) at = isSimple ? scanSegment(ctx, at, end) : scanRow(ctx, at, end);
  return at;
}

/** Most tables could have quotes and have none: looking for one costs a fiftieth of what it saves. */
function hasQuote(ctx: usize, from: usize, end: usize): bool {
  const quote = load<u32>(ctx, CTX_QUOTE);
  if (quote == 0) return false;
  const wanted = i8x16.splat(<i8>quote);
  return findEither(from, end, wanted, wanted) < end;
}

/** Writes the places of separators and newlines in [from, to) to the index; answers the index's end. Places from `to` on may follow. */
function indexText(ctx: usize, from: usize, to: usize, separator: v128, newline: v128): usize {
  let out = ctx + CTX_INDEX;
  for (let base = from; base < to; base += 64) {
    let mask: u64 = 0;
    for (let i: usize = 0; i < 64; i += 16) {
      const v = v128.load(base + i);
      mask |= u64(u32(i8x16.bitmask(v128.or(i8x16.eq(v, separator), i8x16.eq(v, newline))))) << u64(i);
    }
    const count: usize = usize(popcnt(mask));
    // Eight at a time whether they are there or not: a loop that ends with the mask would be mispredicted for every block.
    let to8 = out;
    do {
      for (let i: usize = 0; i < 32; i += 4) {
        store<u32>(to8 + i, u32(base) + u32(ctz(mask)));
        mask &= mask - 1;
      }
      to8 += 32;
    } while (mask != 0);
    out += count << 2;
  }
  return out;
}

/**
 * Rows of cells between single bytes, without quotes: the places of all separators and newlines of a segment first, then the cells between them.
 * Answers where the first row begins that is not done.
 */
function scanSegment(ctx: usize, from: usize, end: usize): usize {
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  const newline = i8x16.splat(<i8>newlineByte);
  const expected = load<i32>(ctx, CTX_COLUMNS);
  const region = load<i32>(ctx, CTX_REGION);
  const to = min(end, from + SEGMENT);
  let last = indexText(ctx, from, to, i8x16.splat(load<i8>(ctx, CTX_SEPARATOR)), newline);
  while (last > ctx + CTX_INDEX && usize(load<u32>(last - 4)) >= to) last -= 4;
  if (to == end) {
    // The last row of the input may have no newline: its end counts as one.
    store<u32>(last, u32(end));
    last += 4;
  }
  let rowStart = from;
  let cell = from;
  let column: i32 = 0;
  let hash: u64 = 0;
  let row = load<i32>(ctx, CTX_ROWS);
  rowPresent = 0;
  rowIsSlow = false;
  for (let place = ctx + CTX_INDEX; place < last; place += 4) {
    const at: usize = load<u32>(place);
    if (at < end && load<u8>(at) != newlineByte) {
      if (column < expected) hash = takeCell(ctx, row, column, cell, at, hash, region);
      column++;
      cell = at + 1;
      continue;
    }
    // The end of the row; a CR before LF belongs to it. A row without any byte is none.
    let stop = at;
    if (newlineByte == 10 && at < end && stop > rowStart && load<u8>(stop - 1) == 13) stop--;
    if (stop > rowStart) {
      if (column < expected) hash = takeCell(ctx, row, column, cell, max(stop, cell), hash, region);
      endRow(ctx, row, column + 1, expected, rowStart, stop, isTooLong(rowStart, at, end), hash, region);
      row = load<i32>(ctx, CTX_ROWS);
    }
    rowStart = min(at + 1, end);
    if (!hasRoom(ctx)) return rowStart;
    cell = rowStart;
    column = 0;
    hash = 0;
    rowPresent = 0;
    rowIsSlow = false;
  }
  // A row longer than a segment is read by the other reader.
  return rowStart > from ? rowStart : scanRow(ctx, from, end);
}

/** First place of byte `a` or `b` in [from, end), or `end`. */
// @ts-ignore: decorator
@inline
function findEither(from: usize, end: usize, a: v128, b: v128): usize {
  let at = from;
  while (at < end) {
    const v = v128.load(at);
    const mask = i8x16.bitmask(v128.or(i8x16.eq(v, a), i8x16.eq(v, b)));
    if (mask != 0) return min(at + ctz(mask), end);
    at += 16;
  }
  return end;
}

// @ts-ignore: decorator
@inline
function isSeparator(ctx: usize, at: usize, end: usize, length: i32): bool {
  if (at + length > end) return false;
  for (let i: i32 = 0; i < length; i++) if (load<u8>(at + i) != load<u8>(ctx + i, CTX_SEPARATOR)) return false;
  return true;
}

/** Whether a quoted cell may end before `at`: at a separator, a newline (or CR and newline), or the end of the input. */
// @ts-ignore: decorator
@inline
function endsCell(ctx: usize, at: usize, end: usize, separatorLength: i32): bool {
  if (at >= end) return true;
  const byte = load<u8>(at);
  const newline = load<u32>(ctx, CTX_NEWLINE);
  if (byte == newline) return true;
  if (newline == 10 && byte == 13 && at + 1 < end && load<u8>(at, 1) == 10) return true;
  return isSeparator(ctx, at, end, separatorLength);
}

/**
 * Place of the quote that closes the cell opened at `open`, or 0. In linear time over a whole block, whatever it holds: a run of quotes closes a cell
 * or not whichever quote opened it (but for the run right after it, looked at first), so the next closing run is found once and remembered.
 */
function findClose(ctx: usize, open: usize, end: usize, separatorLength: i32, quote: u32): usize {
  const limit = open + QUOTE_LIMIT;
  let at = open + 1;
  while (at < end && load<u8>(at) == quote) at++;
  if (((at - open - 1) & 1) == 1 && endsCell(ctx, at, end, separatorLength)) return at - 1 <= limit ? at - 1 : 0;
  const closeFrom: usize = load<u32>(ctx, CTX_CLOSE_FROM);
  const closeRun: usize = load<u32>(ctx, CTX_CLOSE_RUN);
  const closeAt: usize = load<u32>(ctx, CTX_CLOSE_AT);
  if (closeFrom != 0 && at >= closeFrom && at <= closeRun) {
    if (closeAt != 0) return closeAt <= limit ? closeAt : 0;
    // Nothing closes before closeRun: go on from there.
    at = closeRun;
  } else {
    store<u32>(ctx, u32(at), CTX_CLOSE_FROM);
  }
  const wanted = i8x16.splat(<i8>quote);
  const searchEnd = min(end, limit + 1);
  while (at < searchEnd) {
    const run = findEither(at, searchEnd, wanted, wanted);
    if (run >= searchEnd) {
      at = searchEnd;
      break;
    }
    at = run;
    while (at < end && load<u8>(at) == quote) at++;
    if (((at - run) & 1) == 1 && endsCell(ctx, at, end, separatorLength)) {
      store<u32>(ctx, u32(run), CTX_CLOSE_RUN);
      store<u32>(ctx, u32(at - 1), CTX_CLOSE_AT);
      return at - 1 <= limit ? at - 1 : 0;
    }
  }
  store<u32>(ctx, u32(at), CTX_CLOSE_RUN);
  store<u32>(ctx, 0, CTX_CLOSE_AT);
  return 0;
}

/** One row, with quotes or separators of several bytes; answers where the next one begins. */
function scanRow(ctx: usize, rowStart: usize, end: usize): usize {
  const separatorLength = load<i32>(ctx, CTX_SEPARATOR_LENGTH);
  const separator = i8x16.splat(load<i8>(ctx, CTX_SEPARATOR));
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  const newline = i8x16.splat(<i8>newlineByte);
  const quote = load<u32>(ctx, CTX_QUOTE);
  const expected = load<i32>(ctx, CTX_COLUMNS);
  const region = load<i32>(ctx, CTX_REGION);
  const row = load<i32>(ctx, CTX_ROWS);
  let at = rowStart;
  let column: i32 = 0;
  let hash: u64 = 0;
  rowPresent = 0;
  rowIsSlow = false;
  for (;;) {
    let cell = at;
    let cellEnd: usize = 0;
    let contentEnd: usize;
    let isRowEnd = true;
    if (quote != 0 && at < end && load<u8>(at) == quote) {
      const close = findClose(ctx, at, end, separatorLength, quote);
      if (close != 0) {
        cell = at + 1;
        cellEnd = close;
        at = close + 1;
        // Quotes inside have to be undone: the exact path does.
        if (hasInnerQuote(cell, close, quote)) rowIsSlow = true;
      }
    }
    if (cellEnd != 0) {
      contentEnd = at;
      if (at < end) {
        const byte = load<u8>(at);
        if (byte == 13 && newlineByte == 10 && at + 1 < end && load<u8>(at, 1) == 10) at++;
        else if (byte != newlineByte) isRowEnd = false;
      }
    } else {
      for (;;) {
        at = findEither(at, end, separator, newline);
        if (at >= end || load<u8>(at) == newlineByte) break;
        if (separatorLength == 1 || isSeparator(ctx, at, end, separatorLength)) {
          isRowEnd = false;
          break;
        }
        at++;
      }
      cellEnd = at;
      if (isRowEnd && newlineByte == 10 && at < end && at > rowStart && load<u8>(at - 1) == 13) cellEnd--;
      if (cellEnd < cell) cellEnd = cell;
      contentEnd = cellEnd;
    }
    // A row without any byte is none.
    if (isRowEnd && column == 0 && contentEnd == rowStart) return min(at + 1, end);
    if (isTooLong(rowStart, at, end)) {
      // Such a row ends at the first newline after the limit, quoted or not.
      const stop = findEither(rowStart + ROW_LIMIT, end, newline, newline);
      // With its newline, or what there is of it: longer than ROW_LIMIT however it ends.
      endRow(ctx, row, expected, expected, rowStart, min(stop + 1, end), true, hash, region);
      return min(stop + 1, end);
    }
    if (column < expected) hash = takeCell(ctx, row, column, cell, cellEnd, hash, region);
    column++;
    if (isRowEnd) {
      endRow(ctx, row, column, expected, rowStart, contentEnd, false, hash, region);
      return min(at + 1, end);
    }
    at += separatorLength;
  }
  // The loop above ends by returning.
  return end;
}

// @ts-ignore: decorator
@inline
function hasInnerQuote(from: usize, to: usize, quote: u32): bool {
  const wanted = i8x16.splat(<i8>quote);
  return findEither(from, to, wanted, wanted) < to;
}

/** Place after the last complete row of [from, end), or `from` when there is none. Quotes may hide newlines. */
export function findCut(ctx: usize, from: usize, end: usize): usize {
  if (hasQuote(ctx, from, end)) return cutQuoted(ctx, from, end);
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  let at = end;
  while (at > from) {
    at--;
    if (load<u8>(at) == newlineByte) return at + 1;
  }
  return from;
}

function cutQuoted(ctx: usize, from: usize, end: usize): usize {
  const separatorLength = load<i32>(ctx, CTX_SEPARATOR_LENGTH);
  const separator = i8x16.splat(load<i8>(ctx, CTX_SEPARATOR));
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  const newline = i8x16.splat(<i8>newlineByte);
  const quote = load<u32>(ctx, CTX_QUOTE);
  store<u32>(ctx, 0, CTX_CLOSE_FROM);
  let cut = from;
  let at = from;
  while (at < end) {
    if (at - cut > usize(ROW_LIMIT)) {
      const after = findEither(cut + ROW_LIMIT, end, newline, newline);
      if (after >= end) return cut;
      at = after + 1;
      cut = at;
      continue;
    }
    if (load<u8>(at) == quote) {
      const close = findClose(ctx, at, end, separatorLength, quote);
      // Without the bytes that follow nobody can say where this cell ends: the row is left for the next block.
      if (close == 0 && end - at <= usize(QUOTE_LIMIT) + 1) return cut;
      if (close != 0) {
        if (close + 1 + usize(max(separatorLength, 2)) > end) return cut;
        at = close + 1;
        if (load<u8>(at) == 13 && newlineByte == 10 && load<u8>(at, 1) == 10) at++;
        if (load<u8>(at) == newlineByte && at - cut < usize(ROW_LIMIT)) {
          at++;
          cut = at;
        } else {
          // At a newline beyond the limit this leaves the row too long, and the check above ends it.
          at += load<u8>(at) == newlineByte ? 1 : separatorLength;
        }
        continue;
      }
    }
    // An unquoted cell, or one whose quote never closes.
    for (;;) {
      at = findEither(at, end, separator, newline);
      if (at >= end) return cut;
      if (load<u8>(at) == newlineByte) {
        if (at - cut < usize(ROW_LIMIT)) cut = at + 1;
        at++;
        break;
      }
      if (at + separatorLength > end) return cut;
      if (separatorLength == 1 || isSeparator(ctx, at, end, separatorLength)) {
        at += separatorLength;
        break;
      }
      at++;
    }
  }
  return cut;
}
