/* The kernel's exports. One instance a thread; every function takes the thread's own context `ctx` in the shared memory. */
import {
  ACTIVE_STRIDE,
  BATCH,
  COL_FINGERPRINT,
  COL_KEY,
  COL_LENGTH,
  COL_POINTER,
  COL_SLOTS,
  CTX_ACTIVE,
  CTX_BATCH_ROWS,
  CTX_CELLS,
  CTX_COLUMNS,
  CTX_CONFIRM_LANES,
  CTX_CONFIRMING,
  CTX_DIGEST,
  CTX_IDENTIFYING,
  CTX_ROW_END,
  CTX_ROW_FLAGS,
  CTX_ROW_HASH,
  CTX_ROW_ORDINAL,
  CTX_ROW_START,
  CTX_TIMES,
  READY,
} from '../../src/kernel/layout';
import { hashCell, hashLanes } from './hash';
import { flushBatch } from './scan';

export { findCut, flushBatch, hasRoom, scanRows } from './scan';
export { findRecords } from './probe';
export { transcodeGb18030 } from './transcode';

/**
 * Adds one row that the exact path has prepared. CTX_CELLS holds (pointer, length) of the normalised value per active column
 * (length 0: none; times: the seconds in place of the pointer), then, per column of the file, of the raw cell.
 * `filled`: bit per active confirming column whose cell is not empty.
 */
export function addPrepared(ctx: usize, ordinal: u32, filled: u32): void {
  const row = load<i32>(ctx, CTX_BATCH_ROWS);
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  const active = identifying + load<i32>(ctx, CTX_CONFIRMING);
  const all = active + load<i32>(ctx, CTX_TIMES);
  const columns = load<i32>(ctx, CTX_COLUMNS);
  const at = row << 2;
  let place = ctx + CTX_CELLS;
  for (let column: i32 = 0; column < all; column++, place += 8) {
    const col = ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
    const pointer: usize = load<u32>(place);
    const length = load<i32>(place, 4);
    store<u32>(col + at, u32(pointer), COL_POINTER);
    if (column >= active) continue;
    if (length == 0) {
      store<u32>(col + at, 0, COL_LENGTH);
    } else if (column >= identifying) {
      store<u32>(col + at, u32(length) | READY, COL_LENGTH);
    } else if (length <= 64) {
      const slot = col + COL_SLOTS + (row << 6);
      memory.fill(slot, 0, 64);
      memory.copy(slot, pointer, length);
      store<u32>(col + at, length, COL_LENGTH);
    } else {
      store<u64>(col + (row << 3), hashOne(ctx, col + COL_KEY, pointer, length), COL_FINGERPRINT);
      // Long values keep their length before their bytes, for the list of ids (emitBatch).
      store<u32>(col + at, u32(pointer) - 4, COL_POINTER);
      store<u32>(col + at, READY, COL_LENGTH);
    }
  }
  // The hash of the row: cells in the file's order, identifying values left to the end (as in the fast path).
  let hash: u64 = 0;
  for (let column: i32 = 0; column < columns; column++, place += 8) {
    const pointer: usize = load<u32>(place);
    const length = load<i32>(place, 4);
    if (length >= 0) hash = hashCell(ctx, hash, pointer, length);
  }
  store<u32>(ctx + at, filled << 8, CTX_ROW_FLAGS);
  store<u32>(ctx + at, 0, CTX_ROW_START);
  store<u32>(ctx + at, 0, CTX_ROW_END);
  store<u32>(ctx + at, ordinal, CTX_ROW_ORDINAL);
  store<u64>(ctx + (row << 3), hash, CTX_ROW_HASH);
  store<i32>(ctx, row + 1, CTX_BATCH_ROWS);
  if (row + 1 == BATCH) flushBatch(ctx);
}

/** Fingerprint (64 bits) of one value of 1 to 1,024 bytes under the key at `key` (8 vectors, each word in all lanes). */
export function hashOne(ctx: usize, key: usize, pointer: usize, length: i32): u64 {
  const lane = ctx + CTX_CONFIRM_LANES;
  memory.copy(lane, pointer, length);
  memory.fill(lane + length, 0, ((length + 63) & ~63) - length);
  hashLanes(ctx, key, length, 0, 0, 0);
  const digest = ctx + CTX_DIGEST;
  return u64(load<u32>(digest)) | (u64(load<u32>(digest, 16)) << 32);
}

