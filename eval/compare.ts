import type { Expectation } from './plain-match.ts';
import type { Found } from './product.ts';

/** One count that is not what it should be. */
export interface Difference {
  readonly what: string;
  readonly expected: number | string | null;
  readonly actual: number | string | null;
}

/** Compares every count; an empty list means that the two agree exactly. */
export function compare(found: Found, expected: Expectation): Difference[] {
  const pairs: [what: string, expected: number, actual: number | undefined][] = [
    ['rows', expected.rows, found.file.rows],
    ['rejectedRows', 0, found.file.rejectedRows],
    ['matched', expected.matched, found.rows.matched],
    ['strong', expected.strong, found.rows.strong],
    ['weak', expected.weak, found.rows.weak],
    ['chimera', expected.chimera, found.rows.chimera],
    ['identifiable', expected.identifiable, found.rows.identifiable],
    ['distinct', expected.distinct, found.rows.distinct],
    ['distinctError', 0, found.rows.distinctError],
    ['subjects.registered', expected.subjectsRegistered, found.subjects.registered],
    ['subjects.matched', expected.subjectsMatched, found.subjects.matched],
    ['subjects.strong', expected.subjectsStrong, found.subjects.strong],
  ];
  for (const field of new Set([...Object.keys(expected.fields), ...Object.keys(found.fields)])) {
    for (const key of ['rows', 'matched', 'current', 'stale'] as const) {
      pairs.push([`fields.${field}.${key}`, expected.fields[field]?.[key] ?? 0, found.fields[field]?.[key] ?? 0]);
    }
  }
  return pairs
    .filter(([, wanted, actual]) => wanted !== actual)
    .map(([what, wanted, actual]) => ({ what, expected: wanted, actual: actual ?? null }));
}

/** Compares what the columns were taken for. */
export function compareColumns(found: Found, expected: readonly (string | null)[]): Difference[] {
  return expected
    .map((field, index) => ({
      what: `column ${index + 1}`,
      expected: field,
      actual: found.file.columns.find((column) => column.index === index)?.field ?? null,
    }))
    .filter((difference) => difference.expected !== difference.actual);
}
