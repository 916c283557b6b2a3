import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonReader } from '../../../src/dump/readers/json.ts';
import { sqlReader } from '../../../src/dump/readers/sql.ts';
import { writesTheSame } from '../written-sink.ts';
import { createRandom, damage } from './record-harness.ts';

/*
 * The fast ways of the SQL and JSON readers, which copy rows without taking them apart, against the ways that they are a shortcut of.
 */

type Random = ReturnType<typeof createRandom>;

function pick<T>(random: Random, values: readonly T[]): T {
  return values[random(values.length)]!;
}

const texts = [
  '',
  'a',
  'Li Na',
  '李娜',
  '"quoted"',
  'in "it"',
  'tab\there',
  'a,b',
  'x)y',
  '(',
  '-- no',
  '1e5',
  'null',
  'é'.repeat(40),
];

const sqlCells = [
  ...texts.map((text) => `'${text}'`),
  ...[
    'NULL',
    'null',
    'Null',
    'NULL ',
    ' NULL',
    '0',
    '-1.5',
    '1e-5',
    '+1',
    '-',
    '--1',
    '5.',
    '.5',
    "'it''s'",
    "'a\\'b'",
    "'back\\\\'",
  ],
  ...[
    "N'n  '",
    "_utf8'x'",
    "X'41'",
    '0x41',
    'TRUE',
    "'two'  'texts'",
    '"double"',
    'now()',
    "CAST('5' AS int)",
    "'line\nbreak'",
    "' '",
    "''",
  ],
];

function sqlScript(random: Random): string {
  const columns = 1 + random(5);
  const plain = random(3) > 0;
  const cell = (): string =>
    plain && random(30) > 0 ? pick(random, ["'a'", "''", '12', 'NULL', "'b c'"]) : pick(random, sqlCells);
  const row = (): string => {
    const count = random(40) === 0 ? random(6) : columns;
    return `(${Array.from({ length: count }, cell).join(pick(random, [',', ',', ', ', ' , ']))})`;
  };
  const names = Array.from({ length: columns }, (_, index) => `c${index}`);
  const order = random(4) === 0 ? names.toReversed() : names;
  const statements = Array.from({ length: 1 + random(4) }, () => {
    const rows = Array.from({ length: 1 + random(12) }, row).join(pick(random, [',', ',\n', ', ', ' ,']));
    return `INSERT INTO t ${random(2) === 0 ? `(${order.join(', ')}) ` : ''}VALUES ${rows}${pick(random, [';\n', ';', ' ON DUPLICATE KEY UPDATE c0=1;\n', '\n'])}`;
  });
  const create = random(2) === 0 ? `CREATE TABLE t (${names.map((name) => `${name} text`).join(', ')});\n` : '';
  return `${pick(random, ['-- MySQL dump\n', '-- PostgreSQL database dump\n', ''])}${create}${statements.join('')}`;
}

test('SQL: rows that are copied are those that are read', async () => {
  const random = createRandom(7);
  let directRows = 0;
  for (let round = 0; round < 150; round++) {
    const script = sqlScript(random);
    directRows += await writesTheSame(sqlReader, script, [65_536, 5]);
    const broken = new TextDecoder().decode(damage(new TextEncoder().encode(script), random));
    await writesTheSame(sqlReader, broken);
  }
  assert.ok(directRows > 500, `${directRows}`);
});

const jsonScalars = [
  ...texts.map((text) => JSON.stringify(text)),
  '1',
  '-2.50',
  '1E5',
  'true',
  'false',
  'null',
  'None',
  '-',
  '+1',
  '12_3',
];
const jsonValues = [
  ...jsonScalars,
  ...[
    "'apostrophe'",
    "'null'",
    '"a\\nb"',
    '"\\u4e2d"',
    '{"x":1}',
    '{"x":"1","y":null}',
    '[]',
    '["1","2"]',
    '{"$oid":"5f"}',
    '{"$date":5}',
  ],
  ...['{"$date":"2020"}', 'ObjectId("5f")', 'ISODate("2020-01-01")', 'BinData(0, "QQ==")', '[{"i":1},{"i":2}]'],
  ...['[{"i":1},{"i":2},{"i":3},{"i":4},{"i":5},{"i":6}]', '{"type":"table","data":[{"x":1}]}', '"line\nbreak"'],
];

/** Records before those that matter: so many are held back before a row is written. */
const LOOK_AHEAD = 1000;

function jsonLines(random: Random): { sound: string; ahead: number } {
  const keys = pick(random, [
    ['id', 'name', 'phone'],
    ['type', 'data', 'x'],
    ['a'],
    ['index', 'b', 'c', 'd'],
    ['中', '$x', 'q'],
  ]);
  const gap = pick(random, ['', '', ' ']);
  const shapes = Array.from({ length: 3 }, () =>
    keys.map(() => pick(random, random(6) > 0 ? ['"Li"', '7', 'null', '""'] : jsonValues)),
  );
  const strings = ['"Li Na"', '"李娜"', '"x}y"', '"6"', '""', ...texts.slice(4, 7).map((text) => JSON.stringify(text))];
  const numbers = ['0', '-12.50', '1E5', '007', '-', 'true', 'false', 'null'];
  const like = (value: string): string =>
    random(20) > 0
      ? value
      : value.startsWith('"')
        ? pick(random, strings)
        : /^[-\dtfn]/.test(value)
          ? pick(random, numbers)
          : value;
  const record = (): string => {
    const shape = shapes[random(6)] ?? shapes[0]!;
    const odd = random(4) === 0 ? random(keys.length) : -1;
    const members = keys.flatMap((key, index) => {
      if (index === odd && random(2) === 0) return [];
      return [`"${key}":${gap}${index === odd ? pick(random, jsonValues) : like(shape[index]!)}`];
    });
    if (random(30) === 0) members.push(`"extra":${pick(random, jsonScalars)}`);
    if (random(30) === 0) members.reverse();
    return `{${members.join(`,${gap}`)}}`;
  };
  const isArray = random(3) === 0;
  const between = isArray ? ',\n' : '\n';
  const first = `{${keys.map((key) => `"${key}":${gap}"1"`).join(`,${gap}`)}}`;
  const ahead = (isArray ? '[' : '') + `${first}${between}`.repeat(LOOK_AHEAD);
  return { sound: ahead + Array.from({ length: 60 }, record).join(between), ahead: ahead.length };
}

test('JSON: records that are copied are those that are read', async () => {
  const random = createRandom(11);
  let directRows = 0;
  for (let round = 0; round < 60; round++) {
    const { sound, ahead } = jsonLines(random);
    directRows += await writesTheSame(jsonReader, sound, [65_536, 61]);
    const bytes = new TextEncoder().encode(sound);
    const broken = damage(bytes.subarray(ahead), random);
    const text = new TextDecoder().decode(Buffer.concat([bytes.subarray(0, ahead), broken]));
    await writesTheSame(jsonReader, text, [65_536, 61]);
  }
  assert.ok(directRows > 500, `${directRows}`);
});

test('JSON: what is like the records before it and still means something else', async () => {
  const cases = [
    // A list that has got a table of its own, by a record that turned out to be damaged.
    ['{"id":"1","u":{"of":[{"i":1}]}}', '{"id":"2","u":{"of":[{"i":1},{"i":2},{"i":3},{"i":4},{"i":5}]},]}'],
    ['{"id":"1","n":NumberLong(5)}', '{"id":"2","n":NumberLong(null)}'],
    ['{"n":1}', '{"n":5abc}'],
    ['{"x":{"type":"a","data":[{"a":1}]}}', '{"x":{"type":"table","data":[{"a":1}]}}'],
    ["{'n':'1'}", "{'n':'null'}"],
    ['{"n":1}', '{"n":"1"}'],
    ['{"n":"1"}', '{"n":null}'],
    ['{"n":"1"}', '{"n":"1" }'],
  ];
  for (const [like, other] of cases) {
    const lines = [...Array.from({ length: LOOK_AHEAD + 3 }, () => like), other, other, like, like].join('\n');
    await writesTheSame(jsonReader, lines);
  }
  const table = '{"type":"table","data":[{"x":"1"}]}';
  const others = Array.from({ length: LOOK_AHEAD + 3 }, () => table.replace('table', 'a'));
  assert.ok((await writesTheSame(jsonReader, `[${[...others, table, ...others].join(',\n')}]`)) > LOOK_AHEAD);
});
