/*
 * BLAKE3 (the paper, version 20211102: section 2.2 compression function, table 2 constants) for four messages at a time,
 * one in each 32-bit lane of a v128. Messages here fit one chunk (1,024 bytes), so the chunk counter is 0 and the only tree node is the root.
 */

/** Flags of the paper's table 3. */
export const CHUNK_START: i32 = 1;
export const CHUNK_END: i32 = 2;
export const ROOT: i32 = 8;
export const KEYED_HASH: i32 = 16;

// Byte shuffles for the rotations by whole bytes: one instruction instead of three.
// @ts-ignore: decorator
@inline
function rot16(x: v128): v128 {
  return i8x16.shuffle(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}
// @ts-ignore: decorator
@inline
function rot8(x: v128): v128 {
  return i8x16.shuffle(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}
// @ts-ignore: decorator
@inline
function rot12(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 12), i32x4.shl(x, 20));
}
// @ts-ignore: decorator
@inline
function rot7(x: v128): v128 {
  return v128.or(i32x4.shr_u(x, 7), i32x4.shl(x, 25));
}

/**
 * Compresses one block of each of four messages.
 * `chain`: 8 vectors; `message`: 16 vectors (word i of the four blocks); `lengths`, `flags`: one a lane; `digest`: receives 8 vectors.
 * The rounds are written out (the message schedule is a permutation that never changes), so that every word stays in a register or a fixed stack place.
 */
export function compress4(chain: usize, message: usize, lengths: v128, flags: v128, digest: usize): void {
  const m0 = v128.load(message, 0);
  const m1 = v128.load(message, 16);
  const m2 = v128.load(message, 32);
  const m3 = v128.load(message, 48);
  const m4 = v128.load(message, 64);
  const m5 = v128.load(message, 80);
  const m6 = v128.load(message, 96);
  const m7 = v128.load(message, 112);
  const m8 = v128.load(message, 128);
  const m9 = v128.load(message, 144);
  const m10 = v128.load(message, 160);
  const m11 = v128.load(message, 176);
  const m12 = v128.load(message, 192);
  const m13 = v128.load(message, 208);
  const m14 = v128.load(message, 224);
  const m15 = v128.load(message, 240);
  let v0 = v128.load(chain, 0);
  let v1 = v128.load(chain, 16);
  let v2 = v128.load(chain, 32);
  let v3 = v128.load(chain, 48);
  let v4 = v128.load(chain, 64);
  let v5 = v128.load(chain, 80);
  let v6 = v128.load(chain, 96);
  let v7 = v128.load(chain, 112);
  let v8 = i32x4.splat(0x6a09e667);
  let v9 = i32x4.splat(0xbb67ae85);
  let v10 = i32x4.splat(0x3c6ef372);
  let v11 = i32x4.splat(0xa54ff53a);
  let v12 = i32x4.splat(0);
  let v13 = i32x4.splat(0);
  let v14 = lengths;
  let v15 = flags;
  // round 1
  v0 = i32x4.add(i32x4.add(v0, v4), m0); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m1); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m2); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m3); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m4); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m5); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m6); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m7); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m8); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m9); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m10); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m11); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m12); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m13); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m14); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m15); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  // round 2
  v0 = i32x4.add(i32x4.add(v0, v4), m2); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m6); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m3); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m10); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m7); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m0); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m4); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m13); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m1); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m11); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m12); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m5); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m9); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m14); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m15); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m8); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  // round 3
  v0 = i32x4.add(i32x4.add(v0, v4), m3); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m4); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m10); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m12); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m13); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m2); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m7); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m14); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m6); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m5); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m9); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m0); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m11); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m15); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m8); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m1); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  // round 4
  v0 = i32x4.add(i32x4.add(v0, v4), m10); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m7); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m12); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m9); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m14); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m3); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m13); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m15); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m4); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m0); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m11); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m2); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m5); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m8); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m1); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m6); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  // round 5
  v0 = i32x4.add(i32x4.add(v0, v4), m12); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m13); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m9); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m11); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m15); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m10); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m14); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m8); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m7); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m2); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m5); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m3); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m0); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m1); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m6); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m4); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  // round 6
  v0 = i32x4.add(i32x4.add(v0, v4), m9); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m14); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m11); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m5); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m8); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m12); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m15); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m1); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m13); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m3); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m0); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m10); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m2); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m6); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m4); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m7); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  // round 7
  v0 = i32x4.add(i32x4.add(v0, v4), m11); v12 = rot16(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot12(v128.xor(v4, v8));
  v0 = i32x4.add(i32x4.add(v0, v4), m15); v12 = rot8(v128.xor(v12, v0)); v8 = i32x4.add(v8, v12); v4 = rot7(v128.xor(v4, v8));
  v1 = i32x4.add(i32x4.add(v1, v5), m5); v13 = rot16(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot12(v128.xor(v5, v9));
  v1 = i32x4.add(i32x4.add(v1, v5), m0); v13 = rot8(v128.xor(v13, v1)); v9 = i32x4.add(v9, v13); v5 = rot7(v128.xor(v5, v9));
  v2 = i32x4.add(i32x4.add(v2, v6), m1); v14 = rot16(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot12(v128.xor(v6, v10));
  v2 = i32x4.add(i32x4.add(v2, v6), m9); v14 = rot8(v128.xor(v14, v2)); v10 = i32x4.add(v10, v14); v6 = rot7(v128.xor(v6, v10));
  v3 = i32x4.add(i32x4.add(v3, v7), m8); v15 = rot16(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot12(v128.xor(v7, v11));
  v3 = i32x4.add(i32x4.add(v3, v7), m6); v15 = rot8(v128.xor(v15, v3)); v11 = i32x4.add(v11, v15); v7 = rot7(v128.xor(v7, v11));
  v0 = i32x4.add(i32x4.add(v0, v5), m14); v15 = rot16(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot12(v128.xor(v5, v10));
  v0 = i32x4.add(i32x4.add(v0, v5), m10); v15 = rot8(v128.xor(v15, v0)); v10 = i32x4.add(v10, v15); v5 = rot7(v128.xor(v5, v10));
  v1 = i32x4.add(i32x4.add(v1, v6), m2); v12 = rot16(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot12(v128.xor(v6, v11));
  v1 = i32x4.add(i32x4.add(v1, v6), m12); v12 = rot8(v128.xor(v12, v1)); v11 = i32x4.add(v11, v12); v6 = rot7(v128.xor(v6, v11));
  v2 = i32x4.add(i32x4.add(v2, v7), m3); v13 = rot16(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot12(v128.xor(v7, v8));
  v2 = i32x4.add(i32x4.add(v2, v7), m4); v13 = rot8(v128.xor(v13, v2)); v8 = i32x4.add(v8, v13); v7 = rot7(v128.xor(v7, v8));
  v3 = i32x4.add(i32x4.add(v3, v4), m7); v14 = rot16(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot12(v128.xor(v4, v9));
  v3 = i32x4.add(i32x4.add(v3, v4), m13); v14 = rot8(v128.xor(v14, v3)); v9 = i32x4.add(v9, v14); v4 = rot7(v128.xor(v4, v9));
  v128.store(digest, v128.xor(v0, v8), 0);
  v128.store(digest, v128.xor(v1, v9), 16);
  v128.store(digest, v128.xor(v2, v10), 32);
  v128.store(digest, v128.xor(v3, v11), 48);
  v128.store(digest, v128.xor(v4, v12), 64);
  v128.store(digest, v128.xor(v5, v13), 80);
  v128.store(digest, v128.xor(v6, v14), 96);
  v128.store(digest, v128.xor(v7, v15), 112);
}

/** Turns four blocks of 64 bytes at `a`, `b`, `c`, `d` into the 16 vectors that `compress4` takes. */
// @ts-ignore: decorator
@inline
export function transpose4(a: usize, b: usize, c: usize, d: usize, message: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const x = v128.load(a + i);
    const y = v128.load(b + i);
    const z = v128.load(c + i);
    const w = v128.load(d + i);
    const xyLow = i32x4.shuffle(x, y, 0, 4, 1, 5);
    const xyHigh = i32x4.shuffle(x, y, 2, 6, 3, 7);
    const zwLow = i32x4.shuffle(z, w, 0, 4, 1, 5);
    const zwHigh = i32x4.shuffle(z, w, 2, 6, 3, 7);
    const to = message + (i << 2);
    v128.store(to, i64x2.shuffle(xyLow, zwLow, 0, 2), 0);
    v128.store(to, i64x2.shuffle(xyLow, zwLow, 1, 3), 16);
    v128.store(to, i64x2.shuffle(xyHigh, zwHigh, 0, 2), 32);
    v128.store(to, i64x2.shuffle(xyHigh, zwHigh, 1, 3), 48);
  }
}
