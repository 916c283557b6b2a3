import { randomInt } from 'node:crypto';

/** A source of chance: who knows the program must not be able to guess what it draws. */
export interface Chance {
  /** A whole number from 0 to `limit` - 1, all equally likely. */
  below(limit: number): number;
}

/** Chance from the system's generator. */
export const systemChance: Chance = { below: (limit) => randomInt(limit) };

/** One of the items, all equally likely. There must be one. */
export function pick<T>(chance: Chance, items: readonly T[]): T {
  const item = items[chance.below(items.length)];
  if (item === undefined) throw new RangeError('nothing to pick from');
  return item;
}

/** So many different ones of the items, in random order (Fisher-Yates); all of them when there are fewer. */
export function takeSome<T>(items: readonly T[], count: number, chance: Chance): T[] {
  const left = [...items];
  const most = Math.min(count, left.length);
  for (let i = 0; i < most; i++) {
    const j = i + chance.below(left.length - i);
    [left[i], left[j]] = [left[j]!, left[i]!];
  }
  return left.slice(0, most);
}

/** So many decimal digits. */
export function drawDigits(chance: Chance, count: number): string {
  let digits = '';
  for (let i = 0; i < count; i++) digits += String(chance.below(10));
  return digits;
}

/** A text in which every `*` of the pattern is a digit. */
export function fillPattern(chance: Chance, pattern: string): string {
  return pattern.replace(/\*/g, () => String(chance.below(10)));
}

/** How many texts a pattern stands for. */
export function countPattern(pattern: string): number {
  return 10 ** (pattern.split('*').length - 1);
}
