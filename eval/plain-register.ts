import { identifyingFields, type PlainField, plainNormalise } from './plain-normalise.ts';

/** One dated version of one person's record; null: still current. */
export interface DatedRow {
  readonly id: string;
  readonly fromSeconds: number;
  readonly untilSeconds: number | null;
  readonly cells: readonly { readonly field: PlainField; readonly cell: string }[];
}

/** A value with more records than this points to nobody, it only confirms (docs/spec/register.md). */
const COMMON_VALUE_RECORDS = 64;

/** Who has ever had which value: Maps of strings, nothing else. */
export interface PlainRegister {
  readonly subjectCount: number;
  /** The subjects that an identifying value points to; empty for values that nobody or too many have. */
  candidatesOf(field: PlainField, value: string): ReadonlySet<string>;
  /** Whether the subject has ever had the value, and whether it still has it. */
  stateOf(subject: string, field: PlainField, value: string): 'current' | 'stale' | null;
}

interface Holding {
  readonly periods: { from: number; until: number }[];
}

/** Builds the register that the product should have built from the same table in history mode. */
export function buildPlainRegister(rows: readonly DatedRow[]): PlainRegister {
  const holders = new Map<string, Map<string, Holding>>();
  const subjects = new Set<string>();
  for (const row of rows) {
    subjects.add(row.id);
    for (const { field, cell } of row.cells) {
      const value = plainNormalise(field, cell);
      if (value === null) continue;
      const key = `${field}\n${value}`;
      const bySubject = holders.get(key) ?? new Map<string, Holding>();
      holders.set(key, bySubject);
      const holding = bySubject.get(row.id) ?? { periods: [] };
      bySubject.set(row.id, holding);
      holding.periods.push({ from: row.fromSeconds, until: row.untilSeconds ?? Infinity });
    }
  }

  const nobody: ReadonlySet<string> = new Set();
  const candidates = new Map<string, ReadonlySet<string>>();
  for (const [key, bySubject] of holders) {
    if (!identifyingFields.has(key.split('\n', 1)[0] as PlainField)) continue;
    let records = 0;
    for (const holding of bySubject.values()) records += countUnited(holding.periods);
    if (records <= COMMON_VALUE_RECORDS) candidates.set(key, new Set(bySubject.keys()));
  }
  return {
    subjectCount: subjects.size,
    candidatesOf: (field, value) => candidates.get(`${field}\n${value}`) ?? nobody,
    stateOf(subject, field, value) {
      const holding = holders.get(`${field}\n${value}`)?.get(subject);
      if (holding === undefined) return null;
      return holding.periods.some((period) => period.until === Infinity) ? 'current' : 'stale';
    },
  };
}

/** How many periods are left when those that overlap or touch have become one. */
export function countUnited(periods: readonly { readonly from: number; readonly until: number }[]): number {
  let count = 0;
  let reached = -Infinity;
  for (const { from, until } of periods.toSorted((a, b) => a.from - b.from)) {
    if (from > reached) count++;
    reached = Math.max(reached, until);
  }
  return count;
}
