import type { Verification } from '../contract/verification.ts';
import { BoltsealError } from '../core/errors.ts';
import type { FieldName } from '../core/fields/field.ts';
import { type DumpPart, type DumpReading, type RejectReason, TOLD_TABLES } from '../dump/port.ts';
import { COUNTER_CHIMERA, COUNTER_ROWS, COUNTER_STRONG, COUNTER_WEAK } from '../kernel/layout.ts';
import type { ScanPlan } from '../scan/plan.ts';
import type { PartCounts } from '../scan/pool.ts';

type FileReport = Verification['file'];

interface Table {
  readonly part: DumpPart;
  /** Columns that were looked at. */
  readonly active: ReadonlySet<number>;
  rows: number;
  matched: number;
  bytes: number;
  readonly rejected: Map<RejectReason, number>;
}

/** What was counted of each table and of all of them, over one pass of a dump. */
export class TableTally {
  readonly #tables = new Map<number, Table>();
  #others = 0;
  readonly #sums = { rows: 0, matched: 0, bytes: 0, exactRows: 0, rejected: new Map<RejectReason, number>() };
  readonly #counters: number[] = [];
  readonly #fields = new Set<FieldName>();

  /** Adds a stretch of a table. */
  add(part: DumpPart, plan: ScanPlan, counts: PartCounts, bytes: number): void {
    const counter = (offset: number): number => counts.counters[offset / 8] ?? 0;
    const rows = counter(COUNTER_ROWS);
    const matched = counter(COUNTER_STRONG) + counter(COUNTER_WEAK) + counter(COUNTER_CHIMERA);
    counts.counters.forEach((value, index) => {
      this.#counters[index] = (this.#counters[index] ?? 0) + value;
    });
    for (const { field } of plan.active) if (field !== null) this.#fields.add(field);
    this.#sums.rows += rows;
    this.#sums.matched += matched;
    this.#sums.bytes += bytes;
    this.#sums.exactRows += counts.exactRows;
    addAll(this.#sums.rejected, counts.rejected);
    let table = this.#tables.get(part.table);
    if (table === undefined) {
      // Joined tables are counted in the end.
      if (part.isContinuation) return;
      if (this.#tables.size >= TOLD_TABLES) {
        this.#others++;
        return;
      }
      table = {
        part,
        active: new Set(plan.active.map(({ index }) => index)),
        rows: 0,
        matched: 0,
        bytes: 0,
        rejected: new Map(),
      };
      this.#tables.set(part.table, table);
    }
    table.rows += rows;
    table.matched += matched;
    table.bytes += bytes;
    addAll(table.rejected, counts.rejected);
  }

  /** Adds what the readers gave up, and tables that came as rows of others. */
  finish({ rejected, joined }: DumpReading): void {
    this.#others += joined.tables;
    this.#sums.bytes += joined.leftOutBytes;
    for (const [number, reasons] of rejected) {
      addAll(this.#sums.rejected, reasons);
      const table = this.#tables.get(number);
      if (table !== undefined) addAll(table.rejected, reasons);
    }
  }

  /** The kernel's counters over everything (index = offset / 8). */
  get counters(): readonly number[] {
    return this.#counters;
  }

  get rejected(): ReadonlyMap<RejectReason, number> {
    return this.#sums.rejected;
  }

  get exactRows(): number {
    return this.#sums.exactRows;
  }

  /** Fields that any table has a column of. */
  get fields(): ReadonlySet<FieldName> {
    return this.#fields;
  }

  /** Whether no table came. */
  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  /** Tables beyond those of `parts`. */
  get omitted(): number {
    return this.#others;
  }

  /** The tables in the order of the dump. */
  parts(): FileReport[] {
    return [...this.#tables.values()].map(report);
  }

  /** The sum of all tables, with the shape of the largest. */
  whole(sizeBytes: number | null): FileReport {
    const parts = this.parts();
    const [first] = parts;
    if (first === undefined) throw new BoltsealError('INTERNAL', { kind: 'a verification without a table' });
    if (parts.length === 1 && this.#others === 0) return { ...first, bytes: sizeBytes ?? first.bytes };
    const largest = parts.reduce((best, part) => (part.rows > best.rows ? part : best));
    const { rows, matched, bytes, rejected } = this.#sums;
    return {
      ...largest,
      name: `${parts.length + this.#others} tables`,
      bytes: sizeBytes ?? bytes,
      rows,
      matchedRows: matched,
      rejectedRows: sumOf(rejected),
      rejected: Object.fromEntries(rejected),
    };
  }
}

function report({ part, active, rows, matched, bytes, rejected }: Table): FileReport {
  return {
    name: part.name,
    bytes: part.sizeBytes ?? bytes,
    rows,
    matchedRows: matched,
    rejectedRows: sumOf(rejected),
    rejected: Object.fromEntries(rejected),
    format: part.format,
    containers: [...part.containers],
    encoding: part.foundEncoding,
    encodingConfidence: part.encodingConfidence,
    separator: part.dialect.separator,
    columns: part.columns.map(({ index, name, field, kind, confidence, reason }) =>
      field === null || active.has(index)
        ? { index, name, field, kind, confidence, reason }
        : {
            index,
            name,
            field: null,
            kind: 'text',
            confidence: 0,
            reason: `${field}, but not looked at: too many columns`,
          },
    ),
  };
}

function addAll(sums: Map<RejectReason, number>, counts: ReadonlyMap<RejectReason, number>): void {
  for (const [reason, count] of counts) sums.set(reason, (sums.get(reason) ?? 0) + count);
}

function sumOf(counts: ReadonlyMap<RejectReason, number>): number {
  return [...counts.values()].reduce((sum, count) => sum + count, 0);
}
