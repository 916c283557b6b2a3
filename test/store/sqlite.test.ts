import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { inTransaction, openSqlite } from '../../src/store/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'boltseal-sqlite-'));
after(() => rmSync(folder, { recursive: true }));
const first = 'CREATE TABLE a (x INTEGER) STRICT';
const open = (name: string, migrations: readonly string[]) =>
  openSqlite(name === ':memory:' ? name : join(folder, name), { migrations, durability: 'full' });

test('a database is made with mode 0600, and each step runs once', () => {
  open('steps', [first]).close();
  assert.equal(statSync(join(folder, 'steps')).mode & 0o777, 0o600);
  const database = open('steps', [first, 'INSERT INTO a VALUES (1)']);
  assert.deepEqual(database.prepare('SELECT x FROM a').all().length, 1);
  database.close();
  const again = open('steps', [first, 'INSERT INTO a VALUES (1)']);
  assert.deepEqual(again.prepare('SELECT x FROM a').all().length, 1);
  again.close();
});

test('steps that fail leave the database as it was', () => {
  open('failed', [first]).close();
  assert.throws(() => open('failed', [first, 'INSERT INTO a VALUES (1)', 'nonsense']), { code: 'STORE_OPEN' });
  const database = open('failed', [first]);
  assert.equal(database.prepare('SELECT x FROM a').all().length, 0);
  database.close();
});

test('a newer format and a file that is no database are refused', () => {
  open('newer', [first, 'CREATE TABLE b (x INTEGER) STRICT']).close();
  assert.throws(() => open('newer', [first]), { code: 'STORE_FORMAT' });
  writeFileSync(join(folder, 'text'), 'not a database, whatever it is called'.repeat(30));
  assert.throws(() => open('text', [first]), { code: 'STORE_OPEN' });
});

test('a transaction is taken back as a whole', () => {
  const database = open(':memory:', []);
  database.exec(first);
  assert.throws(
    () =>
      inTransaction(database, () => {
        database.exec('INSERT INTO a VALUES (1)');
        throw new RangeError('no');
      }),
    RangeError,
  );
  assert.equal(database.prepare('SELECT x FROM a').all().length, 0);
  database.close();
});
