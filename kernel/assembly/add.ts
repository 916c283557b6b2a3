/* Comparing a customer table with the register that it extends: what is known and current is marked, what is novel goes out. */
import {
  CLASS_CREATED,
  COL_CLASS,
  COL_FIELD,
  COL_LENGTH,
  COL_SLOTS,
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
  CTX_OUT_PRINT,
  CTX_OUT_ROWS,
  CTX_OUT_SAMPLE_LIST,
  CTX_OUT_SAMPLES,
  CTX_OUT_SUBJECT,
  CTX_OUT_TIMES,
  CTX_RECORD_SEEN,
  CTX_SAMPLE_THRESHOLD,
  CTX_TABLE,
  CTX_TIMES,
  ID_LIMIT,
  MANY,
  NOT_FOUND,
  READY,
  ROW_HITS,
  ROW_PRESENT,
  ROW_PRINT,
  ROW_SLOW,
  ROWS,
  SAMPLE_BYTES,
  SAMPLE_CAPACITY,
  VALUE_COUNT,
  VALUE_FINGERPRINT,
  VALUE_FIRST,
} from '../../src/kernel/layout';
import { entryAt, RECORD, setBit } from './probe';
import { columnAt, lowerRecord, valuesAt } from './resolve';

/**
 * Keeps, of a batch that has just been hashed, what its slots hold and later rows will overwrite:
 * the ids, and copies of sampled values (for the making of control values; they never leave the process).
 */
export function keepValues(ctx: usize, base: i32, rows: i32): void {
  const idColumn = load<i32>(ctx, CTX_ID_COLUMN);
  const id = columnAt(ctx, idColumn);
  for (let row: i32 = 0; row < rows; row++) {
    const to = ctx + CTX_OUT_ID_DATA + (base + row) * ID_LIMIT;
    const length = load<u32>(id + (row << 2), COL_LENGTH);
    if ((length & READY) != 0) {
      // A long id: the exact path has put its length before its bytes.
      const from: usize = load<u32>(valuesAt(ctx, idColumn) + ((base + row) << 2), VALUE_FIRST);
      const size = load<u32>(from - 4);
      store<u8>(to, size);
      memory.copy(to + 1, from, size);
    } else {
      store<u8>(to, length);
      const slot = id + COL_SLOTS + (usize(row) << 6);
      v128.store(to, v128.load(slot, 0), 1);
      v128.store(to, v128.load(slot, 16), 17);
      v128.store(to, v128.load(slot, 32), 33);
      v128.store(to, v128.load(slot, 48), 49);
    }
  }
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  for (let column: i32 = 0; column < identifying; column++) {
    const col = columnAt(ctx, column);
    const field = load<u32>(col, COL_FIELD);
    const threshold = load<u32>(ctx + (field << 2), CTX_SAMPLE_THRESHOLD);
    if (threshold == 0) continue;
    for (let row: i32 = 0; row < rows; row++) {
      const length = load<u32>(col + (row << 2), COL_LENGTH);
      const hi = load<u32>(valuesAt(ctx, column) + ((base + row) << 3), VALUE_FINGERPRINT + 4);
      if (length != 0 && (length & READY) == 0 && hi < threshold) putSample(ctx, field, hi, col + COL_SLOTS + (usize(row) << 6), length);
    }
  }
}

/** With more than two sampled columns the list may be full: then the rest of these rows is not sampled, which no count depends on. */
function putSample(ctx: usize, field: u32, hi: u32, slot: usize, length: u32): void {
  const number = load<u32>(ctx, CTX_OUT_SAMPLES);
  if (number >= u32(SAMPLE_CAPACITY)) return;
  const to = ctx + CTX_OUT_SAMPLE_LIST + usize(number) * SAMPLE_BYTES;
  store<u32>(to, field);
  store<u32>(to, hi, 4);
  store<u32>(to, length, 8);
  for (let i: usize = 0; i < 64; i += 16) v128.store(to + i, v128.load(slot + i), 16);
  store<u32>(ctx, number + 1, CTX_OUT_SAMPLES);
}

/** The subject of an id: the id column's records all belong to one subject. NOT_FOUND when the id is new. */
function subjectOf(ctx: usize, idColumn: i32, row: i32): u32 {
  if (((load<u32>(ctx + (row << 2), ROW_HITS) >> idColumn) & 1) == 0) return NOT_FOUND;
  const first = load<u32>(valuesAt(ctx, idColumn) + (row << 2), VALUE_FIRST);
  return load<u32>(entryAt(load<u32>(ctx, CTX_TABLE), first), RECORD) & 0x0fffffff;
}

/** Marks the current record of (subject, field, value) and answers whether there is one. */
function findCurrent(ctx: usize, first: u32, count: u32, owner: u32): bool {
  const table: usize = load<u32>(ctx, CTX_TABLE);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  for (let at = lowerRecord(table, first, count, owner); at < count; at++) {
    const record = entryAt(table, first + at) + RECORD;
    if (load<u32>(record) != owner) return false;
    if (load<u32>(record, 4) < currentPeriods) {
      setBit(load<u32>(ctx, CTX_RECORD_SEEN), first + at);
      return true;
    }
  }
  return false;
}

function findCurrentConfirming(ctx: usize, subject: u32, value: u32): bool {
  const place = usize(load<u32>(ctx, CTX_CONFIRM_INDEX)) + (usize(subject) << 2);
  const entries: usize = load<u32>(ctx, CTX_CONFIRM);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const end = load<u32>(place, 4);
  for (let j = load<u32>(place); j < end; j++) {
    const entry = entries + (usize(j) << 3);
    if (load<u32>(entry) == value && load<u32>(entry, 4) < currentPeriods) {
      setBit(load<u32>(ctx, CTX_CONFIRM_SEEN), j);
      return true;
    }
  }
  return false;
}

/** Sends out the gathered rows that are not slow; all of them have a usable id. */
export function emitRows(ctx: usize, rows: i32): void {
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const active = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const all = active + load<i32>(ctx, CTX_TIMES);
  const idColumn = load<i32>(ctx, CTX_ID_COLUMN);
  const isHistory = load<u32>(ctx, CTX_HISTORY) != 0;
  let outRow: u32 = 0;
  let idBytes: u32 = 0;
  let novel = ctx + CTX_OUT_NOVEL_LIST;
  for (let row: i32 = 0; row < rows; row++) {
    if (load<u8>(ctx + row, ROW_SLOW) != 0) continue;
    const out = ctx + (usize(outRow) << 2);
    const subject = subjectOf(ctx, idColumn, row);
    store<u32>(out, subject, CTX_OUT_SUBJECT);
    store<u64>(ctx + (usize(outRow) << 3), load<u64>(valuesAt(ctx, idColumn) + (row << 3), VALUE_FINGERPRINT), CTX_OUT_ID);
    store<u64>(ctx + (usize(outRow) << 3), load<u64>(ctx + (row << 3), ROW_PRINT), CTX_OUT_PRINT);
    store<u32>(out, idBytes, CTX_OUT_ID_OFFSET);
    if (subject == NOT_FOUND) {
      // Ids move together: what is sent out never overtakes what is still to be read.
      const from = ctx + CTX_OUT_ID_DATA + row * ID_LIMIT;
      const size = load<u8>(from);
      memory.copy(ctx + CTX_OUT_ID_DATA + idBytes, from + 1, size);
      idBytes += size;
    }

    const present = load<u32>(ctx + (row << 2), ROW_PRESENT);
    const hits = load<u32>(ctx + (row << 2), ROW_HITS);
    for (let column: i32 = 0; column < active; column++) {
      if (((present >> column) & 1) == 0) continue;
      const field = load<u32>(columnAt(ctx, column), COL_FIELD);
      const values = valuesAt(ctx, column);
      const value = load<u64>(values + (row << 3), VALUE_FINGERPRINT);
      if (!isHistory && subject != NOT_FOUND) {
        if (column >= identifying) {
          if (findCurrentConfirming(ctx, subject, u32(value))) continue;
        } else if (((hits >> column) & 1) != 0) {
          const at = values + (row << 2);
          if (findCurrent(ctx, load<u32>(at, VALUE_FIRST), load<u32>(at, VALUE_COUNT) & ~MANY, subject | (field << 28))) continue;
        }
      }
      store<u32>(novel, outRow);
      store<u32>(novel, field, 4);
      store<u64>(novel, value, 8);
      novel += 16;
    }
    for (let column = active; column < all; column++) {
      const place = load<i32>(columnAt(ctx, column), COL_CLASS) - CLASS_CREATED;
      store<u32>(out + usize(place) * (4 * ROWS), load<u32>(valuesAt(ctx, column) + (row << 2), VALUE_FIRST), CTX_OUT_TIMES);
    }
    outRow++;
  }
  store<u32>(ctx + (usize(outRow) << 2), idBytes, CTX_OUT_ID_OFFSET);
  store<u32>(ctx, outRow, CTX_OUT_ROWS);
  store<u32>(ctx, idBytes, CTX_OUT_ID_BYTES);
  store<u32>(ctx, u32(novel - ctx - CTX_OUT_NOVEL_LIST) >> 4, CTX_OUT_NOVEL);
}
