import { makeRandom } from '../random.ts';

/** Draws for one generated dump. */
export interface Draw {
  /** An integer from 0 to `below` − 1. */
  below(below: number): number;
  /** An integer from `from` to `to`, both included. */
  range(from: number, to: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  digits(count: number): string;
  /** Characters of an alphabet. */
  text(alphabet: string, count: number): string;
}

/** A seeded source of draws. */
export function makeDraw(seed: number): Draw {
  const random = makeRandom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const text = (alphabet: string, count: number) =>
    Array.from({ length: count }, () => alphabet[below(alphabet.length)]).join('');
  return {
    below,
    range: (from, to) => from + below(to - from + 1),
    chance: (probability) => random() < probability,
    pick: <T>(items: readonly T[]) => items[below(items.length)] as T,
    digits: (count) => text('0123456789', count),
    text,
  };
}
