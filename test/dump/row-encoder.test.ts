import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import { canonicalDialect } from '../../src/dump/port.ts';
import { MAX_CELL_BYTES, RowEncoder } from '../../src/dump/row-encoder.ts';

/** The rows as the scanner reads them, from cells written as text or as bytes. */
function written(rows: readonly (readonly string[])[], as: 'text' | 'bytes'): string[][] {
  const encoder = new RowEncoder({ onRow: () => true, onTooLong: () => assert.fail('too long') });
  for (const cells of rows) {
    for (const cell of cells) {
      const bytes = new TextEncoder().encode(cell);
      if (as === 'text') encoder.text(cell);
      else encoder.bytes(bytes, 0, bytes.length);
    }
    encoder.end();
  }
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return [...rowsOf(encoder.peek(), canonicalDialect)].map((row) =>
    'cells' in row ? row.cells.map((cell) => decoder.decode(cell)) : assert.fail('rejected'),
  );
}

const cell = fc.string({
  unit: fc.constantFrom('a', '1', '"', '\n', '\r', '\x1f', ',', ' ', 'é', '杭', '😀'),
  maxLength: 12,
});

test('whatever cells hold, they are read as they were written', () => {
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { maxLength: 4 });
  fc.assert(
    fc.property(rows, fc.constantFrom('text' as const, 'bytes' as const), (given, as) => {
      assert.deepEqual(written(given, as), given);
    }),
  );
});

for (const as of ['text', 'bytes'] as const) {
  test(`a long cell is cut so that it keeps its quotes and its row its cells (${as})`, () => {
    for (const unit of ['a', '杭', '"', '"杭', '😀']) {
      const long = `x\n${unit.repeat(MAX_CELL_BYTES)}`;
      const [row, ...others] = written([[long, 'next']], as);
      assert.deepEqual([others, row?.[1], row?.length], [[], 'next', 2]);
      assert.ok(long.startsWith(row?.[0] ?? '?'));
      const sizeBytes = Buffer.byteLength(row?.[0] ?? '');
      assert.ok(sizeBytes > MAX_CELL_BYTES - 4 && sizeBytes <= MAX_CELL_BYTES);
    }
  });
}
