import { joinBytes } from './messy-text-lines.ts';

const LF = 0x0a;
const CR = 0x0d;

/** How far may be looked ahead from a line, in lines and in bytes. */
export const AHEAD_LINES = 12;
const AHEAD_BYTES = 262_144;
/** A longer line is rejected. */
export const LONGEST_LINE_BYTES = 1_048_576;

/** Some lines of a file in memory: where each begins and ends in `bytes` (its end not included). Blank ones are left out. */
export interface LineWindow {
  readonly bytes: Uint8Array;
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Says how many lines, from `index` on, it has dealt with: at least one. */
export type WindowListener = (window: LineWindow, index: number) => number;

/**
 * Gives lines with those that follow, so that a decision never depends on how the input was cut: a line is given when AHEAD_LINES more or AHEAD_BYTES are there,
 * and more than that must not be looked at.
 */
export class LineWindows {
  tooLong = 0;
  readonly #newline: number;
  #held: Uint8Array = new Uint8Array(0);
  #isSkipping = false;

  constructor(newline: number) {
    this.#newline = newline;
  }

  /** Takes a chunk in and gives the lines that can be decided on. */
  push(chunk: Uint8Array, onLine: WindowListener): void {
    this.#read(this.#held.length === 0 ? chunk : joinBytes(this.#held, chunk), false, onLine);
  }

  /** Gives what is left. */
  finish(onLine: WindowListener): void {
    this.#read(this.#held, true, onLine);
  }

  #read(bytes: Uint8Array, isFinal: boolean, onLine: WindowListener): void {
    const from: number[] = [];
    const to: number[] = [];
    // What is held ends where the line that is skipped goes on.
    const skipped = this.#isSkipping ? this.#held.length : -1;
    let start = 0;
    while (start < bytes.length) {
      const newline = bytes.indexOf(this.#newline, start);
      if (newline === -1 && !isFinal) break;
      const end = newline === -1 ? bytes.length : newline;
      const last = this.#newline === LF && end > start && bytes[end - 1] === CR ? end - 1 : end;
      if (start === skipped) this.#isSkipping = false;
      else if (last - start > LONGEST_LINE_BYTES) this.tooLong++;
      else if (!isBlank(bytes, start, last)) {
        from.push(start);
        to.push(last);
      }
      start = newline === -1 ? bytes.length : newline + 1;
    }
    const window = { bytes, from, to };
    let index = 0;
    while (index < from.length) {
      const isEnough = index + AHEAD_LINES < from.length || bytes.length - (to[index] ?? 0) > AHEAD_BYTES + 1;
      if (!isEnough && !isFinal) break;
      index += onLine(window, index);
    }
    const rest = index < from.length ? (from[index] ?? start) : start;
    if (!this.#isSkipping && bytes.length - start > LONGEST_LINE_BYTES) {
      this.tooLong++;
      this.#isSkipping = true;
    }
    this.#held = bytes.slice(rest, this.#isSkipping ? start : bytes.length);
  }
}

function isBlank(bytes: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    const byte = bytes[index] ?? 0;
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false;
  }
  return true;
}

/** The lines of a window from `index` on that may be looked at, as positions in its lists. */
export function aheadOf(window: LineWindow, index: number): number {
  const limit = (window.to[index] ?? 0) + AHEAD_BYTES;
  let last = index;
  while (last + 1 < window.from.length && last - index < AHEAD_LINES && (window.to[last + 1] ?? 0) <= limit) last++;
  return last;
}
