/*
 * Matching (docs/spec/matching.md) in plain TypeScript: the specification of what the kernel does with the rows of a dump (kernel/assembly/resolve.ts),
 * written to be read.
 * Nothing in the product calls it; the differential tests and the fuzzer hold the kernel to it.
 */
import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { fingerprint } from '../core/fingerprint/keys.ts';
import type { Row } from '../dump/exact-rows.ts';
import type { RejectReason } from '../dump/port.ts';
import { COMMON_VALUE_RECORDS, CONTROL_BIT, type RegisterImage, SUBJECT_MASK } from '../register/layout.ts';
import { findRecords } from '../register/lookup.ts';
import type { ActiveColumn, ScanPlan } from '../scan/plan.ts';

/** What one row turned out to be. */
export type RowKind = 'none' | 'weak' | 'strong' | 'chimera' | 'rejected';

/** How many rows have a field, in how many it matched, and in how many of those with a value that is still current. */
export interface FieldCounts {
  rows: number;
  matched: number;
  current: number;
}

/** Everything that a scan of one part counts and marks. */
export interface MatchResult {
  /** Rows that were read; `identifiable` have an identifying value, `multiple` at least two different ones. */
  readonly counters: {
    rows: number;
    identifiable: number;
    multiple: number;
    strong: number;
    weak: number;
    chimera: number;
  };
  /** Every field that has a column. */
  readonly fields: ReadonlyMap<FieldName, FieldCounts>;
  /** One per row, in order, rejected ones among them. */
  readonly kinds: readonly RowKind[];
  readonly rejected: ReadonlyMap<RejectReason, number>;
  /** Different rows. */
  readonly distinct: number;
  /** Subjects that are a candidate of a row; those that agree with one in two columns at least. */
  readonly touched: ReadonlySet<number>;
  readonly strong: ReadonlySet<number>;
  /** Numbers of records, of confirming entries and of controls that rows have the values of. Records of controls are not among the first. */
  readonly recordSeen: ReadonlySet<number>;
  readonly confirmSeen: ReadonlySet<number>;
  readonly controlSeen: ReadonlySet<number>;
}

/** One column of a row that holds a value. */
interface Value {
  readonly column: ActiveColumn;
  readonly normalised: string;
  readonly lo: number;
  readonly hi: number;
}

/** A subject that a row may be about, and the columns in which they agree. */
interface Candidate {
  readonly subject: number;
  readonly columns: Set<ActiveColumn>;
  /** Those of `columns` whose value is still the subject's. */
  readonly current: Set<ActiveColumn>;
}

/** Matches rows, cut as `rowsOf` cuts them for `plan.columns` columns, against a whole register. Memory grows with the number of different rows and values. */
export function matchReference(rows: Iterable<Row>, plan: ScanPlan, image: RegisterImage): MatchResult {
  const matcher = new Matcher(plan, image);
  for (const row of rows) matcher.take(row);
  return matcher.result();
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const emptyCell = new Uint8Array(0);

class Matcher {
  readonly #plan: ScanPlan;
  readonly #image: RegisterImage;
  readonly #counters = { rows: 0, identifiable: 0, multiple: 0, strong: 0, weak: 0, chimera: 0 };
  readonly #fields = new Map<FieldName, FieldCounts>();
  readonly #kinds: RowKind[] = [];
  readonly #rejected = new Map<RejectReason, number>();
  readonly #different = new Set<string>();
  readonly #touched = new Set<number>();
  readonly #strong = new Set<number>();
  readonly #recordSeen = new Set<number>();
  readonly #confirmSeen = new Set<number>();
  readonly #controlSeen = new Set<number>();
  /** A dump repeats its values: the hash is what takes time here. */
  readonly #values = new Map<ActiveColumn, Map<string, Value | null>>();

  constructor(plan: ScanPlan, image: RegisterImage) {
    this.#plan = plan;
    this.#image = image;
    for (const column of plan.active) {
      if (column.field !== null) this.#fields.set(column.field, { rows: 0, matched: 0, current: 0 });
      this.#values.set(column, new Map());
    }
  }

  result(): MatchResult {
    return {
      counters: this.#counters,
      fields: this.#fields,
      kinds: this.#kinds,
      rejected: this.#rejected,
      distinct: this.#different.size,
      touched: this.#touched,
      strong: this.#strong,
      recordSeen: this.#recordSeen,
      confirmSeen: this.#confirmSeen,
      controlSeen: this.#controlSeen,
    };
  }

  take(row: Row): void {
    if ('rejected' in row) {
      this.#rejected.set(row.rejected, (this.#rejected.get(row.rejected) ?? 0) + 1);
      this.#kinds.push('rejected');
      return;
    }
    const all = this.#plan.active.flatMap(
      (column) => this.#valueOf(column, row.cells[column.index] ?? emptyCell) ?? [],
    );
    this.#different.add(distinctKey(row.cells, all));
    const values = all.filter((value, index) => !all.slice(0, index).some((earlier) => isSame(earlier, value)));
    const identifying = values.filter(({ column }) => column.role === 'identifying');
    this.#counters.rows++;
    if (identifying.length >= 1) this.#counters.identifiable++;
    if (identifying.length >= 2) this.#counters.multiple++;

    const candidates = this.#findCandidates(identifying);
    const confirming = values.filter(({ column }) => column.role === 'confirming');
    for (const candidate of candidates) this.#confirm(candidate, confirming);
    for (const { subject, columns } of candidates) {
      this.#touched.add(subject);
      if (columns.size >= 2) this.#strong.add(subject);
    }
    const kind = kindOf(candidates);
    this.#kinds.push(kind);
    if (kind !== 'none') this.#counters[kind]++;
    this.#countFields(row.cells, all, candidates);
  }

  /** The normalised value of a cell and its fingerprint; null for times and for cells that hold no value. */
  #valueOf(column: ActiveColumn, cell: Uint8Array): Value | null {
    const { field, key } = column;
    if (field === null || key === null) return null;
    const text = decoder.decode(cell);
    const known = this.#values.get(column)!;
    let value = known.get(text);
    if (value === undefined) {
      const normalised = fieldByName(field).normalise(text, { region: this.#plan.region });
      value = normalised === null ? null : { column, normalised, ...fingerprint(key, normalised) };
      known.set(text, value);
    }
    return value;
  }

  /** Every subject that has, or ever had, one of the identifying values; common values point to nobody but count for those found otherwise. */
  #findCandidates(identifying: readonly Value[]): Candidate[] {
    const candidates = new Map<number, Candidate>();
    const common: { readonly value: Value; readonly records: readonly number[] }[] = [];
    for (const value of identifying) {
      const { first, count } = findRecords(this.#image, value.lo, value.hi);
      const records = Array.from({ length: count }, (_, i) => first + i);
      if (count > COMMON_VALUE_RECORDS) {
        common.push({ value, records });
        continue;
      }
      for (const record of records) {
        const owner = this.#image.table[4 * record + 2]!;
        if (owner >= CONTROL_BIT) {
          this.#controlSeen.add(owner & SUBJECT_MASK);
          continue;
        }
        const subject = owner & SUBJECT_MASK;
        const candidate = candidates.get(subject) ?? { subject, columns: new Set(), current: new Set() };
        candidates.set(subject, candidate);
        this.#agree(candidate, value.column, record);
      }
    }
    for (const { value, records } of common) {
      for (const record of records) {
        const owner = this.#image.table[4 * record + 2]!;
        const candidate = owner >= CONTROL_BIT ? undefined : candidates.get(owner & SUBJECT_MASK);
        if (candidate !== undefined) this.#agree(candidate, value.column, record);
      }
    }
    return [...candidates.values()];
  }

  #agree(candidate: Candidate, column: ActiveColumn, record: number): void {
    this.#recordSeen.add(record);
    candidate.columns.add(column);
    if (this.#isCurrent(this.#image.table[4 * record + 3]!)) candidate.current.add(column);
  }

  /** Adds the confirming columns whose value the candidate has ever had. */
  #confirm(candidate: Candidate, confirming: readonly Value[]): void {
    const { confirmIndex, confirm } = this.#image;
    for (let entry = confirmIndex[candidate.subject]!; entry < confirmIndex[candidate.subject + 1]!; entry++) {
      for (const { column, lo } of confirming) {
        if (confirm[2 * entry] !== lo) continue;
        this.#confirmSeen.add(entry);
        candidate.columns.add(column);
        if (this.#isCurrent(confirm[2 * entry + 1]!)) candidate.current.add(column);
      }
    }
  }

  #isCurrent(period: number): boolean {
    return period < this.#image.currentPeriods;
  }

  /** Fields that the row shows: those with a valid identifying value, or a confirming cell that is not blank. */
  #countFields(cells: readonly Uint8Array[], values: readonly Value[], candidates: readonly Candidate[]): void {
    const best = bestOf(candidates);
    const shown = this.#plan.active.filter((column) =>
      column.role === 'identifying'
        ? values.some((value) => value.column === column)
        : column.role === 'confirming' && trim(cells[column.index] ?? emptyCell).length > 0,
    );
    for (const [field, counts] of this.#fields) {
      const isField = (column: ActiveColumn): boolean => column.field === field;
      const columns = shown.filter(isField);
      if (columns.length === 0) continue;
      counts.rows++;
      if (!candidates.some((candidate) => columns.some((column) => candidate.columns.has(column)))) continue;
      counts.matched++;
      const hasField = best.some((candidate) => [...candidate.columns].some(isField));
      const judges = hasField ? best : candidates;
      if (judges.some((candidate) => [...candidate.current].some(isField))) counts.current++;
    }
  }
}

/** Two columns of one field with one value. */
function isSame(a: Value, b: Value): boolean {
  return a.column.field === b.column.field && a.normalised === b.normalised;
}

/** The candidates with the highest agreement. */
function bestOf(candidates: readonly Candidate[]): readonly Candidate[] {
  const highest = Math.max(0, ...candidates.map(({ columns }) => columns.size));
  return candidates.filter(({ columns }) => columns.size === highest);
}

function kindOf(candidates: readonly Candidate[]): Exclude<RowKind, 'rejected'> {
  if (candidates.length === 0) return 'none';
  if (candidates.some(({ columns }) => columns.size >= 2)) return 'strong';
  const columns = new Set(candidates.flatMap((candidate) => [...candidate.columns]));
  const identifying = [...columns].filter(({ role }) => role === 'identifying');
  return identifying.length >= 2 ? 'chimera' : 'weak';
}

/** Equal for equal rows: identifying values in their normalised form, all other cells without the white space around them. */
function distinctKey(cells: readonly Uint8Array[], values: readonly Value[]): string {
  const parts = cells.map((cell, index) => {
    const value = values.find(({ column }) => column.index === index && column.role === 'identifying');
    return value === undefined ? ['cell', Buffer.from(trim(cell)).toString('latin1')] : ['value', value.normalised];
  });
  return JSON.stringify(parts);
}

function isSpace(byte: number): boolean {
  return byte === 32 || (byte >= 9 && byte <= 13);
}

/** The cell without the ASCII white space around it. */
function trim(cell: Uint8Array): Uint8Array {
  let from = 0;
  let to = cell.length;
  while (from < to && isSpace(cell[from]!)) from++;
  while (from < to && isSpace(cell[to - 1]!)) to--;
  return cell.subarray(from, to);
}
