import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Comparison, ratioInterval } from '../../../src/core/statistics/ratio.ts';

const compare = (hits: number, trials: number, otherHits: number, otherTrials: number): Comparison => ({
  hits,
  trials,
  otherHits,
  otherTrials,
});
const interval = (comparison: Comparison) => ratioInterval(comparison, 0.95);

describe('ratio of two shares', () => {
  test('published examples', () => {
    const koopman = interval(compare(36, 40, 16, 80)); // Koopman (1984): 4.5 (2.94 to 7.15)
    assert.equal(koopman?.ratio, 4.5);
    assert.equal(koopman.low.toFixed(2), '2.94');
    assert.equal(koopman.high?.toFixed(2), '7.15');
    // Perondi (2004) in Fagerland, Lydersen and Laake, Statistical Analysis of Contingency Tables, chapter 4: 7.0 (1.2209 to 42.5757).
    const perondi = interval(compare(7, 34, 1, 34));
    assert.equal(perondi?.ratio, 7);
    assert.equal(perondi.low.toFixed(4), '1.2209');
    assert.equal(perondi.high?.toFixed(4), '42.5757');
  });

  test('nothing hit, nothing tried', () => {
    assert.equal(interval(compare(0, 100, 0, 100)), null);
    assert.equal(interval(compare(0, 0, 5, 100)), null);
  });

  test('no control hit: bounded from below, finite estimate, no upper end', () => {
    const found = interval(compare(1200, 2000, 0, 8000));
    assert.equal(found?.high, null);
    assert.ok(found.low > 1000 && found.low < found.ratio && found.ratio < 10_000);
    const few = interval(compare(1, 4000, 0, 16_000));
    assert.ok(few && few.low < 1.2, 'one hit alone shows nothing');
  });

  test('no hit in the first group: from 0 to a finite end', () => {
    const found = interval(compare(0, 1000, 30, 4000));
    assert.deepEqual([found?.ratio, found?.low], [0, 0]);
    assert.ok(found?.high !== null && found!.high < 0.6);
  });

  test('a whole group hit', () => {
    const both = interval(compare(10, 10, 10, 10));
    assert.equal(both?.ratio, 1);
    assert.ok(Math.abs(both.low * both.high! - 1) < 1e-9, 'symmetric');
    const one = interval(compare(100, 100, 40, 400));
    assert.equal(one?.ratio, 10);
    assert.ok(one.low > 7 && one.high !== null && one.high < 14);
  });

  test('swapping the groups inverts the interval', () => {
    const there = interval(compare(30, 200, 90, 1000));
    const back = interval(compare(90, 1000, 30, 200));
    assert.ok(Math.abs(there!.low * back!.high! - 1) < 1e-9);
    assert.ok(Math.abs(there!.high! * back!.low - 1) < 1e-9);
  });

  test('exact coverage over all outcomes stays near the confidence, also where zeros are common', () => {
    const cases: readonly [trials: number, share: number, otherTrials: number, otherShare: number][] = [
      [30, 0.6, 60, 0.02],
      [30, 0.1, 60, 0.05],
      [20, 0.9, 40, 0.3],
      [40, 0.5, 80, 0.2],
    ];
    for (const [trials, share, otherTrials, otherShare] of cases) {
      let covered = 0;
      for (let hits = 0; hits <= trials; hits++) {
        for (let other = 0; other <= otherTrials; other++) {
          const probability = binomial(hits, trials, share) * binomial(other, otherTrials, otherShare);
          if (probability > 1e-6 && covers(compare(hits, trials, other, otherTrials), share / otherShare)) {
            covered += probability;
          }
        }
      }
      assert.ok(covered > 0.93 && covered < 0.98, `${share} against ${otherShare}: ${covered}`);
    }
  });

  test('simulated coverage at the counts of a real register (fixed seed)', () => {
    const random = mulberry32(20260314);
    const draw = (trials: number, share: number) => {
      let hits = 0;
      for (let i = 0; i < trials; i++) if (random() < share) hits++;
      return hits;
    };
    let covered = 0;
    const runs = 1500;
    for (let run = 0; run < runs; run++) {
      if (covers(compare(draw(400, 0.6), 400, draw(1600, 0.002), 1600), 300)) covered++;
    }
    assert.ok(covered / runs > 0.93 && covered / runs < 0.975, `${covered / runs}`);
  });
});

function covers(comparison: Comparison, ratio: number): boolean {
  const found = interval(comparison);
  return found === null || (found.low <= ratio && (found.high === null || ratio <= found.high));
}

function binomial(hits: number, trials: number, share: number): number {
  let probability = share ** hits * (1 - share) ** (trials - hits);
  for (let i = 0; i < hits; i++) probability *= (trials - i) / (i + 1);
  return probability;
}

function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
