import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Grey, shrink, turn } from '../../../src/dump/readers/picture-grey.ts';
import { findInk } from '../../../src/dump/readers/picture-ink.ts';
import { layOut } from '../../../src/dump/readers/picture-layout.ts';
import { PictureRecords } from '../../../src/dump/readers/picture-records.ts';
import { findSegments } from '../../../src/dump/readers/picture-segments.ts';
import { MemorySink } from '../memory-sink.ts';

/** A page with marks (like digits, 6 × 10 pixels) at these places, and vertical lines of a contrast. */
function draw(
  width: number,
  height: number,
  marks: readonly (readonly [x: number, y: number])[],
  lines: readonly number[] = [],
): Grey {
  const data = new Uint8Array(width * height).fill(240);
  for (const x of lines) {
    // With a little noise, as JPEG leaves it.
    for (let y = 0; y < height; y++) data[y * width + x] = 215 + ((y * 7) % 5);
  }
  for (const [x, y] of marks) {
    for (let row = y; row < y + 10; row++) data.fill(20, row * width + x, row * width + x + 6);
  }
  return { width, height, data };
}

/** Five marks beside each other. */
const word = (x: number, y: number) => [0, 8, 16, 24, 32].map((step) => [x + step, y] as const);

function segmentsOf(grey: Grey) {
  const ink = findInk(grey);
  assert.ok(ink !== null);
  return findSegments(ink);
}

test('marks close to each other are one segment, far ones are two, and a faint line between close ones parts them', () => {
  const close = [...word(10, 10), ...word(62, 10)];
  assert.equal(segmentsOf(draw(200, 60, close)).length, 1);
  assert.equal(segmentsOf(draw(200, 60, [...word(10, 10), ...word(90, 10)])).length, 2);
  assert.equal(segmentsOf(draw(200, 60, close, [55])).length, 2);
});

test('a table has a column for each stack of cells; a long line above stands in the first', () => {
  const title = [...word(10, 10), ...word(50, 10), ...word(90, 10), ...word(130, 10)];
  const cells = [40, 70, 100].flatMap((y) => [...word(10, y), ...(y === 70 ? [] : word(100, y)), ...word(200, y)]);
  const page = layOut(segmentsOf(draw(300, 140, [...title, ...cells])));
  assert.equal(page.kind, 'table');
  assert.deepEqual(
    page.rows.map((row) => row.cells.map(({ column }) => column)),
    [[0], [0, 1, 2], [0, 2], [0, 1, 2]],
  );
});

test('lines of text are no table, and more room than usual starts a block', () => {
  const page = layOut(
    segmentsOf(
      draw(
        200,
        220,
        [10, 28, 46, 100, 118, 136].flatMap((y) => word(10, y)),
      ),
    ),
  );
  assert.equal(page.kind, 'lines');
  assert.deepEqual(
    page.rows.map(({ startsBlock }) => startsBlock),
    [false, false, false, true, false, false],
  );
});

test('a record ends with its block, and before a second value of a field', () => {
  const sink = new MemorySink();
  const records = new PictureRecords(sink, { region: 'CN' });
  const add = (text: string) =>
    records.add([...text].map((character) => ({ text: character, confidence: 0.99, alternatives: [] })));
  add('Ada 13800138000');
  add('ada@example.com');
  add('Bela 13800138001');
  records.end();
  add('no value at all');
  records.end();
  assert.deepEqual(sink.tables[0]?.rows, [
    ['13800138000', 'ada@example.com', null, null, 'Ada'],
    ['13800138001', null, null, null, 'Bela'],
  ]);
});

test('pictures are turned as EXIF says and shrunk by means', () => {
  const grey = { width: 3, height: 2, data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
  const turned = (orientation: number) => [...turn(grey, orientation).data];
  assert.deepEqual(turned(3), [6, 5, 4, 3, 2, 1]);
  assert.deepEqual(turned(6), [4, 1, 5, 2, 6, 3]);
  assert.deepEqual(turned(8), [3, 6, 2, 5, 1, 4]);
  assert.deepEqual([turn(grey, 6).width, turn(grey, 6).height], [2, 3]);
  assert.deepEqual(
    [...shrink({ width: 4, height: 2, data: Uint8Array.of(0, 2, 10, 10, 4, 6, 10, 10) }, 2).data],
    [3, 10],
  );
});
