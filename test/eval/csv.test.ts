import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCsv, writeRow } from '../../eval/csv.ts';

test('what the evaluation writes with quotes, it reads again', () => {
  const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', '\n', ' ', '好') });
  fc.assert(
    fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 2 }), { minLength: 1 }), (rows) => {
      const text = rows.map((row) => `${writeRow(row, ',', 'all')}\n`).join('');
      assert.deepEqual(parseCsv(text), rows);
      assert.deepEqual(parseCsv(rows.map((row) => `${writeRow(row, ',', 'minimal')}\r\n`).join('')), rows);
    }),
  );
});
