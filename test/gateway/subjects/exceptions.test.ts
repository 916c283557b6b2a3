import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import { keyedHash } from '../../../src/gateway/context/keyed-hash.ts';
import type { LedgerReading, ToldDecision } from '../../../src/gateway/port.ts';
import { createExceptions, reviewMigrations } from '../../../src/gateway/subjects/exceptions.ts';
import { SeenIndex, seenMigrations } from '../../../src/gateway/subjects/seen.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

const reason = 'handed over by a colleague';

function aStore(migrations: readonly string[]) {
  const database = openSqlite(':memory:', { migrations, durability: 'normal' });
  return { database, transact: <T>(work: () => T) => inTransaction(database, work) };
}

/** A ledger in which every second entry is an exception of one of two couriers. */
function aWorld(count: number) {
  const entries = Array.from(
    { length: count },
    (_, i): ToldDecision => ({
      subject: `c-${i}`,
      principal: `courier-${Math.floor(i / 2) % 2}`,
      fields: 'name/masked',
      purpose: 'delivery',
      basis: i % 2 === 0 ? `exception: ${reason} ${i}` : 'parcel on tour t-1',
      decision: 'mask',
      timeMs: Date.parse('2026-11-22T12:00:00Z') + i,
    }),
  );
  const ledger: LedgerReading = {
    log: 'test.example/log',
    figures: () => ({ shard: '2026h2', entries: count, published: count, freeBytes: 0, isWithheld: false }),
    publish: async () => undefined,
    shards: () => [{ shard: '2026h2', size: entries.length }],
    *decisions(_shard, from, to) {
      for (let index = from; index < to; index++) {
        const { subject, basis } = entries[index] ?? {};
        if (typeof subject === 'string' && typeof basis === 'string') yield { index, subject, basis };
      }
    },
    decision: (_shard, index) => entries[index] ?? null,
  };
  const seenStore = aStore(seenMigrations);
  const seen = new SeenIndex(seenStore, keyedHash(new Uint8Array(32)), ledger);
  const store = aStore(reviewMigrations);
  const audited: string[] = [];
  const exceptions = createExceptions({
    store,
    seen,
    ledger,
    audit: async (id, finding, by) => {
      audited.push(`${by} ${id} ${finding}`);
    },
    nowMs: () => Date.parse('2026-11-23T09:00:00Z'),
  });
  return { entries, exceptions, audited, store, seen };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing',
    (error: unknown) => (error instanceof BoltsealError ? error.code : String(error)),
  );
}

test('all exceptions are listed, the newest first and in parts, without whom they are about', async () => {
  const { exceptions } = aWorld(450);
  const found: string[] = [];
  for (let before: string | null = null; ; ) {
    const page: Awaited<ReturnType<typeof exceptions.list>> = await exceptions.list(before, false);
    found.push(...page.exceptions.map(({ id }) => id));
    if (page.next === undefined) break;
    before = page.next;
  }
  assert.deepEqual(
    found,
    Array.from({ length: 225 }, (_, i) => `2026h2.${448 - 2 * i}`),
  );
  const { exceptions: newest } = await exceptions.list(null, false);
  assert.deepEqual(newest[0], {
    id: '2026h2.448',
    at: '2026-11-22T12:00:00.448Z',
    principal: 'courier-0',
    purpose: 'delivery',
    fields: 'name/masked',
    reason: `${reason} 448`,
    log: 'test.example/log',
    shard: '2026h2',
    index: 448,
  });
  assert.ok(!JSON.stringify(newest).includes('c-448'));
});

test('reviews are kept with who made them, nobody reviews their own, and what was reviewed is open no longer', async () => {
  const { exceptions, audited, store } = aWorld(6);
  const reviewed = await exceptions.review('2026h2.4', { finding: 'unjustified' }, 'auditor-1');
  assert.deepEqual(reviewed.review, { finding: 'unjustified', by: 'auditor-1', at: '2026-11-23T09:00:00.000Z' });
  await exceptions.review('2026h2.4', { finding: 'justified' }, 'auditor-2');
  assert.deepEqual(audited, ['auditor-1 2026h2.4 unjustified', 'auditor-2 2026h2.4 justified']);
  const { exceptions: all } = await exceptions.list(null, false);
  assert.deepEqual(
    all.map(({ id, review }) => `${id} ${review?.by} ${review?.finding}`),
    ['2026h2.4 auditor-2 justified', '2026h2.2 undefined undefined', '2026h2.0 undefined undefined'],
  );
  assert.deepEqual(
    (await exceptions.list(null, true)).exceptions.map(({ id }) => id),
    ['2026h2.2', '2026h2.0'],
  );
  assert.equal(await codeOf(exceptions.review('2026h2.2', { finding: 'justified' }, 'courier-1')), 'GATEWAY_FORBIDDEN');
  for (const id of ['2026h2.1', '2026h2.99', '2026h1.0'])
    assert.equal(await codeOf(exceptions.review(id, { finding: 'justified' }, 'auditor-1')), 'GATEWAY_NOT_FOUND');
  for (const change of ['DELETE FROM reviews', "UPDATE reviews SET finding = 'x'"])
    assert.throws(() => store.database.exec(change));
});

test('of a person who was erased it is left that there was an exception, and whose', async () => {
  const { exceptions, entries } = aWorld(2);
  await exceptions.list(null, false);
  entries[0] = {
    subject: null,
    principal: 'courier-0',
    fields: null,
    purpose: null,
    basis: null,
    decision: null,
    timeMs: null,
  };
  assert.deepEqual((await exceptions.list(null, false)).exceptions, [
    { id: '2026h2.0', principal: 'courier-0', log: 'test.example/log', shard: '2026h2', index: 0 },
  ]);
});

test('exceptions are noted as they are recorded, as well as read from the ledger', async () => {
  const { seen } = aWorld(0);
  const entry = { subject: 'c-1', basis: `exception: ${reason}` };
  const plain = { subject: 'c-2', basis: 'parcel at station st-1' };
  seen.note(
    [entry, plain] as never,
    [0, 1].map((index) => ({ shard: '2026h2', index })),
  );
  seen.flush();
  assert.deepEqual(seen.exceptions(null, 10), [{ shard: '2026h2', index: 0 }]);
});
