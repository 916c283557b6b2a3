import type { Likelihoods } from './nuisance.ts';
import type { Observations } from './observations.ts';

/** Steps into which a gap between snapshots is cut. */
export const GAP_STEPS = 256;
/** Likelihood ratios over a gap are gathered in classes of a quarter nat, up to e^±16. */
const RATIO_LEVELS = 129;
const LEVELS_PER_NAT = 4;

/**
 * Log likelihood of one copy time for every bin: the sum over observations of the logs of their likelihoods. A change between two snapshots may have happened at any time between
 * them: there the chance goes over from that before to that after it in a straight line.
 */
export function logLikelihoodOfTime(observations: Observations, likelihoods: Likelihoods, bins: number): Float64Array {
  const { index, start, gap, count, gapFrom, gapTo } = observations;
  const sums = new Float64Array(bins + 1);
  const ratios = new Map<number, GapChanges>();
  let base = 0;
  for (let i = 0; i < count; i++) {
    const [first, end] = [index[i]!, index[i + 1]!];
    const floor = likelihoods.stale[i]! + likelihoods.ghost[i]!;
    let last = Math.log(likelihoods.at[first]! + floor);
    base += last;
    for (let j = first + 1; j < end; j++) {
      const value = Math.log(likelihoods.at[j]! + floor);
      const change = value - last;
      last = value;
      if (start[j]! >= bins) continue;
      const at = Math.max(0, start[j]!);
      sums[at] = sums[at]! + change;
      if (gap[j]! < 0) continue;
      const known = ratios.get(gap[j]!) ?? new GapChanges();
      ratios.set(gap[j]!, known);
      known.add(change);
    }
  }
  let running = base;
  for (let at = 0; at < bins; at++) {
    running += sums[at]!;
    sums[at] = running;
  }
  for (const [g, changes] of ratios) addGap(sums, bins, gapFrom[g]!, gapTo[g]!, changes);
  return sums.subarray(0, bins);
}

/** Changes of log likelihoods of many observations that happened somewhere in one gap, in classes of their size. */
export class GapChanges {
  readonly #levels = new Uint32Array(RATIO_LEVELS);

  add(change: number): void {
    const level = Math.round(change * LEVELS_PER_NAT) + (RATIO_LEVELS >> 1);
    const kept = Math.min(RATIO_LEVELS - 1, Math.max(0, level));
    this.#levels[kept] = this.#levels[kept]! + 1;
  }

  /** What they add when `passed` of the gap (0 to 1) has passed: each has happened with that probability. */
  sumAt(passed: number): number {
    let sum = 0;
    for (let level = 0; level < RATIO_LEVELS; level++) {
      const count = this.#levels[level]!;
      if (count > 0) sum += count * Math.log1p(passed * Math.expm1((level - (RATIO_LEVELS >> 1)) / LEVELS_PER_NAT));
    }
    return sum;
  }
}

function addGap(sums: Float64Array, bins: number, from: number, to: number, changes: GapChanges): void {
  const width = to - from;
  const steps = Math.max(1, Math.min(GAP_STEPS, width));
  for (let step = 0; step < steps; step++) {
    const added = changes.sumAt((step + 0.5) / steps);
    const first = Math.max(0, from + Math.floor((step * width) / steps));
    const end = Math.min(bins, from + Math.floor(((step + 1) * width) / steps));
    for (let at = first; at < end; at++) sums[at] = sums[at]! + added;
  }
}

/** Bins that are less likely than e^this times the likeliest count as impossible: a million of them have less than 10^-11 together. */
const NEGLIGIBLE = -40;

/** An interval of bins [from, to) with its probability and the median of the distribution. */
export interface BinWindow {
  readonly from: number;
  readonly to: number;
  readonly best: number;
  readonly probability: number;
}

/** The shortest interval that has at least `probability` under a flat prior; `best` is the median, in bins with fractions. */
export function shortestWindow(logLikelihood: Float64Array, probability: number): BinWindow {
  let highest = Number.NEGATIVE_INFINITY;
  const bins = logLikelihood.length;
  for (let at = 0; at < bins; at++) if (logLikelihood[at]! > highest) highest = logLikelihood[at]!;
  const least = highest + NEGLIGIBLE;
  let [first, end] = [0, bins];
  while (logLikelihood[first]! < least) first++;
  while (logLikelihood[end - 1]! < least) end--;
  const length = end - first;
  const before = new Float64Array(length + 1);
  for (let i = 0; i < length; i++) {
    const value = logLikelihood[first + i]!;
    before[i + 1] = before[i]! + (value > least ? Math.exp(value - highest) : 0);
  }
  const total = before[length]!;
  const wanted = probability * total;
  let [from, to] = [0, length];
  for (let left = 0, right = 0; left < length; left++) {
    while (right < length && before[right]! - before[left]! < wanted) right++;
    if (before[right]! - before[left]! < wanted) break;
    if (right - left < to - from) [from, to] = [left, right];
  }
  const held = (before[to]! - before[from]!) / total;
  let middle = 0;
  while (middle < length - 1 && before[middle + 1]! < total / 2) middle++;
  const inBin = before[middle + 1]! - before[middle]!;
  const best = first + middle + (inBin > 0 ? (total / 2 - before[middle]!) / inBin : 0.5);
  // Where the evidence does not change, no time is likelier than the next: a window never ends within such a stretch.
  let [low, high] = [first + from, first + to];
  while (low > 0 && isFlat(logLikelihood, low - 1)) low--;
  while (high < bins && isFlat(logLikelihood, high - 1)) high++;
  const sumAt = (bin: number): number => before[Math.min(length, Math.max(0, bin - first))]!;
  return { from: low, to: high, best, probability: Math.max(held, (sumAt(high) - sumAt(low)) / total) };
}

/**
 * Share of the observations that are sooner stale, or nobody's, than copied within the window. A share fitted for the whole dump would say nothing here: where every row may be
 * of the window's time, the likelihood hardly depends on it, and what comes out is its prior.
 */
export function contradictingShare(
  { index, start, count }: Observations,
  likelihoods: Likelihoods,
  { from, to }: BinWindow,
): number {
  let contradicting = 0;
  for (let i = 0; i < count; i++) {
    const [first, end] = [index[i]!, index[i + 1]!];
    let most = 0;
    for (let j = first; j < end; j++) {
      const isBefore = j + 1 < end && start[j + 1]! <= from;
      if (!isBefore && start[j]! < to) most = Math.max(most, likelihoods.at[j]!);
    }
    if (most < likelihoods.stale[i]! + likelihoods.ghost[i]!) contradicting++;
  }
  return count === 0 ? 0 : contradicting / count;
}

function isFlat(logLikelihood: Float64Array, at: number): boolean {
  return Math.abs(logLikelihood[at]! - logLikelihood[at + 1]!) < 1e-6;
}
