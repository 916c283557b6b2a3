import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canaryLogRatio, type FoundCanary, logAccident, probabilityOfAccident } from '../../src/canaries/accident.ts';

const canary: FoundCanary = {
  values: { customerId: 'C99123456', phone: '16200001234', email: 'a@b.cn', name: 'x' },
  choices: { customerId: 1e6, phone: 1e4, email: 1e8, name: 1e3 },
  fields: ['phone'],
  isStrong: false,
};
const chance = (found: Partial<FoundCanary>, rows: number): number =>
  Math.exp(logAccident({ ...canary, ...found }, rows));
const about = (actual: number, expected: number): void => {
  assert.ok(Math.abs(actual / expected - 1) < 1e-9, `${actual} is not ${expected}`);
};

test('a single value: as if somebody had written all values of its block', () => {
  about(chance({}, 100), 0.01);
  assert.equal(chance({}, 1e6), 1);
  about(chance({ fields: ['phone', 'email'] }, 1000), 1e-5);
});

test('two values in one row: the two least rare count, a phone as rare as national numbers are', () => {
  const isStrong = true;
  about(chance({ fields: ['phone', 'name'], isStrong }, 1e7), 1e7 / (1e9 * 1e3));
  about(chance({ fields: ['phone', 'email', 'name'], isStrong }, 1e6), 1e6 / (1e8 * 1e3));
  // The second value is one that was not looked at.
  about(chance({ fields: ['phone'], isStrong }, 1e7), 1e7 / (1e9 * 1e3));
  about(chance({ fields: ['customerId', 'email'], isStrong }, 1e4), 1e4 / (1e6 * 1e3));
});

test('a phone is no rarer for the digits that everybody dials before it', () => {
  const withPhone = (phone: string): number =>
    chance({ values: { ...canary.values, phone }, fields: ['phone', 'name'], isStrong: true }, 1e6);
  // Ten digits of a national number: 10^9 of them, ten times as dense as on the whole where many are.
  about(withPhone('07000001234'), 1e6 / (1e8 * 1e3));
  about(withPhone('+447000001234'), 1e6 / (1e7 * 1e3));
  about(withPhone('06700001234'), 1e6 / (1e7 * 1e3));
});

test('the bound holds in a simulation of strangers who use the very same block', () => {
  let state = 12345;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const [choices, planted, rows, trials] = [1000, 5, 40, 4000];
  const hits = [0, 0, 0];
  for (let trial = 0; trial < trials; trial++) {
    const own = new Set<number>();
    while (own.size < planted) own.add(below(choices));
    const seen = new Set<number>();
    for (let row = 0; row < rows; row++) {
      const value = below(choices);
      if (own.has(value)) seen.add(value);
    }
    for (let k = 1; k <= 2; k++) if (seen.size >= k) hits[k]!++;
  }
  const single = Math.log(rows / choices);
  for (let k = 1; k <= 2; k++) {
    const bound = probabilityOfAccident(new Array(k).fill(single), planted);
    const rate = hits[k]! / trials;
    // Four standard errors of the simulation.
    const slack = 4 * Math.sqrt(bound / trials);
    assert.ok(rate <= bound + slack && rate > bound / 2, `${k}: ${rate} against ${bound}`);
  }
});

test('several of one recipient: which of them is paid for', () => {
  about(probabilityOfAccident([Math.log(0.01)], 5), 0.05);
  about(probabilityOfAccident([Math.log(0.01), Math.log(0.001)], 5), 1e-4);
  assert.equal(probabilityOfAccident([Math.log(0.5)], 5), 1);
  assert.equal(probabilityOfAccident([], 5), 1);
});

test('the ratio for attribution pays for the unknown share and is capped', () => {
  about(canaryLogRatio(0.001, 9), Math.log(100));
  assert.equal(canaryLogRatio(1e-300, 9), Math.log(1e6));
  assert.equal(canaryLogRatio(0, 9), Math.log(1e6));
  about(canaryLogRatio(1, 9), -Math.log(10));
});
