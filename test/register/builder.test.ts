import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CONTROL_BIT, STILL_CURRENT } from '../../src/register/layout.ts';
import { readManifest } from '../../src/register/load.ts';
import { findRecords } from '../../src/register/lookup.ts';
import {
  type AddSettings,
  address,
  addTable,
  countRecords,
  customerId,
  email,
  idOf,
  load,
  Model,
  name,
  neighboursOf,
  newHome,
  phone,
  type Row,
  readAllIds,
  readImage,
  sorted,
  type Table,
  testKey,
  type Value,
} from './support.ts';

/** Few high halves at both ends of the range and in between: equal fingerprints, overflowing lines, empty lines. */
const high = fc.constantFrom(0, 1, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff);
const value: fc.Arbitrary<Value> = fc.oneof(
  fc.record({ field: fc.constantFrom(phone, email), lo: fc.nat(3), hi: high }),
  fc.record({ field: fc.constantFrom(name, address), lo: fc.nat(3), hi: fc.constant(0) }),
  // A second column of ids.
  fc.record({ field: fc.constant(customerId), lo: fc.nat(3), hi: fc.constant(1) }),
);
const row: fc.Arbitrary<Row> = fc
  .record({
    number: fc.nat(9),
    values: fc.array(value, { maxLength: 5 }),
    created: fc.constantFrom(0, 0, 1000, 2000),
    from: fc.nat(40),
    length: fc.integer({ min: 1, max: 12 }),
  })
  .map(({ number, values, created, from, length }) => ({
    ...idOf(number),
    values,
    created,
    from,
    until: length === 12 ? STILL_CURRENT : from + length,
  }));
const table = fc.record({
  mode: fc.constantFrom('snapshot' as const, 'snapshot' as const, 'delta' as const, 'history' as const),
  fields: fc.subarray(['phone', 'email', 'name', 'address'] as const, { minLength: 2 }),
  rows: fc.array(row, { minLength: 1, maxLength: 12 }),
});

test('any sequence of tables gives what the naive model holds, in whatever order blocks arrive', () => {
  fc.assert(
    fc.property(fc.array(table, { minLength: 1, maxLength: 4 }), fc.nat(3), fc.nat(5), (tables, turn, samples) => {
      const home = newHome();
      const model = new Model();
      const offered: Value[] = [];
      const settings: AddSettings = {
        rowsPerBlock: 1 + turn,
        shuffle: (blocks) => (turn % 2 === 0 ? blocks.toReversed() : blocks),
        samplesPerField: samples,
        controlled: [phone],
      };
      tables.forEach((draft, i) => {
        // Values of fields that the table does not have cannot stand in it.
        const rows = draft.rows.map((each) => ({
          ...each,
          values: each.values.filter(
            ({ field }) => field === customerId || (draft.fields as readonly string[]).includes(field.name),
          ),
        }));
        const now: Table = { ...draft, rows, asOf: 100 * (i + 1) };
        const versionsBefore = countVersions(model);
        const subjectsBefore = model.ids.length;
        model.add(now);
        offered.push(...rows.flatMap(({ values }) => values.filter(({ field }) => field === phone)));
        const summary = addTable(home, now, settings);
        assert.equal(summary.rows, rows.length);
        assert.equal(summary.subjectsAdded, model.ids.length - subjectsBefore);
        if (now.mode !== 'history') assert.equal(summary.versionsAdded, countVersions(model) - versionsBefore);

        const loaded = load(home);
        const { versions, controls } = readImage(loaded);
        assert.deepEqual(sorted(versions), sorted(model.versions));
        assert.deepEqual([...loaded.image.created], model.created);
        assert.deepEqual(readAllIds(home), model.ids);
        assert.equal(loaded.manifest.versions, countVersions(model));
        checkControls(loaded.manifest.controls[0], controls, offered, model, samples);
      });
    }),
    { numRuns: 70 },
  );
});

function countVersions({ versions }: Model): number {
  return [...versions.values()].reduce((sum, intervals) => sum + intervals.length, 0);
}

function checkControls(
  stored: { threshold: number; sampled: number; controls: number; first: number } | undefined,
  controls: Set<string>,
  offered: readonly Value[],
  model: Model,
  samples: number,
): void {
  const highs = [...new Set(offered.map(({ hi }) => hi).filter((hi) => hi < 0xffffffff))].sort((a, b) => a - b);
  if (highs.length === 0) return;
  const threshold = highs[samples] ?? 0xffffffff;
  const customers = [...model.versions.keys()].map((key) => key.split(' '));
  const isCustomers = (hi: number, lo: number): boolean =>
    customers.some(([, field, h, l]) => field !== 'name' && field !== 'address' && h === `${hi}` && l === `${lo}`);
  const lowest = new Map<string, number>();
  for (const sample of offered) {
    if (sample.hi >= threshold) continue;
    const { neighbours } = neighboursOf(sample);
    for (let i = 0; i < neighbours.length; i += 2) {
      const lo = neighbours[i]!;
      const hi = neighbours[i + 1]!;
      const key = `0 ${hi} ${lo}`;
      if (!isCustomers(hi, lo)) lowest.set(key, Math.min(lowest.get(key) ?? 0xffffffff, sample.hi));
    }
  }
  assert.deepEqual(
    [...controls].map((control) => control.replace(/ #.*/, '')).sort(),
    [...lowest].map(([key, sampleHi]) => `${key} ${sampleHi}`).sort(),
  );
  assert.deepEqual(
    [...controls].map((control) => Number(control.split('#')[1])),
    Array.from(controls, (_, i) => i),
  );
  const sampled = new Set(
    customers
      .filter(([, field, hi]) => field === 'phone' && Number(hi) < threshold)
      .map(([, , hi, lo]) => `${hi} ${lo}`),
  );
  assert.deepEqual(stored, {
    field: 'phone',
    id: 0,
    threshold,
    sampled: sampled.size,
    first: 0,
    controls: controls.size,
  });
}

const all = ['phone', 'email', 'name', 'address'] as const;
const phoneOf = (lo: number): Value => ({ field: phone, lo, hi: 0x12345678 });

test('a snapshot closes what is gone, a delta only what its subjects have lost, and a value that returns is a new version', () => {
  const home = newHome();
  addTable(home, {
    mode: 'snapshot',
    asOf: 100,
    fields: all,
    rows: [
      { ...idOf(1), values: [phoneOf(1)] },
      { ...idOf(2), values: [phoneOf(2), { field: name, lo: 9, hi: 0 }] },
    ],
  });
  const delta = addTable(home, { mode: 'delta', asOf: 200, fields: all, rows: [{ ...idOf(1), values: [phoneOf(3)] }] });
  assert.deepEqual([delta.versionsAdded, delta.versionsClosed, delta.subjectsClosed], [1, 1, 0]);
  const snapshot = addTable(home, {
    mode: 'snapshot',
    asOf: 300,
    fields: ['phone'],
    rows: [{ ...idOf(1), values: [phoneOf(1)] }],
  });
  assert.deepEqual([snapshot.versionsAdded, snapshot.versionsClosed, snapshot.subjectsClosed], [1, 3, 1]);
  const { versions } = readImage(load(home));
  const now = STILL_CURRENT;
  assert.deepEqual(versions.get(`0 phone ${0x12345678} 1`), [
    [100, 200],
    [300, now],
  ]);
  assert.deepEqual(versions.get(`0 phone ${0x12345678} 3`), [[200, 300]]);
  assert.deepEqual(versions.get(`1 phone ${0x12345678} 2`), [[100, 300]]);
  assert.deepEqual(versions.get('1 name 0 9'), [[100, now]], 'the last table has no column of names');
  assert.deepEqual(
    [...versions].filter(([key]) => key.includes(customerId.name)).map(([, intervals]) => intervals),
    [[[100, now]], [[100, 300]]],
  );
  const manifest = readManifest(home, testKey);
  assert.deepEqual(
    manifest.adds.map(({ mode, asOfSeconds, rows }) => [mode, asOfSeconds, rows]),
    [
      ['snapshot', 100, 2],
      ['delta', 200, 1],
      ['snapshot', 300, 1],
    ],
  );
  assert.deepEqual(manifest.fields[0], { name: 'phone', id: 0, version: 1, versions: 4, current: 1 });
  assert.deepEqual([manifest.earliestSeconds, manifest.latestSeconds], [100, 300]);
});

test('a value that very many subjects share is found with all its records', () => {
  const home = newHome();
  const rows = Array.from({ length: 900 }, (_, i) => ({ ...idOf(i), values: [phoneOf(0)] }));
  const settings = { rowsPerBlock: 256 };
  addTable(home, { mode: 'snapshot', asOf: 100, fields: all, rows: rows.slice(0, 600) }, settings);
  // Known subjects come with a new value in another order than their numbers.
  const changed = rows.map((each) => ({ ...each, values: [phoneOf(7)] })).reverse();
  addTable(home, { mode: 'snapshot', asOf: 200, fields: all, rows: changed }, { rowsPerBlock: 4096 });
  const loaded = load(home);
  readImage(loaded);
  const { image } = loaded;
  assert.equal(findRecords(image, 0, 0x12345678).count, 600);
  const run = findRecords(image, 7, 0x12345678);
  assert.equal(run.count, 900);
  assert.equal(image.table[4 * run.first + 2], 0);
  assert.equal(image.table[4 * (run.first + 899) + 2], 899);
  assert.equal(findRecords(image, 8, 0x12345678).count, 0);
});

test('intervals of a history that overlap or touch are one, over rows and over tables', () => {
  const home = newHome();
  const at = (from: number, until: number, lo: number): Row => ({ ...idOf(1), values: [phoneOf(lo)], from, until });
  const history = (rows: Row[]): Table => ({ mode: 'history', asOf: 50, fields: all, rows });
  addTable(home, history([at(10, 20, 1), at(20, 30, 1), at(30, 35, 2), at(40, 45, 1)]));
  addTable(home, history([at(35, 41, 1), at(60, STILL_CURRENT, 3)]));
  const { versions } = readImage(load(home));
  assert.deepEqual(versions.get(`0 phone ${0x12345678} 1`), [
    [10, 30],
    [35, 45],
  ]);
  assert.deepEqual([...versions.values()].at(-1)?.length, 2, 'the id is current from 10 to 45 and from 60 on');
  assert.equal(readManifest(home, testKey).latestSeconds, 60);
});

test('tables out of order and empty snapshots are refused and change nothing', () => {
  const home = newHome();
  const rows = [{ ...idOf(1), values: [phoneOf(1)] }];
  addTable(home, { mode: 'snapshot', asOf: 100, fields: all, rows });
  for (const mode of ['snapshot', 'delta'] as const) {
    assert.throws(() => addTable(home, { mode, asOf: 100, fields: all, rows }), {
      code: 'REGISTER_TIME_ORDER',
      message: /1970-01-01T00:01:40Z.*1970-01-01T00:01:40Z/,
    });
  }
  assert.throws(() => addTable(home, { mode: 'snapshot', asOf: 200, fields: all, rows: [] }), {
    code: 'REGISTER_EMPTY_TABLE',
  });
  assert.equal(addTable(home, { mode: 'delta', asOf: 200, fields: all, rows: [] }).versionsClosed, 0);
  assert.equal(countRecords(load(home).image), 2);
});

test('the threshold of controls falls while the sample fills, and a later addition goes on from there', () => {
  const home = newHome();
  const rows = Array.from({ length: 60 }, (_, i) => ({
    ...idOf(i),
    values: [{ field: phone, lo: i, hi: (i * 0x4000001 + 5) >>> 0 }],
  }));
  const settings = { controlled: [phone], samplesPerField: 10 };
  addTable(home, { mode: 'snapshot', asOf: 100, fields: all, rows }, settings);
  const first = readManifest(home, testKey).controls[0]!;
  assert.equal(first.threshold, 10 * 0x4000001 + 5);
  assert.equal(first.sampled, 10);
  const more = rows.map((each, i) => ({ ...idOf(100 + i), values: each.values.map((v) => ({ ...v, hi: v.hi + 3 })) }));
  addTable(home, { mode: 'delta', asOf: 200, fields: all, rows: more }, settings);
  const second = readManifest(home, testKey).controls[0]!;
  assert.equal(second.threshold, 5 * 0x4000001 + 5);
  assert.equal(second.sampled, 10);
  const { image } = load(home);
  const samples = image.table.filter((_, i) => i % 4 === 3 && image.table[i - 1]! >= CONTROL_BIT);
  assert.ok(samples.length > 0 && samples.every((sampleHi) => sampleHi < second.threshold));
});
