import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, it } from 'node:test';
import fc from 'fast-check';
import { BoltsealError } from '../../../src/core/errors.ts';
import { createLocalNumbers, virtualNumberMigrations } from '../../../src/gateway/virtual-numbers/local.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-numbers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const pool = ['+8617000000001', '+8617000000002'];
const request = { subject: 's1', parcel: 'P100', target: '+8613800001111', ttlSeconds: 60, nowMs: 1_000_000 };
const holderOf = (subject: string, parcel: string | null) =>
  createHash('sha256')
    .update(JSON.stringify([subject, parcel]))
    .digest();

function open(file = ':memory:', numbers = pool) {
  const database = openSqlite(file, { migrations: virtualNumberMigrations, durability: 'full' });
  const store = { database, transact: <T>(work: () => T) => inTransaction(database, work) };
  return { database, provider: createLocalNumbers(store, { pool: numbers, restSeconds: 3600, holderOf }) };
}

const exhausted = (error: unknown) => error instanceof BoltsealError && error.code === 'GATEWAY_VIRTUAL_NUMBERS';

describe('local virtual numbers', () => {
  it('are the same for the same parcel, and different for others', () => {
    const { provider } = open();
    const first = provider.assign(request);
    assert.equal(provider.assign({ ...request, nowMs: request.nowMs + 1000 }), first);
    const second = provider.assign({ ...request, parcel: 'P200' });
    assert.notEqual(second, first);
    assert.deepEqual([first, second].sort(), pool);
  });

  it('of somebody who is erased end and rest, and nothing says whose they were', () => {
    const { provider, database } = open();
    const [first, second] = [provider.assign(request), provider.assign({ ...request, parcel: null })];
    assert.equal(provider.forget('s1', ['P100', 'P200'], request.nowMs + 1000), 2);
    assert.equal(database.prepare('SELECT count(*) AS n FROM numbers WHERE holder IS NOT NULL').get()?.n, 0);
    const later = { ...request, subject: 's2', nowMs: request.nowMs + 2000 };
    assert.throws(() => provider.assign(later), exhausted);
    const rested = { ...later, nowMs: request.nowMs + 1000 + 3600 * 1000 };
    assert.ok([first, second].includes(provider.assign(rested)));
    assert.equal(provider.forget('s1', ['P100'], rested.nowMs), 0);
  });

  it('run out with a code, and come back after they expired and rested', () => {
    const { provider } = open();
    provider.assign(request);
    provider.assign({ ...request, parcel: 'P200' });
    const third = { ...request, subject: 's3' };
    assert.throws(() => provider.assign(third), exhausted);
    const expiredMs = request.nowMs + 60_000;
    assert.throws(() => provider.assign({ ...third, nowMs: expiredMs + 3_599_999 }), exhausted);
    assert.equal(provider.assign({ ...third, nowMs: expiredMs + 3_600_000 }), pool[0]);
  });

  it('rest after they were released, too', () => {
    const { provider } = open();
    const number = provider.assign(request) as string;
    assert.equal(provider.release(number, request.nowMs + 1), true);
    assert.equal(provider.release(number, request.nowMs + 2), false);
    assert.equal(provider.assign({ ...request, subject: 's2', nowMs: request.nowMs + 3 }), pool[1]);
    assert.throws(() => provider.assign({ ...request, subject: 's3', nowMs: request.nowMs + 4 }), exhausted);
    assert.equal(provider.assign({ ...request, subject: 's3', nowMs: request.nowMs + 3_600_001 }), number);
  });

  it('outlast a restart, and leave when they leave the pool', () => {
    const file = path.join(folder, 'restart.sqlite');
    const before = open(file);
    const number = before.provider.assign(request);
    before.database.close();
    const again = open(file);
    assert.equal(again.provider.assign(request), number);
    again.database.close();
    const other = open(file, ['+8617000000009']);
    assert.equal(other.provider.assign(request), '+8617000000009');
    assert.throws(() => other.provider.assign({ ...request, subject: 's2' }), exhausted);
    other.database.close();
  });

  it('leave neither the real number nor the person on disk', () => {
    const file = path.join(folder, 'secret.sqlite');
    const { provider, database } = open(file);
    provider.assign({ ...request, subject: 'subject-4711', parcel: 'TRACK4711' });
    for (const name of readdirSync(folder).filter((one) => one.startsWith('secret')))
      for (const secret of ['13800001111', 'subject-4711', 'TRACK4711'])
        assert.ok(!readFileSync(path.join(folder, name)).includes(secret), `${name} has ${secret}`);
    database.close();
  });

  it('never stand for two at once', () => {
    const step = fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 200 }), fc.boolean());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { provider, database } = open();
        const holds = new Map<string, { subject: string; untilMs: number }>();
        let nowMs = 0;
        for (const [who, seconds, isRelease] of steps) {
          nowMs += seconds * 1000;
          const subject = `s${who}`;
          try {
            const number = provider.assign({ ...request, subject, nowMs }) as string;
            const earlier = holds.get(number);
            assert.ok(earlier === undefined || earlier.subject === subject || earlier.untilMs + 3_600_000 <= nowMs);
            holds.set(number, { subject, untilMs: nowMs + 60_000 });
            if (isRelease) {
              assert.equal(provider.release(number, nowMs), true);
              holds.set(number, { subject: '', untilMs: nowMs });
            }
          } catch (error) {
            assert.ok(exhausted(error));
          }
        }
        database.close();
      }),
      { numRuns: 50 },
    );
  });
});
