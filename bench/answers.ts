import type { Verification } from '../src/contract/verification.ts';
import type { DumpTruth } from './generate.ts';

/** What Boltseal, DuckDB and the generator must agree on, exactly. */
export interface Answers {
  readonly rows: number;
  readonly matched: number;
  readonly subjects: number;
  readonly strong: number;
  readonly chimera: number;
}

/** The answers in a verification. */
export function answersOf(found: Verification): Answers {
  const { matched, strong, chimera } = found.rows;
  return { rows: found.file.rows, matched, subjects: found.subjects.matched, strong, chimera };
}

/** Fails with all differing counts when two of the answers are not the same. */
export function requireSame(who: string, actual: Answers, expected: DumpTruth): void {
  const keys = ['rows', 'matched', 'subjects', 'strong', 'chimera'] as const;
  const wrong = keys.filter((key) => actual[key] !== expected[key]);
  if (wrong.length === 0) return;
  const differences = wrong.map((key) => `${key} ${actual[key]} instead of ${expected[key]}`).join(', ');
  throw new Error(`${who} answers differently: ${differences}`);
}
