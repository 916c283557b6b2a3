import { betaQuantile } from './beta.ts';
import { normalQuantile } from './normal.ts';

/** An interval of shares: 0 ≤ low ≤ high ≤ 1. */
export interface ShareInterval {
  readonly low: number;
  readonly high: number;
}

/**
 * Score interval of a share: `hits` of `trials` at the two-sided `confidence` (0.95); mean coverage is the confidence.
 * [0, 1] when there were no trials. Wilson, JASA 22 (1927) 209–212.
 */
export function wilsonInterval(hits: number, trials: number, confidence: number): ShareInterval {
  if (trials === 0) return { low: 0, high: 1 };
  const z = normalQuantile((1 + confidence) / 2);
  const share = hits / trials;
  const shrink = 1 + (z * z) / trials;
  const centre = (share + (z * z) / (2 * trials)) / shrink;
  const half = (z / shrink) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return { low: hits === 0 ? 0 : Math.max(0, centre - half), high: hits === trials ? 1 : Math.min(1, centre + half) };
}

/**
 * Exact interval of a share: covers the truth at least as often as `confidence` says, whatever the truth.
 * [0, 1] when there were no trials. Clopper and Pearson, Biometrika 26 (1934) 404–413.
 */
export function clopperPearsonInterval(hits: number, trials: number, confidence: number): ShareInterval {
  const tail = (1 - confidence) / 2;
  return {
    low: hits === 0 ? 0 : betaQuantile(tail, hits, trials - hits + 1),
    high: hits === trials ? 1 : betaQuantile(1 - tail, hits + 1, trials - hits),
  };
}
