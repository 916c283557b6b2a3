import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { betaCdf, betaQuantile, logGamma } from '../../../src/core/statistics/beta.ts';
import { clopperPearsonInterval, type ShareInterval, wilsonInterval } from '../../../src/core/statistics/proportion.ts';

const near = (actual: number, expected: number, tolerance: number) =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual}, expected ${expected}`);

describe('incomplete beta', () => {
  test('closed forms', () => {
    near(logGamma(0.5), Math.log(Math.sqrt(Math.PI)), 1e-14);
    near(logGamma(11), Math.log(3_628_800), 1e-13);
    near(betaCdf(0.3, 1, 4), 1 - 0.7 ** 4, 1e-14);
    near(betaCdf(0.3, 4, 1), 0.3 ** 4, 1e-14);
    near(betaCdf(0.5, 250_000, 250_000), 0.5, 1e-9);
    near(betaCdf(0.2, 2, 3), 0.1808, 1e-14);
  });

  test('the quantile undoes the distribution, far out too', () => {
    for (const [a, b] of [
      [1, 10],
      [5, 3],
      [400, 9_600],
      [1, 1_000_000],
    ] as const) {
      for (const p of [0.0005, 0.025, 0.5, 0.975]) near(betaCdf(betaQuantile(p, a, b), a, b), p, 1e-9);
    }
  });
});

describe('intervals of a share', () => {
  /* Newcombe, Statistics in Medicine 17 (1998) 857–872, table I: 81/263, 15/148, 0/20, 1/29. */
  const published: readonly [number, number, wilson: ShareInterval, exact: ShareInterval][] = [
    [81, 263, { low: 0.2553, high: 0.3662 }, { low: 0.2527, high: 0.3676 }],
    [15, 148, { low: 0.0624, high: 0.1605 }, { low: 0.0578, high: 0.1617 }],
    [0, 20, { low: 0, high: 0.1611 }, { low: 0, high: 0.1684 }],
    [1, 29, { low: 0.0061, high: 0.1718 }, { low: 0.0009, high: 0.1776 }],
  ];
  for (const [hits, trials, wilson, exact] of published) {
    test(`${hits} of ${trials}`, () => {
      for (const end of ['low', 'high'] as const) {
        near(wilsonInterval(hits, trials, 0.95)[end], wilson[end], 0.00006);
        near(clopperPearsonInterval(hits, trials, 0.95)[end], exact[end], 0.00006);
      }
    });
  }

  test('the ends', () => {
    assert.deepEqual(wilsonInterval(0, 0, 0.95), { low: 0, high: 1 });
    assert.deepEqual(clopperPearsonInterval(0, 0, 0.95), { low: 0, high: 1 });
    assert.equal(wilsonInterval(7, 7, 0.95).high, 1);
    near(clopperPearsonInterval(0, 1000, 0.95).high, 1 - 0.025 ** (1 / 1000), 1e-12);
    near(clopperPearsonInterval(1000, 1000, 0.95).low, 0.025 ** (1 / 1000), 1e-12);
  });

  test('exact coverage over all outcomes: Clopper–Pearson never below, Wilson at the confidence on average', () => {
    const trials = 40;
    let wilsonSum = 0;
    const shares = Array.from({ length: 99 }, (_, i) => (i + 1) / 100);
    for (const share of shares) {
      wilsonSum += coverage(share, trials, wilsonInterval);
      assert.ok(coverage(share, trials, clopperPearsonInterval) >= 0.95, `${share}`);
    }
    near(wilsonSum / shares.length, 0.95, 0.01);
  });
});

function coverage(share: number, trials: number, interval: typeof wilsonInterval): number {
  let covered = 0;
  let probability = (1 - share) ** trials;
  for (let hits = 0; hits <= trials; hits++) {
    const { low, high } = interval(hits, trials, 0.95);
    if (low <= share && share <= high) covered += probability;
    probability *= (((trials - hits) / (hits + 1)) * share) / (1 - share);
  }
  return covered;
}
