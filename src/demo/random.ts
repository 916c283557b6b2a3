/** A source of chance that gives the same sequence for the same seed on every machine. */
export interface Random {
  /** 0 to 1, without 1. */
  next(): number;
  /** A whole number from 0 to `limit` - 1. */
  below(limit: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
}

/** sfc32 (PractRand's small fast chaotic generator, 32 bit), seeded with one number. For inventing data, never for secrets. */
export function createRandom(seed: number): Random {
  let a = 0x9e3779b9;
  let b = seed >>> 0;
  let c = Math.floor(seed / 2 ** 32) >>> 0;
  let counter = 1;
  const nextUint32 = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
  };
  for (let i = 0; i < 15; i++) nextUint32();
  const next = (): number => nextUint32() / 2 ** 32;
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    chance: (probability) => next() < probability,
    pick: (items) => items[below(items.length)]!,
  };
}

/**
 * The `index`-th of all numbers below `half` squared, in an order that looks random: a four-round Feistel network, so every number comes
 * exactly once. Unique values need no set of those already given. Another `kind` gives another order.
 */
export function scatter(index: number, half: number, kind: number): number {
  let left = Math.floor(index / half) % half;
  let right = index % half;
  for (let round = 1; round <= 4; round++) {
    const mixed = Math.imul(right + 0x7f4a7c15 * (kind * 8 + round), 0x9e3779b1) >>> 0;
    [left, right] = [right, (left + ((mixed ^ (mixed >>> 15)) >>> 0)) % half];
  }
  return left * half + right;
}
