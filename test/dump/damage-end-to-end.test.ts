import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName, identifyingFields } from '../../src/core/fields/registry.ts';
import { readRows } from '../../src/dump/exact-rows.ts';
import { toUtf8 } from '../../src/dump/transcode.ts';
import { type DamagedTable, damageColumns, damagedTable, damages } from './readers/damage.ts';
import { inPieces, temporaryFile, type Walked, walkInputs } from './samples.ts';

/** Where the identifying fields stand in the tables of damage.ts. */
const truth: readonly (readonly [FieldName, number])[] = [
  ['phone', damageColumns.indexOf('phone')],
  ['email', damageColumns.indexOf('email')],
  ['nationalId', damageColumns.indexOf('idcard')],
];
const identifying = new Set<FieldName>(identifyingFields.map(({ name }) => name));
const context = { region: 'CN' };

/** What the scanner would look up of one row: values by field, as they are normalised. */
type LookedUp = [FieldName, string][];

async function lookedUp(walked: Walked): Promise<LookedUp[]> {
  const decoder = new TextDecoder();
  const rows: LookedUp[] = [];
  for (const { chunks, plainFile, encoding, dialect, columns, headerRows } of walked.tables) {
    const pieces =
      plainFile === null
        ? inPieces(Buffer.concat(chunks), 65_536)
        : inPieces((await readFile(plainFile.path)).subarray(plainFile.offsetBytes), 65_536);
    let skip = headerRows;
    for await (const row of readRows(toUtf8(pieces, encoding), dialect, columns.length)) {
      if (skip-- > 0 || !('cells' in row)) continue;
      rows.push(
        columns.flatMap(({ field }, index): LookedUp => {
          const cell = row.cells[index];
          if (field === null || cell === undefined || !identifying.has(field)) return [];
          const value = fieldByName(field).normalise(decoder.decode(cell), context);
          return value === null ? [] : [[field, value]];
        }),
      );
    }
  }
  return rows;
}

/** Sound rows that are not found whole, and rows in which a value stands for another field or person than it belongs to; by kinds of damage, without values. */
function judge(table: DamagedTable, rows: readonly LookedUp[]): { lost: number; wrong: string[] } {
  const owners = new Map<string, { source: number; field: FieldName; kind: string }>();
  const sources = [...table.sound.map((cells) => ({ kind: 'sound', cells })), ...table.damaged];
  const keyOf = (cells: readonly string[]): string[] =>
    truth.map(([field, column]) => `${field} ${fieldByName(field).normalise(cells[column] ?? '', context)}`);
  for (const [source, { kind, cells }] of sources.entries()) {
    for (const [field, column] of truth) {
      const value = fieldByName(field).normalise(cells[column] ?? '', context);
      if (value !== null) owners.set(value, { source, field, kind });
    }
  }
  const left = new Map<string, number>();
  for (const cells of table.sound) left.set(keyOf(cells).join(), 1);
  const wrong: string[] = [];
  for (const row of rows) {
    const found = new Map(row.map(([field, value]) => [field, `${field} ${value}`]));
    left.delete(truth.map(([field]) => found.get(field) ?? '').join());
    const known = row.flatMap(([field, value]) => {
      const owner = owners.get(value);
      return owner === undefined ? [] : [{ ...owner, as: field }];
    });
    for (const { field, as, kind } of known) if (field !== as) wrong.push(`${kind}: ${field} as ${as}`);
    if (new Set(known.map(({ source }) => source)).size > 1)
      wrong.push(`${known.map(({ kind }) => kind).join(' + ')}: several people in one row`);
  }
  return { lost: left.size, wrong };
}

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
