/*
 * Cutting a block of UTF-8 text into rows and cells, and handing the cells to the fast normalisers (docs/spec/delimited.md defines rows and cells).
 * A row that the fast path does not take is put on the slow list, untouched; nothing of it has been counted.
 */
import {
  ACTIVE_STRIDE,
  BATCH,
  CLASS_CREATED,
  CLASS_EXACT,
  CLASS_VALID_FROM,
  CLASS_VALID_UNTIL,
  COL_CLASS,
  COL_LENGTH,
  COL_POINTER,
  COL_SLOTS,
  CTX_ACTIVE,
  CTX_BATCH_ROWS,
  CTX_CLOSE_AT,
  CTX_CLOSE_FROM,
  CTX_CLOSE_RUN,
  CTX_COLUMN_MAP,
  CTX_COLUMNS,
  CTX_CONFIRMING,
  CTX_HISTORY,
  CTX_ID_COLUMN,
  CTX_IDENTIFYING,
  CTX_MODE,
  CTX_NEWLINE,
  CTX_OUT_ID_BYTES,
  CTX_OUT_NOVEL,
  CTX_OUT_ROWS,
  CTX_OUT_SAMPLES,
  CTX_PREPARED_USED,
  CTX_QUOTE,
  CTX_REGION,
  CTX_ROW_COUNTER,
  CTX_ROW_END,
  CTX_ROW_FLAGS,
  CTX_ROW_HASH,
  CTX_ROW_HITS,
  CTX_ROW_ORDINAL,
  CTX_ROW_START,
  CTX_SEPARATOR,
  CTX_SEPARATOR_LENGTH,
  CTX_SINK,
  CTX_SLOW,
  CTX_SLOW_COUNT,
  CTX_TIMES,
  ID_DATA_BYTES,
  MODE_ADD,
  NOVEL_CAPACITY,
  OUT_CAPACITY,
  QUOTE_LIMIT,
  ROW_LIMIT,
  SAMPLE_CAPACITY,
  SLOW_CAPACITY,
  MAX_ACTIVE,
} from '../../src/kernel/layout';
import { emitBatch } from './add';
import { hashCell, hashColumn } from './hash';
import { isSpace, normaliseIdentifying, SLOW, timeSeconds } from './normalise';
import { probeColumn, touchRecords } from './probe';
import { FLAG_SLOW, hashConfirming, resolveBatch, touchConfirming } from './resolve';

// @ts-ignore: decorator
@inline
function columnAt(ctx: usize, column: i32): usize {
  return ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
}

function putSlow(ctx: usize, start: usize, end: usize, ordinal: u32): void {
  const number = load<u32>(ctx, CTX_SLOW_COUNT);
  const to = ctx + CTX_SLOW + (usize(number) << 4);
  store<u32>(to, u32(start));
  store<u32>(to, u32(end), 4);
  store<u32>(to, ordinal, 8);
  store<u32>(ctx, number + 1, CTX_SLOW_COUNT);
}

/** Whether one more batch fits into every list that goes out. */
export function hasRoom(ctx: usize): bool {
  if (load<i32>(ctx, CTX_SLOW_COUNT) + 3 * BATCH > SLOW_CAPACITY) return false;
  if (load<i32>(ctx, CTX_OUT_ROWS) + BATCH > OUT_CAPACITY) return false;
  if (load<u32>(ctx, CTX_MODE) == MODE_ADD) {
    if (load<i32>(ctx, CTX_OUT_NOVEL) + BATCH * MAX_ACTIVE > NOVEL_CAPACITY) return false;
    if (load<i32>(ctx, CTX_OUT_SAMPLES) + BATCH * 8 > SAMPLE_CAPACITY) return false;
    if (load<i32>(ctx, CTX_OUT_ID_BYTES) + BATCH * 256 > ID_DATA_BYTES) return false;
  }
  return true;
}

/** Hashes, looks up and resolves the rows that have been gathered, and empties the batch. */
export function flushBatch(ctx: usize): void {
  const rows = load<i32>(ctx, CTX_BATCH_ROWS);
  if (rows == 0) return;
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const isAdd = load<u32>(ctx, CTX_MODE) == MODE_ADD;
  // Rows after the last one in the last group of four hash what an earlier batch left there; nobody looks at it.
  memory.fill(ctx + CTX_ROW_HITS, 0, BATCH << 2);
  for (let column: i32 = 0; column < identifying; column++) hashColumn(ctx, column, rows);
  const isCompared = !isAdd || load<u32>(ctx, CTX_HISTORY) == 0;
  for (let column: i32 = 0; column < identifying; column++) {
    if (isCompared || column == load<i32>(ctx, CTX_ID_COLUMN)) probeColumn(ctx, column, rows);
  }
  for (let column: i32 = 0; column < identifying; column++) {
    if (isCompared) touchRecords(ctx, column, rows);
  }
  if (load<u32>(ctx, CTX_CONFIRMING) != 0) {
    if (isCompared) store<u32>(ctx, touchConfirming(ctx, rows), CTX_SINK);
    hashConfirming(ctx, rows, isAdd);
  }
  for (let row: i32 = 0; row < rows; row++) {
    const at = row << 2;
    if ((load<u32>(ctx + at, CTX_ROW_FLAGS) & FLAG_SLOW) != 0) {
      putSlow(ctx, load<u32>(ctx + at, CTX_ROW_START), load<u32>(ctx + at, CTX_ROW_END), load<u32>(ctx + at, CTX_ROW_ORDINAL));
    }
  }
  if (isAdd) emitBatch(ctx, rows);
  else resolveBatch(ctx, rows);
  store<i32>(ctx, 0, CTX_BATCH_ROWS);
  store<u32>(ctx, 0, CTX_PREPARED_USED);
}

/** Puts one cell into row `row` of the batch; answers the row's hash so far, and sets `slow` through the row's flags. */
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
  const at = row << 2;
  const kind = load<i32>(col, COL_CLASS);
  if (active < load<i32>(ctx, CTX_IDENTIFYING)) {
    const size = normaliseIdentifying(kind, from, length, region, col + COL_SLOTS + (row << 6));
    if (size > 0) {
      store<i32>(col + at, size, COL_LENGTH);
      return hash;
    }
    if (size == SLOW) store<u32>(ctx + at, load<u32>(ctx + at, CTX_ROW_FLAGS) | FLAG_SLOW, CTX_ROW_FLAGS);
    store<i32>(col + at, 0, COL_LENGTH);
    return hashCell(ctx, hash, from, length);
  }
  if (kind >= CLASS_CREATED) {
    takeTime(ctx, col, at, kind, from, length);
    return hashCell(ctx, hash, from, length);
  }
  if (kind == CLASS_EXACT) {
    store<u32>(col + at, u32(cell), COL_POINTER);
    store<i32>(col + at, i32(end - cell), COL_LENGTH);
  } else {
    store<u32>(col + at, u32(from), COL_POINTER);
    store<i32>(col + at, length, COL_LENGTH);
  }
  if (length != 0) store<u32>(ctx + at, load<u32>(ctx + at, CTX_ROW_FLAGS) | (1 << (8 + active)), CTX_ROW_FLAGS);
  return hashCell(ctx, hash, from, length);
}

function takeTime(ctx: usize, col: usize, at: i32, kind: i32, from: usize, length: i32): void {
  let seconds: i64 = kind == CLASS_VALID_UNTIL ? 0xffffffff : 0;
  if (length != 0) seconds = timeSeconds(from, length);
  // An unreadable time, or a version without its beginning, is for the exact path to refuse.
  if (seconds < 0 || (length == 0 && kind == CLASS_VALID_FROM)) {
    store<u32>(ctx + at, load<u32>(ctx + at, CTX_ROW_FLAGS) | FLAG_SLOW, CTX_ROW_FLAGS);
  }
  store<u32>(col + at, u32(seconds), COL_POINTER);
}

/** Whether the row whose newline (or the end of the input) is at `at` is longer than ROW_LIMIT. */
// @ts-ignore: decorator
@inline
function isTooLong(start: usize, at: usize, end: usize): bool {
  return at < end ? at - start >= usize(ROW_LIMIT) : at - start > usize(ROW_LIMIT);
}

/** Ends the row in place `row`: fills missing columns; answers whether it joins the batch (else it is on the slow list). */
function endRow(ctx: usize, row: i32, columns: i32, start: usize, end: usize, isLong: bool, hash: u64, region: i32): bool {
  const expected = load<i32>(ctx, CTX_COLUMNS);
  const ordinal = load<u32>(ctx, CTX_ROW_COUNTER);
  store<u32>(ctx, ordinal + 1, CTX_ROW_COUNTER);
  for (let column = columns; column < expected; column++) hash = takeCell(ctx, row, column, end, end, hash, region);
  const at = row << 2;
  const isSlow = isLong || columns > expected || (load<u32>(ctx + at, CTX_ROW_FLAGS) & FLAG_SLOW) != 0 || lacksId(ctx, at);
  if (isSlow) {
    putSlow(ctx, start, end, ordinal);
    return false;
  }
  store<u32>(ctx + at, u32(start), CTX_ROW_START);
  store<u32>(ctx + at, u32(end), CTX_ROW_END);
  store<u32>(ctx + at, ordinal, CTX_ROW_ORDINAL);
  store<u64>(ctx + (row << 3), hash, CTX_ROW_HASH);
  return true;
}

/** Add: a row without an id, or with an interval that ends before it begins, is for the exact path to refuse. */
function lacksId(ctx: usize, at: i32): bool {
  if (load<u32>(ctx, CTX_MODE) != MODE_ADD) return false;
  if (load<u32>(columnAt(ctx, load<i32>(ctx, CTX_ID_COLUMN)) + at, COL_LENGTH) == 0) return true;
  if (load<u32>(ctx, CTX_HISTORY) == 0) return false;
  let from: u32 = 0;
  let until: u32 = 0xffffffff;
  const first = load<i32>(ctx, CTX_IDENTIFYING) + load<i32>(ctx, CTX_CONFIRMING);
  for (let column = first; column < first + load<i32>(ctx, CTX_TIMES); column++) {
    const col = columnAt(ctx, column);
    const kind = load<i32>(col, COL_CLASS);
    if (kind == CLASS_VALID_FROM) from = load<u32>(col + at, COL_POINTER);
    else if (kind == CLASS_VALID_UNTIL) until = load<u32>(col + at, COL_POINTER);
  }
  return from >= until;
}

/**
 * Scans the rows of [from, end), which begins at a row and ends after one (or at the end of the input).
 * Answers where it stopped: `end` when all is done, earlier when a list is full; the caller then empties the lists and calls again.
 */
export function scanRows(ctx: usize, from: usize, end: usize): usize {
  return load<u32>(ctx, CTX_QUOTE) == 0 && load<u32>(ctx, CTX_SEPARATOR_LENGTH) == 1
    ? scanSimple(ctx, from, end)
    : scanGeneral(ctx, from, end);
}

/** Rows of cells between single bytes, without quotes: one pass over 16 bytes at a time, separators and newlines from one mask. */
function scanSimple(ctx: usize, from: usize, end: usize): usize {
  const separator = i8x16.splat(load<i8>(ctx, CTX_SEPARATOR));
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  const newline = i8x16.splat(<i8>newlineByte);
  const expected = load<i32>(ctx, CTX_COLUMNS);
  const region = load<i32>(ctx, CTX_REGION);
  let rowStart = from;
  while (rowStart < end) {
    if (!hasRoom(ctx)) return rowStart;
    let row: i32 = load<i32>(ctx, CTX_BATCH_ROWS);
    let base = rowStart;
    let v = v128.load(base);
    let mask: i32 = i8x16.bitmask(v128.or(i8x16.eq(v, separator), i8x16.eq(v, newline)));
    // Bounds the slow list: at most BATCH rows leave through it here and as many in the flush.
    let passed: i32 = 0;
    while (row < BATCH && passed < BATCH && rowStart < end) {
      let cell = rowStart;
      let column: i32 = 0;
      let hash: u64 = 0;
      store<u32>(ctx + (row << 2), 0, CTX_ROW_FLAGS);
      for (;;) {
        while (mask == 0) {
          base += 16;
          if (base >= end) break;
          v = v128.load(base);
          mask = i8x16.bitmask(v128.or(i8x16.eq(v, separator), i8x16.eq(v, newline)));
        }
        let at = mask == 0 ? end : base + ctz(mask);
        if (at >= end) at = end;
        else mask &= mask - 1;
        if (at < end && load<u8>(at) != newlineByte) {
          if (column < expected) hash = takeCell(ctx, row, column, cell, at, hash, region);
          column++;
          cell = at + 1;
          continue;
        }
        // The end of the row; a CR before LF belongs to it.
        let last = at;
        if (newlineByte == 10 && at < end && last > rowStart && load<u8>(last - 1) == 13) last--;
        if (last > rowStart) {
          if (column < expected) hash = takeCell(ctx, row, column, cell, max(last, cell), hash, region);
          column++;
          if (endRow(ctx, row, column, rowStart, last, isTooLong(rowStart, at, end), hash, region)) row++;
          else passed++;
        }
        rowStart = at < end ? at + 1 : end;
        break;
      }
    }
    store<i32>(ctx, row, CTX_BATCH_ROWS);
    if (row == BATCH) flushBatch(ctx);
  }
  return end;
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
  if (((at - open - 1) & 1) == 1 && endsCell(ctx, at, end, separatorLength)) return at - 1;
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

/** Rows with quotes or with separators of several bytes. */
function scanGeneral(ctx: usize, from: usize, end: usize): usize {
  const separatorLength = load<i32>(ctx, CTX_SEPARATOR_LENGTH);
  const separator = i8x16.splat(load<i8>(ctx, CTX_SEPARATOR));
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  const newline = i8x16.splat(<i8>newlineByte);
  const quote = load<u32>(ctx, CTX_QUOTE);
  const wantedQuote = i8x16.splat(<i8>quote);
  const expected = load<i32>(ctx, CTX_COLUMNS);
  const region = load<i32>(ctx, CTX_REGION);
  store<u32>(ctx, 0, CTX_CLOSE_FROM);
  let at = from;
  while (at < end) {
    if (!hasRoom(ctx)) return at;
    let row: i32 = load<i32>(ctx, CTX_BATCH_ROWS);
    let passed: i32 = 0;
    while (row < BATCH && passed < BATCH && at < end) {
      const rowStart = at;
      let column: i32 = 0;
      let hash: u64 = 0;
      let last: usize = 0;
      let isLong = false;
      store<u32>(ctx + (row << 2), 0, CTX_ROW_FLAGS);
      for (;;) {
        let cell = at;
        let cellEnd: usize = 0;
        if (quote != 0 && at < end && load<u8>(at) == quote) {
          const close = findClose(ctx, at, end, separatorLength, quote);
          if (close != 0) {
            cell = at + 1;
            cellEnd = close;
            at = close + 1;
            // Quotes inside have to be undone: the exact path does.
            if (findEither(cell, close, wantedQuote, wantedQuote) < close) {
              store<u32>(ctx + (row << 2), load<u32>(ctx + (row << 2), CTX_ROW_FLAGS) | FLAG_SLOW, CTX_ROW_FLAGS);
            }
          }
        }
        let isRowEnd = true;
        if (cellEnd == 0) {
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
          if (isRowEnd && newlineByte == 10 && at < end && cellEnd > rowStart && load<u8>(cellEnd - 1) == 13) cellEnd--;
          if (cellEnd < cell) cellEnd = cell;
          last = cellEnd;
        } else {
          last = at;
          if (at < end) {
            const byte = load<u8>(at);
            if (byte == 13 && newlineByte == 10 && at + 1 < end && load<u8>(at, 1) == 10) at++;
            else if (byte != newlineByte) isRowEnd = false;
          }
        }
        if (isRowEnd && column == 0 && last == rowStart) {
          // An empty row does not count.
          at = at < end ? at + 1 : end;
          last = 0;
          break;
        }
        if (isTooLong(rowStart, at, end)) {
          // Such a row ends at the first newline after the limit, quoted or not.
          isLong = true;
          last = findEither(rowStart + ROW_LIMIT, end, newline, newline);
          at = last < end ? last + 1 : end;
          break;
        }
        if (column < expected) hash = takeCell(ctx, row, column, cell, cellEnd, hash, region);
        column++;
        if (isRowEnd) {
          at = at < end ? at + 1 : end;
          break;
        }
        at += separatorLength;
      }
      if (last == 0) continue;
      if (endRow(ctx, row, column, rowStart, last, isLong, hash, region)) row++;
      else passed++;
    }
    store<i32>(ctx, row, CTX_BATCH_ROWS);
    if (row == BATCH) flushBatch(ctx);
  }
  return end;
}

/** Place after the last complete row of [from, end), or `from` when there is none. Quotes may hide newlines. */
export function findCut(ctx: usize, from: usize, end: usize): usize {
  const newlineByte = load<u32>(ctx, CTX_NEWLINE);
  if (load<u32>(ctx, CTX_QUOTE) == 0) {
    let at = end;
    while (at > from) {
      at--;
      if (load<u8>(at) == newlineByte) return at + 1;
    }
    return from;
  }
  return cutQuoted(ctx, from, end);
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
