import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import { keyedHash } from '../../../src/gateway/context/keyed-hash.ts';
import type { Caller } from '../../../src/gateway/port.ts';
import { createErasure, type ErasureParts, erasureMigrations } from '../../../src/gateway/subjects/erasure.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';

const officer = { principal: { id: 'officer' } } as Caller;

function aWorld() {
  const database = openSqlite(':memory:', { migrations: erasureMigrations, durability: 'normal' });
  const done: string[] = [];
  const failing = new Map<string, BoltsealError>();
  const step = <T>(name: string, result: T): T => {
    const error = failing.get(name);
    if (error !== undefined) throw error;
    done.push(name);
    return result;
  };
  const parts: ErasureParts = {
    store: { database, transact: (work) => inTransaction(database, work) },
    hash: keyedHash(new Uint8Array(32)),
    key: new Uint8Array(32),
    ledger: {
      isHeld: () => false,
      erase: async (subject, { principal }) => step(`ledger ${subject} ${principal}`, true),
      eraseInRegister: async (subject) => step(`register ${subject}`, undefined),
    },
    vault: { parcelsOf: async () => ['PKG1'], erase: async (subject) => step(`vault ${subject}`, true) },
    forgetContext: (subject, parcels) => step(`context ${subject} ${parcels.join()}`, 1),
    seen: { forget: (subject) => step(`seen ${subject}`, false) },
    nowMs: () => 1,
  };
  const begun = () => database.prepare('SELECT * FROM begun').all();
  return { parts, done, failing, begun };
}

test('an erasure that was cut off is ended by the next start, whoever asked for it', async () => {
  const { parts, done, failing, begun } = aWorld();
  failing.set('vault Secret-1', new BoltsealError('VAULT_WRITE', { reason: 'SQLite 13' }));
  await assert.rejects(createErasure(parts).erase('Secret-1', officer), { code: 'VAULT_WRITE' });
  assert.equal(begun().length, 1);
  assert.ok(
    !Buffer.concat(Object.values(begun()[0] ?? {}).map((part) => Buffer.from(String(part), 'latin1'))).includes(
      'Secret',
    ),
  );
  assert.ok(!Buffer.from(begun()[0]?.sealed as Uint8Array).includes('Secret'));

  failing.clear();
  done.length = 0;
  await createErasure(parts).resume();
  assert.deepEqual(done, [
    'ledger Secret-1 officer',
    'seen Secret-1',
    'context Secret-1 PKG1',
    'vault Secret-1',
    'register Secret-1',
    'seen Secret-1',
  ]);
  assert.deepEqual(begun(), []);
});

test('an erasure that cannot be opened any more keeps none of the others waiting', async () => {
  const { parts, done, failing, begun } = aWorld();
  for (const [subject, key, atMs] of [
    ['Lost-1', new Uint8Array(32).fill(9), 1],
    ['Secret-1', parts.key, 2],
  ] as const) {
    failing.set(`ledger ${subject} officer`, new BoltsealError('HOME_LOCKED', { path: 'x' }));
    await assert.rejects(createErasure({ ...parts, key, nowMs: () => atMs }).erase(subject, officer));
  }
  failing.clear();
  await createErasure(parts).resume();
  assert.equal(done.at(-1), 'seen Secret-1');
  assert.equal(begun().length, 1);
});

test('what a hold forbids is not tried again, and touches nothing but the ledger', async () => {
  const { parts, done, failing, begun } = aWorld();
  failing.set('ledger s officer', new BoltsealError('LEDGER_HELD', { owner: 'subject' }));
  await assert.rejects(createErasure(parts).erase('s', officer), { code: 'LEDGER_HELD' });
  const held = { ...parts, ledger: { ...parts.ledger, isHeld: () => true } };
  await assert.rejects(createErasure(held).erase('s', officer), { code: 'LEDGER_HELD' });
  assert.deepEqual([done, begun()], [[], []]);
});

test('what is disclosed of a person while the erasure goes on is erased from the ledger too', async () => {
  const { parts, done, begun } = aWorld();
  let isSeenAgain = false;
  const seen = {
    forget: () => {
      const was = isSeenAgain;
      isSeenAgain = false;
      return was;
    },
  };
  const vault = {
    ...parts.vault,
    erase: async () => {
      isSeenAgain = true;
      return true;
    },
  };
  assert.equal(await createErasure({ ...parts, seen, vault }).erase('s', officer), true);
  assert.deepEqual(done, ['ledger s officer', 'context s PKG1', 'register s', 'ledger s officer']);
  assert.deepEqual(begun(), []);
});
