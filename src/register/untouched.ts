import type { ControlSample } from './controls.ts';
import type { VersionCounts } from './count-versions.ts';
import { CONTROL_BIT, FIELD_SHIFT, LINE_ENTRIES, NONE, type RegisterImage, SUBJECT_MASK } from './layout.ts';
import { lineOf } from './lookup.ts';
import { VERSION_WORDS, type VersionSource } from './merge.ts';
import { type ClosingRule, closesEntry, closesRecord, hasBit, setBit } from './old-versions.ts';

/**
 * What a table leaves where it is: lines of the fingerprint table and subjects' confirming values that get nothing new. In a next snapshot these are nearly all. They are copied and only their
 * periods looked at; what is touched is merged (merge.ts). The table keeps its number of lines for that.
 */
export class Untouched {
  /** Lines, and subjects with confirming values, that are merged: one bit each. */
  readonly mergedLines: Uint32Array;
  readonly mergedSubjects: Uint32Array;
  readonly #image: RegisterImage;
  readonly #rule: ClosingRule;
  readonly #controlled: readonly number[];
  readonly #thresholds: Uint32Array;
  /** Records and confirming entries that the table closes, one bit each. */
  readonly #closedRecords: Uint32Array;
  readonly #closedEntries: Uint32Array;
  /** Subjects none of whose values of any closable field is closed, one bit each; null: nobody knows. */
  readonly #unchanged: Uint32Array | null;
  /** By old number of a period: 1 when a version has it still, and when one leaves it because it is closed. There may be nearly as many periods as versions. */
  readonly #kept: Uint8Array;
  readonly #closed: Uint8Array;
  /** By old number of a period: its new one, and that of the period that ends with the table. */
  readonly #periodOf: Uint32Array;
  readonly #closedPeriodOf: Uint32Array;

  constructor(image: RegisterImage, rule: ClosingRule, controls: Pick<ControlSample, 'fields' | 'thresholds'>) {
    this.#image = image;
    this.#rule = rule;
    this.#controlled = controls.fields;
    this.#thresholds = controls.thresholds;
    this.mergedLines = newBits(image.lineCount);
    this.mergedSubjects = newBits(image.subjectCount);
    this.#closedRecords = newBits(image.entryCount);
    this.#closedEntries = newBits(image.confirm.length / 2);
    const periods = image.periods.length / 2;
    this.#kept = new Uint8Array(periods);
    this.#closed = new Uint8Array(image.currentPeriods);
    this.#unchanged = rule.fields.every((closes, field) => closes <= rule.rowFields[field]!)
      ? (rule.seen?.rows ?? null)
      : null;
    this.#periodOf = new Uint32Array(periods).fill(NONE);
    this.#closedPeriodOf = new Uint32Array(image.currentPeriods).fill(NONE);
  }

  /** Finds what is to be merged, and counts the rest. */
  survey(identifying: VersionSource, confirming: VersionSource, counts: VersionCounts): void {
    const { lineCount, subjectCount } = this.#image;
    forEachKey(identifying, (hi) => setBit(this.mergedLines, lineOf(hi, lineCount)));
    forEachKey(confirming, (key) => {
      if (key >>> 3 < subjectCount) setBit(this.mergedSubjects, key >>> 3);
    });
    // The sample stands at the front of the table: which values are in it is counted by the merge.
    const highest = Math.max(0, ...this.#controlled.map((field) => this.#thresholds[field]!));
    const sampledLines = highest === 0 ? 0 : lineOf(highest - 1, lineCount) + 1;
    for (let line = 0; line < sampledLines; line++) setBit(this.mergedLines, line);
    this.#surveyTable(counts);
    this.#surveyConfirming(counts);
    const { periods } = this.#image;
    for (let period = 0; period < this.#kept.length; period++) {
      const from = periods[2 * period]!;
      if (this.#kept[period] === 1) counts.periods.add(from, periods[2 * period + 1]!);
      if (this.#closed[period] === 1) counts.periods.add(from, this.#rule.atSeconds);
    }
  }

  /** Numbers the periods once all have been counted. */
  numberPeriods({ periods }: VersionCounts): void {
    const old = this.#image.periods;
    for (let period = 0; period < this.#kept.length; period++) {
      const from = old[2 * period]!;
      if (this.#kept[period] === 1) this.#periodOf[period] = periods.numberOf(from, old[2 * period + 1]!);
      if (this.#closed[period] === 1) this.#closedPeriodOf[period] = periods.numberOf(from, this.#rule.atSeconds);
    }
  }

  /** The next number of the period that a record of an untouched line gets. */
  periodOfRecord(record: number, period: number): number {
    return (hasBit(this.#closedRecords, record) ? this.#closedPeriodOf : this.#periodOf)[period]!;
  }

  /** The same for a confirming entry of an untouched subject. */
  periodOfEntry(entry: number, period: number): number {
    return (hasBit(this.#closedEntries, entry) ? this.#closedPeriodOf : this.#periodOf)[period]!;
  }

  #surveyTable(counts: VersionCounts): void {
    const { table, lineCount } = this.#image;
    for (let line = 0; line < lineCount; line++) {
      if (hasBit(this.mergedLines, line)) continue;
      const head = LINE_ENTRIES * line;
      const own = table[4 * head]!;
      const rest = table[4 * head + 1]!;
      const overflow = table[4 * head + 2]!;
      if (this.#losesControl(head + 1, own) || this.#losesControl(overflow, rest)) {
        setBit(this.mergedLines, line);
        continue;
      }
      this.#countRecords(head + 1, own, counts);
      this.#countRecords(overflow, rest, counts);
      counts.records += own + rest;
    }
  }

  #losesControl(first: number, count: number): boolean {
    const { table } = this.#image;
    for (let record = first; record < first + count; record++) {
      const owner = table[4 * record + 2]!;
      if (owner >= CONTROL_BIT && table[4 * record + 3]! >= this.#thresholds[(owner >>> FIELD_SHIFT) & 7]!) return true;
    }
    return false;
  }

  #countRecords(first: number, count: number, counts: VersionCounts): void {
    const { table, currentPeriods } = this.#image;
    const { versions, current } = counts;
    const unchanged = this.#unchanged;
    for (let record = first; record < first + count; record++) {
      const owner = table[4 * record + 2]!;
      const field = (owner >>> FIELD_SHIFT) & 7;
      if (owner >= CONTROL_BIT) {
        counts.controls[field] = counts.controls[field]! + 1;
        continue;
      }
      const period = table[4 * record + 3]!;
      const subject = owner & SUBJECT_MASK;
      versions[field] = versions[field]! + 1;
      if (period < currentPeriods) {
        if (unchanged === null || !hasBit(unchanged, subject)) {
          const closes = closesRecord(this.#rule, subject, field, record);
          counts.noteId(owner, !closes);
          if (closes) {
            setBit(this.#closedRecords, record);
            this.#closed[period] = 1;
            counts.versionsClosed++;
            continue;
          }
        }
        current[field] = current[field]! + 1;
      }
      this.#kept[period] = 1;
    }
  }

  #surveyConfirming(counts: VersionCounts): void {
    const { confirm, confirmFields, confirmIndex, currentPeriods, subjectCount } = this.#image;
    const { versions, current } = counts;
    for (let subject = 0; subject < subjectCount; subject++) {
      if (hasBit(this.mergedSubjects, subject)) continue;
      const end = confirmIndex[subject + 1]!;
      const isUnchanged = this.#unchanged !== null && hasBit(this.#unchanged, subject);
      counts.confirming += end - confirmIndex[subject]!;
      for (let entry = confirmIndex[subject]!; entry < end; entry++) {
        const field = confirmFields[entry]!;
        const period = confirm[2 * entry + 1]!;
        versions[field] = versions[field]! + 1;
        if (period < currentPeriods) {
          if (!isUnchanged && closesEntry(this.#rule, subject, field, entry)) {
            setBit(this.#closedEntries, entry);
            this.#closed[period] = 1;
            counts.versionsClosed++;
            continue;
          }
          current[field] = current[field]! + 1;
        }
        this.#kept[period] = 1;
      }
    }
  }
}

function newBits(count: number): Uint32Array {
  return new Uint32Array((count + 31) >>> 5);
}

/** Visits the first key of every version. */
function forEachKey(source: VersionSource, visit: (key: number) => void): void {
  for (let end = source.fill(); end > 0; end = source.fill()) {
    for (let at = 0; at < end; at += VERSION_WORDS) visit(source.words[at]!);
  }
}
