import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { readAuditRow } from '../../../src/gateway/directory/audit.ts';
import { checkAudit } from '../../../src/gateway/directory/audit-check.ts';
import { recordOf } from '../../../src/gateway/directory/audit-record.ts';
import { Directory } from '../../../src/gateway/directory/directory.ts';
import { Enrolments } from '../../../src/gateway/directory/enrolments.ts';
import { Places } from '../../../src/gateway/directory/places.ts';
import {
  addKeyOf,
  atEnd,
  change,
  makeFolder,
  makeKey,
  openDirectory,
  START_MS,
  type TestScope,
} from '../auth/world.ts';
import { GovernanceInMemory } from './a-ledger.ts';

const device = { kind: 'device', role: 'scanner', station: null, partner: null, attributes: {} } as const;

function open(t: TestScope) {
  const file = join(makeFolder(t), 'directory.sqlite');
  // As a command on the home has it: no ledger at hand.
  const beside = openDirectory(file);
  const { database, store } = openDirectory(file);
  atEnd(t, () => {
    beside.database.close();
    database.close();
  });
  const ledger = new GovernanceInMemory();
  const told: string[] = [];
  const directory = new Directory(store, ({ action, object }) => told.push(`${action} ${object}`), ledger);
  const rows = () => database.prepare('SELECT * FROM audit ORDER BY number').all();
  const places = () => database.prepare('SELECT * FROM audit_places').all().length;
  return {
    beside: beside.directory,
    directory,
    places: new Places(store, directory.audit),
    ledger,
    told,
    rows,
    count: places,
    database,
  };
}

test('a change is made when the ledger has the hash of its row, and not before', async (t) => {
  const { directory, ledger, told, rows, count } = open(t);
  let sawBefore: unknown = 'nothing';
  ledger.onWrite = () => {
    sawBefore = directory.find('d-1');
    assert.equal(rows().length, 1, 'the intention is written down');
    assert.deepEqual(told, []);
  };
  const signature = Uint8Array.of(1, 2, 3);
  const made = await directory.audit.carryOut(() =>
    directory.addPrincipal({ ...device, id: 'd-1' }, { ...change, signature }),
  );
  assert.equal(sawBefore, null);
  assert.equal(made.state, 'active');
  assert.equal(directory.find('d-1')?.role, 'scanner');
  assert.deepEqual(told, ['principal made d-1']);
  assert.equal(count(), 1);
  const [entry] = ledger.entries;
  const [row = assert.fail()] = rows();
  assert.deepEqual(Buffer.from(entry?.record ?? []), Buffer.from(recordOf(readAuditRow(row))));
  assert.deepEqual([entry?.principal, entry?.action, entry?.object], ['test', 'principal made', ''], 'nobody is named');
  assert.deepEqual(entry?.requestSignature, signature);
});

test('no ledger, no change: what was asked for is refused, and what was written down is an intention', async (t) => {
  const { directory, places, ledger, told, rows, count } = open(t);
  ledger.refuses = true;
  const refused = { code: 'LEDGER_BUSY' };
  await assert.rejects(
    directory.audit.carryOut(() => directory.addPrincipal({ ...device, id: 'd-1' }, change)),
    refused,
  );
  await assert.rejects(
    directory.audit.carryOut(() => places.putPartner({ id: 'p-1', attributes: {} }, change)),
    refused,
  );
  assert.equal(directory.find('d-1'), null);
  assert.equal(places.findPartner('p-1'), null);
  assert.deepEqual([rows().length, count(), told.length], [2, 0, 0]);
  ledger.refuses = false;
  await directory.enterLate();
  assert.deepEqual([ledger.entries.length, directory.find('d-1')], [0, null], 'an intention is not made true later');
  await directory.audit.carryOut(() => places.putPartner({ id: 'p-1', attributes: {} }, change));
  assert.equal(ledger.entries[0]?.object, 'p-1', 'a partner is nobody');
});

test('what work refuses leaves no row, and changes that belong together are one', async (t) => {
  const { directory, ledger, rows, count } = open(t);
  const both = () => {
    directory.addPrincipal({ ...device, id: 'd-1' }, change);
    return directory.addPrincipal({ ...device, id: 'd-1' }, change);
  };
  await assert.rejects(directory.audit.carryOut(both), { code: 'DIRECTORY_EXISTS' });
  assert.deepEqual([rows().length, ledger.entries.length, directory.find('d-1')], [0, 0, null]);
  await directory.audit.carryOut(() => {
    directory.addPrincipal({ ...device, id: 'd-1' }, change);
    directory.addPrincipal({ ...device, id: 'd-2' }, change);
  });
  assert.deepEqual([rows().length, ledger.entries.length, count()], [2, 2, 2]);
});

test('what another process changes meanwhile is noticed, and nothing is changed on a wrong basis', async (t) => {
  const { directory, beside, ledger, count } = open(t);
  await directory.audit.carryOut(() => directory.addPrincipal({ ...device, id: 'd-1' }, change));
  ledger.onWrite = () => {
    ledger.onWrite = () => undefined;
    beside.changePrincipal('d-1', { attributes: { model: 'm9' } }, change);
  };
  const work = () => directory.changePrincipal('d-1', { role: 'courier' }, change);
  await assert.rejects(directory.audit.carryOut(work), { code: 'DIRECTORY_CHANGED' });
  assert.equal(directory.find('d-1')?.role, 'scanner');
  assert.equal(count(), 1);
});

test('what a command gives holds when the ledger has it; what it takes holds at once', async (t) => {
  const { directory, beside, ledger, told } = open(t);
  ledger.refuses = true;
  beside.addPrincipal({ ...device, id: 'd-1' }, change);
  const { keyId } = addKeyOf(beside, 'd-1');
  await nextTurn();
  assert.equal(directory.findSigningKey(keyId, START_MS), null, 'nobody gets in by what the ledger does not have');
  assert.equal(directory.findActive('d-1'), null);
  await assert.rejects(directory.enterLate(), { code: 'LEDGER_BUSY' });
  ledger.refuses = false;
  await directory.enterLate();
  assert.equal(directory.findSigningKey(keyId, START_MS)?.principal.id, 'd-1');
  assert.deepEqual(told, ['principal made d-1', `key made ${keyId}`]);
  ledger.refuses = true;
  beside.setState('d-1', 'revoked', change);
  await nextTurn();
  assert.equal(directory.findSigningKey(keyId, START_MS), null);
  ledger.refuses = false;
  await directory.enterLate();
  assert.equal(ledger.entries.length, 3);
});

test('a gateway that starts enters what commands changed while it was closed, once', async (t) => {
  const file = join(makeFolder(t), 'directory.sqlite');
  const before = openDirectory(file);
  before.directory.addPrincipal({ ...device, id: 'd-1' }, change);
  before.database.close();
  const ledger = new GovernanceInMemory();
  for (let start = 0; start < 2; start++) {
    const { database, store } = openDirectory(file);
    const directory = new Directory(store, () => undefined, ledger);
    assert.equal(directory.findActive('d-1') !== null, start > 0);
    await directory.enterLate();
    assert.ok(directory.findActive('d-1'));
    database.close();
  }
  assert.equal(ledger.entries.length, 1);
});

test('what somebody changed in the file is named: rows, entries, and what no row accounts for', async (t) => {
  const { directory, places, ledger, database } = open(t);
  const check = () => {
    const entries = ledger.entries.map(({ action, record }, index) => ({
      shard: '2026h2',
      index,
      action,
      record: Buffer.from(record).toString('hex'),
    }));
    return checkAudit(
      { database, transact: (work) => work() },
      { entries, sizes: new Map([['2026h2', entries.length]]) },
    );
  };
  const { audit } = directory;
  await audit.carryOut(() => places.putPartner({ id: 'p-1', attributes: {} }, change));
  await audit.carryOut(() => directory.addPrincipal({ ...device, id: 'd-1', partner: 'p-1' }, change));
  const { publicKey } = makeKey();
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const key = { principal: 'd-1', use: 'signature' as const, spki, notBeforeMs: 0, notAfterMs: null };
  const { id } = await audit.carryOut(() => directory.addKey(key, change));
  await audit.carryOut(() => directory.revokeKey(id, change));
  const other = makeKey().publicKey.export({ format: 'der', type: 'spki' });
  const second = await audit.carryOut(() => directory.addKey({ ...key, spki: other }, change));
  const enrolments = new Enrolments({ database, transact: (work) => work() }, directory);
  const code = {
    ...device,
    attributes: { model: 'm9' },
    principal: 'd-2',
    approval: 'administrator',
    ttlSeconds: 60,
  } as const;
  const { enrolment } = await enrolments.make(code, change);
  const setBudgets = (limit: number | null) =>
    audit.carryOut(() =>
      audit.record(change, 'budgets changed', 'budgets', () => {
        const rules = limit === null ? null : [{ window: 'day', limit }];
        database.exec(`INSERT OR REPLACE INTO settings VALUES ('budgets', '${JSON.stringify(rules)}')`);
        if (rules === null) database.exec('DELETE FROM settings');
        return { result: null, detail: { rules } };
      }),
    );
  await setBudgets(7);
  ledger.refuses = true;
  await assert.rejects(audit.carryOut(() => directory.setState('d-1', 'revoked', change)));
  ledger.refuses = false;
  assert.deepEqual(check(), { rows: 8, sound: 7, notCarriedOut: 1, unchecked: 0, differences: [] });

  const meddle = (sql: string) => {
    database.exec('SAVEPOINT here; DROP TRIGGER audit_is_not_changed; DROP TRIGGER audit_is_not_removed');
    database.exec('DROP TRIGGER places_are_not_removed');
    database.exec(sql);
    const { differences } = check();
    database.exec('ROLLBACK TO here; RELEASE here');
    return differences;
  };
  assert.deepEqual(meddle("UPDATE principals SET role = 'administrator'"), [
    'principal d-1 is not what the audit says of it',
  ]);
  assert.deepEqual(meddle('UPDATE keys SET revoked_ms = NULL'), [`key ${id} is not what the audit says of it`]);
  assert.deepEqual(meddle("UPDATE audit SET actor = 'somebody' WHERE number = 2"), [
    'row 2 (principal made) is not what entry 1 of 2026h2 was made of',
    'entry 1 of 2026h2 (principal made) has no row that it was made of',
  ]);
  assert.deepEqual(meddle('DELETE FROM audit WHERE number = 4'), [
    'entry 3 of 2026h2 (key revoked) has no row that it was made of',
    `key ${id} is not what the audit says of it`,
  ]);
  assert.deepEqual(
    meddle("INSERT INTO audit (time_ms, actor, action, object, detail) VALUES (1, 'a', 'link made', 'd-1', '{}')"),
    ['row 9 (link made) is not in the ledger'],
  );
  assert.deepEqual(meddle(`UPDATE settings SET value = replace(value, '7', '700')`), [
    'budgets is not what the audit says of it',
  ]);
  assert.deepEqual(meddle("UPDATE enrolments SET approval = 'automatic', role = 'administrator'"), [
    `enrolment ${enrolment.id} is not what the audit says of it`,
  ]);
  assert.deepEqual(meddle("INSERT INTO passkeys VALUES ('pk', 'd-1', x'00', 0, 1, NULL)"), [
    'passkey pk is not what the audit says of it',
  ]);
  assert.notEqual(directory.findSigningKey(second.id, START_MS), null);
  assert.deepEqual(meddle(`UPDATE keys SET spki = (SELECT spki FROM keys WHERE id = '${id}')`), [
    `key ${second.id} is not what the audit says of it`,
  ]);
  await setBudgets(null);
  assert.deepEqual(check().differences, []);
  database.exec(`UPDATE keys SET spki = (SELECT spki FROM keys WHERE id = '${id}')`);
  const again = new Directory({ database, transact: (work) => work() }, () => undefined);
  assert.equal(
    again.findSigningKey(second.id, START_MS),
    null,
    'a key that is not the one with that id lets nobody in',
  );
});
