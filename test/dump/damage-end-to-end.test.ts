import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import { context, judge, lookedUp, truth } from './damage-judge.ts';
import { damagedTable, damages } from './readers/damage.ts';
import { temporaryFile, walkInputs } from './samples.ts';

const forms: readonly (readonly [string, (text: Uint8Array) => Uint8Array])[] = [
  ['as it is', (text) => text],
  ['packed', (text) => gzipSync(text)],
];

for (const [form, write] of forms) {
  for (const [rows, seed] of [
    [400, 1],
    [3000, 2],
    [10_000, 3],
  ] as const) {
    test(`20 kinds of damage, 1 % of ${rows} lines each, ${form}: no sound row is lost, no damaged one matched wrongly`, async (t) => {
      assert.equal(Object.keys(damages).length, 20);
      const table = damagedTable(rows, seed);
      const walked = await walkInputs([await temporaryFile(t, write(table.text))]);
      assert.deepEqual(walked.failures, []);
      assert.deepEqual(judge(table, await lookedUp(walked)), { lost: 0, wrong: [] });
    });
  }
}

for (const [index, kind] of Object.keys(damages).entries()) {
  test(`damage of one kind alone: ${kind}`, async (t) => {
    for (const seed of [40, 80]) {
      const table = damagedTable(1500, seed + index, [kind]);
      const walked = await walkInputs([await temporaryFile(t, table.text)]);
      assert.deepEqual(judge(table, await lookedUp(walked)), { lost: 0, wrong: [] }, `seed ${seed + index}`);
    }
  });
}

test('what is judged is seen: rows lost and people mixed up', async () => {
  const table = damagedTable(10, 5, []);
  const rows = table.sound.map((cells) =>
    truth.map(([field, column]): [FieldName, string] => [
      field,
      fieldByName(field).normalise(cells[column] ?? '', context) ?? '',
    ]),
  );
  assert.deepEqual(judge(table, rows), { lost: 0, wrong: [] });
  const [first, second] = rows;
  assert.ok(first !== undefined && second !== undefined);
  const mixed = [[...first.slice(0, 2), ...second.slice(2)], ...rows.slice(1)];
  assert.deepEqual(judge(table, mixed), { lost: 1, wrong: ['sound + sound + sound: several people in one row'] });
});
