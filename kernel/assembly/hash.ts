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
  CTX_SEED,
  CTX_TRANSPOSED,
  CTX_VALUES,
  LANE_BYTES,
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

/** A call to the engine's copy costs more than eight vectors. */
// @ts-ignore: decorator
@inline
function copy128(to: usize, from: usize): void {
  for (let i: usize = 0; i < 128; i += 16) v128.store(to + i, v128.load(from + i));
}

const ODD: u64 = 0x9e3779b97f4a7c15;

// @ts-ignore: decorator
@inline
function absorb(hash: u64, word: u64, key0: u32, key1: u32): u64 {
  // The product of two keyed halves (the NH construction, RFC 4418 section 5.2): without the key nobody can choose rows that collide.
  return (rotl<u64>(hash, 25) + u64(u32(word) + key0) * u64(u32(word >> 32) + key1)) * ODD;
}

/** Adds one cell to a row's hash. Reads up to 7 bytes beyond the cell and ignores them. */
export function hashCell(ctx: usize, hash: u64, cell: usize, length: i32): u64 {
  const key0 = load<u32>(ctx, CTX_SEED);
  const key1 = load<u32>(ctx, CTX_SEED + 4);
  let h = absorb(hash, u64(length) + 1, load<u32>(ctx, CTX_SEED + 8), load<u32>(ctx, CTX_SEED + 12));
  let at = cell;
  let rest = length;
  while (rest >= 8) {
    h = absorb(h, load<u64>(at), key0, key1);
    at += 8;
    rest -= 8;
  }
  if (rest > 0) h = absorb(h, load<u64>(at) & ((u64(1) << (u64(rest) << 3)) - 1), key0, key1);
  return h;
}

/** Adds a fingerprint (a normalised value) in place of a cell. */
export function hashFingerprint(ctx: usize, hash: u64, column: i32, fingerprint: u64): u64 {
  const mixed = fingerprint ^ (u64(column + 1) * ODD);
  return hash + absorb(u64(column), mixed, load<u32>(ctx, CTX_SEED + 8), load<u32>(ctx, CTX_SEED + 12));
}

/** Final mix (the finaliser of MurmurHash3's 64-bit variant, public domain): every bit of the result depends on every bit. */
export function finishHash(hash: u64): u64 {
  let h = hash;
  h ^= h >> 33;
  h *= 0xff51afd7ed558ccd;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53;
  h ^= h >> 33;
  return h;
}
