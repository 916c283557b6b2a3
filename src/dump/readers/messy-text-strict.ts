import { ClosingQuotes, findRowEnd } from '../exact-rows.ts';
import type { Dialect } from '../port.ts';

/** Where a reader of one dialect sees rows in one stretch of bytes; lines are asked for in ascending order. */
export class StrictRows {
  readonly #bytes: Uint8Array;
  readonly #dialect: Dialect;
  readonly #closings: ClosingQuotes;
  #start = 0;
  #end = 0;

  constructor(bytes: Uint8Array, dialect: Dialect) {
    this.#bytes = bytes;
    this.#dialect = dialect;
    this.#closings = new ClosingQuotes(bytes, bytes.length, dialect, true);
  }

  /** Whether the line [from, to) is a row there: an open quote makes one row of many lines. */
  isRow(from: number, to: number): boolean {
    const { length } = this.#bytes;
    while (this.#end <= from) {
      this.#start = this.#end;
      const end = findRowEnd(this.#bytes, this.#start, length, this.#dialect, true, this.#closings);
      this.#end = end > this.#start ? end : length;
    }
    // CR and LF may follow the line.
    return this.#start === from && this.#end <= to + 2;
  }
}

/** Where rows go on at or behind `from`, when one of them stands on several lines; else null. Much faster than reading them. */
export function joinedRowsBehind(bytes: Uint8Array, from: number, dialect: Dialect): number | null {
  const closings = new ClosingQuotes(bytes, bytes.length, dialect, true);
  const newline = dialect.newline.charCodeAt(0);
  let first: number | null = null;
  for (let start = 0; start < bytes.length; ) {
    const end = findRowEnd(bytes, start, bytes.length, dialect, true, closings);
    if (end <= start) return null;
    if (start >= from) {
      first ??= start;
      if (bytes.indexOf(newline, start) < end - 1) return first;
    }
    start = end;
  }
  return null;
}
