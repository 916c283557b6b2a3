/* The kernel's exports. One instance a thread; every function takes the thread's own context `ctx` in the shared memory. */
import {
  BATCH,
  COL_KEY,
  COL_LENGTH,
  COL_SLOTS,
  CTX_CELLS,
  CTX_COLUMNS,
  CTX_CONFIRMING,
  CTX_IDENTIFYING,
  CTX_ROWS,
  CTX_TIMES,
  LAYOUT_MARK,
  READY,
  ROW_HASH,
  ROW_ORDINAL,
  ROW_PRESENT,
  ROW_PRINT,
  ROW_SLOW,
  ROWS,
  VALUE_COUNT,
  VALUE_FINGERPRINT,
  VALUE_FIRST,
} from '../../src/kernel/layout';
import { factorOf, hashCell, hashOne, startHash } from './hash';
import { columnAt, valuesAt } from './resolve';
import { hashBatch } from './scan';

export { hashOne } from './hash';
export { buildFilter, findRecords } from './probe';
export { findCut, flush, scanRows } from './scan';
export { transcodeGb18030 } from './transcode';

/** The layout that these bytes were built for: the loader compares it with its own. */
export function layoutMark(): u32 {
  return LAYOUT_MARK;
}

/**
 * Adds one row that the exact path has prepared; answers 1 when it was the last that can be gathered.
 * CTX_CELLS holds (pointer, length) of the normalised value per active column (length 0: none; times: the seconds in place of the pointer), then,
 * per column of the file, of the raw cell (length -1: it stands in the row's hash by its fingerprint).
 * `filled`: bit per active confirming column whose cell is not empty. `printLo`, `printHi`: ROW_PRINT.
 */
export function addPrepared(ctx: usize, ordinal: u32, filled: u32, printLo: u32, printHi: u32): bool {
  const row = load<i32>(ctx, CTX_ROWS);
  const slot = row & (BATCH - 1);
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const active = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const all = active + load<i32>(ctx, CTX_TIMES);
  const columns = load<i32>(ctx, CTX_COLUMNS);
  let present = filled << 16;
  let place = ctx + CTX_CELLS;
  for (let column: i32 = 0; column < all; column++, place += 8) {
    const col = columnAt(ctx, column);
    const values = valuesAt(ctx, column);
    const pointer: usize = load<u32>(place);
    const length = load<i32>(place, 4);
    store<u32>(values + (row << 2), u32(pointer), VALUE_FIRST);
    if (column >= active) continue;
    if (length != 0) present |= 1 << column;
    if (column >= identifying) {
      store<u32>(values + (row << 2), u32(length) | READY, VALUE_COUNT);
    } else if (length <= 64) {
      const to = col + COL_SLOTS + (slot << 6);
      memory.fill(to, 0, 64);
      memory.copy(to, pointer, length);
      store<u32>(col + (slot << 2), length, COL_LENGTH);
    } else {
      store<u64>(values + (row << 3), hashOne(ctx, col + COL_KEY, pointer, length), VALUE_FINGERPRINT);
      store<u32>(col + (slot << 2), READY, COL_LENGTH);
    }
  }
  // The hash of the row: identifying values are left to the end, as in the fast path.
  let hash = startHash(columns);
  for (let column: i32 = 0; column < columns; column++, place += 8) {
    const length = load<i32>(place, 4);
    if (length >= 0) hash += hashCell(ctx, factorOf(column), load<u32>(place), length);
  }
  store<u32>(ctx + (row << 2), ordinal, ROW_ORDINAL);
  store<u32>(ctx + (row << 2), present, ROW_PRESENT);
  store<u8>(ctx + row, 0, ROW_SLOW);
  store<u64>(ctx + (row << 3), hash, ROW_HASH);
  store<u64>(ctx + (row << 3), u64(printLo) | (u64(printHi) << 32), ROW_PRINT);
  store<i32>(ctx, row + 1, CTX_ROWS);
  if (slot + 1 == BATCH) hashBatch(ctx);
  return row + 1 == ROWS;
}
