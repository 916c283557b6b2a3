import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMON_VALUE_RECORDS } from '../../src/register/layout.ts';
import { findRecords, forEachRecord } from '../../src/register/lookup.ts';
import { addTable, countRecords, idOf, load, name, newHome, phone, type Row, readImage } from './support.ts';

test('parts of a register hold together exactly what the whole holds, controls in the first', () => {
  const home = newHome();
  const rows: Row[] = Array.from({ length: 800 }, (_, i) => ({
    ...idOf(i),
    values: [
      { field: phone, lo: i % 350, hi: Math.imul(i % 350, 0x85ebca6b) >>> 0 },
      { field: phone, lo: i % 11, hi: 0x80000000 },
      { field: name, lo: i * 3, hi: 0 },
    ],
    created: i + 1,
  }));
  const settings = { rowsPerBlock: 512, controlled: [phone], samplesPerField: 50 };
  addTable(home, { mode: 'snapshot', asOf: 100, fields: ['phone', 'name'], rows }, settings);
  addTable(
    home,
    { mode: 'history', asOf: 100, fields: ['phone'], rows: [{ ...rows[5]!, from: 1, until: 9 }] },
    settings,
  );
  const whole = load(home);
  const expected = readImage(whole);
  assert.ok(expected.controls.size > 0);

  for (const cuts of [
    [0, 800],
    [0, 300, 600, 800],
    [0, 1, 799, 5000],
    [0, 0, 800, 800],
  ]) {
    const versions = new Map<string, unknown>();
    let records = 0;
    for (let i = 0; i + 1 < cuts.length; i++) {
      const part = load(home, { from: cuts[i]!, to: cuts[i + 1]! });
      const held = readImage(part);
      records += countRecords(part.image) - held.padding;
      // The eleven values that 72 or 73 subjects share stay common in every part that has them.
      for (let lo = 0; lo < 11; lo++) {
        const { count } = findRecords(part.image, lo, 0x80000000);
        assert.ok(count === 0 || count > COMMON_VALUE_RECORDS);
      }
      assert.deepEqual(held.controls, cuts[i] === 0 ? expected.controls : new Set());
      assert.equal(part.image.created[799], 800);
      for (const [key, intervals] of held.versions) {
        const subject = Number(key.split(' ')[0]);
        assert.ok(subject >= cuts[i]! && subject < cuts[i + 1]!);
        versions.set(key, intervals);
      }
      if (cuts[i] === 0) records -= expected.controls.size;
    }
    // An empty first part has the controls too: then they were counted twice above, but only once each part that begins at 0.
    assert.equal(records, countRecords(whole.image) - expected.controls.size);
    // As text: the difference of two large maps takes minutes to print.
    const text = (held: Map<string, unknown>): string => JSON.stringify([...held].sort());
    assert.ok(text(versions) === text(expected.versions), 'the parts hold the same versions as the whole');
  }
});

test('a part has a table of its own size', () => {
  const home = newHome();
  const rows = Array.from({ length: 4000 }, (_, i) => ({ ...idOf(i), values: [] }));
  addTable(home, { mode: 'snapshot', asOf: 100, fields: [], rows }, { rowsPerBlock: 4000 });
  const { image } = load(home, { from: 1000, to: 2000 });
  assert.equal(countRecords(image), 1000);
  assert.equal(image.lineCount, 182);
  let count = 0;
  forEachRecord(image, () => count++);
  assert.equal(count, 1000);
});
