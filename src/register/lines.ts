import { LINE_MEAN, LINE_SLOTS } from './layout.ts';
import { LINE_WORDS, lineOf } from './lookup.ts';

/** Takes u32 words one after the other: a file or an array in memory. */
export interface WordSink {
  word(value: number): void;
}

/** Takes lines: the next one is written at `words[at]`, and `lineDone` moves on. */
export interface LineSink {
  readonly words: Uint32Array;
  readonly at: number;
  lineDone(): void;
}

/** How many lines a table of so many fingerprints gets. */
export function lineCountFor(recordCount: number): number {
  return Math.max(1, Math.ceil(recordCount / LINE_MEAN));
}

/** Lays fingerprints that come in ascending order into the lines and the overflow of a table (layout.ts). */
export class LineBuilder {
  readonly #lineCount: number;
  readonly #lines: LineSink;
  readonly #overflow: WordSink;
  /** The line that is being filled: its number, first record and fingerprints so far. */
  #line = 0;
  #base = 0;
  #count = 0;
  #overflowCount = 0;

  constructor(lineCount: number, lines: LineSink, overflow: WordSink) {
    this.#lineCount = lineCount;
    this.#lines = lines;
    this.#overflow = overflow;
  }

  /** Fingerprints in the overflow so far. */
  get overflowCount(): number {
    return this.#overflowCount;
  }

  add(lo: number, hi: number): void {
    const line = lineOf(hi, this.#lineCount);
    while (this.#line < line) this.#closeLine();
    const slot = this.#count++;
    if (slot < LINE_SLOTS) {
      const { words, at } = this.#lines;
      words[at + 2 + 2 * slot] = lo;
      words[at + 3 + 2 * slot] = hi;
    } else {
      if (slot === LINE_SLOTS) this.#beginOverflow();
      this.#overflows(lo, hi);
    }
  }

  /** Writes the last lines. */
  finish(): void {
    while (this.#line < this.#lineCount) this.#closeLine();
  }

  /** The last slot's fingerprint makes room for the place of the overflow. */
  #beginOverflow(): void {
    const { words, at } = this.#lines;
    const last = at + 2 * LINE_SLOTS;
    const first = this.#overflowCount;
    this.#overflows(words[last]!, words[last + 1]!);
    words[last] = first;
    words[last + 1] = 0;
  }

  #overflows(lo: number, hi: number): void {
    this.#overflow.word(lo);
    this.#overflow.word(hi);
    this.#overflowCount++;
  }

  #closeLine(): void {
    const { words, at } = this.#lines;
    words[at] = this.#base;
    words[at + 1] = this.#count;
    for (let word = at + 2 + 2 * this.#count; word < at + LINE_WORDS; word++) words[word] = 0;
    this.#lines.lineDone();
    this.#base += this.#count;
    this.#count = 0;
    this.#line++;
  }
}
