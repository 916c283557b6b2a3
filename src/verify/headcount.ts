import type { Verification } from '../contract/verification.ts';
import { normalQuantile } from '../core/statistics/normal.ts';
import { CONFIDENCE, timesChanceAtLeast } from './controls.ts';
import type { Findings } from './findings.ts';

/** A number of people from which on a law asks for more. */
export interface Threshold {
  readonly people: number;
  /** Where it stands. */
  readonly rule: string;
}

/**
 * Numbers of people at which duties begin, ascending: Korea, enforcement decree of the PIPA as revised 2026-09-11 (report to the PIPC from 1,000 people on);
 * 国家网络安全事件报告管理办法, in force 2025-11-01, annex (较大, 重大, 特别重大).
 */
export const thresholds: readonly Threshold[] = [
  { people: 1_000, rule: 'Korea, PIPA decree: report to the PIPC' },
  { people: 1_000_000, rule: 'China, CAC incident reporting: considerable (较大)' },
  { people: 10_000_000, rule: 'China, CAC incident reporting: grave (重大)' },
  { people: 100_000_000, rule: 'China, CAC incident reporting: especially grave (特别重大)' },
];

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

/** How likely a band of `headcount` is to reach each of `thresholds`, ascending. */
export function reachThresholds(
  { subjects }: Findings,
  { atLeast, atMost }: { readonly atLeast: number; readonly atMost: number },
): { people: number; probability: number }[] {
  return thresholds.map(({ people }) => ({
    people,
    probability: probabilityOfReaching(people, atLeast, atMost, subjects.strong),
  }));
}

/**
 * The probability that at least `people` of the company's people are in the dump. It is 0 above `atMost` and 1 up to `strong`, which are counts; in between the true number is taken to be normal around the middle of
 * `atLeast` and `atMost`, which are then the ends of a two-sided interval at `CONFIDENCE`, cut off at `strong` and `atMost`. The lower end rests on an interval of that confidence, the upper one is safe.
 */
export function probabilityOfReaching(people: number, atLeast: number, atMost: number, strong: number): number {
  if (people > atMost) return 0;
  if (people <= strong) return 1;
  if (atLeast >= atMost) return 1;
  const middle = (atLeast + atMost) / 2;
  const deviation = (atMost - atLeast) / 2 / HALF_WIDTH;
  // Half a person: the number is whole, "at least n" begins above n − ½.
  const above = (number: number): number => 1 - normalCdf((number - 0.5 - middle) / deviation);
  const [low, high] = [above(strong), above(atMost + 1)];
  return Math.min(1, Math.max(0, (above(people) - high) / (low - high)));
}

/** Standard deviations from the middle to either end of an interval at `CONFIDENCE`. */
const HALF_WIDTH = normalQuantile((1 + CONFIDENCE) / 2);

/* Abramowitz and Stegun 26.2.17: absolute error below 7.5e-8. */
function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * series;
  return z > 0 ? 1 - tail : tail;
}
