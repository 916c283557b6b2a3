import { CONTROL_BIT, FIELD_SHIFT, LINE_ENTRIES, type RegisterImage, STILL_CURRENT, SUBJECT_MASK } from './layout.ts';
import { FLAGS, FROM, IS_OLD, newBatch, UNTIL, VERSION_WORDS, type VersionSource, WAS_CURRENT } from './merge.ts';
import type { SeenBits } from './port.ts';

/** Which current versions of the old register a new table closes, and when. Null: none (history). */
export interface ClosingRule {
  readonly atSeconds: number;
  /** By field id: 1 when the table has a column of the field. */
  readonly fields: Uint8Array;
  /** By field id: 1 when the rows that `seen` says are unchanged have a column of the field. */
  readonly rowFields: Uint8Array;
  /** Delta: only these subjects (one bit each), and never their ids. Null in a snapshot: all. */
  readonly touched: Uint32Array | null;
  readonly customerIdField: number;
  /** Null: nothing was seen. */
  readonly seen: SeenBits | null;
}

/** The fingerprint table of an image as versions; controls of samples at or above their field's threshold are left out. */
export class OldIdentifying implements VersionSource {
  readonly words = newBatch();
  readonly #image: RegisterImage;
  readonly #closing: ClosingRule | null;
  readonly #thresholds: Uint32Array;
  readonly #only: Uint32Array | null;
  #line = 0;
  /** Entries of the line that are done. */
  #done = 0;

  /** `thresholds` by field id; `only`: the lines that are wanted, one bit each, null for all. */
  constructor(image: RegisterImage, closing: ClosingRule | null, thresholds: Uint32Array, only: Uint32Array | null) {
    this.#only = only;
    this.#image = image;
    this.#closing = closing;
    this.#thresholds = thresholds;
  }

  fill(): number {
    const { table, lineCount } = this.#image;
    const out = this.words;
    let end = 0;
    for (; this.#line < lineCount; this.#line++) {
      if (this.#only !== null && !hasBit(this.#only, this.#line)) continue;
      const head = LINE_ENTRIES * this.#line;
      const own = table[4 * head]!;
      const count = own + table[4 * head + 1]!;
      const overflow = table[4 * head + 2]!;
      for (; this.#done < count; this.#done++) {
        if (end === out.length) return end;
        const entry = this.#done < own ? head + 1 + this.#done : overflow + this.#done - own;
        out[end] = table[4 * entry + 1]!;
        out[end + 1] = table[4 * entry]!;
        if (this.#putRecord(entry, end)) end += VERSION_WORDS;
      }
      this.#done = 0;
    }
    return end;
  }

  /** Puts the words of a record after its fingerprint; false when it is a control that leaves. */
  #putRecord(record: number, end: number): boolean {
    const { table, periods, currentPeriods } = this.#image;
    const out = this.words;
    const owner = table[4 * record + 2]!;
    const period = table[4 * record + 3]!;
    if (owner >= CONTROL_BIT) {
      out[end + 2] = owner & ~SUBJECT_MASK;
      out[end + FROM] = period;
      out[end + UNTIL] = STILL_CURRENT;
      out[end + FLAGS] = IS_OLD;
      return period < this.#thresholds[(owner >>> FIELD_SHIFT) & 7]!;
    }
    out[end + 2] = owner;
    out[end + FROM] = periods[2 * period]!;
    if (period >= currentPeriods) {
      out[end + UNTIL] = periods[2 * period + 1]!;
      out[end + FLAGS] = IS_OLD;
      return true;
    }
    const rule = this.#closing;
    const closes = rule !== null && closesRecord(rule, owner & SUBJECT_MASK, owner >>> FIELD_SHIFT, record);
    out[end + UNTIL] = closes ? rule.atSeconds : STILL_CURRENT;
    out[end + FLAGS] = IS_OLD | WAS_CURRENT;
    return true;
  }
}

/** The confirming entries of an image as versions. */
export class OldConfirming implements VersionSource {
  readonly words = newBatch();
  readonly #image: RegisterImage;
  readonly #closing: ClosingRule | null;
  readonly #only: Uint32Array | null;
  #subject = 0;
  #entry = 0;

  /** `only`: the subjects that are wanted, one bit each, null for all. */
  constructor(image: RegisterImage, closing: ClosingRule | null, only: Uint32Array | null) {
    this.#only = only;
    this.#image = image;
    this.#closing = closing;
  }

  fill(): number {
    const { confirm, confirmFields, confirmIndex, periods, subjectCount, currentPeriods } = this.#image;
    const out = this.words;
    let end = 0;
    for (; this.#subject < subjectCount; this.#subject++) {
      const entries = confirmIndex[this.#subject + 1]!;
      if (this.#only !== null && !hasBit(this.#only, this.#subject)) {
        this.#entry = entries;
        continue;
      }
      for (; this.#entry < entries; this.#entry++) {
        if (end === out.length) return end;
        const entry = this.#entry;
        const field = confirmFields[entry]!;
        const period = confirm[2 * entry + 1]!;
        const wasCurrent = period < currentPeriods;
        const rule = this.#closing;
        const closes = wasCurrent && rule !== null && closesEntry(rule, this.#subject, field, entry);
        out[end] = confirmKey(this.#subject, field);
        out[end + 1] = confirm[2 * entry]!;
        out[end + 2] = 0;
        out[end + FROM] = periods[2 * period]!;
        out[end + UNTIL] = closes ? rule!.atSeconds : periods[2 * period + 1]!;
        out[end + FLAGS] = wasCurrent ? IS_OLD | WAS_CURRENT : IS_OLD;
        end += VERSION_WORDS;
      }
    }
    return end;
  }
}

/** Whether the table closes a record that is current. */
export function closesRecord(rule: ClosingRule, subject: number, field: number, record: number): boolean {
  if (rule.fields[field] === 0 || hasUnchangedRow(rule, subject, field)) return false;
  if (rule.seen !== null && hasBit(rule.seen.records, record)) return false;
  return rule.touched === null || (field !== rule.customerIdField && hasBit(rule.touched, subject));
}

/** Whether the table closes a confirming entry that is current. */
export function closesEntry(rule: ClosingRule, subject: number, field: number, entry: number): boolean {
  if (rule.fields[field] === 0 || hasUnchangedRow(rule, subject, field)) return false;
  if (rule.seen !== null && hasBit(rule.seen.confirm, entry)) return false;
  return rule.touched === null || hasBit(rule.touched, subject);
}

function hasUnchangedRow({ rowFields, seen }: ClosingRule, subject: number, field: number): boolean {
  const rows = seen?.rows ?? null;
  return rows !== null && rowFields[field] === 1 && hasBit(rows, subject);
}

/** First key of a confirming version: ascending by subject, then field. Below 2^31. */
export function confirmKey(subject: number, field: number): number {
  return subject * 8 + (field & 7);
}

export function hasBit(bits: Uint32Array, at: number): boolean {
  return ((bits[at >>> 5]! >>> (at & 31)) & 1) !== 0;
}

export function setBit(bits: Uint32Array, at: number): void {
  bits[at >>> 5] = bits[at >>> 5]! | (1 << (at & 31));
}
