import { CONTROL_BIT, LINE_BYTES, LINE_ENTRIES, LINE_MEAN, LINE_MOST, LINE_SLOTS } from './layout.ts';
import { lineOf } from './lookup.ts';

const LINE_WORDS = LINE_BYTES / 4;

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

/** How many lines a table of so many records gets. */
export function lineCountFor(recordCount: number): number {
  return Math.max(1, Math.ceil(recordCount / LINE_MEAN));
}

/** Whether a table that has so many lines may keep their number with so many records. */
export function mayKeepLines(lineCount: number, recordCount: number): boolean {
  return recordCount <= LINE_MOST * lineCount && lineCount <= lineCountFor(recordCount);
}

/** Says which period a record has that is copied. */
export interface PeriodSource {
  periodOfRecord(record: number, period: number): number;
}

/** Lays records that come in ascending order of their fingerprints into the lines and the overflow of a table (layout.ts). */
export class LineBuilder {
  readonly #lineCount: number;
  readonly #lines: LineSink;
  readonly #overflow: WordSink;
  /** The line that is being filled: its number, its entries, and those of it in the overflow so far. */
  #line = 0;
  #own = 0;
  #rest = 0;
  #overflowCount = 0;

  constructor(lineCount: number, lines: LineSink, overflow: WordSink) {
    this.#lineCount = lineCount;
    this.#lines = lines;
    this.#overflow = overflow;
  }

  /** Entries in the overflow so far. */
  get overflowCount(): number {
    return this.#overflowCount;
  }

  add(lo: number, hi: number, subjectField: number, period: number): void {
    const line = lineOf(hi, this.#lineCount);
    while (this.#line < line) this.#closeLine();
    if (this.#rest === 0 && this.#own < LINE_SLOTS) {
      const { words, at } = this.#lines;
      const entry = at + 4 * (1 + this.#own++);
      words[entry] = lo;
      words[entry + 1] = hi;
      words[entry + 2] = subjectField;
      words[entry + 3] = period;
      return;
    }
    if (this.#rest === 0) this.#beginOverflow(lo, hi);
    this.#overflows(lo, hi, subjectField, period);
  }

  /**
   * Lays a line of a table that has as many lines, where it stands: new are the numbers of its controls, which `ownerOf` gives in their order, and of its periods.
   * What was added before is in lines before it, and what comes is in lines after it.
   */
  copyLine(table: Uint32Array, line: number, ownerOf: (owner: number) => number, periods: PeriodSource): void {
    while (this.#line < line) this.#closeLine();
    const head = LINE_ENTRIES * line;
    const { words, at } = this.#lines;
    this.#own = table[4 * head]!;
    let to = at + 4;
    for (let record = head + 1; record <= head + this.#own; record++, to += 4) {
      const owner = table[4 * record + 2]!;
      const period = table[4 * record + 3]!;
      words[to] = table[4 * record]!;
      words[to + 1] = table[4 * record + 1]!;
      words[to + 2] = ownerOf(owner);
      words[to + 3] = owner >= CONTROL_BIT ? period : periods.periodOfRecord(record, period);
    }
    const first = table[4 * head + 2]!;
    const end = first + table[4 * head + 1]!;
    for (let record = first; record < end; record++) {
      const owner = table[4 * record + 2]!;
      const period = table[4 * record + 3]!;
      const newPeriod = owner >= CONTROL_BIT ? period : periods.periodOfRecord(record, period);
      this.#overflows(table[4 * record]!, table[4 * record + 1]!, ownerOf(owner), newPeriod);
    }
  }

  /** Writes the last lines. */
  finish(): void {
    while (this.#line < this.#lineCount) this.#closeLine();
  }

  /** Records of one fingerprint stand side by side: those in the line that have the first fingerprint of the overflow go there with it. */
  #beginOverflow(lo: number, hi: number): void {
    const { words, at } = this.#lines;
    let first = this.#own;
    while (first > 0 && words[at + 4 * first] === lo && words[at + 4 * first + 1] === hi) first--;
    for (let entry = at + 4 * (first + 1); entry < at + LINE_WORDS; entry += 4) {
      this.#overflows(words[entry]!, words[entry + 1]!, words[entry + 2]!, words[entry + 3]!);
    }
    this.#own = first;
  }

  #overflows(lo: number, hi: number, subjectField: number, period: number): void {
    this.#overflow.word(lo);
    this.#overflow.word(hi);
    this.#overflow.word(subjectField);
    this.#overflow.word(period);
    this.#rest++;
    this.#overflowCount++;
  }

  #closeLine(): void {
    const { words, at } = this.#lines;
    words[at] = this.#own;
    words[at + 1] = this.#rest;
    words[at + 2] = this.#rest === 0 ? 0 : LINE_ENTRIES * this.#lineCount + this.#overflowCount - this.#rest;
    words[at + 3] = 0;
    for (let word = at + 4 * (1 + this.#own); word < at + LINE_WORDS; word++) words[word] = 0;
    this.#lines.lineDone();
    this.#own = 0;
    this.#rest = 0;
    this.#line++;
  }
}
