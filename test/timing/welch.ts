/** Mean and variance of samples. */
interface Moments {
  readonly count: number;
  readonly mean: number;
  readonly variance: number;
}

/**
 * Welch's t of two sets of samples: the difference of the means in units of its standard error (B. L. Welch, "The generalization of 'Student's' problem", Biometrika 34, 1947).
 * 0 where either has fewer than two samples, or neither varies and both are the same; infinite where neither varies and they differ.
 */
export function welchT(a: readonly number[], b: readonly number[]): number {
  const [one, other] = [momentsOf(a), momentsOf(b)];
  if (one.count < 2 || other.count < 2) return 0;
  const difference = one.mean - other.mean;
  if (difference === 0) return 0;
  return difference / Math.sqrt(one.variance / one.count + other.variance / other.count);
}

/**
 * The largest |t| over all samples and over those below each of some percentiles of all together: what leaks little shows where the noise of interrupts is cut off
 * (O. Reparaz, J. Balasch, I. Verbauwhede, "Dude, is my code constant time?", DATE 2017, section III: cropping).
 */
export function largestT(a: readonly number[], b: readonly number[]): number {
  const sorted = Float64Array.from([...a, ...b]).sort();
  const limits = [1, 0.95, 0.8, 0.6, 0.4].map((share) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
  const tOf = (limit: number): number => {
    const isKept = (time: number): boolean => time <= limit;
    return Math.abs(welchT(a.filter(isKept), b.filter(isKept)));
  };
  return Math.max(...limits.map(tOf));
}

function momentsOf(samples: readonly number[]): Moments {
  let mean = 0;
  let squares = 0;
  for (const [i, sample] of samples.entries()) {
    const delta = sample - mean;
    mean += delta / (i + 1);
    squares += delta * (sample - mean);
  }
  return { count: samples.length, mean, variance: squares / Math.max(1, samples.length - 1) };
}
