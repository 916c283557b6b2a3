import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Binary, BSON, Decimal128, Long, ObjectId, Timestamp, UUID } from 'bson';
import { bsonReader } from '../../../src/dump/readers/bson.ts';
import { detect, readAll, readOnce, survivesDamage } from './record-harness.ts';

const bytesOf = (...documents: object[]): Uint8Array =>
  Buffer.concat(documents.map((document) => BSON.serialize(document)));
const number = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};

test('every type becomes text', async () => {
  const document = {
    _id: new ObjectId('507f1f77bcf86cd799439011'),
    name: 'Li 李',
    age: 3,
    big: Long.fromString('9007199254740993'),
    ratio: 1.5,
    yes: true,
    none: null,
    at: new Date(0),
    price: Decimal128.fromString('12.340'),
    raw: new Binary(Buffer.from([1, 2, 3])),
    uuid: new UUID('00112233-4455-6677-8899-aabbccddeeff'),
    stamp: new Timestamp({ t: 60, i: 1 }),
    address: { city: 'X', geo: { lat: 1 } },
    phones: ['1', '2'],
    orders: [{ to: 'a' }, { to: 'b' }],
  };
  const { tables, rejected } = await readAll(bsonReader, bytesOf(document, { _id: 1, name: 'B' }));
  assert.deepEqual(rejected, {});
  const [table] = tables;
  assert.deepEqual(Object.fromEntries(table!.columns!.map((column, i) => [column, table!.rows[0]![i]])), {
    _id: '507f1f77bcf86cd799439011',
    name: 'Li 李',
    age: '3',
    big: '9007199254740993',
    ratio: '1.5',
    yes: 'true',
    none: null,
    at: '1970-01-01T00:00:00.000Z',
    price: '12.340',
    raw: 'AQID',
    uuid: '00112233-4455-6677-8899-aabbccddeeff',
    stamp: '1970-01-01T00:01:00.000Z',
    'address.city': 'X',
    'address.geo.lat': '1',
    'phones.0': '1',
    'phones.1': '2',
    'orders.0.to': 'a',
    'orders.1.to': 'b',
  });
  assert.deepEqual(table!.rows[1]!.slice(0, 2), ['1', 'B']);
});

test('an array of many documents is a table of its own', async () => {
  const orders = Array.from({ length: 6 }, (_, i) => ({ n: i }));
  const { tables } = await readAll(bsonReader, bytesOf({ _id: 1, orders }));
  assert.deepEqual(tables, [
    { name: null, columns: ['_id'], rows: [['1']] },
    { name: 'orders', columns: ['n'], rows: orders.map(({ n }) => [String(n)]) },
  ]);
});

test('a damaged document is rejected and those around it stand', async () => {
  const documents = Array.from({ length: 20 }, (_, i) => ({ _id: new ObjectId(), n: i, text: 'x'.repeat(i) }));
  const parts = documents.map((document) => Buffer.from(BSON.serialize(document)));
  // The type of the second element.
  parts[3]![21] = 0xee;
  parts[7]!.writeUInt32LE(5_000_000);
  parts[11] = parts[11]!.subarray(0, 20);
  const { tables, rejected } = await readAll(bsonReader, Buffer.concat(parts));
  assert.deepEqual(
    tables[0]!.rows.map((row) => row[1]),
    documents.map(({ n }) => String(n)).filter((n) => !['3', '7', '11'].includes(n)),
  );
  assert.deepEqual(rejected, { 'bad-record': 3 });
});

test('an archive has its collections as tables', async () => {
  const end = number(0xffffffff);
  const head = (collection: string): Uint8Array =>
    BSON.serialize({ db: 'shop', collection, EOF: false, CRC: Long.fromNumber(0) });
  const archive = Buffer.concat([
    number(0x8199e26d),
    bytesOf({ concurrent_collections: 1, version: '0.1' }, { db: 'shop', collection: 'users', metadata: '{}' }),
    end,
    head('users'),
    bytesOf({ _id: 1, n: 'a' }, { _id: 2, n: 'b' }),
    end,
    head('orders'),
    bytesOf({ _id: 9 }),
    end,
  ]);
  assert.ok(detect(bsonReader, archive) > 0.9);
  assert.deepEqual((await readAll(bsonReader, archive)).tables, [
    {
      name: 'users',
      columns: ['_id', 'n'],
      rows: [
        ['1', 'a'],
        ['2', 'b'],
      ],
    },
    { name: 'orders', columns: ['_id'], rows: [['9']] },
  ]);
});

test('detection is by structure', () => {
  assert.ok(detect(bsonReader, bytesOf({ _id: 1 }, { _id: 2 })) > 0.9);
  for (const other of ['', 'id,name\n1,a\n', '{"a":1}', '\x05\0\0\0x', 'PK\x03\x04\x14\0\0\0', 'SQLite format 3\0']) {
    assert.equal(detect(bsonReader, other), 0, JSON.stringify(other));
  }
});

test('hostile documents neither hang nor throw', async () => {
  await survivesDamage(bsonReader, bytesOf({ _id: 1, a: { b: [1, { c: 'x' }] } }, { _id: 2, t: 'y' }, { _id: 3 }), 300);
  let deep: object = { n: 1 };
  for (let i = 0; i < 500; i++) deep = { deep };
  const { tables } = await readOnce(bsonReader, bytesOf({ _id: 1, deep }));
  assert.equal(tables[0]!.rows.length, 1);
  // A million lengths that all reach to the end.
  const lengths = Buffer.alloc(1_000_000);
  for (let i = 0; i + 9 < lengths.length; i += 9) {
    lengths.writeUInt32LE(lengths.length - i, i);
    lengths.set([7, 0x5f, 0x69, 0x64, 0], i + 4);
  }
  assert.deepEqual((await readOnce(bsonReader, lengths)).tables, []);
});
