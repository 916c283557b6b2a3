import type { Verification } from '../contract/verification.ts';
import { timesChanceAtLeast } from './controls.ts';
import type { Findings } from './findings.ts';

/**
 * How many of the company's people are in the dump, as a band.
 *
 * `atMost`: every subject that any identifying value in the dump has ever belonged to. `atLeast`: every subject of whom two values agree in one row, and of those
 * with a single value the part beyond coincidence: with a lift that is surely k times what chance reaches, at most one in k of the single
 * values is there by chance, so 1 − 1/k of them count. Without controls, or with a lift that chance explains, only the first kind counts.
 */
export function headcount(findings: Findings, lift: Verification['controls']): { atLeast: number; atMost: number } {
  const { touched, strong } = findings.subjects;
  const times = timesChanceAtLeast(lift);
  const beyondChance = times === null || times <= 1 ? 0 : 1 - 1 / times;
  return { atLeast: Math.min(touched, strong + Math.floor((touched - strong) * beyondChance)), atMost: touched };
}
