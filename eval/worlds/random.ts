/** A seeded stream of chance: sfc32 (C. Doty-Humphrey, PractRand), period of at least 2^32 and 2^127 on average. */
export interface Chance {
  /** A whole 32-bit number. */
  readonly bits: () => number;
  /** In [0, 1). */
  readonly unit: () => number;
  /** A whole number from 0 to below `limit`. */
  readonly below: (limit: number) => number;
}

/** The stream of a seed and a label: parts of a world with labels of their own do not disturb each other. */
export function makeChance(seed: number, label: string): Chance {
  let [a, b, c] = [seed | 0, hashText(label), 0x1b873593];
  let counter = 1;
  const bits = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 16; i++) bits();
  return { bits, unit: () => bits() / 2 ** 32, below: (limit) => Math.floor((bits() / 2 ** 32) * limit) };
}

/** FNV-1a, 32 bits. */
function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

/** A fixed scrambling of a number and a salt to 32 bits (the finaliser of MurmurHash3). */
export function scramble(value: number, salt: number): number {
  let x = (value ^ Math.imul(salt + 1, 0x9e3779b1)) | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Shuffles in place. */
export function shuffleIn<T extends { [index: number]: unknown; length: number }>(items: T, chance: Chance): T {
  for (let i = items.length - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** So many of the items, in random order; all of them when there are fewer. */
export function sample<T>(items: ArrayLike<T>, count: number, chance: Chance): T[] {
  return shuffleIn(Array.from(items), chance).slice(0, count);
}

/** One of the items. */
export function pick<T>(items: ArrayLike<T>, chance: Chance): T {
  return items[chance.below(items.length)] as T;
}

/** A Poisson number, by multiplication for small means and by the normal distribution from 40 on. */
export function poisson(mean: number, chance: Chance): number {
  if (mean >= 40) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(chance)));
  let product = chance.unit();
  let count = 0;
  for (const limit = Math.exp(-mean); product > limit; count++) product *= chance.unit();
  return count;
}

/** A standard normal number (Box-Muller). */
export function normal(chance: Chance): number {
  return Math.sqrt(-2 * Math.log(1 - chance.unit())) * Math.cos(2 * Math.PI * chance.unit());
}

/** Draws indices in proportion to weights in constant time (Walker's alias method, Vose 1991). */
export function makeDraw(weights: ArrayLike<number>): (chance: Chance) => number {
  const size = weights.length;
  let total = 0;
  for (let i = 0; i < size; i++) total += weights[i] as number;
  const keep = Float64Array.from({ length: size }, (_, i) => ((weights[i] as number) * size) / total);
  const alias = new Uint32Array(size);
  const small: number[] = [];
  const large: number[] = [];
  for (let i = 0; i < size; i++) ((keep[i] as number) < 1 ? small : large).push(i);
  while (small.length > 0 && large.length > 0) {
    const low = small.pop() as number;
    const high = large[large.length - 1] as number;
    alias[low] = high;
    keep[high] = (keep[high] as number) - (1 - (keep[low] as number));
    if ((keep[high] as number) < 1) small.push(large.pop() as number);
  }
  for (const i of [...small, ...large]) keep[i] = 1;
  return (chance) => {
    const i = chance.below(size);
    return chance.unit() < (keep[i] as number) ? i : (alias[i] as number);
  };
}
