import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { jsonReader } from '../../../src/dump/readers/json.ts';
import { PathTree } from '../../../src/dump/readers/json-paths.ts';
import { DONE, RecordScanner } from '../../../src/dump/readers/json-scan.ts';
import { createRandom, detect, type ReadResult, readAll, readOnce, survivesDamage } from './record-harness.ts';

const tableOf = (result: ReadResult, name: string | null): ReadResult['tables'][number] => {
  const table = result.tables.find((candidate) => candidate.name === name);
  assert.ok(table, `table ${name}`);
  return table;
};

test('one record a line: nesting becomes names, null and what is missing are empty, numbers stay as written', async () => {
  const result = await readAll(
    jsonReader,
    '{"a":1.50,"user":{"phone":"138","more":{"x":true}},"phones":["1","2"]}\n{"a":-0,"b":null,"e":"","n":1E5}\n\r\n',
  );
  assert.deepEqual(result, {
    tables: [
      {
        name: null,
        columns: ['a', 'user.phone', 'user.more.x', 'phones.0', 'phones.1', 'b', 'e', 'n'],
        rows: [
          ['1.50', '138', 'true', '1', '2', null, null, null],
          ['-0', null, null, null, null, null, '', '1E5'],
        ],
      },
    ],
    rejected: {},
  });
});

test('escapes, surrogates, duplicates and prototype keys', async () => {
  const result = await readAll(
    jsonReader,
    '{"s":"\\u4e2d\\"\\\\\\/\\n\\ud83d\\ude00\\ud800x\\udc00","a":1,"a":2,"__proto__":{"x":1},"constructor":3,"\\u0061b":4}\n',
  );
  assert.deepEqual(tableOf(result, null), {
    name: null,
    columns: ['s', 'a', '__proto__.x', 'constructor', 'ab'],
    rows: [['中"\\/\n😀\ufffdx\ufffd', '2', '1', '3', '4']],
  });
});

test('arrays, concatenation and text sequences hold the same records as lines', async () => {
  const records = ['{"a":1,"b":"x"}', '{"a":2,"b":"y"}', '{"a":3,"b":"z"}'];
  const expected = await readAll(jsonReader, records.join('\n'));
  assert.equal(expected.tables[0]?.rows.length, 3);
  const shapes = [
    `[${records.join(',')}]`,
    `[\n  ${records.join(',\n  ')}\n]\n`,
    records.join(''),
    records.map((record) => `\x1e${record}\n`).join(''),
    `var users = [${records.join(',')}];`,
    records.map((record) => JSON.stringify(JSON.parse(record), null, 2)).join('\n'),
  ];
  for (const shape of shapes) {
    assert.deepEqual(await readAll(jsonReader, shape), expected, shape);
    assert.ok(detect(jsonReader, shape) >= 0.5, shape);
  }
});

test('arrays of records: up to four stay in their record, more are a table', async () => {
  const few = await readAll(jsonReader, '{"n":1,"o":[{"to":"a"},{"to":"b"}]}\n{"n":2}\n');
  assert.deepEqual(few.tables[0]?.columns, ['n', 'o.0.to', 'o.1.to']);
  const many = await readAll(
    jsonReader,
    `{"n":1,"o":[{"to":"a"}]}\n{"n":2,"o":[${Array.from({ length: 6 }, (_, i) => `{"to":"${i}","l":[${i},2]}`)}]}\n`,
  );
  assert.deepEqual(many.tables, [
    { name: null, columns: ['n'], rows: [['1'], ['2']] },
    {
      name: 'o',
      columns: ['to', 'l.0', 'l.1'],
      rows: [['a', null, null], ...[0, 1, 2, 3, 4, 5].map((i) => [`${i}`, `${i}`, '2'])],
    },
  ]);
  const nine = await readAll(jsonReader, '{"p":[1,2,3,4,5,6,7,8,9]}\n');
  assert.equal(nine.tables[0]?.columns?.length, 8);
});

test('objects of arrays and maps of records', async () => {
  const result = await readAll(
    jsonReader,
    '{"users":{"u1":{"n":"a"},"u2":{"n":"b"},"u3":{"n":"c"}},"orders":[{"t":1},{"t":2}],"rows":[["x",1],["y",2]]}',
  );
  assert.deepEqual(result, {
    tables: [
      {
        name: 'users (entries)',
        columns: ['n', '_key'],
        rows: [
          ['a', 'u1'],
          ['b', 'u2'],
          ['c', 'u3'],
        ],
      },
      { name: 'orders', columns: ['t'], rows: [['1'], ['2']] },
      {
        name: 'rows (arrays)',
        columns: null,
        rows: [
          ['x', '1'],
          ['y', '2'],
        ],
      },
    ],
    rejected: {},
  });
});

test('extended JSON of MongoDB, and what its shell prints', async () => {
  const result = await readAll(
    jsonReader,
    [
      '{"_id":{"$oid":"5f"},"n":{"$numberLong":"12"},"d":{"$date":{"$numberLong":"0"}},"b":{"$binary":{"base64":"AAA=","subType":"00"}}}',
      '{"_id":{"$oid":"60"},"n":{"$numberDecimal":"1.50"},"d":{"$date":"2020-01-01T00:00:00Z"},"b":{"$binary":"BBB=","$type":"00"}}',
      '{"_id":ObjectId("61"),"n":NumberLong(7),"d":ISODate("2021-01-01"),b:BinData(0,"CCC=")}',
      '{"_id":"62","n":1,"d":{"$date":86400000},"b":null}',
    ].join('\n'),
  );
  assert.deepEqual(result, {
    tables: [
      {
        name: null,
        columns: ['_id', 'n', 'd', 'b'],
        rows: [
          ['5f', '12', '1970-01-01T00:00:00.000Z', 'AAA='],
          ['60', '1.50', '2020-01-01T00:00:00Z', 'BBB='],
          ['61', '7', '2021-01-01', 'CCC='],
          ['62', '1', '1970-01-02T00:00:00.000Z', null],
        ],
      },
    ],
    rejected: {},
  });
});

test('Elasticsearch: hits and bulk lines; phpMyAdmin', async () => {
  const hits = Array.from({ length: 6 }, (_, i) => `{"_id":"${i}","_source":{"a":${i},"c":{"d":1}}}`);
  const search = await readAll(jsonReader, `{"took":1,"hits":{"total":6,"hits":[${hits}]}}`);
  assert.deepEqual(tableOf(search, 'hits.hits').columns, ['_id', 'a', 'c.d']);
  assert.equal(tableOf(search, 'hits.hits').rows.length, 6);
  const bulk = await readAll(jsonReader, '{"index":{"_id":"1"}}\n{"name":"x"}\n{"create":{}}\n{"name":"y"}\n');
  assert.deepEqual(bulk.tables, [{ name: null, columns: ['name'], rows: [['x'], ['y']] }]);
  const pma = await readAll(
    jsonReader,
    '[\n{"type":"header","version":"5"},\n{"type":"table","name":"users","database":"db","data":\n[\n{"id":"1","n":"a"},\n{"id":"2","n":"b"}\n]\n},\n{"type":"table","name":"o","database":"db","data":\n[\n{"x":"1"}\n]\n}\n]\n',
  );
  assert.deepEqual(tableOf(pma, 'users').rows, [
    ['1', 'a'],
    ['2', 'b'],
  ]);
  assert.deepEqual(tableOf(pma, 'o').rows, [['1']]);
});

test('records with other keys go to tables of their own, at most 32', async () => {
  const lines = Array.from({ length: 1000 }, (_, i) => `{"a":${i}}`);
  lines.push('{"a":1,"z":2}', '{"a":3}', '{"y":4}');
  const result = await readOnce(jsonReader, lines.join('\n'));
  assert.deepEqual(
    result.tables.map(({ name, columns, rows }) => [name, columns, rows.length]),
    [
      [null, ['a'], 1001],
      ['#2', ['a', 'z'], 1],
      ['#3', ['a', 'z', 'y'], 1],
    ],
  );
  for (let i = 0; i < 100; i++) lines.push(`{"a":${i},"k${i}":1}`);
  const many = await readOnce(jsonReader, lines.join('\n'));
  assert.equal(many.tables.length, 32);
  assert.equal(
    many.tables.reduce((sum, { rows }) => sum + rows.length, 0),
    1103,
  );
  assert.deepEqual(many.rejected, {});
});

test('damaged records are rejected and the next sound one is read', async () => {
  const lines = [
    '{"a":1,"b":"x"}',
    '{"a":2,"b":"unterminated}',
    '{"a":3,"b":"y"}',
    '{"a":4,"b"',
    '{"a":5,"b":"z"}',
    '{"a":6,',
    '{"a":7,"b":[',
    '{"a":8,"b":{"c":[1,2}}',
    'debris',
    '{"a":9,"b":"w"}',
  ];
  const rows = [
    ['1', 'x'],
    ['3', 'y'],
    ['5', 'z'],
    ['9', 'w'],
  ];
  const asLines = await readAll(jsonReader, lines.join('\n'));
  assert.deepEqual(asLines.tables[0]?.rows, rows);
  assert.deepEqual(asLines.rejected, { 'bad-record': 5 });
  const inline = await readAll(
    jsonReader,
    `{"t":[${lines.filter((line) => line !== 'debris').join(',')}],"second":[{"q":1},{"q":2}]}`,
  );
  assert.deepEqual(
    inline.tables.flatMap((table) => table.rows),
    [...rows, ['1'], ['2']],
  );
});

test('a file that is cut off keeps what was whole', async () => {
  const result = await readAll(jsonReader, '{"status":"ok","users":[{"a":1},{"a":2},{"a":3},{"a":4},{"a":5},{"a":6');
  assert.deepEqual(tableOf(result, 'users').rows, [['1'], ['2'], ['3'], ['4'], ['5']]);
  assert.deepEqual(result.rejected, { 'bad-record': 1 });
});

test('one damaged line in ten costs no sound record', async () => {
  const random = createRandom(7);
  const lines: string[] = [];
  const sound: string[] = [];
  for (let i = 0; i < 400; i++) {
    const record = JSON.stringify({ id: `k${i}`, name: `N ${random(1000)}`, tags: ['a', 'b'], in: { x: random(9) } });
    if (i > 5 && random(10) === 0) {
      const at = 1 + random(record.length - 2);
      const cut = [record.slice(0, at), record.slice(at), record.slice(0, at) + record.slice(at + 1 + random(4))];
      lines.push(cut[random(3)]!);
    } else {
      lines.push(record);
      sound.push(`k${i}`);
    }
  }
  for (const text of [lines.join('\n'), `[\n${lines.join(',\n')}\n]`]) {
    const ids = new Set((await readOnce(jsonReader, text)).tables.flatMap(({ rows }) => rows.map((row) => row[0])));
    assert.deepEqual(
      sound.filter((id) => !ids.has(id)),
      [],
    );
  }
});

test('what JSON.stringify writes is read as it was (random records)', async () => {
  const scalar = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ a: scalar, b: scalar, c: scalar }), { minLength: 1, maxLength: 20 }),
      async (records) => {
        const expected = records.map(({ a, b, c }) =>
          [a, b, c].map((value) => (typeof value === 'string' ? value : value === null ? null : JSON.stringify(value))),
        );
        const indent = records.length % 3;
        const result = await readOnce(jsonReader, JSON.stringify(records, null, indent), 11);
        assert.deepEqual(result.tables[0]?.rows, expected);
      },
    ),
    { numRuns: 200 },
  );
});

test('detection claims JSON and leaves other formats alone', () => {
  for (const json of [
    '{"a":1}\n',
    '[\n{',
    '[{"a":',
    '{"a":1,"b":"x"}\n{"a":2,"b":"cut',
    '[["a",1],["b",2]]',
    '{"a":1},\n{"a":2},\n',
  ]) {
    assert.ok(detect(jsonReader, json) >= 0.5, json);
  }
  for (const other of [
    '{"a":1},x,y\n{"b":2},z,w\n',
    'id,data\n1,"{""a"":1}"\n',
    '{"a":1};x;y\n{"a":1};x;y\n',
    '{"a":1}\t5\n{"a":1}\t6\n',
    '{"a":1}|5\n{"a":1}|6\n',
    '[section]\nkey=value\n',
    '{\\rtf1 abc}',
    '[2020-01-01] user=1\n[2020-01-02] user=2\n',
    'a,b\n1,2\n',
    '',
    '{{{{',
  ]) {
    assert.ok(detect(jsonReader, other) < 0.5, other);
  }
});

test('hostile input neither hangs nor throws', async () => {
  const sample =
    '{"a":1,"b":"x\\u4e2d","u":{"p":[1,2]},"d":{"$date":0}}\n{"a":2,"o":[{"x":1},{"x":2},{"x":3},{"x":4},{"x":5}]}\n';
  await survivesDamage(jsonReader, sample.repeat(3), 150);
  await survivesDamage(
    jsonReader,
    `{"t":[${'{"a":1,"b":[{"c":1}]},'.repeat(5)}{"a":2}],"m":{"x":{"n":1},"y":{"n":2},"z":{"n":3}}}`,
    150,
  );
  const megabyte = 100_000;
  for (const bomb of [
    '[',
    '{"a":',
    '{"a":[',
    '\n{"a":[',
    '"',
    '[[1],',
    '{',
    '}',
    '{"a":{"a":1},',
    '\n{"a":"',
    '\\',
    '[{"a":1,',
  ]) {
    await readOnce(jsonReader, bomb.repeat(megabyte / bomb.length));
    await readOnce(jsonReader, `${bomb.repeat(megabyte / bomb.length)}!`);
    await readOnce(jsonReader, `{"a":1}\n${bomb.repeat(megabyte / bomb.length)}\n{"a":2}`);
  }
  // Each record has keys of its own: columns, tables and memory stay bounded.
  const keys = Array.from({ length: 20_000 }, (_, i) => `{"k${i}":1,"l${i}":2}`).join('\n');
  assert.ok((await readOnce(jsonReader, keys)).tables.length <= 32);
  const wide = `{${Array.from({ length: 10_000 }, (_, i) => `"c${i}":${i}`)}}\n{"c1":2}\n`;
  assert.equal((await readOnce(jsonReader, wide)).tables[0]?.columns?.length, 4096);
});

test('a value of 20 MB is passed over, and the records around it stand', async () => {
  const big = `{"a":1,"b":"x"}\n{"a":2,"b":"${'y'.repeat(20_000_000)}"}\n{"a":3,"b":"z"}\n`;
  const result = await readOnce(jsonReader, big);
  assert.deepEqual(result.tables[0]?.rows, [
    ['1', 'x'],
    ['2', null],
    ['3', 'z'],
  ]);
  assert.deepEqual(result.rejected, { 'too-long': 1 });
  assert.deepEqual(await readOnce(jsonReader, big, 1_000_003), result);
});

const chinook = fileURLToPath(new URL('../../../../shared/data/sql-dumps/ChinookData.json', import.meta.url));

test('ChinookData.json: every table, every value', {
  skip: existsSync(chinook) ? false : 'no ../shared data here',
}, async () => {
  const bytes = readFileSync(chinook);
  const expected: Record<string, Record<string, unknown>[]> = JSON.parse(bytes.toString());
  for (const chunkBytes of [65_536, 4099]) {
    const result = await readOnce(jsonReader, bytes, chunkBytes);
    assert.deepEqual(result.rejected, {});
    assert.deepEqual(
      result.tables.map(({ name }) => name),
      Object.keys(expected),
    );
    for (const { name, columns, rows } of result.tables) {
      const records = expected[name!]!;
      assert.deepEqual(
        rows,
        records.map((record) => columns!.map((column) => (record[column] == null ? null : String(record[column])))),
      );
    }
  }
});

test('wrappers within wrappers are each looked at once', () => {
  const depth = 30;
  const text = new TextEncoder().encode(`${'{"$oid":['.repeat(depth)}{}${']}'.repeat(depth)} `);
  const tree = new PathTree();
  assert.equal(new RecordScanner().scan(text, 0, text.length, tree), DONE);
  assert.equal(tree.nameOf(4 * depth), '');
});
