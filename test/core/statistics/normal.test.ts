import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalQuantile } from '../../../src/core/statistics/normal.ts';

test('quantiles of the normal distribution (tables, and AS 241’s own check values)', () => {
  const published: readonly [p: number, z: number][] = [
    [0.5, 0],
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167814],
    [1e-20, -9.26234008979841],
    [0.975, 1.959963984540054],
    [0.995, 2.5758293035489004],
    [1e-10, -6.361340902404056],
  ];
  for (const [p, z] of published) assert.ok(Math.abs(normalQuantile(p) - z) < 1e-13 * Math.max(1, Math.abs(z)), `${p}`);
  assert.equal(normalQuantile(0), -Infinity);
  assert.equal(normalQuantile(1), Infinity);
});
