/*
 * Adding a customer table: a row that the register's last snapshot had, cell for cell, needs no more than one fingerprint of it all. What such a row says is
 * current already; nothing of it is normalised, looked up or sent out (docs/spec/register.md).
 */
import {
  BATCH,
  COL_CLASS,
  COL_KEY,
  CTX_CHECKED,
  CTX_COLUMN_MAP,
  CTX_COLUMNS,
  CTX_CONFIRM_LANES,
  CTX_DIGEST,
  CTX_ID_CELL,
  CTX_ID_COLUMN,
  CTX_LINE_COUNT,
  CTX_NEXT_SUBJECT,
  CTX_OUT_UNCHANGED,
  CTX_PLACES,
  CTX_PRINT_COUNT,
  CTX_PRINT_KEY,
  CTX_PRINTS,
  CTX_REGION,
  CTX_ROWS,
  CTX_SEARCHES,
  CTX_TABLE,
  CTX_TOUCHED,
  LANE_BYTES,
  NOT_FOUND,
  ROW_END,
  ROW_ORDINAL,
  ROW_PRINT,
  ROW_PRINT_BYTES,
  ROW_START,
} from '../../src/kernel/layout';
import { COLUMN_PLACES, trimmed } from './cells';
import { hashLanes, hashOne } from './hash';
import { normaliseIdentifying } from './normalise';
import { entryAt, findRecords, RECORD, setBit } from './probe';
import { columnAt } from './resolve';

/** A row whose cells take more than this has no fingerprint. */
const MOST_BYTES: usize = 1024;
const PRINT_MASK: u64 = 0xffffffffffff;
/** Subjects that were added since, or are gone, stand between a row's subject and that of the next. */
const AHEAD: u32 = 8;
/** Searches by id that may fail, one after the other, before only some rows are searched: a table in which everything has changed gains nothing from them. */
const MOST_SEARCHES: u32 = 256;
const SEARCHED_ANYWAY: u32 = 64;

/** Puts the cells of a row with a meaning into a lane, the length of each (u16) before it; answers their bytes, 0 when they are too many. */
// @ts-ignore: decorator
@inline
function gatherCells(ctx: usize, slot: i32, lane: usize): i32 {
  const columns = load<i32>(ctx, CTX_COLUMNS);
  const limit = lane + MOST_BYTES;
  let to = lane;
  let place = ctx + CTX_PLACES + (usize(slot) << 3);
  for (let column: i32 = 0; column < columns; column++, place += COLUMN_PLACES) {
    if (load<u8>(ctx + column, CTX_COLUMN_MAP) == 255) continue;
    const cell = load<u64>(place);
    const from = usize(u32(cell));
    const size = usize(cell >> 32) - from;
    if (to + 2 + size > limit) return 0;
    store<u16>(to, u16(size));
    to += 2;
    for (let i: usize = 0; i < size; i += 16) v128.store(to + i, v128.load(from + i));
    to += size;
  }
  // A lane has room for a block behind its longest message.
  for (let i: usize = 0; i < 64; i += 16) v128.store(to + i, i32x4.splat(0));
  return i32(to - lane);
}

/** Fingerprints the rows [from, to). */
function printRows(ctx: usize, from: i32, to: i32): void {
  const lanes = ctx + CTX_CONFIRM_LANES;
  const digest = ctx + CTX_DIGEST;
  for (let row = from; row < to; row += 4) {
    const slot = row & (BATCH - 1);
    const length0 = gatherCells(ctx, slot, lanes);
    const length1 = row + 1 < to ? gatherCells(ctx, slot + 1, lanes + LANE_BYTES) : 0;
    const length2 = row + 2 < to ? gatherCells(ctx, slot + 2, lanes + 2 * LANE_BYTES) : 0;
    const length3 = row + 3 < to ? gatherCells(ctx, slot + 3, lanes + 3 * LANE_BYTES) : 0;
    hashLanes(ctx, ctx + CTX_PRINT_KEY, length0, length1, length2, length3);
    putPrint(ctx, row, length0, digest);
    if (row + 1 < to) putPrint(ctx, row + 1, length1, digest + 4);
    if (row + 2 < to) putPrint(ctx, row + 2, length2, digest + 8);
    if (row + 3 < to) putPrint(ctx, row + 3, length3, digest + 12);
  }
}

// @ts-ignore: decorator
@inline
function putPrint(ctx: usize, row: i32, length: i32, digest: usize): void {
  const print = (u64(load<u32>(digest)) | (u64(load<u32>(digest, 16)) << 32)) & PRINT_MASK;
  store<u64>(ctx + (row << 3), length == 0 ? 0 : print, ROW_PRINT);
}

// @ts-ignore: decorator
@inline
function printOf(prints: usize, subject: u32): u64 {
  return load<u64>(prints + usize(subject) * ROW_PRINT_BYTES) & PRINT_MASK;
}

/** The subject whose id stands in a row, as far as that can be said without the exact path; NOT_FOUND otherwise. */
function findById(ctx: usize, slot: i32): u32 {
  const cell = trimmed(ctx + CTX_PLACES + load<u32>(ctx, CTX_ID_CELL) * COLUMN_PLACES + (usize(slot) << 3));
  const from = usize(u32(cell));
  const length = i32(cell >> 32) - i32(cell);
  const col = columnAt(ctx, load<i32>(ctx, CTX_ID_COLUMN));
  const to = ctx + CTX_CONFIRM_LANES;
  const size = normaliseIdentifying(load<i32>(col, COL_CLASS), from, length, load<i32>(ctx, CTX_REGION), to);
  if (size <= 0) return NOT_FOUND;
  const table: usize = load<u32>(ctx, CTX_TABLE);
  const found = findRecords(table, load<u32>(ctx, CTX_LINE_COUNT), hashOne(ctx, col + COL_KEY, to, size));
  return found == 0 ? NOT_FOUND : load<u32>(entryAt(table, u32(found)), RECORD) & 0x0fffffff;
}

/** Whether the register has the row as that of its subject: at the next place first, because tables mostly keep their order, then where its id says. */
function isKnown(ctx: usize, row: i32): bool {
  const print = load<u64>(ctx + (row << 3), ROW_PRINT);
  if (print == 0) return false;
  const prints: usize = load<u32>(ctx, CTX_PRINTS);
  const count = load<u32>(ctx, CTX_PRINT_COUNT);
  const next = load<u32>(ctx, CTX_NEXT_SUBJECT);
  const searches = load<u32>(ctx, CTX_SEARCHES);
  const limit = min(next + AHEAD, count);
  let subject = next;
  while (subject < limit && printOf(prints, subject) != print) subject++;
  if (subject >= limit) {
    if (searches == 0 && (load<u32>(ctx + (row << 2), ROW_ORDINAL) & (SEARCHED_ANYWAY - 1)) != 0) return false;
    subject = findById(ctx, row & (BATCH - 1));
    if (subject < count) store<u32>(ctx, subject + 1, CTX_NEXT_SUBJECT);
    if (subject >= count || printOf(prints, subject) != print) {
      store<u32>(ctx, max(searches, 1) - 1, CTX_SEARCHES);
      return false;
    }
  }
  store<u32>(ctx, subject + 1, CTX_NEXT_SUBJECT);
  store<u32>(ctx, min(searches + 1, MOST_SEARCHES), CTX_SEARCHES);
  setBit(load<u32>(ctx, CTX_TOUCHED), subject);
  return true;
}

/** Moves a row of the batch to an earlier place in it. */
function moveRow(ctx: usize, from: i32, to: i32): void {
  const columns = load<i32>(ctx, CTX_COLUMNS);
  let cells = ctx + CTX_PLACES;
  const fromCell = usize(from & (BATCH - 1)) << 3;
  const toCell = usize(to & (BATCH - 1)) << 3;
  for (let column: i32 = 0; column < columns; column++, cells += COLUMN_PLACES) {
    store<u64>(cells + toCell, load<u64>(cells + fromCell));
  }
  const source = ctx + (from << 2);
  const target = ctx + (to << 2);
  store<u32>(target, load<u32>(source, ROW_START), ROW_START);
  store<u32>(target, load<u32>(source, ROW_END), ROW_END);
  store<u32>(target, load<u32>(source, ROW_ORDINAL), ROW_ORDINAL);
  store<u64>(ctx + (to << 3), load<u64>(ctx + (from << 3), ROW_PRINT), ROW_PRINT);
}

/** Fingerprints the rows of the batch that were not looked at yet, and drops those that the register has; answers how many rows are gathered then. No row of the batch is normalised yet. */
export function dropUnchanged(ctx: usize): i32 {
  const rows = load<i32>(ctx, CTX_ROWS);
  const base = (rows - 1) & ~(BATCH - 1);
  const from = base + load<i32>(ctx, CTX_CHECKED);
  printRows(ctx, from, rows);
  let kept = from;
  if (load<u32>(ctx, CTX_PRINTS) == 0) kept = rows;
  else {
    for (let row = from; row < rows; row++) {
      if (isKnown(ctx, row)) continue;
      if (row != kept) moveRow(ctx, row, kept);
      kept++;
    }
  }
  store<i32>(ctx, kept - base, CTX_CHECKED);
  store<i32>(ctx, kept, CTX_ROWS);
  store<u32>(ctx, load<u32>(ctx, CTX_OUT_UNCHANGED) + (rows - kept), CTX_OUT_UNCHANGED);
  return kept;
}
