import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { FieldLists } from '../../../src/disclosures/import/field-names.ts';
import { TextRows } from '../../../src/disclosures/import/text-rows.ts';
import { PrincipalTable } from '../../../src/disclosures/principals.ts';
import { RowReader } from '../../../src/dump/exact-rows.ts';
import type { Dialect } from '../../../src/dump/port.ts';

const piece = fc.constantFrom('a', 'bc', ',', ',,', '\n', '\r\n', '"', '""', 'é', '汉', '', ' ');

test('rows are those of the exact reader, however the bytes are cut', () => {
  const dialect: Dialect = { separator: ',', quote: '"', newline: '\n' };
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 80 }),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 2 }),
      (pieces, size, skip) => {
        const bytes = Buffer.from(pieces.join(''));
        const expected: unknown[] = [];
        const exact = new RowReader(dialect, 3);
        const rows = [...exact.push(bytes), ...[]];
        for (const row of [...rows, ...exact.finish()].slice(skip)) {
          expected.push('rejected' in row ? row.rejected : row.cells.map((cell) => Buffer.from(cell).toString()));
        }
        const found: unknown[] = [];
        const text = new TextRows(dialect, 3, skip, {
          row: (cells) => found.push([...cells.slice(0, 3)]),
          reject: (reason) => found.push(reason),
        });
        for (let at = 0; at < bytes.length; at += size) text.push(bytes.subarray(at, at + size));
        text.finish();
        assert.deepEqual(found, expected);
      },
    ),
    { numRuns: 300 },
  );
});

test('what is kept of a log does not keep the log', () => {
  setFlagsFromString('--expose_gc');
  const collect = runInNewContext('gc') as () => void;
  const principals = new PrincipalTable();
  const lists = new FieldLists();
  const rows = new TextRows({ separator: ',', quote: null, newline: '\n' }, 3, 0, {
    row([principal = '', fields = '', attribute = '']) {
      principals.describe(principals.numberOf(principal) ?? 0, 0, { model: attribute });
      lists.maskOfText(fields);
    },
    reject: () => undefined,
  });
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let piece = 0; piece < 60; piece++) {
    const line = `scanner-of-station-${piece},name phone gizmo-number-${piece},a-model-of-scanners-${piece}\n`;
    rows.push(Buffer.from(line.repeat(Math.ceil(400_000 / line.length))));
  }
  collect();
  const heldMb = (process.memoryUsage().heapUsed - before) / 1e6;
  assert.equal(principals.count, 60);
  assert.equal(lists.unknownNames, 60);
  assert.ok(heldMb < 6, `${heldMb} MB of 24 are held`);
});

test('a line that is too long is one rejected row', () => {
  const found: unknown[] = [];
  const text = new TextRows({ separator: ',', quote: null, newline: '\n' }, 2, 0, {
    row: (cells) => found.push(cells.length),
    reject: (reason) => found.push(reason),
  });
  text.push(Buffer.from(`a,b\n${'x'.repeat(3_000_000)}\nc,d\n`));
  text.finish();
  assert.deepEqual(found, [2, 'too-long', 2]);
});
