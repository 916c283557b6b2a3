/** Wilson's score interval of a share, 95 % (E. B. Wilson, JASA 22, 1927); [0, 1] without trials. */
export function wilson(hits: number, trials: number): readonly [number, number] {
  if (trials === 0) return [0, 1];
  const z = 1.959964;
  const share = hits / trials;
  const centre = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half =
    (z / (1 + (z * z) / trials)) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  // Rounding must not leave a bound beside a share of exactly 0 or 1.
  return [hits === 0 ? 0 : Math.max(0, centre - half), hits === trials ? 1 : Math.min(1, centre + half)];
}

/** The share that is not exceeded with 95 % (Clopper and Pearson, Biometrika 26, 1934; one-sided): so many hits or fewer would then come up in one of twenty such runs. By halving. */
export function upperBound(hits: number, trials: number): number {
  if (hits >= trials) return 1;
  const atMost = (share: number): number => {
    let term = (1 - share) ** trials;
    let sum = term;
    for (let k = 1; k <= hits; k++) {
      term *= ((trials - k + 1) / k) * (share / (1 - share));
      sum += term;
    }
    return sum;
  };
  let [low, high] = [hits / trials, 1];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (atMost(middle) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** The middle value; null without any. */
export function median(values: readonly number[]): number | null {
  return quantile(values, 0.5);
}

/** The value below which a share of them lies, the next higher one; null without any. */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? null;
}
