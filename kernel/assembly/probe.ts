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
  CTX_CURRENT_PERIODS,
  CTX_LOOKUPS,
  CTX_MODE,
  CTX_RECORD_SEEN,
  CTX_SINK,
  CTX_SORTED,
  CTX_TABLE,
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

/** Bytes of an entry's head: the record stands behind the fingerprint. */
export const RECORD: usize = 8;

/** Address of entry `number` of a table. */
// @ts-ignore: decorator
@inline
export function entryAt(table: usize, number: u32): usize {
  return table + (usize(number) << 4);
}

// @ts-ignore: decorator
@inline
function lineOf(table: usize, lineCount: u64, fingerprint: u64): usize {
  return table + usize(((fingerprint >> 32) * lineCount) >> 32) * 128;
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
export function buildFilter(table: usize, filter: usize, from: u32, to: u32): void {
  for (let line = from; line < to; line++) {
    const at = table + (usize(line) << 7);
    let word: u32 = 0;
    const end = at + (usize(load<u32>(at)) << 4);
    for (let entry = at + 16; entry <= end; entry += 16) word |= filterBits(load<u64>(entry));
    const rest = load<u32>(at, 4);
    const overflow = load<u32>(at, 8);
    for (let i: u32 = 0; i < rest; i++) word |= filterBits(load<u64>(entryAt(table, overflow + i)));
    store<u32>(filter + (usize(line) << 2), word);
  }
}

/** First of the `count` entries from number `from` on whose fingerprint is not below. */
function lowerBound(table: usize, from: u32, count: u32, fingerprint: u64): u32 {
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (load<u64>(entryAt(table, from + middle)) < fingerprint) low = middle + 1;
    else high = middle;
  }
  return low;
}

// @ts-ignore: decorator
@inline
function holds(line: usize, place: usize, fingerprint: u64): u32 {
  return u32(load<u64>(line + (place << 4)) == fingerprint) << u32(place);
}

/** The records of a fingerprint: number of the first in the low half, number of records in the high half; 0 when there is none. */
// @ts-ignore: decorator
@inline
export function findRecords(table: usize, lineCount: u64, fingerprint: u64): u64 {
  const line = lineOf(table, lineCount, fingerprint);
  const own = load<u32>(line);
  // Unused places are zeros: what is found there is masked.
  const found =
    (holds(line, 1, fingerprint) |
      holds(line, 2, fingerprint) |
      holds(line, 3, fingerprint) |
      holds(line, 4, fingerprint) |
      holds(line, 5, fingerprint) |
      holds(line, 6, fingerprint) |
      holds(line, 7, fingerprint)) &
    ((2 << own) - 1);
  if (found != 0) return u64((u32(line - table) >> 4) + ctz(found)) | (u64(popcnt(found)) << 32);
  return load<u32>(line, 4) == 0 ? 0 : findInOverflow(table, line, own, fingerprint);
}

function findInOverflow(table: usize, line: usize, own: u32, fingerprint: u64): u64 {
  // The line holds its smallest fingerprints: what is below the last of them is nowhere else. Most look-ups in full lines end here, without another miss.
  if (own != 0 && fingerprint < load<u64>(line + (usize(own) << 4))) return 0;
  const rest = load<u32>(line, 4);
  const from = load<u32>(line, 8);
  const at = lowerBound(table, from, rest, fingerprint);
  if (at == rest || load<u64>(entryAt(table, from + at)) != fingerprint) return 0;
  // The largest fingerprint has no next one to look for.
  const end = fingerprint == u64(-1) ? rest : lowerBound(table, from, rest, fingerprint + 1);
  return u64(from + at) | (u64(end - at) << 32);
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
 * A pipeline over groups of 64: the lines of one group are asked for, then the group before is compared. No store in a loop that misses has an address that
 * depends on a load: such stores hold back the loads behind them.
 */
export function probe(ctx: usize, rows: i32, only: i32): void {
  memory.fill(ctx + ROW_HITS, 0, rows << 2);
  const end = sortLookups(ctx, passFilter(ctx, rows, only));
  for (let group = ctx + CTX_SORTED; group < end + GROUP_BYTES; group += GROUP_BYTES) {
    if (group < end) touchLines(ctx, group, min(end, group + GROUP_BYTES));
    const before = group - GROUP_BYTES;
    if (before >= ctx + CTX_SORTED) finishGroup(ctx, before, compareGroup(ctx, before, min(end, group) - before));
  }
}

/** Asks for the lines of a group, which are two cache lines each. */
function touchLines(ctx: usize, from: usize, end: usize): void {
  const table: usize = load<u32>(ctx, CTX_TABLE);
  const lineCount: u64 = load<u32>(ctx, CTX_LINE_COUNT);
  let sink: u32 = 0;
  for (let at = from; at < end; at += 16) {
    const line = lineOf(table, lineCount, load<u64>(at));
    sink += load<u32>(line) + load<u32>(line, 64);
  }
  store<u32>(ctx, sink, CTX_SINK);
}

/** Replaces the look-ups of a group by what was found (first record, number of records, place); answers their bytes. */
function compareGroup(ctx: usize, group: usize, bytes: usize): usize {
  const table: usize = load<u32>(ctx, CTX_TABLE);
  const lineCount: u64 = load<u32>(ctx, CTX_LINE_COUNT);
  for (let at = group; at < group + bytes; at += 16) {
    store<u64>(at, findRecords(table, lineCount, load<u64>(at)));
  }
  let out = group;
  for (let at = group; at < group + bytes; at += 16) {
    const entry = v128.load(at);
    v128.store(out, entry);
    out += usize(i32x4.extract_lane(entry, 1) != 0) << 4;
  }
  return out - group;
}

/** Writes what a group found to the rows. */
function finishGroup(ctx: usize, group: usize, bytes: usize): void {
  const table: usize = load<u32>(ctx, CTX_TABLE);
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
      const record = entryAt(table, first) + RECORD;
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
