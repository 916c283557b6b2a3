/** What one reader explains of the dump, and what is expected of it by chance. */
export interface Outcome {
  readonly explained: number;
  readonly expected: number;
}

/** No fleet is so even that its readers would differ by less. */
const LEAST = 0.03;
/** Beyond it the negative binomial says nothing any more. */
const MOST = 1.4;
/** Where too few readers can be compared to know better. */
const UNKNOWN = 0.3;
/** Below that, Poisson's own variation hides the spread. */
const LEAST_EXPECTED = 3;
/** The same around the readers' own median: small whole numbers have no middle half. */
const LEAST_NEAR = 10;
const LEAST_READERS = 20;

/** Quantiles of the standard normal distribution: of its size at one half, and at 0.9. */
const HALF_SIZE = 0.6745;
const NINE_TENTHS = 1.2816;

/**
 * How much innocent readers differ in what they explain, relative to what is expected of them: stations, shifts and customers are not alike, and a model that takes them for alike
 * accuses the busiest. Found from the bulk of all readers, so that sources and those who read beside them hardly count: the larger of two estimates, the spread of the middle half around its own median and the place of the upper tenth
 * (an empirical null; Efron, JASA 99 (2004) 96–104).
 */
export function findSpread(outcomes: readonly Outcome[]): number {
  const usable = outcomes.filter(({ expected }) => expected >= LEAST_EXPECTED);
  if (usable.length < LEAST_READERS) return UNKNOWN;
  const factor = quantile(
    usable.map(({ explained, expected }) => explained / expected),
    0.5,
  );
  const near = usable.filter(({ expected }) => factor * expected >= LEAST_NEAR);
  const middle =
    near.length < LEAST_READERS
      ? 0
      : solve(
          (spread) =>
            quantile(
              near.map(({ explained, expected }) => Math.abs(deviation(explained, factor * expected, spread))),
              0.5,
            ) < HALF_SIZE,
        );
  const upper = solve(
    (spread) =>
      quantile(
        usable.map(({ explained, expected }) => deviation(explained, expected, spread)),
        0.9,
      ) < NINE_TENTHS,
  );
  return Math.min(MOST, Math.max(LEAST, middle, upper));
}

/** The spread of what pools several parts that differ independently of each other; `expected` of each part, `sum` of the whole. */
export function pooledSpread(
  spread: number,
  expected: readonly number[],
  sum: number = expected.reduce((all, one) => all + one, 0),
): number {
  const squares = expected.reduce((all, one) => all + one * one, 0);
  return sum > 0 ? (spread * Math.sqrt(squares)) / sum : 0;
}

function deviation(explained: number, expected: number, spread: number): number {
  const variance = expected + (spread * expected) ** 2;
  return variance > 0 ? (explained - expected) / Math.sqrt(variance) : 0;
}

/** The smallest spread for which `isEnough` holds, by halving. */
function solve(isEnough: (spread: number) => boolean): number {
  let low = 0;
  let high = MOST;
  if (isEnough(low)) return low;
  for (let i = 0; i < 20; i++) {
    const middle = (low + high) / 2;
    if (isEnough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
