import { newlineOf } from '../dialect.ts';

const LF = 0x0a;
const CR = 0x0d;

/** The byte that ends lines: CR where hardly any LF stands, else LF. */
export function newlineByte(head: Uint8Array): number {
  return newlineOf(head) === '\r' ? CR : LF;
}

/** What is left of two stretches in one. */
export function joinBytes(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

/** Hears of every line, [from, to) without its end; the bytes stay unchanged only during the call. */
export type LineListener = (bytes: Uint8Array, from: number, to: number) => void;

/**
 * Cuts chunks into lines. A line of more than `limitBytes` is not given, only counted as too long; of it at most that much is kept.
 */
export class LineCutter {
  /** Lines that were longer than the limit, so far. */
  tooLong = 0;
  readonly #newline: number;
  readonly #limitBytes: number;
  #held: Uint8Array = new Uint8Array(0);
  #isSkipping = false;

  constructor(newline: number, limitBytes: number) {
    this.#newline = newline;
    this.#limitBytes = limitBytes;
  }

  /** Gives the lines that end in this chunk. */
  push(chunk: Uint8Array, onLine: LineListener): void {
    let start = 0;
    if (this.#held.length > 0 || this.#isSkipping) {
      const end = chunk.indexOf(this.#newline);
      const part = end === -1 ? chunk : chunk.subarray(0, end);
      if (this.#held.length + part.length > this.#limitBytes) this.#skip();
      if (!this.#isSkipping) this.#held = joinBytes(this.#held, part);
      if (end === -1) return;
      if (!this.#isSkipping) this.#give(this.#held, 0, this.#held.length, onLine);
      this.#held = new Uint8Array(0);
      this.#isSkipping = false;
      start = end + 1;
    }
    for (;;) {
      const end = chunk.indexOf(this.#newline, start);
      if (end === -1) break;
      if (end - start > this.#limitBytes) this.tooLong++;
      else this.#give(chunk, start, end, onLine);
      start = end + 1;
    }
    if (chunk.length - start > this.#limitBytes) this.#skip();
    else this.#held = chunk.slice(start);
  }

  /** Gives the last line when it has no end. */
  finish(onLine: LineListener): void {
    if (this.#held.length > 0) this.#give(this.#held, 0, this.#held.length, onLine);
    this.#held = new Uint8Array(0);
  }

  #skip(): void {
    if (!this.#isSkipping) this.tooLong++;
    this.#isSkipping = true;
    this.#held = new Uint8Array(0);
  }

  #give(bytes: Uint8Array, from: number, to: number, onLine: LineListener): void {
    onLine(bytes, from, this.#newline === LF && to > from && bytes[to - 1] === CR ? to - 1 : to);
  }
}

/** Lines of the head and the windows of an input, at most `limitBytes` of each; the last, cut one is left out unless it is the only one. */
export function sampleLines(
  start: { readonly head: Uint8Array; readonly headIsWhole: boolean; readonly windows: readonly Uint8Array[] },
  newline: number,
  limitBytes: number,
): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (const stretch of [start.head, ...start.windows]) {
    const bytes = stretch.subarray(0, stretch === start.head ? limitBytes : limitBytes >> 3);
    const cutter = new LineCutter(newline, 65_536);
    const keep: LineListener = (all, from, to) => void lines.push(all.subarray(from, to));
    cutter.push(bytes, keep);
    if (bytes.length === stretch.length && (stretch !== start.head || start.headIsWhole)) cutter.finish(keep);
  }
  return lines;
}
