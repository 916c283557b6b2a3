/* Comparing a customer table with the register that it extends: what is known and current is marked, what is novel goes out. */
import {
  ACTIVE_STRIDE,
  CLASS_CREATED,
  COL_CLASS,
  COL_COUNT,
  COL_FIELD,
  COL_FINGERPRINT,
  COL_FIRST,
  COL_LENGTH,
  COL_POINTER,
  COL_SLOTS,
  CTX_ACTIVE,
  CTX_CONFIRM,
  CTX_CONFIRM_INDEX,
  CTX_CONFIRM_SEEN,
  CTX_CONFIRMING,
  CTX_CURRENT_PERIODS,
  CTX_HISTORY,
  CTX_ID_COLUMN,
  CTX_IDENTIFYING,
  CTX_OUT_ID,
  CTX_OUT_ID_BYTES,
  CTX_OUT_ID_DATA,
  CTX_OUT_ID_OFFSET,
  CTX_OUT_NOVEL,
  CTX_OUT_NOVEL_LIST,
  CTX_OUT_ROWS,
  CTX_OUT_SAMPLE_LIST,
  CTX_OUT_SAMPLES,
  CTX_OUT_SUBJECT,
  CTX_OUT_TIMES,
  CTX_RECORD_SEEN,
  CTX_RECORDS,
  CTX_ROW_FLAGS,
  CTX_SAMPLE_THRESHOLD,
  CTX_TIMES,
  NOT_FOUND,
  OUT_CAPACITY,
  READY,
  SAMPLE_BYTES,
} from '../../src/kernel/layout';
import { FLAG_SLOW } from './resolve';

// @ts-ignore: decorator
@inline
function columnAt(ctx: usize, column: i32): usize {
  return ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
}

// @ts-ignore: decorator
@inline
function mark(map: usize, bit: u32): void {
  const word = map + (usize(bit >> 5) << 2);
  const mask: u32 = 1 << (bit & 31);
  if ((load<u32>(word) & mask) == 0) atomic.or<u32>(word, mask);
}

function putNovel(ctx: usize, outRow: u32, field: u32, fingerprint: u64): void {
  const number = load<u32>(ctx, CTX_OUT_NOVEL);
  const to = ctx + CTX_OUT_NOVEL_LIST + (usize(number) << 4);
  store<u32>(to, outRow);
  store<u32>(to, field, 4);
  store<u64>(to, fingerprint, 8);
  store<u32>(ctx, number + 1, CTX_OUT_NOVEL);
}

/** A copy of a sampled value for the making of control values; it never leaves the process. */
function putSample(ctx: usize, field: u32, fingerprint: u64, slot: usize, length: u32): void {
  const number = load<u32>(ctx, CTX_OUT_SAMPLES);
  const to = ctx + CTX_OUT_SAMPLE_LIST + usize(number) * SAMPLE_BYTES;
  store<u32>(to, field);
  store<u32>(to, u32(fingerprint >> 32), 4);
  store<u32>(to, length, 8);
  memory.copy(to + 16, slot, 64);
  store<u32>(ctx, number + 1, CTX_OUT_SAMPLES);
}

/** The subject of an id: the id column's records all belong to one subject. NOT_FOUND when the id is new. */
function subjectOf(ctx: usize, idColumn: usize, at: i32): u32 {
  if (load<u32>(idColumn + at, COL_COUNT) == 0) return NOT_FOUND;
  return load<u32>(usize(load<u32>(ctx, CTX_RECORDS)) + (usize(load<u32>(idColumn + at, COL_FIRST)) << 3)) & 0x0fffffff;
}

/** Marks the current record of (subject, field, value) and answers whether there is one. */
function findCurrent(ctx: usize, first: u32, count: u32, owner: u32): bool {
  const records: usize = load<u32>(ctx, CTX_RECORDS);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u32>(records + (usize(first + middle) << 3)) < owner) low = middle + 1;
    else high = middle;
  }
  for (; low < count; low++) {
    const record = records + (usize(first + low) << 3);
    if (load<u32>(record) != owner) return false;
    if (load<u32>(record, 4) < currentPeriods) {
      mark(load<u32>(ctx, CTX_RECORD_SEEN), first + low);
      return true;
    }
  }
  return false;
}

function findCurrentConfirming(ctx: usize, subject: u32, value: u32): bool {
  const place = usize(load<u32>(ctx, CTX_CONFIRM_INDEX)) + (usize(subject) << 2);
  const entries: usize = load<u32>(ctx, CTX_CONFIRM);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const to = load<u32>(place, 4);
  for (let j = load<u32>(place); j < to; j++) {
    const entry = entries + (usize(j) << 3);
    if (load<u32>(entry) == value && load<u32>(entry, 4) < currentPeriods) {
      mark(load<u32>(ctx, CTX_CONFIRM_SEEN), j);
      return true;
    }
  }
  return false;
}

/** Sends out the batch's rows that are not slow; rows without a usable id have been flagged slow before. */
export function emitBatch(ctx: usize, rows: i32): void {
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const active = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const all = active + load<i32>(ctx, CTX_TIMES);
  const idColumn = columnAt(ctx, load<i32>(ctx, CTX_ID_COLUMN));
  const isHistory = load<u32>(ctx, CTX_HISTORY) != 0;
  for (let row: i32 = 0; row < rows; row++) {
    const at = row << 2;
    if ((load<u32>(ctx + at, CTX_ROW_FLAGS) & FLAG_SLOW) != 0) continue;
    const outRow = load<u32>(ctx, CTX_OUT_ROWS);
    const out = ctx + (usize(outRow) << 2);
    const subject = subjectOf(ctx, idColumn, at);
    store<u32>(out, subject, CTX_OUT_SUBJECT);
    store<u64>(ctx + (usize(outRow) << 3), load<u64>(idColumn + (row << 3), COL_FINGERPRINT), CTX_OUT_ID);
    let idBytes = load<u32>(ctx, CTX_OUT_ID_BYTES);
    store<u32>(out, idBytes, CTX_OUT_ID_OFFSET);
    if (subject == NOT_FOUND) {
      const length = load<u32>(idColumn + at, COL_LENGTH);
      const isPrepared = (length & READY) != 0;
      // A long id was prepared by the exact path: its bytes stand where COL_POINTER says, their number in the low bits of its own word there.
      const from: usize = isPrepared ? usize(load<u32>(idColumn + at, COL_POINTER)) + 4 : idColumn + COL_SLOTS + (usize(row) << 6);
      const size = isPrepared ? load<u32>(load<u32>(idColumn + at, COL_POINTER)) : length;
      memory.copy(ctx + CTX_OUT_ID_DATA + idBytes, from, size);
      idBytes += size;
    }
    store<u32>(out, idBytes, CTX_OUT_ID_OFFSET + 4);
    store<u32>(ctx, idBytes, CTX_OUT_ID_BYTES);

    for (let column: i32 = 0; column < active; column++) {
      const col = columnAt(ctx, column);
      const length = load<u32>(col + at, COL_LENGTH);
      if (length == 0) continue;
      const field = load<u32>(col, COL_FIELD);
      const value = load<u64>(col + (row << 3), COL_FINGERPRINT);
      if (!isHistory && subject != NOT_FOUND) {
        const known =
          column < identifying
            ? findCurrent(ctx, load<u32>(col + at, COL_FIRST), load<u32>(col + at, COL_COUNT), subject | (field << 28))
            : findCurrentConfirming(ctx, subject, u32(value));
        if (known) continue;
      }
      putNovel(ctx, outRow, field, value);
      if (column < identifying && (length & READY) == 0 && u32(value >> 32) < load<u32>(ctx + (field << 2), CTX_SAMPLE_THRESHOLD)) {
        putSample(ctx, field, value, col + COL_SLOTS + (usize(row) << 6), length);
      }
    }
    for (let column = active; column < all; column++) {
      const col = columnAt(ctx, column);
      const place = load<i32>(col, COL_CLASS) - CLASS_CREATED;
      store<u32>(out + usize(place) * (OUT_CAPACITY << 2), load<u32>(col + at, COL_POINTER), CTX_OUT_TIMES);
    }
    store<u32>(ctx, outRow + 1, CTX_OUT_ROWS);
  }
}
