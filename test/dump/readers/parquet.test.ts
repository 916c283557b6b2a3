import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { DuckDBInstance } from '@duckdb/node-api';
import { BoltsealError } from '../../../src/core/errors.ts';
import { defaultLimits } from '../../../src/dump/reader.ts';
import { parquetReader } from '../../../src/dump/readers/parquet.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'boltseal-parquet-'));
const scratchPath = mkdtempSync(join(tmpdir(), 'boltseal-scratch-'));
const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
const connection = await instance.connect();
await connection.run("SET TimeZone = 'UTC'");
after(() => {
  connection.closeSync();
  instance.closeSync();
  rmSync(folder, { recursive: true });
  rmSync(scratchPath, { recursive: true });
});

async function makeParquet(query: string, options = ''): Promise<Uint8Array> {
  const path = join(folder, 'table.parquet');
  await connection.run(`COPY (${query}) TO '${path}' (FORMAT parquet ${options})`);
  return readFileSync(path);
}

async function read(bytes: Uint8Array, chunkBytes = 65_536, overrides = {}): Promise<MemorySink> {
  const input = memoryInput(bytes, 'dump.parquet', chunkBytes);
  assert.ok(parquetReader.detect(input) > 0.5);
  const sink = new MemorySink();
  await parquetReader.read(input, sink, memoryContext({ scratchPath, ...overrides }));
  return sink;
}

test('every type comes as text', async () => {
  const bytes = await makeParquet(`SELECT * FROM (VALUES
    (true, -1::TINYINT, 9223372036854775807::BIGINT, 255::UTINYINT, 18446744073709551615::UBIGINT, 1.5::FLOAT, 13800138000::DOUBLE, '名字',
     DATE '2024-02-29', TIME '23:59:59.25', TIMESTAMP '1969-12-31 23:59:59.999999', TIMESTAMPTZ '2024-01-02 03:04:05+00', TIMESTAMP_NS '2024-01-02 03:04:05.123456789', TIMESTAMP_MS '2024-01-02 03:04:05.120',
     -12.34::DECIMAL(4,2), 123456789012345678.901234567::DECIMAL(30,9), 0.05::DECIMAL(9,2), 'ff00'::BLOB, '\\xFF\\x00'::BLOB, '2f9b3e1c-0000-4000-8000-00000000abcd'::UUID, 0.1::FLOAT, INTERVAL '1 month 2 days 3 seconds'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)
    ) t(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v)`);
  const sink = await read(bytes);
  assert.deepEqual(sink.tables[0]?.columns, [...'abcdefghijklmnopqrstuv']);
  assert.deepEqual(sink.tables[0]?.rows, [
    [
      'true',
      '-1',
      '9223372036854775807',
      '255',
      '18446744073709551615',
      '1.5',
      '13800138000',
      '名字',
      '2024-02-29',
      '23:59:59.25',
      '1969-12-31T23:59:59.999999',
      '2024-01-02T03:04:05Z',
      '2024-01-02T03:04:05.123456789',
      '2024-01-02T03:04:05.12',
      '-12.34',
      '123456789012345678.901234567',
      '0.05',
      'ff00',
      'ff00',
      '2f9b3e1c-0000-4000-8000-00000000abcd',
      '0.1',
      'P1M2DT3S',
    ],
    Array(22).fill(null),
  ]);
});

test('nested columns and lists are flattened', async () => {
  const bytes = await makeParquet(`SELECT * FROM (VALUES
    ({'phone': '138', 'home': {'city': 'X'}}, ['1', NULL, '3'], [{'a': 1, 'b': 'p'}, {'a': NULL, 'b': 'q'}], MAP {'k': 7, 'l': 8}, [[1, 2], [3]], 'end'),
    (NULL, [], NULL, MAP {}, [[], NULL, [4]], 'end'),
    ({'phone': NULL, 'home': NULL}, NULL, [NULL], NULL, NULL, 'end'),
    ({'phone': '139', 'home': {'city': NULL}}, range(20)::VARCHAR[], [], NULL, [], 'end')
    ) t(user, phones, orders, tags, nested, last)`);
  const { columns, rows } = (await read(bytes)).tables[0] ?? {};
  const places = (name: string, count: number) => Array.from({ length: count }, (_, at) => `${name}.${at}`);
  assert.deepEqual(columns, [
    'user.phone',
    'user.home.city',
    ...places('phones', 8),
    ...places('orders', 4).map((name) => `${name}.a`),
    ...places('orders', 4).map((name) => `${name}.b`),
    ...places('tags', 4).map((name) => `${name}.key`),
    ...places('tags', 4).map((name) => `${name}.value`),
    ...places('nested', 8),
    'last',
  ]);
  const n = (count: number) => Array(count).fill(null);
  assert.deepEqual(rows, [
    [
      '138',
      'X',
      '1',
      null,
      '3',
      ...n(5),
      '1',
      null,
      ...n(2),
      'p',
      'q',
      ...n(2),
      'k',
      'l',
      ...n(2),
      '7',
      '8',
      ...n(2),
      '1',
      '2',
      '3',
      ...n(5),
      'end',
    ],
    [...n(2), ...n(8), ...n(16), '4', ...n(7), 'end'],
    [...n(2), ...n(8), ...n(16), ...n(8), 'end'],
    ['139', null, '0', '1', '2', '3', '4', '5', '6', '7', ...n(16), ...n(8), 'end'],
  ]);
});

const wide = `SELECT i AS id, 'name ' || (i * 7919 % 5000) AS name, 13800000000 + i * 37 % 100000 AS phone, CASE WHEN i % 3 = 0 THEN NULL ELSE 'u' || i || '@example.com' END AS mail,
  i % 7 = 0 AS flag, (i % 1000) / 8.0 AS ratio, (i % 100)::FLOAT AS small, DATE '2020-01-01' + (i % 900)::INTEGER AS day, CASE WHEN i % 5 = 0 THEN [i, i + 1] ELSE [] END AS list, repeat('x', (i % 50)::INTEGER) AS tail FROM range(6000) t(i)`;

async function expectedRows(): Promise<(string | null)[][]> {
  const result = await connection.runAndReadAll(
    `SELECT id::VARCHAR, name, phone::VARCHAR, mail, flag::VARCHAR, ratio, small, day::VARCHAR, ${Array.from({ length: 8 }, (_, at) => `list[${at + 1}]::VARCHAR`)}, tail FROM (${wide})`,
  );
  return result.getRows().map((row) => row.map((cell) => (cell === null ? null : String(cell))));
}

for (const options of [
  'COMPRESSION uncompressed',
  'COMPRESSION snappy',
  'COMPRESSION gzip',
  'COMPRESSION zstd',
  'COMPRESSION brotli',
  'COMPRESSION lz4_raw',
  'PARQUET_VERSION v2',
  'PARQUET_VERSION v2, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 1',
  'COMPRESSION snappy, DICTIONARY_SIZE_LIMIT 1',
]) {
  test(`cell by cell: ${options}`, async () => {
    const sink = await read(await makeParquet(wide, `, ROW_GROUP_SIZE 2048, ${options}`));
    const rows = sink.tables[0]?.rows ?? [];
    const expected = await expectedRows();
    assert.equal(rows.length, expected.length);
    // Row by row: the difference of two whole tables takes minutes to print.
    for (const [at, row] of expected.entries()) assert.deepEqual(rows[at], row);
    assert.equal(sink.rejected.size, 0);
  });
}

test('chunks of any size give the same', async () => {
  const bytes = await makeParquet("SELECT i AS id, 'x' || i AS name FROM range(50) t(i)");
  const whole = await read(bytes);
  for (const chunkBytes of [1, 2, 3, 7, 64]) assert.deepEqual((await read(bytes, chunkBytes)).tables, whole.tables);
  assert.deepEqual(readdirSync(scratchPath), []);
});

test('a damaged row group costs its rows only', async () => {
  const bytes = await makeParquet(wide, ', ROW_GROUP_SIZE 2048, COMPRESSION zstd');
  bytes.fill(0xaa, Math.floor(bytes.length * 0.4), Math.floor(bytes.length * 0.4) + 200);
  const sink = await read(bytes);
  const rows = sink.tables[0]?.rows ?? [];
  const expected = new Map((await expectedRows()).map((row) => [row[0], row]));
  assert.ok(rows.length >= 6_000 - 2 * 2_048 && rows.length < 6_000);
  for (const row of rows) assert.deepEqual(row, expected.get(row[0] as string));
  assert.equal((sink.rejected.get('bad-record') ?? 0) + rows.length, 6_000);
});

test('a file that was cut off, or unpacks without end, has its own error', async () => {
  const bytes = await makeParquet("SELECT repeat('y', 1000000) AS a FROM range(3)", ', COMPRESSION zstd');
  await assert.rejects(read(bytes.subarray(0, bytes.length - 9)), { code: 'DUMP_TRUNCATED' });
  const limits = { ...defaultLimits, expansion: 10, expansionFreeBytes: 1_000 };
  await assert.rejects(read(bytes, 65_536, { limits }), { code: 'DUMP_BOMB' });
});

test('random damage ends in rows, rejections or a coded error', async () => {
  const small = wide.replace('6000', '600');
  const samples = [
    await makeParquet(small, ', COMPRESSION uncompressed'),
    await makeParquet(small, ', COMPRESSION uncompressed, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1'),
    await makeParquet(small, ', COMPRESSION snappy'),
    await makeParquet(small, ', COMPRESSION lz4_raw'),
  ].map((bytes) => Uint8Array.from(bytes));
  let seed = 11;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  let failed = 0;
  for (let round = 0; round < 200; round++) {
    const bytes = Uint8Array.from(samples[round % 4] as Uint8Array);
    const footerBytes = new DataView(bytes.buffer).getUint32(bytes.length - 8, true);
    // Every second round damages the footer.
    const from = round % 8 < 4 ? 4 : bytes.length - 8 - footerBytes;
    for (let times = 0; times < 1 + (round % 5); times++) bytes[from + random(bytes.length - 8 - from)] = random(256);
    try {
      await parquetReader.read(memoryInput(bytes), new MemorySink(), memoryContext({ scratchPath }));
    } catch (error) {
      failed++;
      assert.ok(error instanceof BoltsealError, String(error instanceof Error ? error.stack : error));
    }
  }
  assert.ok(failed < 150);
  assert.deepEqual(readdirSync(scratchPath), []);
});
