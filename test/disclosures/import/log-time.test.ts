import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseLogTime, parseZone, secondsOfNumber } from '../../../src/disclosures/import/log-time.ts';

const noon = Date.UTC(2026, 10, 22, 12) / 1000;

test('times as logs write them', () => {
  const cases: readonly [string, number | null][] = [
    ['2026-11-22T12:00:00Z', noon],
    ['2026-11-22T20:00:00+08:00', noon],
    ['2026-11-22 20:00:00.123+08', noon],
    ['2026-11-22 12:00:00.987 UTC', noon],
    ['2026-11-22 12:00:00 GMT', noon],
    ['2026-11-22T12:00', noon],
    ['2026-11-22', noon - 43_200],
    ['22/Nov/2026:20:00:00 +0800', noon],
    ['[22/Nov/2026:12:00:00 +0000]', noon],
    [' 2026-11-22T12:00:00Z ', noon],
    [String(noon), noon],
    [`${noon}.123`, noon],
    [`${noon}123`, noon],
    [`${noon}123456`, noon],
    ['2026-11-22 12:00:00 CST', null],
    ['2026-11-22 12:00:00+99', null],
    ['2026-02-29T00:00:00Z', null],
    ['2026-11-31T00:00:00Z', null],
    ['2026-11-22T24:00:00Z', null],
    ['2026-11-22T12:60:00Z', null],
    ['2026-11-22T12:00:00.Z', null],
    ['22/Foo/2026:12:00:00 +0000', null],
    ['31/Nov/2026:12:00:00 +0000', null],
    ['1969-12-31T23:59:59Z', null],
    ['2107-01-01', null],
    ['12', null],
    ['', null],
    ['yesterday', null],
    ['9'.repeat(60), null],
  ];
  for (const [text, seconds] of cases) assert.equal(parseLogTime(text, null), seconds, text);
});

test('a zone is taken where the time says none, or only a name', () => {
  assert.equal(parseLogTime('2026-11-22 20:00:00', 28_800), noon);
  assert.equal(parseLogTime('2026-11-22 20:00:00.5 CST', 28_800), noon);
  assert.equal(parseLogTime('2026-11-22T12:00:00Z', 28_800), noon);
  assert.deepEqual(['+08:00', '-0530', '+08', 'UTC', '8', '+16:00', 'CST'].map(parseZone), [
    28_800,
    -19_800,
    28_800,
    0,
    null,
    null,
    null,
  ]);
});

test('every second from 1970 to 2106 comes back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xfffffffe }), (seconds) => {
      const text = new Date(seconds * 1000).toISOString();
      assert.equal(parseLogTime(text, null), seconds);
      assert.equal(secondsOfNumber(seconds), seconds);
      if (seconds > 1e8) assert.equal(secondsOfNumber(seconds * 1000), seconds);
    }),
  );
});

test('whatever stands there, nothing throws', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const seconds = parseLogTime(text, null);
      assert.ok(seconds === null || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 0xfffffffe));
    }),
  );
});
