/*
 * Finding fingerprints in the register's table (src/register/layout.ts says how it lies in memory; src/register/lookup.ts is the reference).
 *
 * With tens of millions of values every look-up misses the cache and the TLB. Most look-ups of strangers end in a filter that is a sixteenth of the table and is read in
 * any order; those that pass are sorted by the top byte of the fingerprint, which is the order of the table: neighbours then share page-table lines.
 */
import {
  CTX_BUCKETS,
  CTX_FILTER,
  CTX_FILTER_WORDS,
  CTX_IDENTIFYING,
  CTX_LINE_COUNT,
  CTX_LINES,
  CTX_CURRENT_PERIODS,
  CTX_LOOKUPS,
  CTX_MODE,
  CTX_OVERFLOW,
  CTX_RECORD_SEEN,
  CTX_RECORDS,
  CTX_SINK,
  CTX_SORTED,
  CTX_VALUES,
  MANY,
  MODE_VERIFY,
  ROW_HITS,
  ROW_PRESENT,
  VALUE_COUNT,
  VALUE_FINGERPRINT,
  VALUE_FIRST,
  VALUES_STRIDE,
} from '../../src/kernel/layout';

/** Look-ups of 16 bytes that are worked on together. */
const GROUP_BYTES: usize = 64 * 16;

/** Sets a bit of one of the thread's own bitmaps. */
// @ts-ignore: decorator
@inline
export function setBit(map: usize, bit: u32): void {
  const word = map + (usize(bit >> 5) << 2);
  store<u32>(word, load<u32>(word) | (1 << (bit & 31)));
}

// @ts-ignore: decorator
@inline
function lineOf(lines: usize, lineCount: u64, fingerprint: u64): usize {
  return lines + usize(((fingerprint >> 32) * lineCount) >> 32) * 64;
}

/** The bits of a fingerprint in its line's word of the filter: three of 32, from bits that do not choose the line. */
// @ts-ignore: decorator
@inline
function filterBits(fingerprint: u64): u32 {
  const low = u32(fingerprint);
  return (1 << (low & 31)) | (1 << ((low >> 5) & 31)) | (1 << ((low >> 10) & 31));
}

/**
 * Builds the filter of the lines [from, to): one word a line with the bits of all its fingerprints (a Bloom filter blocked to words:
 * Putze, Sanders, Singler, "Cache-, hash- and space-efficient Bloom filters", 2007). With five fingerprints a line, 5 to 8 % of the absent ones pass;
 * for 30 M fingerprints it has 24 MB where the table has 384, and most look-ups of strangers end in it.
 */
export function buildFilter(lines: usize, overflow: usize, filter: usize, from: u32, to: u32): void {
  for (let line = from; line < to; line++) {
    const at = lines + (usize(line) << 6);
    const count = load<u32>(at, 4);
    const own = count <= 7 ? count : 6;
    let word: u32 = 0;
    for (let i: u32 = 0; i < own; i++) word |= filterBits(load<u64>(at + (usize(i) << 3), 8));
    if (count > 7) {
      const rest = overflow + (usize(load<u32>(at, 56)) << 3);
      for (let i: u32 = 0; i < count - 6; i++) word |= filterBits(load<u64>(rest + (usize(i) << 3)));
    }
    store<u32>(filter + (usize(line) << 2), word);
  }
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

/** Places from `fingerprint` on in the overflow that hold it; the largest fingerprint has no next one to look for. */
function runLength(overflow: usize, from: u32, count: u32, at: u32, fingerprint: u64): u32 {
  return (fingerprint == u64(-1) ? count : lowerBound(overflow, from, count, fingerprint + 1)) - at;
}

/** The records of a fingerprint: first record in the low half, number of records in the high half; 0 when there is none. */
export function findRecords(lines: usize, lineCount: u64, overflow: usize, fingerprint: u64): u64 {
  const line = lineOf(lines, lineCount, fingerprint);
  const count = load<u32>(line, 4);
  const wanted = i64x2.splat(fingerprint);
  let found: u32 =
    i64x2.bitmask(i64x2.eq(v128.load(line, 8), wanted)) |
    (i64x2.bitmask(i64x2.eq(v128.load(line, 24), wanted)) << 2) |
    (i64x2.bitmask(i64x2.eq(v128.load(line, 40), wanted)) << 4) |
    (u32(load<u64>(line, 56) == fingerprint) << 6);
  if (count <= 7) {
    found &= (1 << count) - 1;
    if (found == 0) return 0;
    return u64(load<u32>(line) + ctz(found)) | (u64(popcnt(found)) << 32);
  }
  return findInOverflow(line, count, found & 63, overflow, fingerprint);
}

function findInOverflow(line: usize, count: u32, found: u32, overflow: usize, fingerprint: u64): u64 {
  const base = load<u32>(line);
  const from = load<u32>(line, 56);
  const rest = count - 6;
  if (found != 0) {
    let number: u32 = popcnt(found);
    // The run reaches the end of the line: it may go on in the overflow.
    if ((found & 32) != 0) number += runLength(overflow, from, rest, 0, fingerprint);
    return u64(base + ctz(found)) | (u64(number) << 32);
  }
  // The line holds its six smallest: what is below the last of them is nowhere else. Two of three look-ups in full lines end here, without another miss.
  if (fingerprint < load<u64>(line, 48)) return 0;
  const at = lowerBound(overflow, from, rest, fingerprint);
  if (at == rest || load<u64>(overflow + ((usize(from) + at) << 3)) != fingerprint) return 0;
  return u64(base + 6 + at) | (u64(runLength(overflow, from, rest, at, fingerprint)) << 32);
}

/** Rows whose filter words are fetched together. */
const FILTER_STEP: i32 = 512;

/**
 * Lists the look-ups that the filter lets through, of all identifying columns (of `only`, when it is not negative); answers the list's end.
 * The filter is small enough that its words may be fetched in any order: all words of a step first, loads that nothing waits for, then the comparing.
 */
function passFilter(ctx: usize, rows: i32, only: i32): usize {
  const filter: usize = load<u32>(ctx, CTX_FILTER);
  const lineCount: u64 = load<u32>(ctx, CTX_LINE_COUNT);
  const words = ctx + CTX_FILTER_WORDS;
  const identifying = load<i32>(ctx, CTX_IDENTIFYING);
  let out = ctx + CTX_LOOKUPS;
  for (let column: i32 = 0; column < identifying; column++) {
    if (only >= 0 && column != only) continue;
    const fingerprints = ctx + CTX_VALUES + column * VALUES_STRIDE + VALUE_FINGERPRINT;
    for (let from: i32 = 0; from < rows; from += FILTER_STEP) {
      const to = min(rows, from + FILTER_STEP);
      for (let row = from; row < to; row++) {
        const high: u64 = load<u32>(fingerprints + (row << 3), 4);
        store<u32>(words + ((row - from) << 2), load<u32>(filter + (usize((high * lineCount) >> 32) << 2)));
      }
      for (let row = from; row < to; row++) {
        const fingerprint = load<u64>(fingerprints + (row << 3));
        const bits = filterBits(fingerprint);
        const has = load<u32>(ctx + (row << 2), ROW_PRESENT) >> column;
        store<u64>(out, fingerprint);
        store<u32>(out, (column << 16) | row, 8);
        out += usize(u32((load<u32>(words + ((row - from) << 2)) & bits) == bits) & has) << 4;
      }
    }
  }
  return out;
}

/** Sorts the look-ups up to `end` by the top byte of the fingerprint into the second list; answers its end. */
function sortLookups(ctx: usize, end: usize): usize {
  const buckets = ctx + CTX_BUCKETS;
  const sorted = ctx + CTX_SORTED;
  memory.fill(buckets, 0, 256 * 4);
  for (let at = ctx + CTX_LOOKUPS; at < end; at += 16) {
    const bucket = buckets + (usize(load<u8>(at, 7)) << 2);
    store<u32>(bucket, load<u32>(bucket) + 16);
  }
  let total = u32(sorted);
  for (let bucket = buckets; bucket < buckets + 256 * 4; bucket += 4) {
    const bytes = load<u32>(bucket);
    store<u32>(bucket, total);
    total += bytes;
  }
  for (let at = ctx + CTX_LOOKUPS; at < end; at += 16) {
    const bucket = buckets + (usize(load<u8>(at, 7)) << 2);
    const to = load<u32>(bucket);
    v128.store(to, v128.load(at));
    store<u32>(bucket, to + 16);
  }
  return total;
}

/**
 * Looks up the identifying columns of all gathered rows (only column `only`, when it is not negative):
 * sets VALUE_FIRST, VALUE_COUNT where something was found, and the columns' bits in ROW_HITS.
 *
 * A pipeline over groups of 64: the lines of one group are asked for, then the group before is compared and its
 * records are asked for, then the one before that is finished. No store in a loop that misses has an address that depends on a load: such stores hold back
 * the loads behind them.
 */
export function probe(ctx: usize, rows: i32, only: i32): void {
  memory.fill(ctx + ROW_HITS, 0, rows << 2);
  const end = sortLookups(ctx, passFilter(ctx, rows, only));
  let compared: usize = 0;
  for (let group = ctx + CTX_SORTED; group < end + 2 * GROUP_BYTES; group += GROUP_BYTES) {
    if (group < end) touchLines(ctx, group, min(end, group + GROUP_BYTES));
    const before = group - GROUP_BYTES;
    const nowCompared = before >= ctx + CTX_SORTED && before < end ? compareGroup(ctx, before, min(end, group) - before) : 0;
    finishGroup(ctx, before - GROUP_BYTES, compared);
    compared = nowCompared;
  }
}

/** Asks for the lines of a group. */
function touchLines(ctx: usize, from: usize, end: usize): void {
  const lines: usize = load<u32>(ctx, CTX_LINES);
  const lineCount: u64 = load<u32>(ctx, CTX_LINE_COUNT);
  let sink: u32 = 0;
  for (let at = from; at < end; at += 16) sink += load<u32>(lineOf(lines, lineCount, load<u64>(at)), 4);
  store<u32>(ctx, sink, CTX_SINK);
}

/** Replaces the look-ups of a group by what was found (first record, number of records, place), and asks for the records; answers their bytes. */
function compareGroup(ctx: usize, group: usize, bytes: usize): usize {
  const lines: usize = load<u32>(ctx, CTX_LINES);
  const lineCount: u64 = load<u32>(ctx, CTX_LINE_COUNT);
  const overflow: usize = load<u32>(ctx, CTX_OVERFLOW);
  const records: usize = load<u32>(ctx, CTX_RECORDS);
  for (let at = group; at < group + bytes; at += 16) {
    store<u64>(at, findRecords(lines, lineCount, overflow, load<u64>(at)));
  }
  let out = group;
  for (let at = group; at < group + bytes; at += 16) {
    const entry = v128.load(at);
    v128.store(out, entry);
    out += usize(i32x4.extract_lane(entry, 1) != 0) << 4;
  }
  let sink: u32 = 0;
  for (let at = group; at < out; at += 16) sink += load<u32>(records + (usize(load<u32>(at)) << 3));
  store<u32>(ctx, sink, CTX_SINK);
  return out - group;
}

/** Writes what a group found to the rows. */
function finishGroup(ctx: usize, group: usize, bytes: usize): void {
  const records: usize = load<u32>(ctx, CTX_RECORDS);
  const currentPeriods = load<u32>(ctx, CTX_CURRENT_PERIODS);
  const seen: usize = load<u32>(ctx, CTX_RECORD_SEEN);
  const isVerify = load<u32>(ctx, CTX_MODE) == MODE_VERIFY;
  for (let at = group; at < group + bytes; at += 16) {
    const first = load<u32>(at);
    let count = load<u32>(at, 4);
    const place = load<u32>(at, 8);
    const row = (place & 0xffff) << 2;
    const column = place >> 16;
    let shown = first;
    if (count == 1 && isVerify) {
      const record = records + (usize(first) << 3);
      shown = load<u32>(record);
      count = u32(load<u32>(record, 4) < currentPeriods);
      // In the order of the table the marks lie side by side too. A control's bit is set as well, and never read.
      setBit(seen, first);
    } else {
      count |= MANY;
    }
    const value = ctx + CTX_VALUES + column * VALUES_STRIDE + row;
    store<u32>(value, shown, VALUE_FIRST);
    store<u32>(value, count, VALUE_COUNT);
    store<u32>(ctx + row, load<u32>(ctx + row, ROW_HITS) | (1 << column), ROW_HITS);
  }
}
