import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import { findJoinable } from '../../src/dump/joined-rows.ts';
import type { Dialect } from '../../src/dump/port.ts';

const dialect = (separator: string, quote: Dialect['quote'], newline: Dialect['newline']): Dialect => ({
  separator,
  quote,
  newline,
});

function cellsOf(bytes: Uint8Array, by: Dialect, skip: number): string[][] {
  const rows = [...rowsOf(bytes, by)].map((row) =>
    'cells' in row ? row.cells.map((cell) => `${Buffer.from(cell)}`) : [],
  );
  return rows.slice(skip);
}

/** The bytes as they stand between those of other tables. */
function between(bytes: Uint8Array, by: Dialect, headerRows: number): Uint8Array[] | null {
  const found = findJoinable(bytes, by, 'utf-8', headerRows);
  return found === null ? null : [bytes.subarray(found.from), Buffer.from(found.lacksEnd ? by.newline : '')];
}

test('tables that are joined are read as each by itself', () => {
  const alphabet = ['a', 'b,', '"', '""', "'", ',', ';', ';;', '\n', '\r', '\r\n', ' ', '"x"', ',"y"\n'];
  const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 12 }).map((pieces) => pieces.join(''));
  const by = fc.constantFrom(
    dialect(',', '"', '\n'),
    dialect(';;', '"', '\n'),
    dialect(',', "'", '\n'),
    dialect(',', null, '\n'),
    dialect(',', '"', '\r'),
  );
  let joined = 0;
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), by, fc.nat(2), (texts, by, headerRows) => {
      const files = texts.map((one) => Buffer.from(one));
      const kept = files.flatMap((file) => {
        const pieces = between(file, by, headerRows);
        return pieces === null ? [] : [{ file, pieces }];
      });
      joined += kept.length;
      const apart = kept.flatMap(({ file }) => cellsOf(file, by, headerRows));
      const together = cellsOf(Buffer.concat(kept.flatMap(({ pieces }) => pieces)), by, 0);
      assert.deepEqual(together, apart);
    }),
    { numRuns: 5000 },
  );
  assert.ok(joined > 2000, `${joined}`);
});

test('plain quotes are joined, others are not', () => {
  const by = dialect(',', '"', '\n');
  const isJoined = (text: string, headerRows = 0) => between(Buffer.from(text), by, headerRows) !== null;
  for (const text of ['"a","b, c"\n', 'a,""\n"say ""hi""",b\r\n', '"a"']) assert.equal(isJoined(text), true, text);
  for (const text of ['a,"b\nc"\n', '"a\n', 'a,b"c\n', '"a"b,c\n', 'a\r']) assert.equal(isJoined(text), false, text);
});

test('half a character of GB18030 at the end would take the line end with it', () => {
  const by = dialect(',', '"', '\n');
  assert.equal(findJoinable(Uint8Array.of(0x61, 0xb0), by, 'gb18030', 0), null);
  assert.deepEqual(findJoinable(Uint8Array.of(0x61, 0xb0, 0xa1, 0x0a), by, 'gb18030', 0), { from: 0, lacksEnd: false });
});
