import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe } from 'node:test';
import { SqliteDataStore } from '../../src/vault/stores/sqlite-data.ts';
import { SqliteKeyStore } from '../../src/vault/stores/sqlite-keys.ts';
import { type OpenStores, testStores } from './conformance.ts';

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
