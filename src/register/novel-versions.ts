import { CONTROL_BIT, FIELD_SHIFT, STILL_CURRENT, SUBJECT_MASK } from './layout.ts';
import { FLAGS, FROM, newBatch, UNTIL, VERSION_WORDS, type VersionSource } from './merge.ts';
import { confirmKey } from './old-versions.ts';
import { type RowCursor, SortedRows } from './sorted-rows.ts';

/** A partition of fingerprints: 1/256 of them, about 2 MB at 40 M values. */
const IDENTIFYING_SHIFT = 24;
/** A partition of confirming values: 65,536 subjects; new subjects come in order and fill one after the other. */
const CONFIRMING_SHIFT = 19;

/** The values of a table that the register does not hold yet, collected in any order. */
export class NovelVersions {
  /** Since when values are current that come without an interval; null when all have one (history). */
  readonly #asOf: number | null;
  readonly #identifying: SortedRows;
  readonly #confirming: SortedRows;
  /** By number of the control in `addControl`'s order: high half of the sampled value. */
  readonly #sampleHi: number[] = [];

  constructor(asOfSeconds: number | null) {
    this.#asOf = asOfSeconds;
    const dates = asOfSeconds === null ? 2 : 0;
    this.#identifying = new SortedRows(3 + dates, IDENTIFYING_SHIFT);
    this.#confirming = new SortedRows(2 + dates, CONFIRMING_SHIFT);
  }

  /** Identifying values so far, without controls, which the register mostly has already. */
  get identifyingCount(): number {
    return this.#identifying.count - this.#sampleHi.length;
  }

  addIdentifying(lo: number, hi: number, subject: number, field: number, from: number, until: number): void {
    this.#identifying.append(hi, lo, (field << FIELD_SHIFT) | subject, from, until);
  }

  addConfirming(fingerprint: number, subject: number, field: number, from: number, until: number): void {
    this.#confirming.append(confirmKey(subject, field), fingerprint, from, until, 0);
  }

  /** Controls of one field come in ascending order of their samples: the merge keeps the first of equal ones. */
  addControl(lo: number, hi: number, field: number, sampleHi: number): void {
    const number = this.#sampleHi.push(sampleHi) - 1;
    this.#identifying.append(hi, lo, (CONTROL_BIT | (field << FIELD_SHIFT) | number) >>> 0, 0, 0);
  }

  sort(): void {
    this.#identifying.sort();
    this.#confirming.sort();
  }

  identifying(): VersionSource {
    return new NovelIdentifying(this.#identifying.cursor(), this.#asOf, Uint32Array.from(this.#sampleHi));
  }

  confirming(): VersionSource {
    return new NovelConfirming(this.#confirming.cursor(), this.#asOf);
  }
}

class NovelIdentifying implements VersionSource {
  readonly words = newBatch();
  readonly #rows: RowCursor;
  readonly #asOf: number | null;
  readonly #sampleHi: Uint32Array;

  constructor(rows: RowCursor, asOf: number | null, sampleHi: Uint32Array) {
    this.#rows = rows;
    this.#asOf = asOf;
    this.#sampleHi = sampleHi;
  }

  fill(): number {
    const rows = this.#rows;
    const out = this.words;
    const asOf = this.#asOf;
    let end = 0;
    for (; end < out.length && rows.advance(); end += VERSION_WORDS) {
      const { words, at } = rows;
      const owner = words[at + 2]!;
      const isControl = owner >= CONTROL_BIT;
      out[end] = words[at]!;
      out[end + 1] = words[at + 1]!;
      out[end + 2] = isControl ? owner & ~SUBJECT_MASK : owner;
      out[end + FROM] = isControl ? this.#sampleHi[owner & SUBJECT_MASK]! : (asOf ?? words[at + 3]!);
      out[end + UNTIL] = isControl || asOf !== null ? STILL_CURRENT : words[at + 4]!;
      out[end + FLAGS] = 0;
    }
    return end;
  }
}

class NovelConfirming implements VersionSource {
  readonly words = newBatch();
  readonly #rows: RowCursor;
  readonly #asOf: number | null;

  constructor(rows: RowCursor, asOf: number | null) {
    this.#rows = rows;
    this.#asOf = asOf;
  }

  fill(): number {
    const rows = this.#rows;
    const out = this.words;
    const asOf = this.#asOf;
    let end = 0;
    for (; end < out.length && rows.advance(); end += VERSION_WORDS) {
      const { words, at } = rows;
      out[end] = words[at]!;
      out[end + 1] = words[at + 1]!;
      out[end + 2] = 0;
      out[end + FROM] = asOf ?? words[at + 2]!;
      out[end + UNTIL] = asOf === null ? words[at + 3]! : STILL_CURRENT;
      out[end + FLAGS] = 0;
    }
    return end;
  }
}
