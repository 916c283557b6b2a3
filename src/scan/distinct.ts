import { ROWS } from '../kernel/layout.ts';
import type { HashLists } from './messages.ts';

/** Rows whose hashes are all kept: up to here the count of different rows is exact (but for 64-bit collisions, 3 in a million at 10 M rows). */
export const EXACT_ROWS = 12_000_000;

/** Lists that the hashes are kept in, by their lowest bits: the table in which one list of 10 M hashes is counted fits a thread's cache. */
const LISTS = 512;
/** u32 words of a piece of a list: the number of the piece before it plus one (0: none), a spare one, and the hashes as pairs (lo, hi). */
const PIECE_WORDS = 256;
const PIECE_HASHES = PIECE_WORDS / 2 - 1;
/** Most hashes that one call adds beyond the limit before the level rises. */
const MOST_ADDED = ROWS;

/** Words of the shared state: the sampling level, how many hashes are kept, the first piece that nobody has taken, and how many hashes may be kept. */
const LEVEL = 0;
const KEPT = 1;
const NEXT_PIECE = 2;
const LIMIT = 3;
const HEADER_BYTES = 64;

/** State that all threads share. Its pages come into being when they are written: what it takes is 8 bytes a row that is kept. */
export function createDistinctState(threads: number, exactRows = EXACT_ROWS): SharedArrayBuffer {
  const full = Math.ceil((exactRows + threads * MOST_ADDED) / PIECE_HASHES);
  // Each thread has one open piece a list.
  const state = new SharedArrayBuffer(HEADER_BYTES + (full + threads * LISTS) * PIECE_WORDS * 4);
  new Int32Array(state)[LIMIT] = exactRows;
  return state;
}

/**
 * One thread's share of the row hashes. When more than `exactRows` are kept by all threads together, the level rises: of each level only the hashes with that many
 * leading zero bits stay, half as many (adaptive sampling: Wegman, in Flajolet, "On adaptive sampling", Computing 34, 1990). Memory is bounded; the sample is one of
 * different rows, so repeated rows cost nothing in accuracy.
 */
export class DistinctCollector {
  readonly #state: Int32Array;
  readonly #words: Uint32Array;
  /** Last piece of each list plus one (0: none), and the hashes in it. */
  readonly #heads = new Uint32Array(LISTS);
  readonly #fills = new Uint32Array(LISTS).fill(PIECE_HASHES);
  /** Pieces that a higher level has emptied. */
  readonly #free: number[] = [];
  #level = 0;

  constructor(state: SharedArrayBuffer) {
    this.#state = new Int32Array(state, 0, HEADER_BYTES / 4);
    this.#words = new Uint32Array(state, HEADER_BYTES);
  }

  /** Adds `count` hashes (at most as many as are looked up together), pairs (lo, hi) from `words`. */
  add(words: Uint32Array, count: number): void {
    this.#followLevel();
    let kept = 0;
    for (let i = 0; i < 2 * count; i += 2) {
      const hi = words[i + 1]!;
      while (isSampled(hi, this.#level)) {
        if (this.#put(words[i]!, hi)) {
          kept++;
          break;
        }
        // Pieces that a thread has emptied are its own: one that gets more of the rows than the others runs out of them before the limit is reached.
        kept -= this.#rise();
      }
    }
    if (Atomics.add(this.#state, KEPT, kept) + kept > this.#state[LIMIT]!) Atomics.sub(this.#state, KEPT, this.#rise());
  }

  /** Where the hashes kept so far stand. */
  lists(): HashLists {
    this.#followLevel();
    return { heads: this.#heads.slice(), fills: this.#fills.slice() };
  }

  /** Halves the sample, unless another thread has just done so; answers how many hashes this one dropped. */
  #rise(): number {
    Atomics.compareExchange(this.#state, LEVEL, this.#level, this.#level + 1);
    return this.#prune();
  }

  /** Keeps a hash; false when there is no piece for it. */
  #put(lo: number, hi: number): boolean {
    const list = lo & (LISTS - 1);
    let fill = this.#fills[list]!;
    if (fill === PIECE_HASHES) {
      const piece = this.#free.pop() ?? Atomics.add(this.#state, NEXT_PIECE, 1);
      if ((piece + 1) * PIECE_WORDS > this.#words.length) return false;
      this.#words[piece * PIECE_WORDS] = this.#heads[list]!;
      this.#heads[list] = piece + 1;
      fill = 0;
    }
    const at = (this.#heads[list]! - 1) * PIECE_WORDS + 2 + 2 * fill;
    this.#words[at] = lo;
    this.#words[at + 1] = hi;
    this.#fills[list] = fill + 1;
    return true;
  }

  #followLevel(): void {
    if (Atomics.load(this.#state, LEVEL) !== this.#level) Atomics.sub(this.#state, KEPT, this.#prune());
  }

  /** Drops what the level leaves out; answers how many hashes that were. */
  #prune(): number {
    const level = Atomics.load(this.#state, LEVEL);
    this.#level = level;
    let dropped = 0;
    for (let list = 0; list < LISTS; list++) {
      let head = this.#heads[list]!;
      let fill = this.#fills[list]!;
      this.#heads[list] = 0;
      this.#fills[list] = PIECE_HASHES;
      while (head !== 0) {
        // The piece is copied and free before its hashes are put again: they never need more pieces than they had.
        const from = (head - 1) * PIECE_WORDS;
        const piece = this.#words.slice(from, from + 2 + 2 * fill);
        this.#free.push(head - 1);
        for (let i = 2; i < piece.length; i += 2) {
          const hi = piece[i + 1]!;
          if (!isSampled(hi, level) || !this.#put(piece[i]!, hi)) dropped++;
        }
        head = piece[0]!;
        fill = PIECE_HASHES;
      }
    }
    return dropped;
  }
}

/** Whether a hash with this high half has `level` leading zero bits. */
function isSampled(hi: number, level: number): boolean {
  return level === 0 || hi >>> (32 - level) === 0;
}

/** Sampling level at the end: 0 means that nothing was left out. */
export function distinctLevel(state: SharedArrayBuffer): number {
  return Atomics.load(new Int32Array(state), LEVEL);
}

/** Number of different hashes in the lists l with `l mod shares = share` of all threads. */
export function countDistinct(
  state: SharedArrayBuffer,
  threads: readonly HashLists[],
  share: number,
  shares: number,
): number {
  const words = new Uint32Array(state, HEADER_BYTES);
  let table = new Uint32Array(0);
  let distinct = 0;
  for (let list = share; list < LISTS; list += shares) {
    const pieces: { readonly from: number; readonly to: number }[] = [];
    let count = 0;
    for (const { heads, fills } of threads) {
      let fill = fills[list]!;
      for (let head = heads[list]!; head !== 0; head = words[(head - 1) * PIECE_WORDS]!) {
        const from = (head - 1) * PIECE_WORDS + 2;
        pieces.push({ from, to: from + 2 * fill });
        count += fill;
        fill = PIECE_HASHES;
      }
    }
    let slots = 16;
    while (slots < 2 * count) slots *= 2;
    if (table.length < 2 * slots) table = new Uint32Array(2 * slots);
    else table.fill(0, 0, 2 * slots);
    let hasZero = 0;
    for (const { from, to } of pieces) {
      for (let i = from; i < to; i += 2) {
        const lo = words[i]!;
        const hi = words[i + 1]!;
        if (lo === 0 && hi === 0) hasZero = 1;
        else if (insert(table, slots - 1, lo, hi)) distinct++;
      }
    }
    distinct += hasZero;
  }
  return distinct;
}

/** Puts a hash (not 0) into an open-addressing table; answers whether it is new there. */
function insert(table: Uint32Array, mask: number, lo: number, hi: number): boolean {
  let at = hi & mask;
  for (;;) {
    const seenLo = table[2 * at]!;
    const seenHi = table[2 * at + 1]!;
    if (seenLo === lo && seenHi === hi) return false;
    if (seenLo === 0 && seenHi === 0) break;
    at = (at + 1) & mask;
  }
  table[2 * at] = lo;
  table[2 * at + 1] = hi;
  return true;
}
