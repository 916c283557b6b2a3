/*
 * Writes kernel/assembly/blake3.ts: the rounds of BLAKE3 written out, because AssemblyScript has no macros and a function cannot change
 * four vectors of its caller. Short messages get functions of their own: the words that are zero need no additions.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The message permutation (the paper, table 3). */
const permutation = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];
/** Which words each quarter of a round mixes: four columns, four diagonals. */
const quarters = [
  [0, 4, 8, 12],
  [1, 5, 9, 13],
  [2, 6, 10, 14],
  [3, 7, 11, 15],
  [0, 5, 10, 15],
  [1, 6, 11, 12],
  [2, 7, 8, 13],
  [3, 4, 9, 14],
] as const;

function mix([a, b, c, d]: readonly [number, number, number, number], x: number, y: number, words: number): string {
  const sum = `i32x4.add(v${a}, v${b})`;
  const plus = (word: number): string => (word < words ? `i32x4.add(${sum}, m${word})` : sum);
  return `  v${a} = ${plus(x)};
  v${d} = i8x16.relaxed_swizzle(v128.xor(v${d}, v${a}), by16);
  v${c} = i32x4.add(v${c}, v${d});
  v${b} = rot12(v128.xor(v${b}, v${c}));
  v${a} = ${plus(y)};
  v${d} = i8x16.relaxed_swizzle(v128.xor(v${d}, v${a}), by8);
  v${c} = i32x4.add(v${c}, v${d});
  v${b} = rot7(v128.xor(v${b}, v${c}));`;
}

function rounds(words: number): string {
  let schedule = permutation.map((_word, index) => index);
  const lines: string[] = [];
  for (let round = 1; round <= 7; round++) {
    lines.push(`  // round ${round}`);
    for (const [index, quarter] of quarters.entries()) {
      lines.push(mix(quarter, schedule[2 * index]!, schedule[2 * index + 1]!, words));
    }
    schedule = permutation.map((from) => schedule[from]!);
  }
  return lines.join('\n');
}

/** `words`: how many of the 16 message words are not zero; `outputs`: how many vectors of the digest are wanted. */
function compress(name: string, words: number, outputs: number, doc: string): string {
  const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
  return `/** ${doc} */
export function ${name}(chain: usize, message: usize, lengths: v128, flags: v128, digest: usize): void {
${range(words)
  .map((i) => `  const m${i} = v128.load(message, ${i * 16});`)
  .join('\n')}
${range(8)
  .map((i) => `  let v${i} = v128.load(chain, ${i * 16});`)
  .join('\n')}
  const by16 = v128.load(ROTATIONS);
  const by8 = v128.load(ROTATIONS, 16);
  let v8 = i32x4.splat(0x6a09e667);
  let v9 = i32x4.splat(0xbb67ae85);
  let v10 = i32x4.splat(0x3c6ef372);
  let v11 = i32x4.splat(0xa54ff53a);
  let v12 = i32x4.splat(0);
  let v13 = i32x4.splat(0);
  let v14 = lengths;
  let v15 = flags;
${rounds(words)}
${range(outputs)
  .map((i) => `  v128.store(digest, v128.xor(v${i}, v${i + 8}), ${i * 16});`)
  .join('\n')}
}
`;
}

const source = `/*
 * Written by tools/generate-blake3.ts: do not edit.
 *
 * BLAKE3 (the paper, version 20211102: section 2.2 compression function, tables 1 to 3) for four messages at a time, one in each 32-bit lane of a v128.
 * Messages here fit one chunk (1,024 bytes), so the chunk counter is 0 and the only tree node is the root.
 */

/** Flags of the paper's table 3. */
export const CHUNK_START: i32 = 1;
export const CHUNK_END: i32 = 2;
export const ROOT: i32 = 8;
export const KEYED_HASH: i32 = 16;

// Rotations by whole bytes as one instruction. Loaded, because the engine builds a constant vector anew each time (four instructions on its busiest port);
// relaxed, because no index is out of range: then both kinds of swizzle do the same.
const ROTATIONS = memory.data<u8>(
  [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12],
  16,
);
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

${compress('compress4', 16, 8, 'Compresses one block of each of four messages. `chain`: 8 vectors; `message`: 16 vectors, word i of the four blocks; `lengths`, `flags`: one a lane; `digest` receives 8 vectors.')}
${compress('compress4Words4', 4, 2, 'The same for blocks of at most 16 bytes; `message` has 4 vectors, `digest` receives 2.')}
${compress('compress4Words8', 8, 2, 'The same for blocks of at most 32 bytes; `message` has 8 vectors, `digest` receives 2.')}
/** Turns \`bytes\` (16, 32 or 64) of four blocks at \`a\`, \`b\`, \`c\`, \`d\` into the vectors that a compression takes. */
// @ts-ignore: decorator
@inline
export function transpose4(a: usize, b: usize, c: usize, d: usize, message: usize, bytes: usize): void {
  for (let i: usize = 0; i < bytes; i += 16) {
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
`;

writeFileSync(fileURLToPath(new URL('../kernel/assembly/blake3.ts', import.meta.url)), source);
