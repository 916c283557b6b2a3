import { identifyingFields, type PlainField, plainNormalise, trimCell } from './plain-normalise.ts';
import type { PlainRegister } from './plain-register.ts';

export interface FieldCounts {
  rows: number;
  matched: number;
  current: number;
  stale: number;
}

/** What `verify --json` must say of a dump, to the last row. */
export interface Expectation {
  readonly rows: number;
  readonly matched: number;
  readonly strong: number;
  readonly weak: number;
  readonly chimera: number;
  readonly identifiable: number;
  readonly distinct: number;
  readonly subjectsRegistered: number;
  readonly subjectsMatched: number;
  readonly subjectsStrong: number;
  readonly fields: Readonly<Record<string, FieldCounts>>;
}

interface RowValue {
  readonly field: PlainField;
  readonly value: string;
  readonly candidates: ReadonlySet<string>;
}

/** Matches every row against the register as docs/design/measuring.md says; `columns` gives each column's field, null for none. */
export function expectFindings(
  rows: readonly (readonly string[])[],
  columns: readonly (PlainField | null)[],
  register: PlainRegister,
): Expectation {
  const counts = { strong: 0, weak: 0, chimera: 0, identifiable: 0 };
  const fields: Record<string, FieldCounts> = {};
  for (const field of columns) if (field !== null) fields[field] = { rows: 0, matched: 0, current: 0, stale: 0 };
  const distinct = new Set<string>();
  const touched = new Set<string>();
  const strongSubjects = new Set<string>();

  for (const row of rows) {
    distinct.add(distinctKey(row, columns));
    const values = valuesOf(row, columns, register);
    const identifying = values.filter((value) => identifyingFields.has(value.field));
    if (identifying.length > 0) counts.identifiable++;
    const candidates = new Set(identifying.flatMap((value) => [...value.candidates]));
    const agreement = new Map<string, number>();
    for (const subject of candidates) {
      touched.add(subject);
      const agreed = values.filter((value) => register.stateOf(subject, value.field, value.value) !== null).length;
      agreement.set(subject, agreed);
      if (agreed >= 2) strongSubjects.add(subject);
    }
    const highest = Math.max(0, ...agreement.values());
    if (highest >= 2) counts.strong++;
    else if (identifying.filter((value) => value.candidates.size > 0).length >= 2) counts.chimera++;
    else if (candidates.size > 0) counts.weak++;
    const best = [...candidates].filter((subject) => agreement.get(subject) === highest);
    for (const [field, count] of Object.entries(fields)) {
      const present = identifyingFields.has(field as PlainField)
        ? values.some((value) => value.field === field)
        : row.some((cell, index) => columns[index] === field && trimCell(cell) !== '');
      if (!present) continue;
      count.rows++;
      const own = values.filter((value) => value.field === field);
      const states = statesOf(best, own, register);
      const agreeing = states.length > 0 ? states : statesOf([...candidates], own, register);
      if (agreeing.length === 0) continue;
      count.matched++;
      count[agreeing.includes('current') ? 'current' : 'stale']++;
    }
  }
  return {
    rows: rows.length,
    matched: counts.strong + counts.weak + counts.chimera,
    ...counts,
    distinct: distinct.size,
    subjectsRegistered: register.subjectCount,
    subjectsMatched: touched.size,
    subjectsStrong: strongSubjects.size,
    fields,
  };
}

// Columns of the same field with the same value count once.
function valuesOf(
  row: readonly string[],
  columns: readonly (PlainField | null)[],
  register: PlainRegister,
): RowValue[] {
  const values: RowValue[] = [];
  row.forEach((cell, index) => {
    const field = columns[index] ?? null;
    const value = field === null ? null : plainNormalise(field, cell);
    if (field === null || value === null) return;
    if (values.some((other) => other.field === field && other.value === value)) return;
    const candidates = identifyingFields.has(field) ? register.candidatesOf(field, value) : new Set<string>();
    values.push({ field, value, candidates });
  });
  return values;
}

function statesOf(
  subjects: readonly string[],
  values: readonly RowValue[],
  register: PlainRegister,
): ('current' | 'stale')[] {
  return subjects
    .flatMap((subject) => values.map((value) => register.stateOf(subject, value.field, value.value)))
    .filter((state) => state !== null);
}

function distinctKey(row: readonly string[], columns: readonly (PlainField | null)[]): string {
  const cells = row.map((cell, index) => {
    const field = columns[index] ?? null;
    const value = field !== null && identifyingFields.has(field) ? plainNormalise(field, cell) : null;
    return value === null ? ['bytes', trimCell(cell)] : ['value', value];
  });
  return JSON.stringify(cells);
}
