/** Numbers the set bits of a bitmap from 0. */
export interface Ranks {
  readonly bits: Uint32Array;
  /** How many bits are set before each word, and, behind the last, in all. Shared memory. */
  readonly before: Uint32Array;
}

/** Numbers the set bits of a bitmap. */
export function rankBits(bits: Uint32Array): Ranks {
  const before = new Uint32Array(new SharedArrayBuffer(4 * (bits.length + 1)));
  for (let word = 0; word < bits.length; word++) before[word + 1] = before[word]! + popcount(bits[word]!);
  return { bits, before };
}

/** Number of set bits. */
export function countRanks({ before }: Ranks): number {
  return before.at(-1)!;
}

/** Number of a bit; -1 when it is not set. */
export function rankOf({ bits, before }: Ranks, bit: number): number {
  const word = bits[bit >>> 5]!;
  const mask = 1 << (bit & 31);
  return (word & mask) === 0 ? -1 : before[bit >>> 5]! + popcount(word & (mask - 1));
}

/** Set bits of a word (Warren, "Hacker's Delight", 5-1). */
export function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
