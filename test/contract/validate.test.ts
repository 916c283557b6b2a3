import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseVerification } from '../../src/contract/validate.ts';
import { BoltsealError } from '../../src/core/errors.ts';
import { demo, verificationOf } from '../verify/fixtures.ts';

describe('parseVerification', () => {
  const good = () => JSON.parse(JSON.stringify(verificationOf(demo)));

  test('takes what was written, through JSON, with keys of later versions', () => {
    assert.deepEqual(parseVerification(good()), verificationOf(demo));
    assert.equal(parseVerification({ ...good(), later: 1 }).version, '0.1.0');
  });

  const spoilt: readonly [what: string, spoil: (json: ReturnType<typeof good>) => unknown][] = [
    ['nothing', () => null],
    ['a list', () => []],
    ['another format', (json) => ({ ...json, format: 'boltseal-verification-9' })],
    ['a missing key', ({ rows: _, ...json }) => json],
    ['a negative count', (json) => ({ ...json, rows: { ...json.rows, strong: -1 } })],
    ['a verdict that does not exist', (json) => ({ ...json, verdict: { kind: 'surely', reasons: [] } })],
    [
      'a month that is none',
      (json) => ({ ...json, subjects: { ...json.subjects, byMonth: [{ month: '<b>', registered: 1, matched: 0 }] } }),
    ],
  ];
  for (const [what, spoil] of spoilt) {
    test(`refuses ${what}, without showing it`, () => {
      assert.throws(
        () => parseVerification(spoil(good())),
        (error) =>
          error instanceof BoltsealError && error.code === 'VERIFICATION_FORMAT' && !/surely|<b>/.test(error.message),
      );
    });
  }
});
