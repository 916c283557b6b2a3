import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { rowsOf } from '../../src/dump/exact-rows.ts';
import { Joiner, MOST_HELD_UNITS } from '../../src/dump/joiner.ts';
import type { JoiningOutlet } from '../../src/dump/outlet.ts';
import { type DumpPart, type TableDescription, TOLD_TABLES } from '../../src/dump/port.ts';
import { openInProcess } from './in-process.ts';
import { temporaryFile } from './samples.ts';

const description: TableDescription = {
  table: 0,
  name: 'x',
  format: 'delimited text',
  containers: [],
  encoding: 'utf-8',
  foundEncoding: 'utf-8',
  encodingConfidence: 1,
  dialect: { separator: ',', quote: '"', newline: '\n' },
  columns: [{ index: 0, name: 'phone', field: 'phone', kind: null, confidence: 1, reason: '' }],
  headerRows: 1,
  sizeBytes: null,
  plainFile: null,
  head: [],
  readings: [],
};

/** A joiner that has told as many tables as are told one by one, and what it tells from then on. */
function joinerAt(fromUnit = 0): { joiner: Joiner; told: string[]; unit: number } {
  const told: string[] = [];
  const outlet: JoiningOutlet = {
    at: (name, unit) => void told.push(`at ${name} ${unit}`),
    table: ({ table }) => void told.push(`table ${table}`),
    rows: (table, bytes) => void told.push(`rows ${table} ${JSON.stringify(Buffer.from(bytes).toString())}`),
    rejected: (table, reason, count) => void told.push(`rejected ${table} ${reason} ${count}`),
    failure: (name, code) => void told.push(`failure ${name} ${code}`),
    joined: ({ table }, tables, leftOut) => void told.push(`joined ${table} ${tables} ${leftOut}`),
    done: (units) => void told.push(`done ${units}`),
    incomplete: () => undefined,
    looked: () => undefined,
    read: () => undefined,
  };
  const joiner = new Joiner(outlet, { fromUnit });
  for (let unit = 0; unit < TOLD_TABLES; unit++) {
    joiner.at('x', unit, true);
    joiner.table({ ...description, table: unit });
  }
  told.length = 0;
  return { joiner, told, unit: TOLD_TABLES };
}

function give(joiner: Joiner, unit: number, text: string, more: Partial<TableDescription> = {}): void {
  joiner.at(`f${unit}`, unit, true);
  joiner.table({ ...description, ...more, table: unit });
  joiner.rows(unit, Buffer.from(text));
}

const J = 0x80000000;

test('rows of tables that mean the same go out as one, without their headers, and what is held back is told when it is over', () => {
  const { joiner, told, unit } = joinerAt();
  give(joiner, unit, 'phone\n1\n2\n');
  give(joiner, unit + 1, 'Phone No\n3', { columns: [{ ...description.columns[0]!, name: 'Phone No' }] });
  give(joiner, unit + 2, '4\n', { headerRows: 0, dialect: { separator: ';', quote: '"', newline: '\n' } });
  joiner.at('empty', unit + 3, true);
  joiner.failure('empty', 'DUMP_EMPTY', {});
  give(joiner, unit + 4, 'phone\n5\n');
  joiner.rejected(unit + 4, 'bad-line', 2);
  assert.deepEqual(told, [`done ${unit}`]);
  joiner.flush();
  assert.deepEqual(told.slice(1), [
    `joined ${J} 3 20`,
    `rejected ${J} bad-line 2`,
    `rows ${J} ${JSON.stringify('1\n2\n3\n5\n')}`,
    `joined ${J + 1} 1 0`,
    `rows ${J + 1} ${JSON.stringify('4\n')}`,
    'failure empty DUMP_EMPTY',
    `done ${unit + 5}`,
  ]);
});

test('what cannot be joined is told by itself, behind what was held back', () => {
  const { joiner, told, unit } = joinerAt();
  give(joiner, unit, 'phone\n1\n');
  give(joiner, unit + 1, 'phone\n"2\n3"\n');
  give(joiner, unit + 2, 'phone\n4\n', { plainFile: { path: 'x', offsetBytes: 0 } });
  joiner.at('archive', null);
  joiner.at('large', unit + 3, false);
  joiner.flush();
  assert.deepEqual(told, [
    `done ${unit}`,
    `joined ${J} 1 6`,
    `rows ${J} "1\\n"`,
    `done ${unit + 1}`,
    `at f${unit + 1} ${unit + 1}`,
    `table ${unit + 1}`,
    `rows ${unit + 1} ${JSON.stringify('phone\n"2\n3"\n')}`,
    `done ${unit + 2}`,
    `at f${unit + 2} ${unit + 2}`,
    `table ${unit + 2}`,
    `rows ${unit + 2} ${JSON.stringify('phone\n4\n')}`,
    'at archive null',
    `at large ${unit + 3}`,
  ]);
});

test('units before the given one are told before they are read', () => {
  const { joiner, told, unit } = joinerAt(TOLD_TABLES + 1);
  joiner.at('f', unit, true);
  assert.deepEqual(told, [`at f ${unit}`]);
  joiner.at('g', unit + 1, true);
  assert.deepEqual(told.slice(1), [`done ${unit + 1}`]);
});

test('what is held back is bounded: rows, inputs, failures, and kinds of tables', () => {
  const longest = Buffer.from(`phone\n${'1\n'.repeat(30_000)}`);
  const cases: [string, (joiner: Joiner, unit: number) => void, number][] = [
    ['rows', (joiner, unit) => give(joiner, unit, longest.toString()), 12],
    ['inputs', (joiner, unit) => give(joiner, unit, 'phone\n'), MOST_HELD_UNITS + 2],
    [
      'failures',
      (joiner, unit) => {
        joiner.at('e', unit, true);
        joiner.failure('e', 'DUMP_EMPTY', {});
      },
      300,
    ],
    [
      'kinds',
      (joiner, unit) =>
        give(joiner, unit, '1\n', {
          headerRows: 0,
          columns: Array.from({ length: unit }, (_, index) => ({ ...description.columns[0]!, index })),
        }),
      20,
    ],
  ];
  for (const [what, next, count] of cases) {
    const { joiner, told, unit } = joinerAt();
    for (let index = 0; index < count; index++) next(joiner, unit + index);
    assert.ok(told.filter((one) => one.startsWith('done')).length >= 2, what);
  }
});

/** What the scanner makes of a part: the values of its fields by row. */
async function valuesOf(part: DumpPart): Promise<string[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of part.open()) chunks.push(Uint8Array.from(chunk));
  const rows = [...rowsOf(Buffer.concat(chunks), part.dialect, part.columns.length)].slice(part.headerRows);
  return rows.map((row) =>
    'rejected' in row
      ? row.rejected
      : part.columns.map(({ index, field }) => (field === null ? '' : `${field}=${row.cells[index]}`)).join('|'),
  );
}

test('a folder of many small files of all kinds has the same rows whether they are joined or not', async (t) => {
  const folder = path.join(path.dirname(await temporaryFile(t, 'x')), 'many');
  mkdirSync(folder);
  const phone = (number: number) => `138${String(number * 7919).padStart(8, '0')}`;
  const kinds: ((n: number) => string)[] = [
    (n) => `customer_id,phone,email\nC${n + 10_000},${phone(n)},a${n}@example.org\nC${n + 20_000},${phone(n + 1)},\n`,
    (n) => `customer_id,phone,email\r\nC${n + 10_000},${phone(n)},b${n}@example.org\r\nC${n},,c${n}@example.org`,
    (n) => `phone;name\n${phone(n)};"Wei, ""${n}"""\n${phone(n + 2)};Li\n`,
    (n) => `phone;name\n${phone(n)};"Wei\n${n}"\n${phone(n + 2)};Li\n`,
    (n) => `{"name":"Wei ${n}","phone":"${phone(n)}"}\n{"name":"Li","phone":"${phone(n + 3)}"}\n`,
    (n) => `user${n}@example.org:secret${n}\nother${n}@example.org:pass${n}\n`,
    (n) => `INSERT INTO t (phone, email) VALUES ('${phone(n)}','d${n}@example.org'),('${phone(n + 1)}','x');\n`,
    (n) => (n % 2 === 0 ? '' : '\n\n'),
    // A header that says nothing: after many files without phone numbers there come some with them.
    (n) => {
      const isPhone = n >= 1200 && n % 3 === 0;
      return `a,b\n${isPhone ? phone(n) : n},x${n}\n${isPhone ? phone(n + 1) : n + 1},${isPhone ? `Wei ${phone(n)}` : 'y'}\n`;
    },
    (n) =>
      `customer_id,phone,email\nC${n},e${n}@example.org,${phone(n)}\nC${n + 1},f${n}@example.org,${phone(n + 1)}\n`,
  ];
  const common = [0, 1, 8];
  for (let n = 0; n < 1500; n++) {
    const kind = n < 1200 ? common[n % 3] : n % kinds.length;
    writeFileSync(path.join(folder, `f${String(n).padStart(5, '0')}`), kinds[kind ?? 0]!(n));
  }
  const readings = await Promise.all(
    [false, true].map(async (joins) => {
      const reading = (await openInProcess([folder], { region: 'CN', joins })).open();
      const values: string[] = [];
      let tables = 0;
      for await (const part of reading.parts()) {
        values.push(...(await valuesOf(part)));
        if (!part.isContinuation) tables++;
      }
      const rejected = [...reading.rejected.values()].flatMap((reasons) => [...reasons.values()]);
      return {
        joined: reading.joined.tables,
        tables: tables + reading.joined.tables,
        values: values.sort(),
        failures: reading.failures.map(({ name, code }) => `${name} ${code}`).sort(),
        rejected: rejected.reduce((sum, count) => sum + count, 0),
      };
    }),
  );
  const [apart, together] = readings.map(({ joined: _, ...rest }) => rest);
  assert.ok((readings[1]?.joined ?? 0) > 300, `${readings[1]?.joined}`);
  assert.deepEqual(together, apart);
});
