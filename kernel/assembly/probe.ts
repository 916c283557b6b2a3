/*
 * Finding fingerprints in the register's table (src/register/layout.ts says how it lies in memory; src/register/lookup.ts is the reference).
 * With tens of millions of values every look-up is a cache miss; misses of independent loads overlap, so a whole column of a batch is touched in a
 * tight loop before any of it is compared.
 */
import {
  ACTIVE_STRIDE,
  COL_COUNT,
  COL_FINGERPRINT,
  COL_FIRST,
  COL_LENGTH,
  CTX_ACTIVE,
  CTX_LINES,
  CTX_LINE_COUNT,
  CTX_OVERFLOW,
  CTX_RECORDS,
  CTX_ROW_HITS,
  CTX_SINK,
} from '../../src/kernel/layout';

// @ts-ignore: decorator
@inline
export function lineOf(lines: usize, lineCount: u64, fingerprint: u64): usize {
  return lines + usize(((fingerprint >> 32) * lineCount) >> 32) * 64;
}

/** First place in overflow[from … from + count) whose fingerprint is not below. */
function lowerBound(overflow: usize, from: u32, count: u32, fingerprint: u64): u32 {
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(overflow + ((usize(from) + middle) << 3)) < fingerprint) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The records of a fingerprint: first record in the low half, number of records in the high half; 0 when there is none. */
export function findRecords(lines: usize, lineCount: u64, overflow: usize, fingerprint: u64): u64 {
  const line = lineOf(lines, lineCount, fingerprint);
  const count = load<u32>(line, 4);
  if (count == 0) return 0;
  const base = load<u32>(line);
  const wanted = i64x2.splat(fingerprint);
  let found: u32 =
    i64x2.bitmask(i64x2.eq(v128.load(line, 8), wanted)) |
    (i64x2.bitmask(i64x2.eq(v128.load(line, 24), wanted)) << 2) |
    (i64x2.bitmask(i64x2.eq(v128.load(line, 40), wanted)) << 4) |
    (u32(load<u64>(line, 56) == fingerprint) << 6);
  if (count <= 7) {
    found &= (1 << count) - 1;
    if (found == 0) return 0;
    return u64(base + ctz(found)) | (u64(popcnt(found)) << 32);
  }
  found &= 63;
  const from = load<u32>(line, 56);
  const rest = count - 6;
  if (found != 0) {
    let number: u32 = popcnt(found);
    // The run reaches the end of the line: it may go on in the overflow.
    if ((found & 32) != 0) number += lowerBound(overflow, from, rest, fingerprint + 1);
    return u64(base + ctz(found)) | (u64(number) << 32);
  }
  const at = lowerBound(overflow, from, rest, fingerprint);
  if (at == rest || load<u64>(overflow + ((usize(from) + at) << 3)) != fingerprint) return 0;
  const end = lowerBound(overflow, from, rest, fingerprint + 1);
  return u64(base + 6 + at) | (u64(end - at) << 32);
}

/** Looks up column `column` of the batch; sets COL_FIRST, COL_COUNT and the column's bit in the rows' hits. */
export function probeColumn(ctx: usize, column: i32, rows: i32): void {
  const col = ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
  const lines: usize = load<u32>(ctx, CTX_LINES);
  const lineCount: u64 = load<u32>(ctx, CTX_LINE_COUNT);
  const overflow: usize = load<u32>(ctx, CTX_OVERFLOW);
  let sink: u32 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    sink += load<u32>(lineOf(lines, lineCount, load<u64>(col + (row << 3), COL_FINGERPRINT)), 4);
  }
  store<u32>(ctx, sink, CTX_SINK);
  const bit: u32 = 1 << column;
  for (let row: i32 = 0; row < rows; row++) {
    const at = row << 2;
    if (load<u32>(col + at, COL_LENGTH) == 0) {
      store<u32>(col + at, 0, COL_COUNT);
      continue;
    }
    const found = findRecords(lines, lineCount, overflow, load<u64>(col + (row << 3), COL_FINGERPRINT));
    store<u32>(col + at, u32(found), COL_FIRST);
    store<u32>(col + at, u32(found >> 32), COL_COUNT);
    if (found != 0) store<u32>(ctx + at, load<u32>(ctx + at, CTX_ROW_HITS) | bit, CTX_ROW_HITS);
  }
}

/** Warms the records that were found, again in one tight loop. */
export function touchRecords(ctx: usize, column: i32, rows: i32): void {
  const col = ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
  const records: usize = load<u32>(ctx, CTX_RECORDS);
  let sink: u32 = 0;
  for (let row: i32 = 0; row < rows; row++) {
    const at = row << 2;
    if (load<u32>(col + at, COL_COUNT) != 0) sink += load<u32>(records + (usize(load<u32>(col + at, COL_FIRST)) << 3));
  }
  store<u32>(ctx, load<u32>(ctx, CTX_SINK) + sink, CTX_SINK);
}
