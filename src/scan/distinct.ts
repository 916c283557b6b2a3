import type { HashChunk } from './messages.ts';

/** Rows whose hashes are all kept: up to here the count of different rows is exact (but for 64-bit collisions, 3 in a million at 10 M rows). */
export const EXACT_ROWS = 12_000_000;
const CHUNK_HASHES = 131_072;

const LEVEL = 0;
const KEPT = 1;

/** State that all threads share: the sampling level and how many hashes are kept. */
export function createDistinctState(): SharedArrayBuffer {
  return new SharedArrayBuffer(8);
}

/**
 * One thread's share of the row hashes. When more than EXACT_ROWS are kept by all threads together, the level rises: of each level only the hashes with that many
 * leading zero bits stay, half as many (adaptive sampling: Wegman, in Flajolet, "On adaptive sampling", Computing 34, 1990). Memory is bounded; the sample is one of
 * different rows, so repeated rows cost nothing in accuracy.
 */
export class DistinctCollector {
  readonly #state: Int32Array;
  #chunks: { words: Uint32Array<SharedArrayBuffer>; count: number }[] = [];
  #level = 0;

  constructor(state: SharedArrayBuffer) {
    this.#state = new Int32Array(state);
  }

  /** Adds `count` hashes, pairs (lo, hi) from `words`. */
  add(words: Uint32Array, count: number): void {
    this.#followLevel();
    let kept = 0;
    if (this.#level === 0) {
      for (let from = 0; from < count; ) {
        const chunk = this.#open();
        const room = Math.min(CHUNK_HASHES - chunk.count, count - from);
        chunk.words.set(words.subarray(from * 2, (from + room) * 2), chunk.count * 2);
        chunk.count += room;
        from += room;
      }
      kept = count;
    } else {
      const shift = 32 - this.#level;
      for (let i = 0; i < count; i++) {
        const hi = words[2 * i + 1]!;
        if (hi >>> shift !== 0) continue;
        const chunk = this.#open();
        chunk.words[2 * chunk.count] = words[2 * i]!;
        chunk.words[2 * chunk.count + 1] = hi;
        chunk.count++;
        kept++;
      }
    }
    if (Atomics.add(this.#state, KEPT, kept) + kept > EXACT_ROWS) {
      Atomics.compareExchange(this.#state, LEVEL, this.#level, this.#level + 1);
      this.#followLevel();
    }
  }

  /** All hashes kept so far, which the caller now owns. */
  take(): readonly HashChunk[] {
    this.#followLevel();
    const chunks = this.#chunks.map(({ words, count }) => ({ buffer: words.buffer, count }));
    this.#chunks = [];
    return chunks;
  }

  #open(): { words: Uint32Array<SharedArrayBuffer>; count: number } {
    let chunk = this.#chunks.at(-1);
    if (chunk === undefined || chunk.count === CHUNK_HASHES) {
      chunk = { words: new Uint32Array(new SharedArrayBuffer(CHUNK_HASHES * 8)), count: 0 };
      this.#chunks.push(chunk);
    }
    return chunk;
  }

  #followLevel(): void {
    const level = Atomics.load(this.#state, LEVEL);
    if (level === this.#level) return;
    this.#level = level;
    const old = this.#chunks;
    this.#chunks = [];
    const shift = 32 - level;
    let dropped = 0;
    for (const { words, count } of old) {
      for (let i = 0; i < count; i++) {
        const hi = words[2 * i + 1]!;
        if (hi >>> shift !== 0) {
          dropped++;
          continue;
        }
        const chunk = this.#open();
        chunk.words[2 * chunk.count] = words[2 * i]!;
        chunk.words[2 * chunk.count + 1] = hi;
        chunk.count++;
      }
    }
    Atomics.sub(this.#state, KEPT, dropped);
  }
}

/** Sampling level at the end: 0 means that nothing was left out. */
export function distinctLevel(state: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(state), LEVEL);
}

/** So many that the table of one fits the innermost cache: 10 M hashes over two threads leave 5,000 in each. */
const PARTITIONS = 1024;

/** Number of different hashes with `lo mod shares = share` that have `level` leading zero bits. Needs twice the memory of its share. */
export function countDistinct(chunks: readonly HashChunk[], share: number, shares: number, level: number): number {
  const belongs = (lo: number, hi: number): boolean =>
    lo % shares === share && (level === 0 || hi >>> (32 - level) === 0);
  const sizes = new Uint32Array(PARTITIONS + 1);
  const each = (visit: (lo: number, hi: number, partition: number) => void): void => {
    for (const { buffer, count } of chunks) {
      const words = new Uint32Array(buffer);
      for (let i = 0; i < count; i++) {
        const lo = words[2 * i]!;
        const hi = words[2 * i + 1]!;
        if (belongs(lo, hi)) visit(lo, hi, (lo >>> 8) % PARTITIONS);
      }
    }
  };
  each((_lo, _hi, partition) => {
    sizes[partition + 1] = sizes[partition + 1]! + 1;
  });
  for (let i = 0; i < PARTITIONS; i++) sizes[i + 1] = sizes[i + 1]! + sizes[i]!;
  const ordered = new Uint32Array(sizes[PARTITIONS]! * 2);
  const next = sizes.slice();
  each((lo, hi, partition) => {
    const at = next[partition]!;
    next[partition] = at + 1;
    ordered[2 * at] = lo;
    ordered[2 * at + 1] = hi;
  });
  let distinct = 0;
  for (let partition = 0; partition < PARTITIONS; partition++) {
    distinct += countInTable(ordered.subarray(sizes[partition]! * 2, sizes[partition + 1]! * 2));
  }
  return distinct;
}

/** Different pairs among `pairs`, by an open-addressing table that fits the cache. */
function countInTable(pairs: Uint32Array): number {
  let slots = 16;
  while (slots < pairs.length) slots *= 2;
  const table = new Uint32Array(slots * 2);
  const mask = slots - 1;
  let distinct = 0;
  let hasZero = false;
  for (let i = 0; i < pairs.length; i += 2) {
    const lo = pairs[i]!;
    const hi = pairs[i + 1]!;
    if (lo === 0 && hi === 0) {
      hasZero = true;
      continue;
    }
    let at = (lo ^ Math.imul(hi, 0x9e3779b1)) & mask;
    while (table[2 * at] !== 0 || table[2 * at + 1] !== 0) {
      if (table[2 * at] === lo && table[2 * at + 1] === hi) break;
      at = (at + 1) & mask;
    }
    if (table[2 * at] === lo && table[2 * at + 1] === hi) continue;
    table[2 * at] = lo;
    table[2 * at + 1] = hi;
    distinct++;
  }
  return distinct + (hasZero ? 1 : 0);
}
