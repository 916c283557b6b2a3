import type { Arena } from './arena.ts';
import type { MarkAddresses } from './context.ts';
import { popcount } from './ranks.ts';

/** How many of everything the bitmaps must hold. */
export interface MarkSizes {
  readonly subjects: number;
  readonly records: number;
  readonly confirming: number;
  readonly controls: number;
}

/** What a scan marked, one bit each; words of 32 bits, lowest first. */
export interface Marks {
  /** Subjects that an identifying value pointed to. Before `merge`, without those that are strong. */
  readonly touched: Uint32Array;
  /** Subjects with whom two values of a row agreed. */
  readonly strong: Uint32Array;
  readonly recordSeen: Uint32Array;
  readonly confirmSeen: Uint32Array;
  readonly controlSeen: Uint32Array;
}

const kinds = ['touched', 'strong', 'recordSeen', 'confirmSeen', 'controlSeen'] as const;

/**
 * Bitmaps for each thread, side by side in the shared memory. Every thread sets bits in its own with plain stores: a locked instruction for every hit
 * would stop the processor from running ahead, which is what hides the cache misses.
 */
export class ThreadMarks {
  readonly addresses: readonly MarkAddresses[];
  readonly #arena: Arena;
  readonly #words: Readonly<Record<keyof Marks, number>>;

  /** `keepsConfirming` false: nobody asks which confirming entries were seen, and the bitmap stays empty. */
  constructor(
    arena: Arena,
    threads: number,
    sizes: MarkSizes,
    { keepsConfirming = true }: { readonly keepsConfirming?: boolean } = {},
  ) {
    this.#arena = arena;
    const wordsFor = (bits: number): number => Math.ceil(bits / 32) + 1;
    const subjects = wordsFor(sizes.subjects);
    this.#words = {
      touched: subjects,
      strong: subjects,
      recordSeen: wordsFor(sizes.records),
      confirmSeen: keepsConfirming ? wordsFor(sizes.confirming) : 0,
      controlSeen: wordsFor(sizes.controls),
    };
    this.addresses = Array.from({ length: threads }, () => {
      // Address 0 tells the kernel that nobody asks.
      const one = (kind: keyof Marks): number => (this.#words[kind] === 0 ? 0 : arena.allocate(this.#words[kind] * 4));
      return {
        touched: one('touched'),
        strong: one('strong'),
        recordSeen: one('recordSeen'),
        confirmSeen: one('confirmSeen'),
        controlSeen: one('controlSeen'),
      };
    });
  }

  /** All threads' marks in one, which stands in the first thread's place. Call it when no thread is scanning. */
  merge(): Marks {
    const [first, ...others] = this.addresses;
    const merged = Object.fromEntries(
      kinds.map((kind) => {
        const target = this.#arena.words(first![kind], this.#words[kind]);
        for (const other of others) orInto(target, this.#arena.words(other[kind], this.#words[kind]));
        return [kind, target];
      }),
    ) as unknown as Marks;
    orInto(merged.touched, merged.strong);
    return merged;
  }
}

/** Adds the bits of `source` to `target`. */
export function orInto(target: Uint32Array, source: Uint32Array): void {
  for (let i = 0; i < source.length; i++) {
    const word = source[i]!;
    if (word !== 0) target[i] = target[i]! | word;
  }
}

/** Whether bit `at` of a bitmap is set. */
export function hasBit(bits: Uint32Array, at: number): boolean {
  return ((bits[at >>> 5]! >>> (at & 31)) & 1) !== 0;
}

/** Number of bits that are set. */
export function countBits(bits: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    const word = bits[i]!;
    if (word !== 0) count += popcount(word);
  }
  return count;
}

/** Writes the set bits of [from, to) into `into`, ascending, and answers how many there are; `from` is a multiple of 32. */
export function listBits(bits: Uint32Array, from: number, to: number, into: Uint32Array): number {
  let count = 0;
  for (let base = from; base < to; base += 32) {
    let rest = bits[base >>> 5]!;
    if (to - base < 32) rest &= (1 << (to - base)) - 1;
    while (rest !== 0) {
      into[count++] = base + 31 - Math.clz32(rest & -rest);
      rest &= rest - 1;
    }
  }
  return count;
}

/** Visits the set bits below `count`, ascending. */
export function forEachBit(bits: Uint32Array, count: number, visit: (at: number) => void): void {
  for (let word = 0; word * 32 < count; word++) {
    let rest = bits[word]!;
    while (rest !== 0) {
      visit(word * 32 + 31 - Math.clz32(rest & -rest));
      rest &= rest - 1;
    }
  }
}
