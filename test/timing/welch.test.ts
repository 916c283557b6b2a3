import assert from 'node:assert/strict';
import { test } from 'node:test';
import { largestT, welchT } from './welch.ts';

test("Welch's t is that of the formula", () => {
  const a = [17, 20, 25, 22, 20.1];
  const b = [21, 22, 24, 23, 28.5];
  const mean = (x: readonly number[]): number => x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = (x: readonly number[]): number =>
    x.reduce((sum, value) => sum + (value - mean(x)) ** 2, 0) / (x.length - 1);
  const expected = (mean(a) - mean(b)) / Math.sqrt(variance(a) / 5 + variance(b) / 5);
  assert.ok(Math.abs(welchT(a, b) - expected) < 1e-12);
  assert.equal(welchT(a, a), 0);
  assert.equal(welchT([1], b), 0);
  assert.equal(welchT([1, 1], [2, 2]), Number.NEGATIVE_INFINITY);
});

test('cropping finds a small difference below rare large noise, and none where there is none', () => {
  // Deterministic: 100 plus a sawtooth, and every 50th sample a thousand times as long.
  const sample = (i: number, shift: number): number => (i % 50 === 0 ? 100_000 + i : 100 + (i % 7) + shift);
  const make = (shift: number, from: number): number[] =>
    Array.from({ length: 7000 }, (_, i) => sample(i + from, shift));
  assert.ok(Math.abs(welchT(make(0, 0), make(1, 350))) < 4.5, 'all samples together hide it');
  assert.ok(largestT(make(0, 0), make(1, 350)) > 10);
  assert.ok(largestT(make(0, 0), make(0, 350)) < 4.5);
});
