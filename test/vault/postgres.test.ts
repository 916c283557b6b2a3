import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import postgres from 'postgres';
import { readTarget } from '../../src/store/postgres-url.ts';
import { PostgresDataStore } from '../../src/vault/stores/postgres-data.ts';
import { PostgresKeyStore } from '../../src/vault/stores/postgres-keys.ts';
import { PostgresSchema } from '../../src/vault/stores/postgres-schema.ts';
import { startServer } from '../store/postgres-server.ts';
import { type OpenStores, testStores } from './conformance.ts';
import { testHome } from './postgres-home.ts';

const server = await startServer();

if (typeof server === 'string') test('the vault over PostgreSQL', { skip: server }, () => undefined);
else {
  const urlOf = (database: string): string =>
    `postgres://postgres:secret@127.0.0.1:${server.port}/${database}?sslmode=disable`;
  const clients: postgres.Sql[] = [];
  const connect = (database: string): postgres.Sql => {
    const client = postgres(urlOf(database).replace('?sslmode=disable', ''), { max: 1, onnotice: () => undefined });
    clients.push(client);
    return client;
  };
  const admin = connect('postgres');
  after(async () => {
    await Promise.all(clients.map((client) => client.end({ timeout: 1 })));
    await server.stop();
  });
  const places = new WeakMap<object, string>();
  let count = 0;

  const openAt = async (database: string): Promise<OpenStores> => {
    const client = connect(database);
    await client.unsafe('SET search_path TO boltseal_vault; SET enable_seqscan = off');
    const data = await PostgresDataStore.open(readTarget(urlOf(database)));
    places.set(data, database);
    return {
      data,
      keyStore: await PostgresKeyStore.open(readTarget(urlOf(database))),
      tamper: async (sql) => void (await client.unsafe(sql)),
      explain: async (sql) => {
        const type = /print/.test(sql) ? 'bytea' : 'bigint';
        const rows = await client.unsafe(`EXPLAIN ${sql.replace('?', `NULLIF('1', '')::text::${type}`)}`);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      },
    };
  };

  testHome(server.port, admin);

  test('a writer whose machine is gone in the middle keeps the others out for a minute at most', async () => {
    await admin.unsafe('CREATE DATABASE gone_writer');
    const schema = await PostgresSchema.open(readTarget(urlOf('gone_writer')), 'boltseal_test', []);
    const settingOf = async (sql: Pick<postgres.Sql, 'unsafe'>) =>
      (await sql.unsafe("SELECT current_setting('idle_in_transaction_session_timeout') AS value"))[0]?.value;
    assert.equal(await schema.write(settingOf), '1min');
    await schema.close();
  });

  describe('the vault over PostgreSQL', () => {
    testStores({
      async open() {
        const database = `vault_${count++}`;
        await admin.unsafe(`CREATE DATABASE ${database}`);
        return openAt(database);
      },
      again: ({ data }) => openAt(places.get(data) ?? ''),
    });
  });
}
