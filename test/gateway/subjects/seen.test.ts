import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyedHash } from '../../../src/gateway/context/keyed-hash.ts';
import type { DecisionEntry, LedgerReading } from '../../../src/gateway/port.ts';
import { createHistory } from '../../../src/gateway/subjects/history.ts';
import { SeenIndex, seenMigrations, seenQuery } from '../../../src/gateway/subjects/seen.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

/** Whoever begins with a capital was read as an exception. */
const basisOf = (subject: string) => (subject < 'a' ? 'exception: a colleague is ill' : 'parcel at station st-1');

type Ledger = Record<string, (string | null)[]>;

/** A ledger of subjects by index; null: an entry of another kind. `published` shards count as far as they are long. */
function aLedger(shards: Ledger): LedgerReading & { readonly read: string[] } {
  const read: string[] = [];
  return {
    read,
    log: 'test.example/log',
    figures: () => ({ shard: '2026h2', entries: 0, published: 0, freeBytes: 0, isWithheld: false }),
    publish: async () => undefined,
    shards: () => Object.entries(shards).map(([shard, entries]) => ({ shard, size: entries.length })),
    *decisions(shard, from, to) {
      read.push(`${shard} ${from} ${to}`);
      for (let index = from; index < to; index++) {
        const subject = shards[shard]?.[index] ?? null;
        if (subject !== null) yield { index, subject, basis: basisOf(subject) };
      }
    },
    decision: (shard, index) => {
      const subject = shards[shard]?.[index] ?? null;
      if (subject === null) return null;
      return {
        subject,
        principal: 'p',
        fields: 'name',
        purpose: 'sorting',
        basis: basisOf(subject),
        decision: 'mask',
        timeMs: 1,
      };
    },
  };
}

function aStore() {
  const database = openSqlite(':memory:', { migrations: seenMigrations, durability: 'normal' });
  return { database, transact: <T>(work: () => T) => inTransaction(database, work) };
}

const hash = keyedHash(new Uint8Array(32));
const entry = (subject: string): DecisionEntry => ({ subject, basis: basisOf(subject) }) as DecisionEntry;
const places = (seen: SeenIndex, subject: string) =>
  seen.find(subject, null, 1000).map(({ shard, index }) => `${shard}.${index}`);

test('what was noted is not read again, and what was not noted is', async () => {
  const ledger = aLedger({ '2026h2': ['a', 'b', null, 'a', 'b'] });
  const seen = new SeenIndex(aStore(), hash, ledger);
  seen.note(
    [entry('a'), entry('b')],
    [0, 1].map((index) => ({ shard: '2026h2', index })),
  );
  seen.note([entry('b')], [{ shard: '2026h2', index: 4 }]);
  seen.note([entry('a')], [{ shard: '2026h2', index: 3 }]);
  await seen.catchUp();
  assert.deepEqual(ledger.read, ['2026h2 2 5']);
  assert.deepEqual(places(seen, 'a'), ['2026h2.3', '2026h2.0']);
  await seen.catchUp();
  assert.equal(ledger.read.length, 1);
  seen.close();
});

test('under another key, one that was lost, a person is found again', async () => {
  const store = aStore();
  const ledger = aLedger({ '2026h2': ['a', 'b', 'a'] });
  const before = new SeenIndex(store, hash, ledger);
  await before.catchUp(true);
  before.close();
  const after = new SeenIndex(store, keyedHash(new Uint8Array(32).fill(1)), ledger);
  await after.catchUp(true);
  assert.deepEqual(places(after, 'a'), ['2026h2.2', '2026h2.0']);
  assert.equal(store.database.prepare('SELECT count(*) AS rows FROM seen').get()?.rows, 3, 'the old ones are gone');
  after.close();
  ledger.read.length = 0;
  const again = new SeenIndex(store, keyedHash(new Uint8Array(32).fill(1)), ledger);
  await again.catchUp(true);
  assert.deepEqual(ledger.read, [], 'under the same key nothing is read again');
  again.close();
});

test('a projection that was lost, or is that of another ledger, is made again; a shard that was dropped is forgotten', async () => {
  const store = aStore();
  const shards: Ledger = { '2026h1': ['a', 'b'], '2026h2': ['a', 'b', 'a'] };
  const seen = new SeenIndex(store, hash, aLedger(shards));
  await seen.catchUp(true);
  assert.deepEqual(places(seen, 'a'), ['2026h2.2', '2026h2.0', '2026h1.0']);
  seen.close();

  shards['2026h2'] = ['b'];
  const restored = new SeenIndex(store, hash, aLedger(shards));
  await restored.catchUp(true);
  assert.deepEqual(places(restored, 'a'), ['2026h1.0']);
  delete shards['2026h1'];
  await restored.catchUp();
  assert.deepEqual(places(restored, 'a'), []);
  assert.deepEqual(places(restored, 'b'), ['2026h2.0']);
  restored.forget('b');
  assert.deepEqual(places(restored, 'b'), []);
  restored.close();
});

test('who saw somebody comes in pages, and opens nobody else', async () => {
  const entries = Array.from({ length: 700 }, (_, i) => (i % 3 === 0 ? 'a' : 'b'));
  const ledger = aLedger({ '2026h1': entries.slice(0, 300), '2026h2': entries.slice(300) });
  const opened: string[] = [];
  const seen = new SeenIndex(aStore(), hash, ledger);
  const history = createHistory(seen, {
    ...ledger,
    decision(shard, index) {
      opened.push(`${shard}.${index}`);
      return ledger.decision(shard, index);
    },
  });
  const told: string[] = [];
  for (let before: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof history.of>> = await history.of('a', before);
    told.push(...page.disclosures.map(({ shard, index }) => `${shard}.${index}`));
    before = page.next ?? null;
    if (before === null) break;
  }
  assert.equal(told.length, 234);
  assert.equal(new Set(told).size, 234);
  assert.deepEqual(opened, told);
  assert.equal(told[0], '2026h2.399');
  await assert.rejects(history.of('a', 'nonsense'), { code: 'GATEWAY_REQUEST' });
  seen.close();
});

test('the look-up uses the primary key', () => {
  const plan = aStore().database.prepare(`EXPLAIN QUERY PLAN ${seenQuery}`).all(new Uint8Array(16), 1, 1, 1);
  assert.match(JSON.stringify(plan), /SEARCH seen USING PRIMARY KEY \(subject=\? AND \(shard,entry\)<\(\?,\?\)\)/);
  assert.doesNotMatch(JSON.stringify(plan), /TEMP B-TREE/);
});
