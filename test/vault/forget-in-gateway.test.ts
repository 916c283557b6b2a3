import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openOneDatabase, readKeysOfGateway } from '../../src/compose/gateway.ts';
import { keyedHash } from '../../src/gateway/context/keyed-hash.ts';
import { migrations } from '../../src/gateway/context/migrations.ts';
import { createContextState } from '../../src/gateway/context/state.ts';
import { forgetPeople } from '../../src/gateway/forget-people.ts';
import { seenMigrations } from '../../src/gateway/subjects/seen.ts';
import { numberHolder } from '../../src/gateway/virtual-numbers/holder.ts';
import { createLocalNumbers, virtualNumberMigrations } from '../../src/gateway/virtual-numbers/local.ts';
import { createHome } from '../../src/home/home.ts';
import { createKeyFile } from '../../src/register/key-file.ts';
import { openSqlite } from '../../src/store/sqlite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-forget-'));
after(() => rmSync(folder, { recursive: true }));
const vault = { parcelsOf: async (subject: string) => (subject === 'C-1' ? ['SF-100200'] : []) };

test('a command that erases people takes them out of what the gateway keeps', async () => {
  await createHome(folder, 'CN', createKeyFile);
  assert.equal(await readKeysOfGateway(folder), null);
  mkdirSync(path.join(folder, 'gateway'));
  createKeyFile(path.join(folder, 'keys', 'gateway.key'));
  const make = async (name: string, steps: readonly string[]) => {
    openSqlite(path.join(folder, 'gateway', `${name}.sqlite`), { migrations: steps, durability: 'normal' }).close();
    const opened = await openOneDatabase(folder, name, steps);
    assert.ok(opened);
    return opened;
  };
  const keyFor = await readKeysOfGateway(folder);
  assert.ok(keyFor);
  const context = await make('context', migrations);
  const seen = await make('seen', seenMigrations);
  const given = await make('virtual-numbers', virtualNumberMigrations);
  const { tickets, tours } = createContextState(context.database, keyFor('context'), context.transact);
  const ticket = { group: 'east', agent: null, reason: 'late', openedMs: 1, closedMs: null, by: 'crm', nowMs: 1 };
  tickets.put({ ...ticket, id: '1', about: { subject: 'C-1' } });
  tickets.put({ ...ticket, id: '2', about: { subject: 'C-2' } });
  tours.put({
    id: 't',
    courier: 'c',
    day: '2026-11-22',
    isOpen: true,
    trackingNumbers: ['SF100200', 'SF3'],
    by: 'd',
    nowMs: 1,
  });
  const hash = keyedHash(keyFor('seen'));
  for (const subject of ['C-1', 'C-2'])
    seen.database.prepare('INSERT INTO seen VALUES (?, 4053, 1)').run(hash('subject', subject));
  const numbers = createLocalNumbers(given, {
    pool: ['+8617000000001'],
    restSeconds: 60,
    holderOf: numberHolder(keyFor('virtual numbers')),
  });
  numbers.assign({ subject: 'C-1', parcel: 'SF100200', target: '+8613800001111', ttlSeconds: 60, nowMs: 1 });

  const resting = { home: folder, openDatabase: openOneDatabase, keyFor, virtualNumbers: { pool: ['+8617000000001'] } };
  await forgetPeople(resting, vault, ['C-1', 'C-9']);
  assert.deepEqual([tickets.get('1'), tickets.get('2')?.id, tours.get('t')?.parcels], [null, '2', 1]);
  assert.equal(seen.database.prepare('SELECT count(*) AS n FROM seen').get()?.n, 1);
  assert.equal(given.database.prepare('SELECT count(*) AS n FROM numbers WHERE holder IS NOT NULL').get()?.n, 0);
  for (const database of [context, seen, given]) database.close();
});
