import { normalQuantile } from './normal.ts';

/** Two groups that are compared: how many of the first were hit, how many of the second. */
export interface Comparison {
  readonly hits: number;
  readonly trials: number;
  readonly otherHits: number;
  readonly otherTrials: number;
}

/** How many times the first group's share is the second's. */
export interface RatioInterval {
  /** Share over share; where the other group had no hit, half a hit is counted instead of none, so that it is finite. */
  readonly ratio: number;
  readonly low: number;
  /** Null: unbounded, because the other group had no hit. */
  readonly high: number | null;
}

/**
 * Ratio of two binomial proportions with its two-sided score interval; null when neither group was hit or one is empty. It holds its coverage at small and
 * zero counts, where the log (Katz) interval with 0.5 added does not. Koopman, Biometrics 40 (1984) 513–517.
 */
export function ratioInterval(comparison: Comparison, confidence: number): RatioInterval | null {
  const { hits, trials, otherHits, otherTrials } = comparison;
  if (trials === 0 || otherTrials === 0 || hits + otherHits === 0) return null;
  const z = normalQuantile((1 + confidence) / 2);
  const low = hits === 0 ? 0 : solve(comparison, z);
  if (otherHits > 0) return { ratio: (hits * otherTrials) / (trials * otherHits), low, high: solve(comparison, -z) };
  return { ratio: Math.max(low, (hits * (otherTrials + 0.5)) / (trials * 0.5)), low, high: null };
}

/* The ratio at which the standardised score is `target`; the score falls as the ratio grows. */
function solve(comparison: Comparison, target: number): number {
  let low = Math.log(1e-12);
  let high = Math.log(1e12);
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (standardisedScore(comparison, Math.exp(middle)) > target) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

function standardisedScore({ hits, trials, otherHits, otherTrials }: Comparison, ratio: number): number {
  // The first group's share under this ratio: the smaller root of (n1+n2)p² − (θ(n1+x2)+x1+n2)p + θ(x1+x2) = 0, in the form that does not cancel.
  const b = ratio * (trials + otherHits) + hits + otherTrials;
  const c = ratio * (hits + otherHits);
  const share = (2 * c) / (b + Math.sqrt(Math.max(0, b * b - 4 * (trials + otherTrials) * c)));
  const otherShare = Math.min(1, share / ratio);
  const misses = 1 - share;
  const otherMisses = 1 - otherShare;
  if (Math.max(misses, otherMisses) < 1e-12) return 0;
  // Both forms of the score are equal here; the one with more misses does not divide by zero when a whole group was hit.
  const score =
    misses >= otherMisses ? (hits - trials * share) / misses : (otherTrials * otherShare - otherHits) / otherMisses;
  return score * Math.sqrt(misses / (trials * share) + otherMisses / (otherTrials * otherShare));
}
