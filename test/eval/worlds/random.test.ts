import assert from 'node:assert/strict';
import { test } from 'node:test';
import { busyness, secondsOf, timeOfDay } from '../../../eval/worlds/calendar.ts';
import { makeChance, makeDraw, normal, poisson, sample } from '../../../eval/worlds/random.ts';

test('a stream is the same for the same seed and label, and another for another', () => {
  const first = (seed: number, label: string) => {
    const chance = makeChance(seed, label);
    return Array.from({ length: 50 }, chance.bits).join();
  };
  assert.equal(first(1, 'a'), first(1, 'a'));
  assert.notEqual(first(1, 'a'), first(1, 'b'));
  assert.notEqual(first(1, 'a'), first(2, 'a'));
});

test('numbers are spread evenly, Poisson and normal numbers have their mean and variance', () => {
  const chance = makeChance(5, 'spread');
  const counts = new Uint32Array(16);
  for (let i = 0; i < 160_000; i++) counts[chance.below(16)]! += 1;
  const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
  // 99.9 % point of 15 degrees of freedom.
  assert.ok(chiSquare < 37.7, `${chiSquare}`);
  for (const mean of [0.3, 4, 90]) {
    const drawn = Array.from({ length: 20_000 }, () => poisson(mean, chance));
    const average = drawn.reduce((sum, n) => sum + n, 0) / drawn.length;
    const variance = drawn.reduce((sum, n) => sum + (n - average) ** 2, 0) / drawn.length;
    assert.ok(Math.abs(average - mean) < 5 * Math.sqrt(mean / 20_000), `mean ${average} for ${mean}`);
    assert.ok(Math.abs(variance / mean - 1) < 0.08, `variance ${variance} for ${mean}`);
  }
  const normals = Array.from({ length: 20_000 }, () => normal(chance));
  assert.ok(Math.abs(normals.reduce((sum, x) => sum + x * x, 0) / 20_000 - 1) < 0.05);
});

test('weighted draws come in proportion to their weights', () => {
  const chance = makeChance(9, 'draw');
  const weights = [1, 0, 3, 6];
  const draw = makeDraw(weights);
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 100_000; i++) counts[draw(chance)]! += 1;
  weights.forEach((weight, i) => {
    assert.ok(Math.abs((counts[i] as number) / 100_000 - weight / 10) < 0.006, `${counts}`);
  });
});

test('a sample has no item twice', () => {
  const drawn = sample([1, 2, 3, 4, 5, 6, 7, 8], 5, makeChance(1, 'sample'));
  assert.equal(new Set(drawn).size, 5);
  assert.equal(sample([1, 2], 5, makeChance(1, 'sample')).length, 2);
});

test('11 November is the busiest day, Sundays are quiet, couriers sleep at night', () => {
  const on = (day: string) => busyness(secondsOf(day));
  assert.ok(on('2026-11-11') > 2.5 * on('2026-09-16'));
  assert.ok(on('2026-09-20') < on('2026-09-16'));
  const chance = makeChance(2, 'hours');
  for (let i = 0; i < 2000; i++) {
    const hour = timeOfDay('delivery', chance) / 3600;
    assert.ok(hour >= 7 && hour < 21);
  }
});
