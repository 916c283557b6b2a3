import { logGamma } from '../../core/statistics/beta.ts';
import type { CopyEvidence } from './copy-evidence.ts';
import { shortestWindow } from './posterior.ts';

/** Accounts looked at on each side of the copy's time: the share that a dump has may drift over years, the newest ones tell. */
const NEAR_ACCOUNTS = 4000;
/** Fewer batches of accounts do not show how much their shares scatter. */
const FEW_BATCHES = 8;
const ROUNDS = 4;
/** Correlation within a batch that is taken for granted: nothing is quite independent. */
const LEAST_CORRELATION = 0.002;

/** The share of accounts that a dump has, and how alike accounts of one batch are (intraclass correlation). */
interface Rate {
  readonly share: number;
  readonly correlation: number;
}

/**
 * Log likelihood of one copy time per bin from who is in the dump and who is not: accounts that began after it cannot be there, of those that existed a steady share is. Accounts that began in the same bin are
 * one batch with a share of its own, beta-binomial around the mean (Skellam 1948), so that a dump of one region, which has all or nothing of a batch, proves little by what it lacks. Null when there is nothing to learn from.
 * `prior`: log likelihood from the values, the starting point.
 */
export function membershipLikelihood(
  { births, birthsFound, axis }: CopyEvidence,
  prior: Float64Array,
): Float64Array | null {
  const found = birthsFound.reduce((sum, n) => sum + n, 0);
  const all = births.reduce((sum, n) => sum + n, 0);
  if (found === 0 || all < 2) return null;
  let sums: Float64Array | null = null;
  const combined = Float64Array.from(prior);
  for (let round = 0; round < ROUNDS; round++) {
    const { best } = shortestWindow(combined, 0.95);
    const middle = Math.floor(best);
    const there = fit(births, birthsFound, middle, -1);
    const notYet = fit(births, birthsFound, middle, 1);

    if (there === null) return null;
    const absent = notYet ?? { share: there.share / 100, correlation: there.correlation };

    // Whoever is not there is never likelier in the dump than whoever is.
    if (absent.share >= there.share) return sums;
    const changes = new Float64Array(axis.bins);
    for (let at = 0; at < axis.bins; at++) {
      const n = births[at]!;
      if (n > 0) {
        const k = birthsFound[at]!;
        changes[at] = changes[at]! + logBetaBinomial(k, n, there) - logBetaBinomial(k, n, absent);
      }
    }
    sums = changes;
    let running = 0;
    for (let at = 0; at < axis.bins; at++) {
      running += sums[at]!;
      sums[at] = running;
      combined[at] = prior[at]! + running;
    }
  }
  return sums;
}

/** Mean and correlation of the batches next to a bin, `direction` −1: it and those before it, 1: after it; null when there are none. Moments as in Kleinman, JASA 68 (1973) 46–54. */
function fit(all: Uint32Array, found: Uint32Array, from: number, direction: -1 | 1): Rate | null {
  let [n, k, batches] = [0, 0, 0];
  let end = direction < 0 ? from : from + 1;
  for (; end >= 0 && end < all.length && n < NEAR_ACCOUNTS; end += direction) {
    if (all[end]! === 0) continue;
    n += all[end]!;
    k += found[end]!;
    batches++;
  }
  if (n === 0) return null;
  const share = Math.min(0.999, Math.max((k + 0.05) / (n + 1), 1e-6));
  // With few batches nobody knows: they may be all or nothing.
  if (batches < FEW_BATCHES) return { share, correlation: 0.5 };
  let [squares, pairs] = [0, 0];
  for (let at = direction < 0 ? from : from + 1; at !== end; at += direction) {
    const m = all[at]!;
    if (m === 0) continue;
    squares += (found[at]! - m * share) ** 2 - m * share * (1 - share);
    pairs += m * (m - 1);
  }
  const correlation = pairs === 0 ? 0 : squares / (pairs * share * (1 - share));
  return { share, correlation: Math.min(0.95, Math.max(LEAST_CORRELATION, correlation)) };
}

/* Without the binomial coefficient, which cancels. */
function logBetaBinomial(k: number, n: number, { share, correlation }: Rate): number {
  const size = (1 - correlation) / correlation;
  return logRising(size * share, k) + logRising(size * (1 - share), n - k) - logRising(size, n);
}

/** log of x (x + 1) … (x + n − 1). */
function logRising(x: number, n: number): number {
  if (n > 16) return logGamma(x + n) - (x < 0.5 ? logGamma(x + 1) - Math.log(x) : logGamma(x));
  let product = 1;
  for (let i = 0; i < n; i++) product *= x + i;
  return Math.log(product);
}
