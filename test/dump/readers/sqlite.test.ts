import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import type { ByteInput } from '../../../src/dump/reader.ts';
import { sqliteReader } from '../../../src/dump/readers/sqlite.ts';
import { MemorySink, memoryContext, memoryInput } from '../memory-sink.ts';

const folder = mkdtempSync(join(tmpdir(), 'boltseal-sqlite-'));
const scratchPath = mkdtempSync(join(tmpdir(), 'boltseal-scratch-'));
after(() => {
  rmSync(folder, { recursive: true });
  rmSync(scratchPath, { recursive: true });
});
let made = 0;

function makeDatabase(...statements: string[]): string {
  const path = join(folder, `db-${made++}.sqlite`);
  const database = new DatabaseSync(path);
  for (const statement of statements) database.exec(statement);
  database.close();
  return path;
}

function fileInput(path: string): ByteInput {
  return { ...memoryInput(readFileSync(path), 'dump.db'), filePath: path };
}

async function read(input: ByteInput): Promise<MemorySink> {
  const sink = new MemorySink();
  await sqliteReader.read(input, sink, memoryContext({ scratchPath }));
  return sink;
}

const thousandRows = `CREATE TABLE people(id INTEGER PRIMARY KEY, name TEXT, phone INTEGER);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
  INSERT INTO people SELECT i, 'person ' || i || ' ' || hex(zeroblob(40)), 13800000000 + i FROM n;`;

test('every kind of value comes as text, tables in the order of their making', async () => {
  const path = makeDatabase(
    `CREATE TABLE "odd ""name"""(a INTEGER, "b""c" TEXT, d REAL, e BLOB);
     INSERT INTO "odd ""name""" VALUES (9007199254740993, '名字', 13800138000.0, x'e5908d'), (NULL, '', 1.5, x'ff00');`,
    `CREATE TABLE keyed(k TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO keyed VALUES ('b', 2), ('a', 1);`,
    `CREATE TABLE tricky(rowid TEXT, _rowid_ TEXT, oid TEXT); INSERT INTO tricky VALUES ('x', 'y', 'z');`,
  );
  for (const input of [fileInput(path), memoryInput(readFileSync(path), 'dump.db', 7)]) {
    const sink = await read(input);
    assert.deepEqual(sink.tables, [
      {
        name: 'odd "name"',
        columns: ['a', 'b"c', 'd', 'e'],
        rows: [
          ['9007199254740993', '名字', '13800138000', '名'],
          [null, '', '1.5', 'ff00'],
        ],
      },
      {
        name: 'keyed',
        columns: ['k', 'v'],
        rows: [
          ['a', '1'],
          ['b', '2'],
        ],
      },
      { name: 'tricky', columns: ['rowid', '_rowid_', 'oid'], rows: [['x', 'y', 'z']] },
    ]);
    assert.equal(sink.rejected.size, 0);
  }
  assert.deepEqual(readdirSync(scratchPath), []);
});

test('nothing of the schema is evaluated: views, virtual tables and computed columns are left out', async () => {
  const path = makeDatabase(
    `CREATE TABLE t(a, b AS (zeroblob(1000000000)) VIRTUAL, c AS (a + 1) STORED); INSERT INTO t(a) VALUES (1);
     CREATE VIEW v AS SELECT * FROM t; CREATE VIRTUAL TABLE f USING fts5(x); INSERT INTO f VALUES ('word');`,
  );
  const sink = await read(fileInput(path));
  assert.deepEqual(sink.tables[0], { name: 't', columns: ['a', 'c'], rows: [['1', '2']] });
  assert.ok(!sink.tables.some(({ name }) => name === 'v' || name === 'f'));
  assert.ok(sink.tables.some(({ rows }) => rows.some((row) => row.includes('word'))));
});

test('rows of a write-ahead log beside the file are read, and nothing is written there', async () => {
  const path = join(folder, 'wal.sqlite');
  const database = new DatabaseSync(path);
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(a); INSERT INTO t VALUES (1), (2)',
  );
  const evidence = join(folder, 'evidence.sqlite');
  writeFileSync(evidence, readFileSync(path));
  writeFileSync(`${evidence}-wal`, readFileSync(`${path}-wal`));
  database.close();
  const before = readdirSync(folder);
  const sink = await read(fileInput(evidence));
  assert.deepEqual(sink.tables, [{ name: 't', columns: ['a'], rows: [['1'], ['2']] }]);
  assert.deepEqual(readdirSync(folder), before);
  assert.deepEqual(readdirSync(scratchPath), []);
});

test('nothing is written beside a database that asks for a log', async () => {
  const path = makeDatabase('PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES (1)');
  const alone = mkdtempSync(join(folder, 'alone-'));
  const evidence = join(alone, 'evidence.sqlite');
  writeFileSync(evidence, readFileSync(path));
  const seen = new Set<string>();
  const sink = new MemorySink();
  const original = sink.table;
  sink.table = (...table) => {
    for (const name of readdirSync(alone)) seen.add(name);
    return original.apply(sink, table);
  };
  await sqliteReader.read(fileInput(evidence), sink, memoryContext({ scratchPath }));
  assert.deepEqual(sink.tables[0]?.rows, [['1']]);
  assert.deepEqual([...seen, ...readdirSync(alone)], ['evidence.sqlite', 'evidence.sqlite']);
});

test('the rows before and behind a damaged page are kept', async () => {
  const bytes = readFileSync(makeDatabase(thousandRows, 'CREATE TABLE second(a); INSERT INTO second VALUES (7)'));
  bytes.fill(0xff, 4096 * 15, 4096 * 16);
  const sink = await read(memoryInput(bytes));
  const rows = sink.tables.find(({ name }) => name === 'people')?.rows ?? [];
  assert.ok(rows.length > 900 && rows.length < 1000, String(rows.length));
  assert.ok(rows.some(([id]) => id === '1000'));
  assert.equal(new Set(rows.map(([id]) => id)).size, rows.length);
  for (const [id, name, phone] of rows) {
    assert.ok(name?.startsWith(`person ${id} `));
    assert.equal(phone, String(13_800_000_000 + Number(id)));
  }
  assert.equal(sink.rejected.get('bad-record'), 1);
  assert.deepEqual(sink.tables.at(-1), { name: 'second', columns: ['a'], rows: [['7']] });
});

test('a definition that cannot be parsed costs its own table only', async () => {
  const bytes = readFileSync(
    makeDatabase(
      'CREATE TABLE good(a); INSERT INTO good VALUES (1); CREATE TABLE broken(b); CREATE TABLE last(c); INSERT INTO last VALUES (3)',
    ),
  );
  bytes.write('CREATE TABLQ', bytes.indexOf('CREATE TABLE broken'));
  const sink = await read(memoryInput(bytes));
  assert.deepEqual(
    sink.tables.map(({ name, rows }) => [name, rows]),
    [
      ['good', [['1']]],
      ['last', [['3']]],
    ],
  );
  assert.equal(sink.rejected.get('bad-record'), 1);
});

test('rows beyond 16 MiB are rejected one by one', async () => {
  const path = makeDatabase(
    `CREATE TABLE t(a, b); INSERT INTO t VALUES (1, 'x'), (2, zeroblob(20000000)), (3, 'y'), (4, zeroblob(17000000)), (5, 'z');`,
  );
  const sink = await read(fileInput(path));
  assert.deepEqual(
    sink.tables[0]?.rows.map(([a]) => a),
    ['1', '3', '5'],
  );
  assert.equal(sink.rejected.get('too-long'), 2);
});

test('pages that are linked in a circle end', async () => {
  const bytes = readFileSync(makeDatabase(thousandRows));
  // The root (page 2) is an interior page: all its children become the first one.
  const root = 4096;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  assert.equal(bytes[root], 5);
  const cells = view.getUint16(root + 3);
  const first = view.getUint32(root + view.getUint16(root + 12));
  for (let at = 0; at < cells; at++) view.setUint32(root + view.getUint16(root + 12 + 2 * at), first);
  view.setUint32(root + 8, first);
  const sink = await read(memoryInput(bytes));
  const ids = sink.tables[0]?.rows.map(([id]) => id) ?? [];
  assert.equal(new Set(ids).size, ids.length);
  assert.equal(sink.rejected.get('bad-record'), 1);
});

test('random damage ends in rows, rejections or a coded error', async () => {
  const sound = readFileSync(makeDatabase(thousandRows, 'CREATE TABLE w(k PRIMARY KEY) WITHOUT ROWID'));
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let round = 0; round < 60; round++) {
    let bytes = Uint8Array.from(sound);
    for (let times = 0; times < 1 + (round % 20); times++)
      bytes[16 + random(round % 2 ? 8_000 : bytes.length - 16)] = random(256);
    if (round % 7 === 0) bytes = bytes.slice(0, random(bytes.length));
    try {
      await read(memoryInput(bytes));
    } catch (error) {
      assert.ok(error instanceof BoltsealError, String(error));
    }
  }
  assert.deepEqual(readdirSync(scratchPath), []);
});
