import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import { BoltsealError } from '../../src/core/errors.ts';
import { SqliteDataStore } from '../../src/vault/stores/sqlite-data.ts';
import { SqliteKeyStore } from '../../src/vault/stores/sqlite-keys.ts';
import { type OpenStores, testStores } from './conformance.ts';
import { openTestVault } from './support.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-vault-'));
after(() => rmSync(folder, { recursive: true }));

const places = new WeakMap<object, string>();
let count = 0;

function openAt(place: string): OpenStores {
  const withDatabase = <T>(work: (database: DatabaseSync) => T): T => {
    const database = new DatabaseSync(`${place}-data`);
    try {
      return work(database);
    } finally {
      database.close();
    }
  };
  const stores = {
    data: new SqliteDataStore(`${place}-data`),
    keyStore: new SqliteKeyStore(`${place}-keys`),
    tamper: async (sql: string) => withDatabase((database) => database.exec(sql)),
    explain: async (sql: string) =>
      withDatabase((database) =>
        database
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all(null)
          .map(({ detail }) => String(detail))
          .join('\n'),
      ),
  };
  places.set(stores.data, place);
  return stores;
}

describe('the vault over SQLite', () => {
  testStores({
    open: async () => openAt(path.join(folder, String(count++))),
    again: async ({ data }) => openAt(places.get(data) ?? ''),
  });
});

test('a key whose destruction is not confirmed any more is not remembered either', async () => {
  const keyStore = new SqliteKeyStore(':memory:');
  const destroy = keyStore.destroy.bind(keyStore);
  keyStore.destroy = async (subjects) => {
    await destroy(subjects);
    throw new BoltsealError('VAULT_WRITE', { reason: 'CONNECTION_CLOSED' });
  };
  const { vault } = await openTestVault({ keyStore });
  await vault.write([{ id: 'C-1', atMs: Date.now(), fields: { name: '王小明' } }]);
  await assert.rejects(vault.erase('C-1'), { code: 'VAULT_WRITE' });
  assert.deepEqual(await vault.read(['C-1'], ['name']), [null]);
  await vault.close();
});

test('what was destroyed stands in no file: neither the key, nor ciphertext, nor prints', async () => {
  const place = path.join(folder, 'traces');
  const stores = openAt(place);
  const { vault } = await openTestVault(stores);
  const ids = Array.from({ length: 300 }, (_, i) => `C-${i}`);
  await vault.write(
    ids.map((id) => ({ id, atMs: 1_790_000_000_000, fields: { name: `name ${id}`, phone: '13812345678' } })),
  );
  await vault.writeParcels([{ trackingNumber: 'SF1234567890123', atMs: 1, parties: { recipient: 'C-150' } }]);
  const files = (): Buffer =>
    Buffer.concat(
      readdirSync(folder)
        .filter((name) => name.startsWith('traces'))
        .map((name) => readFileSync(path.join(folder, name))),
    );
  const traces = async (number: number): Promise<Buffer[]> => {
    const [key] = await stores.keyStore.keys([number]);
    const [row] = await stores.data.subjectsByNumber([number], ['id', 'name', 'phone']);
    assert.ok(typeof key === 'object' && key !== null && row !== null && row !== undefined);
    return [key.wrapped, ...Object.values(row.sealed), row.print].map((bytes) => Buffer.from(bytes));
  };
  const gone = await traces(151);
  const kept = await traces(152);
  assert.ok(gone.every((bytes) => files().includes(bytes)));
  await vault.erase('C-150');
  const after = files();
  assert.deepEqual(
    gone.map((bytes) => after.includes(bytes)),
    gone.map(() => false),
  );
  assert.ok(kept.every((bytes) => after.includes(bytes)));
  await vault.close();
});

test('every byte of a stored value that is changed makes it VAULT_DAMAGED', async () => {
  const stores = openAt(path.join(folder, 'bytes'));
  const { vault } = await openTestVault(stores);
  await vault.write([{ id: 'C-1', atMs: 1_790_000_000_000, fields: { phone: '13812345678' } }]);
  const [row] = await stores.data.subjectsByNumber([1], ['phone']);
  const right = Buffer.from(row?.sealed.phone ?? []);
  for (let at = 0; at < right.length; at++) {
    const wrong = Buffer.from(right);
    wrong[at] = (wrong[at] ?? 0) ^ (1 << (at % 8));
    await stores.tamper(`UPDATE subjects SET phone = x'${wrong.toString('hex')}'`);
    await assert.rejects(vault.read(['C-1'], ['phone']), { code: 'VAULT_DAMAGED' }, `byte ${at}`);
  }
  await stores.tamper(`UPDATE subjects SET phone = x'${right.toString('hex')}'`);
  assert.equal((await vault.read(['C-1'], ['phone']))[0]?.phone?.value, '13812345678');
  await vault.close();
});
