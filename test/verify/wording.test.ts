import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytes, count, counted, duration, fieldPlural, percent, times } from '../../src/verify/wording.ts';

test('numbers in words', () => {
  assert.deepEqual([0, 999, 1000, 1234567].map(count), ['0', '999', '1,000', '1,234,567']);
  assert.deepEqual([counted(1, 'person', 'people'), counted(2, 'person', 'people')], ['1 person', '2 people']);
  assert.deepEqual(
    [
      percent(0, 5),
      percent(5, 5),
      percent(3, 5),
      percent(1, 1e6),
      percent(999_999, 1e6),
      percent(1, 0),
      percent(5, 10_000),
    ],
    ['0%', '100%', '60%', '<0.01%', '>99.9%', '–', '0.05%'],
  );
  assert.deepEqual([2.46, 3, 9.97, 41.3, 9617, 0].map(times), ['2.5', '3', '10', '41', '9,600', '0']);
  assert.deepEqual([12, 1536, 14_203_991, 2e12].map(bytes), ['12 bytes', '1.5 kB', '14.2 MB', '2.0 TB']);
  assert.deepEqual([0.84, 42.2, 75].map(duration), ['0.8 s', '42 s', '1 min 15 s']);
  assert.deepEqual(['phone', 'toString'].map(fieldPlural), ['phone numbers', 'toString']);
});
