/*
 * From the places of cells to values: a batch of rows column by column, so that one kind of cell after the other goes through one short loop.
 * Rows about which a normaliser is not sure are marked slow and say nothing until the exact path has read them.
 */
import {
  BATCH,
  CLASS_CREATED,
  CLASS_CUSTOMER_ID,
  CLASS_EMAIL,
  CLASS_EXACT,
  CLASS_PHONE,
  CLASS_VALID_FROM,
  CLASS_VALID_UNTIL,
  COL_CLASS,
  COL_LENGTH,
  COL_SLOTS,
  CTX_COLUMN_MAP,
  CTX_COLUMNS,
  CTX_CONFIRMING,
  CTX_HISTORY,
  CTX_ID_COLUMN,
  CTX_IDENTIFYING,
  CTX_MODE,
  CTX_PLACES,
  CTX_REGION,
  CTX_TIMES,
  MODE_ADD,
  REGION_CN,
  ROW_HASH,
  ROW_PRESENT,
  ROW_SLOW,
  VALUE_COUNT,
  VALUE_FIRST,
} from '../../src/kernel/layout';
import { factorOf, hashCell, startHash } from './hash';
import { isSpace, mainlandPhone, normaliseIdentifying, plainAscii, plainEmail, SLOW, timeSeconds } from './normalise';
import { columnAt, valuesAt } from './resolve';

/** Bytes of the places of one column's cells in a batch: start and end, u32 each. */
export const COLUMN_PLACES: usize = BATCH * 8;

/** Notes where the cell of column `column` in row `row` stands. */
// @ts-ignore: decorator
@inline
export function placeCell(ctx: usize, row: i32, column: i32, from: usize, to: usize): void {
  store<u64>(ctx + column * COLUMN_PLACES + ((row & (BATCH - 1)) << 3), u64(from) | (u64(to) << 32), CTX_PLACES);
}

/** The cell at `place` without outer white space: start in the low half, end in the high half. */
// @ts-ignore: decorator
@inline
export function trimmed(place: usize): u64 {
  const cell = load<u64>(place);
  const from = usize(u32(cell));
  const to = usize(cell >> 32);
  // Most cells begin and end with something that is no space.
  return i32(load<u8>(from) <= 32) | i32(load<u8>(to - 1) <= 32) | i32(from == to) ? trim(from, to) : cell;
}

function trim(cell: usize, end: usize): u64 {
  let from = cell;
  let to = end;
  while (from < to && isSpace(load<u8>(from))) from++;
  while (from < to && isSpace(load<u8>(to - 1))) to--;
  return u64(from) | (u64(to) << 32);
}

// @ts-ignore: decorator
@inline
function addHash(ctx: usize, row: i32, hash: u64): void {
  const at = ctx + (row << 3);
  store<u64>(at, load<u64>(at, ROW_HASH) + hash, ROW_HASH);
}

/** Puts what a normaliser answered for a cell into its row. */
// @ts-ignore: decorator
@inline
function putValue(ctx: usize, col: usize, factor: u64, bit: u32, row: i32, slot: i32, size: i32, from: usize, length: i32): void {
  if (size > 0) {
    const at = ctx + (row << 2);
    store<i32>(col + (slot << 2), size, COL_LENGTH);
    store<u32>(at, load<u32>(at, ROW_PRESENT) | bit, ROW_PRESENT);
    return;
  }
  store<i32>(col + (slot << 2), 0, COL_LENGTH);
  if (size == SLOW) store<u8>(ctx + row, 1, ROW_SLOW);
  else addHash(ctx, row, hashCell(ctx, factor, from, length));
}

/** Normalises the rows [base, base + rows) of a batch; afterwards their slots are ready to be hashed. */
export function normaliseBatch(ctx: usize, base: i32, rows: i32): void {
  const columns = load<i32>(ctx, CTX_COLUMNS);
  for (let row: i32 = base; row < base + rows; row++) {
    store<u64>(ctx + (row << 3), startHash(columns), ROW_HASH);
    store<u32>(ctx + (row << 2), 0, ROW_PRESENT);
    store<u8>(ctx + row, 0, ROW_SLOW);
  }
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  for (let column: i32 = 0; column < columns; column++) {
    const active: i32 = load<u8>(ctx + column, CTX_COLUMN_MAP);
    if (active == 255) hashColumnCells(ctx, column, base, rows);
    else if (active < identifying) takeIdentifying(ctx, column, active, base, rows);
    else if (load<i32>(columnAt(ctx, active), COL_CLASS) >= CLASS_CREATED) takeTimes(ctx, column, active, base, rows);
    else takeConfirming(ctx, column, active, base, rows);
  }
  const isAdd = load<u32>(ctx, CTX_MODE) == MODE_ADD;
  for (let row: i32 = base; row < base + rows; row++) {
    if (load<u8>(ctx + row, ROW_SLOW) == 0 && !(isAdd && lacksId(ctx, row))) continue;
    store<u8>(ctx + row, 1, ROW_SLOW);
    store<u32>(ctx + (row << 2), 0, ROW_PRESENT);
    for (let active: i32 = 0; active < identifying; active++) store<u32>(columnAt(ctx, active) + ((row - base) << 2), 0, COL_LENGTH);
  }
}

function hashColumnCells(ctx: usize, column: i32, base: i32, rows: i32): void {
  const factor = factorOf(column);
  let place = ctx + CTX_PLACES + column * COLUMN_PLACES;
  for (let row = base; row < base + rows; row++, place += 8) {
    const cell = trimmed(place);
    addHash(ctx, row, hashCell(ctx, factor, usize(u32(cell)), i32(cell >> 32) - i32(cell)));
  }
}

function takeIdentifying(ctx: usize, column: i32, active: i32, base: i32, rows: i32): void {
  const factor = factorOf(column);
  const col = columnAt(ctx, active);
  const kind = load<i32>(col, COL_CLASS);
  const region = load<i32>(ctx, CTX_REGION);
  const bit: u32 = 1 << active;
  let place = ctx + CTX_PLACES + column * COLUMN_PLACES;
  let to = col + COL_SLOTS;
  // The shapes that are most frequent by far have loops of their own; what they do not take goes the general way.
  if (kind == CLASS_EMAIL) {
    for (let slot: i32 = 0; slot < rows; slot++, place += 8, to += 64) {
      const cell = trimmed(place);
      const from = usize(u32(cell));
      const length = i32(cell >> 32) - i32(cell);
      let size = plainEmail(from, length, to);
      if (size == 0) size = normaliseIdentifying(kind, from, length, region, to);
      putValue(ctx, col, factor, bit, base + slot, slot, size, from, length);
    }
  } else if (kind == CLASS_PHONE && region == REGION_CN) {
    for (let slot: i32 = 0; slot < rows; slot++, place += 8, to += 64) {
      const cell = trimmed(place);
      const from = usize(u32(cell));
      const length = i32(cell >> 32) - i32(cell);
      let size = mainlandPhone(from, length, to);
      if (size == 0) size = normaliseIdentifying(kind, from, length, region, to);
      putValue(ctx, col, factor, bit, base + slot, slot, size, from, length);
    }
  } else if (kind == CLASS_CUSTOMER_ID) {
    for (let slot: i32 = 0; slot < rows; slot++, place += 8, to += 64) {
      const cell = trimmed(place);
      const from = usize(u32(cell));
      const length = i32(cell >> 32) - i32(cell);
      let size = plainAscii(from, length, to);
      if (size == 0) size = normaliseIdentifying(kind, from, length, region, to);
      putValue(ctx, col, factor, bit, base + slot, slot, size, from, length);
    }
  } else {
    for (let slot: i32 = 0; slot < rows; slot++, place += 8, to += 64) {
      const cell = trimmed(place);
      const from = usize(u32(cell));
      const length = i32(cell >> 32) - i32(cell);
      putValue(ctx, col, factor, bit, base + slot, slot, normaliseIdentifying(kind, from, length, region, to), from, length);
    }
  }
}

function takeConfirming(ctx: usize, column: i32, active: i32, base: i32, rows: i32): void {
  const factor = factorOf(column);
  // White space belongs to a password.
  const isExact = load<i32>(columnAt(ctx, active), COL_CLASS) == CLASS_EXACT;
  let place = ctx + CTX_PLACES + column * COLUMN_PLACES;
  for (let row = base; row < base + rows; row++, place += 8) {
    const values = valuesAt(ctx, active) + (row << 2);
    const whole = load<u64>(place);
    const cell = trimmed(place);
    const length = i32(cell >> 32) - i32(cell);
    const kept = isExact ? whole : cell;
    const size = u32(kept >> 32) - u32(kept);
    store<u32>(values, u32(kept), VALUE_FIRST);
    store<u32>(values, size, VALUE_COUNT);
    const at = ctx + (row << 2);
    store<u32>(at, load<u32>(at, ROW_PRESENT) | (u32(size != 0) << active) | (u32(length != 0) << (16 + active)), ROW_PRESENT);
    addHash(ctx, row, hashCell(ctx, factor, usize(u32(cell)), length));
  }
}

function takeTimes(ctx: usize, column: i32, active: i32, base: i32, rows: i32): void {
  const factor = factorOf(column);
  const kind = load<i32>(columnAt(ctx, active), COL_CLASS);
  const values = valuesAt(ctx, active);
  let place = ctx + CTX_PLACES + column * COLUMN_PLACES;
  for (let row = base; row < base + rows; row++, place += 8) {
    const cell = trimmed(place);
    const from = usize(u32(cell));
    const length = i32(cell >> 32) - i32(cell);
    let seconds: i64 = kind == CLASS_VALID_UNTIL ? 0xffffffff : 0;
    if (length != 0) seconds = timeSeconds(from, length);
    // An unreadable time, or a version without its beginning, is for the exact path to refuse.
    if (seconds < 0 || (length == 0 && kind == CLASS_VALID_FROM)) store<u8>(ctx + row, 1, ROW_SLOW);
    store<u32>(values + (row << 2), u32(seconds), VALUE_FIRST);
    addHash(ctx, row, hashCell(ctx, factor, from, length));
  }
}

/** Add: a row without an id, or with an interval that ends before it begins, is for the exact path to refuse. */
function lacksId(ctx: usize, row: i32): bool {
  if (((load<u32>(ctx + (row << 2), ROW_PRESENT) >> load<i32>(ctx, CTX_ID_COLUMN)) & 1) == 0) return true;
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
