import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FieldName } from '../../src/core/fields/field.ts';
import { lift, timesChanceAtLeast } from '../../src/verify/controls.ts';
import { headcount } from '../../src/verify/headcount.ts';
import { findingsOf } from './fixtures.ts';

const of = (field: FieldName, sampled: number, sampledSeen: number, controls: number, controlsSeen: number) => ({
  field,
  sampled,
  sampledSeen,
  controls,
  controlsSeen,
});

describe('lift', () => {
  test('share of the sampled values over share of the control values', () => {
    const found = lift([of('phone', 4000, 2400, 16_000, 96)]);
    assert.ok(Math.abs(found.lift! - 100) < 1e-9);
    assert.ok(found.low! > 75 && found.low! < 90 && found.high! > 110 && found.high! < 130);
    assert.equal(found.confidence, 0.95);
    assert.deepEqual([found.fields[0]?.lift, found.fields[0]?.chance], [found.lift, 3]);
  });

  test('nothing to compare', () => {
    assert.deepEqual(lift([]), { field: null, lift: null, low: null, high: null, confidence: 0.95, fields: [] });
    assert.equal(lift([of('phone', 4000, 0, 16_000, 0)]).lift, null);
    assert.equal(lift([of('phone', 10, 3, 0, 0)]).lift, null);
    assert.equal(timesChanceAtLeast(lift([])), null);
  });

  test('a field that the dump does not have changes nothing', () => {
    const phone = of('phone', 4000, 2400, 16_000, 96);
    const both = lift([phone, of('nationalId', 4000, 0, 16_000, 0)]);
    assert.equal(both.low, lift([phone]).low);
    assert.equal(both.fields.length, 2);
    assert.equal(both.field, 'phone');
  });

  test('each field is held against its own density', () => {
    const found = lift([of('phone', 4000, 2400, 16_000, 4000), of('nationalId', 4000, 2400, 16_000, 240)]);
    assert.ok(found.fields[1]!.lift! > 35, 'identity numbers are sparse');
    assert.equal(found.field, 'phone', 'the one that is nearer to more than chance');
    assert.ok(timesChanceAtLeast(found)! < 1);
  });
});

describe('headcount', () => {
  const people = { strong: 600, weak: 400, touched: 1000, strongSubjects: 600 };

  test('without controls only those count of whom two values agree', () => {
    const findings = findingsOf(people);
    assert.deepEqual(headcount(findings, lift([])), { atLeast: 600, atMost: 1000 });
  });

  test('a nation-wide leak adds nothing', () => {
    const findings = findingsOf({ ...people, controls: { phone: [4000, 2400, 16_000, 3840] } });
    assert.deepEqual(headcount(findings, lift(findings.controls)), { atLeast: 600, atMost: 1000 });
  });

  test('a clear lift adds single values up to the share that chance may have made', () => {
    const findings = findingsOf({ ...people, controls: { phone: [4000, 2400, 16_000, 96] } });
    const controls = lift(findings.controls);
    const expected = 600 + Math.floor(400 * (1 - 3 / controls.low!));
    assert.deepEqual(headcount(findings, controls), { atLeast: expected, atMost: 1000 });
    assert.ok(expected > 980);
  });

  test('nobody', () => {
    assert.deepEqual(headcount(findingsOf({}), lift([])), { atLeast: 0, atMost: 0 });
  });
});
