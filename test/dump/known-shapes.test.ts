import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TextSample } from '../../src/dump/delimited.ts';
import { KnownShapes } from '../../src/dump/known-shapes.ts';

const sampleOf = (text: string, isWhole = true): TextSample => ({
  name: 'x',
  start: Buffer.from(text),
  isWhole,
  windows: [],
});
const shape = {
  dialect: { separator: ';', quote: '"', newline: '\n' },
  columns: 2,
  preambleRows: 0,
} as const;
const first = sampleOf('phone;name\n1;Ann\n');

test('a file with a known header line has its dialect, if all rows have its width', () => {
  const shapes = new KnownShapes();
  assert.equal(shapes.find(first), null);
  shapes.keep(first, shape);
  assert.equal(shapes.find(sampleOf('phone;name\n2;"Bob; Ann"\n3;Eve\n')), shape);
  for (const text of [
    'phone;name\n2;Bob;extra\n',
    'phone;name\n2,Bob\n',
    'phone;name\n',
    'phone;names\n1;Ann\n',
    'phone;name\r\n1;Ann\r\n',
    '',
  ]) {
    assert.equal(shapes.find(sampleOf(text)), null, text);
  }
  assert.equal(shapes.find(sampleOf('phone;name\n1;Ann\n', false)), null);
});

test('what is kept is bounded, and headers in quotes are not kept', () => {
  const shapes = new KnownShapes();
  for (let number = 0; number < 100; number++) shapes.keep(sampleOf(`a${number};b\n1;2\n`), shape);
  const known = Array.from({ length: 100 }, (_, number) => shapes.find(sampleOf(`a${number};b\n1;2\n`)) !== null);
  assert.equal(known.filter(Boolean).length, 64);
  assert.equal(known[99], true);
  const quoted = sampleOf('"a";b\n1;2\n');
  shapes.keep(quoted, shape);
  assert.equal(shapes.find(quoted), null);
});
