/*
 * Cutting a block of UTF-8 text into rows and cells, and handing the cells to the fast normalisers (docs/spec/delimited.md defines rows and cells).
 * A row that the fast path does not take is put on the slow list, untouched; nothing of it has been counted.
 */
import {
  BATCH,
  CTX_CHECKED,
  CTX_CLOSE_AT,
  CTX_CLOSE_FROM,
  CTX_CLOSE_RUN,
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
  CTX_ROW_COUNTER,
  CTX_ROWS,
  CTX_SEPARATOR,
  CTX_SEPARATOR_LENGTH,
  CTX_SLOW,
  CTX_SLOW_COUNT,
  CTX_WANTS_PRINTS,
  MODE_ADD,
  QUOTE_LIMIT,
  ROW_END,
  ROW_LIMIT,
  ROW_ORDINAL,
  ROW_PRINT,
  ROW_SLOW,
  ROW_START,
  ROWS,
  SEGMENT,
  SLOW_BYTES,
  SLOW_CAPACITY,
  STEP,
} from '../../src/kernel/layout';
import { emitRows, keepValues } from './add';
import { normaliseBatch, placeCell } from './cells';
import { hashColumn } from './hash';
import { dropUnchanged } from './prints';
import { probe } from './probe';
import { fetchConfirming, hashConfirming, resolveRows } from './resolve';

function putSlow(ctx: usize, start: usize, end: usize, ordinal: u32, print: u64): void {
  const number = load<u32>(ctx, CTX_SLOW_COUNT);
  const to = ctx + CTX_SLOW + usize(number) * SLOW_BYTES;
  store<u32>(to, u32(start));
  store<u32>(to, u32(end), 4);
  store<u32>(to, ordinal, 8);
  store<u64>(to, print, 16);
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
  for (let from: i32 = 0; from < rows; from += STEP) {
    const to = min(rows, from + STEP);
    if (hasConfirming && !isHistory) fetchConfirming(ctx, from, to);
    if (hasConfirming) hashConfirming(ctx, from, to, isAdd);
    for (let row = from; row < to; row++) {
      if (load<u8>(ctx + row, ROW_SLOW) == 0) continue;
      const at = ctx + (row << 2);
      const print = load<u64>(ctx + (row << 3), ROW_PRINT);
      putSlow(ctx, load<u32>(at, ROW_START), load<u32>(at, ROW_END), load<u32>(at, ROW_ORDINAL), print);
    }
    if (!isAdd) resolveRows(ctx, from, to);
  }
  if (isAdd) emitRows(ctx, rows);
  store<u32>(ctx, 0, CTX_PREPARED_USED);
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
function endRow(ctx: usize, row: i32, columns: i32, expected: i32, start: usize, end: usize, isSlow: bool): void {
  const ordinal = load<u32>(ctx, CTX_ROW_COUNTER);
  store<u32>(ctx, ordinal + 1, CTX_ROW_COUNTER);
  if (isSlow || columns > expected) {
    putSlow(ctx, start, end, ordinal, 0);
    return;
  }
  for (let column = columns; column < expected; column++) placeCell(ctx, row, column, end, end);
  const at = ctx + (row << 2);
  store<u32>(at, u32(start), ROW_START);
  store<u32>(at, u32(end), ROW_END);
  store<u32>(at, ordinal, ROW_ORDINAL);
  store<i32>(ctx, row + 1, CTX_ROWS);
  if (((row + 1) & (BATCH - 1)) != 0) return;
  if (load<u32>(ctx, CTX_WANTS_PRINTS) != 0 && dropUnchanged(ctx) <= row) return;
  store<i32>(ctx, 0, CTX_CHECKED);
  normaliseBatch(ctx, row + 1 - BATCH, BATCH);
  hashBatch(ctx);
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
  // The last batch; the flush, which comes before anything else is gathered, hashes it.
  let rest = load<i32>(ctx, CTX_ROWS) & (BATCH - 1);
  if (rest != 0 && load<u32>(ctx, CTX_WANTS_PRINTS) != 0) rest = dropUnchanged(ctx) & (BATCH - 1);
  store<i32>(ctx, 0, CTX_CHECKED);
  if (rest != 0) normaliseBatch(ctx, load<i32>(ctx, CTX_ROWS) - rest, rest);
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
  let row = load<i32>(ctx, CTX_ROWS);
  for (let place = ctx + CTX_INDEX; place < last; place += 4) {
    const at: usize = load<u32>(place);
    if (at < end && load<u8>(at) != newlineByte) {
      if (column < expected) placeCell(ctx, row, column, cell, at);
      column++;
      cell = at + 1;
      continue;
    }
    // The end of the row; a CR before LF belongs to it. A row without any byte is none.
    let stop = at;
    if (newlineByte == 10 && at < end && stop > rowStart && load<u8>(stop - 1) == 13) stop--;
    if (stop > rowStart) {
      if (column < expected) placeCell(ctx, row, column, cell, max(stop, cell));
      endRow(ctx, row, column + 1, expected, rowStart, stop, isTooLong(rowStart, at, end));
      row = load<i32>(ctx, CTX_ROWS);
    }
    rowStart = min(at + 1, end);
    if (!hasRoom(ctx)) return rowStart;
    cell = rowStart;
    column = 0;
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
  const row = load<i32>(ctx, CTX_ROWS);
  let at = rowStart;
  let column: i32 = 0;
  let isSlow = false;
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
        if (hasInnerQuote(cell, close, quote)) isSlow = true;
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
      endRow(ctx, row, expected, expected, rowStart, min(stop + 1, end), true);
      return min(stop + 1, end);
    }
    if (column < expected) placeCell(ctx, row, column, cell, cellEnd);
    column++;
    if (isRowEnd) {
      endRow(ctx, row, column, expected, rowStart, contentEnd, isSlow);
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
