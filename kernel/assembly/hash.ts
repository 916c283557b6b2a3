/* Fingerprints, four values at a time, and the keyed hash that tells rows apart. */
import {
  ACTIVE_STRIDE,
  COL_KEY,
  COL_LENGTH,
  COL_SLOTS,
  CTX_ACTIVE,
  CTX_CHAIN,
  CTX_CONFIRM_LANES,
  CTX_DIGEST,
  CTX_ROW_KEY,
  CTX_TRANSPOSED,
  CTX_VALUES,
  LANE_BYTES,
  MAX_COLUMNS,
  VALUE_FINGERPRINT,
  VALUES_STRIDE,
} from '../../src/kernel/layout';
import {
  CHUNK_END,
  CHUNK_START,
  compress4,
  compress4Words4,
  compress4Words8,
  KEYED_HASH,
  ROOT,
  transpose4,
} from './blake3';

/**
 * Fingerprints column `column` of the batch whose first row is `base`: `rows` values of up to 64 bytes in the column's slots.
 * Rows without a value, and those after the last one in its group of four, get a meaningless one.
 */
export function hashColumn(ctx: usize, column: i32, base: i32, rows: i32): void {
  const col = ctx + CTX_ACTIVE + column * ACTIVE_STRIDE;
  const fingerprints = ctx + CTX_VALUES + column * VALUES_STRIDE + VALUE_FINGERPRINT + (base << 3);
  const message = ctx + CTX_TRANSPOSED;
  const digest = ctx + CTX_DIGEST;
  const flags = i32x4.splat(CHUNK_START | CHUNK_END | ROOT | KEYED_HASH);
  for (let row: i32 = 0; row < rows; row += 4) {
    const lengths = v128.load(col + (row << 2), COL_LENGTH);
    // All four empty, or all four already there.
    if (!v128.any_true(v128.and(lengths, i32x4.splat(0x7fffffff)))) continue;
    const slots = col + COL_SLOTS + (row << 6);
    // Short values need no additions for the words that are zero.
    if (!v128.any_true(i32x4.gt_s(lengths, i32x4.splat(16)))) {
      transpose4(slots, slots + 64, slots + 128, slots + 192, message, 16);
      compress4Words4(col + COL_KEY, message, lengths, flags, digest);
    } else if (!v128.any_true(i32x4.gt_s(lengths, i32x4.splat(32)))) {
      transpose4(slots, slots + 64, slots + 128, slots + 192, message, 32);
      compress4Words8(col + COL_KEY, message, lengths, flags, digest);
    } else {
      transpose4(slots, slots + 64, slots + 128, slots + 192, message, 64);
      compress4(col + COL_KEY, message, lengths, flags, digest);
    }
    const low = v128.load(digest, 0);
    const high = v128.load(digest, 16);
    const ready = i32x4.lt_s(lengths, i32x4.splat(0));
    const to = fingerprints + (row << 3);
    const first = i32x4.shuffle(low, high, 0, 4, 1, 5);
    const second = i32x4.shuffle(low, high, 2, 6, 3, 7);
    if (v128.any_true(ready)) {
      const keepFirst = i32x4.shuffle(ready, ready, 0, 0, 1, 1);
      const keepSecond = i32x4.shuffle(ready, ready, 2, 2, 3, 3);
      v128.store(to, v128.bitselect(v128.load(to, 0), first, keepFirst), 0);
      v128.store(to, v128.bitselect(v128.load(to, 16), second, keepSecond), 16);
    } else {
      v128.store(to, first, 0);
      v128.store(to, second, 16);
    }
  }
}

/**
 * Hashes up to four values of at most 1,024 bytes that stand in the lanes' scratch, zero padded to whole blocks.
 * `lengths`: bytes of each (0: unused lane). The first digest words stand in CTX_DIGEST afterwards: lane l at + 4 l, and the second words 16 bytes on.
 */
export function hashLanes(ctx: usize, key: usize, length0: i32, length1: i32, length2: i32, length3: i32): void {
  const chain = ctx + CTX_CHAIN;
  const message = ctx + CTX_TRANSPOSED;
  const digest = ctx + CTX_DIGEST;
  const lanes = ctx + CTX_CONFIRM_LANES;
  const lengths = i32x4(length0, length1, length2, length3);
  const lastBlock = i32x4.shr_s(i32x4.sub(i32x4.max_s(lengths, i32x4.splat(1)), i32x4.splat(1)), 6);
  const longest = max(max(length0, length1), max(length2, length3));
  const blocks = (longest + 63) >> 6;
  if (longest <= 32) {
    transpose4(lanes, lanes + LANE_BYTES, lanes + 2 * LANE_BYTES, lanes + 3 * LANE_BYTES, message, 32);
    compress4Words8(key, message, lengths, i32x4.splat(CHUNK_START | CHUNK_END | ROOT | KEYED_HASH), digest);
    return;
  }
  copy128(chain, key);
  let low = i32x4.splat(0);
  let high = i32x4.splat(0);
  for (let block: i32 = 0; block < blocks; block++) {
    const at = block << 6;
    transpose4(lanes + at, lanes + LANE_BYTES + at, lanes + 2 * LANE_BYTES + at, lanes + 3 * LANE_BYTES + at, message, 64);
    const isLast = i32x4.eq(lastBlock, i32x4.splat(block));
    const size = v128.bitselect(i32x4.sub(lengths, i32x4.splat(at)), i32x4.splat(64), isLast);
    const flags = v128.or(
      i32x4.splat(block == 0 ? CHUNK_START | KEYED_HASH : KEYED_HASH),
      v128.and(isLast, i32x4.splat(CHUNK_END | ROOT)),
    );
    compress4(chain, message, size, flags, digest);
    low = v128.bitselect(v128.load(digest, 0), low, isLast);
    high = v128.bitselect(v128.load(digest, 16), high, isLast);
    if (block + 1 < blocks) copy128(chain, digest);
  }
  v128.store(digest, low, 0);
  v128.store(digest, high, 16);
}

/** Fingerprint (64 bits) of one value of 1 to 1,024 bytes under the key at `key` (8 vectors, each word in all lanes). */
export function hashOne(ctx: usize, key: usize, pointer: usize, length: i32): u64 {
  const lane = ctx + CTX_CONFIRM_LANES;
  memory.copy(lane, pointer, length);
  memory.fill(lane + length, 0, 64);
  hashLanes(ctx, key, length, 0, 0, 0);
  const digest = ctx + CTX_DIGEST;
  return u64(load<u32>(digest)) | (u64(load<u32>(digest, 16)) << 32);
}

/** A call to the engine's copy costs more than eight vectors. */
// @ts-ignore: decorator
@inline
function copy128(to: usize, from: usize): void {
  for (let i: usize = 0; i < 128; i += 16) v128.store(to + i, v128.load(from + i));
}

const ODD: u64 = 0x9e3779b97f4a7c15;

/** 64 bytes of ones, then 64 of zeros: what is loaded `length` bytes before the zeros keeps the first `length` bytes of 64. */
const ONES = memory.data<u8>(
  [
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ],
  64,
);

/** Address of the masks of the first `length` (0 to 64) of 64 bytes: 16 of them at each multiple of 16. */
// @ts-ignore: decorator
@inline
export function masksFor(length: i32): usize {
  return ONES + 64 - usize(length);
}

/** Products of keyed halves, summed (the NH construction, RFC 4418 section 5.2): without the key nobody can choose cells that collide. */
// @ts-ignore: decorator
@inline
function multiply(a: v128, b: v128): v128 {
  return i64x2.add(i64x2.extmul_low_i32x4_u(a, b), i64x2.extmul_high_i32x4_u(a, b));
}

// @ts-ignore: decorator
@inline
function fold(sum: v128): u64 {
  return i64x2.extract_lane(sum, 0) + rotl<u64>(i64x2.extract_lane(sum, 1), 29);
}

/** The hash of up to 64 bytes; whatever follows them is masked. */
// @ts-ignore: decorator
@inline
function hashBlock(key: usize, cell: usize, length: i32): u64 {
  const masks = masksFor(length);
  const a = i32x4.add(v128.and(v128.load(cell, 0), v128.load(masks, 0)), v128.load(key, 0));
  const b = i32x4.add(v128.and(v128.load(cell, 16), v128.load(masks, 16)), v128.load(key, 16));
  const c = i32x4.add(v128.and(v128.load(cell, 32), v128.load(masks, 32)), v128.load(key, 32));
  const d = i32x4.add(v128.and(v128.load(cell, 48), v128.load(masks, 48)), v128.load(key, 48));
  return fold(i64x2.add(multiply(a, b), multiply(c, d)));
}

/** What the hash of a row of so many columns begins with. */
// @ts-ignore: decorator
@inline
export function startHash(columns: i32): u64 {
  return u64(columns) * 0xc4ceb9fe1a85ec53;
}

/** What the hashes of column `column` are multiplied with: odd, and without a pattern over the columns, or the same cells in other columns would add up to the same. */
// @ts-ignore: decorator
@inline
export function factorOf(column: i32): u64 {
  return finishHash(u64(column + 1) * ODD) | 1;
}

/** What a cell adds to its row's hash, 0 when it is empty; `factor` is its column's. Reads up to 63 bytes beyond the cell and ignores them. */
// @ts-ignore: decorator
@inline
export function hashCell(ctx: usize, factor: u64, cell: usize, length: i32): u64 {
  const key = ctx + CTX_ROW_KEY;
  let hash: u64;
  if (length <= 16) {
    if (length == 0) return 0;
    const v = v128.and(v128.load(cell), v128.load(masksFor(length)));
    const a = i32x4.add(v, v128.load(key, 0));
    const b = i32x4.add(v, v128.load(key, 16));
    // The first two words by the last two.
    hash = fold(i64x2.extmul_low_i32x4_u(a, i64x2.shuffle(b, b, 1, 0)));
  } else if (length <= 64) {
    hash = hashBlock(key, cell, length);
  } else {
    hash = hashLong(key, cell, length);
  }
  hash += u64(length) * ODD;
  hash ^= hash >> 32;
  return hash * factor;
}

function hashLong(key: usize, cell: usize, length: i32): u64 {
  let hash: u64 = 0;
  let at = cell;
  for (let rest = length; rest > 0; rest -= 64, at += 64) hash = (rotl<u64>(hash, 25) + hashBlock(key, at, min(rest, 64))) * ODD;
  return hash;
}

/** The factor of an active identifying column: a valid value adds its fingerprint, which is as good as random, times this in place of its cell. */
// @ts-ignore: decorator
@inline
export function factorOfValues(active: i32): u64 {
  return factorOf(MAX_COLUMNS + active);
}

/** Final mix (the finaliser of MurmurHash3's 64-bit variant, public domain): every bit of the result depends on every bit. */
// @ts-ignore: decorator
@inline
export function finishHash(hash: u64): u64 {
  let h = hash;
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccd;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53;
  h ^= h >> 33;
  return h;
}
