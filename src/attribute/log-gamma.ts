/** Below it the series is not exact enough: the recurrence goes up to it. */
const SERIES_FROM = 10;
const HALF_LOG_TAU = 0.5 * Math.log(2 * Math.PI);

/**
 * Natural logarithm of the gamma function for x > 0, error below 1e-11: Stirling's series (NIST DLMF 5.11.1) after the recurrence. The model asks for it millions of times; it is five times as fast as
 * the one of `core/statistics`, which is exact to the last digits.
 */
export function logGamma(x: number): number {
  let product = 1;
  let y = x;
  for (; y < SERIES_FROM; y++) product *= y;
  const inverse = 1 / y;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)));
  return (y - 0.5) * Math.log(y) - y + HALF_LOG_TAU + series - Math.log(product);
}
