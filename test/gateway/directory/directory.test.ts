import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { atEnd, change, makeFolder, makeKey, openDirectory, START_MS, type TestScope } from '../auth/world.ts';

const device = { kind: 'device', role: 'scanner', station: null, partner: null, attributes: {} } as const;
const later = { actor: 'admin-1', nowMs: START_MS + 1000 };

function open(t: TestScope) {
  const file = join(makeFolder(t), 'directory.sqlite');
  const opened = openDirectory(file);
  atEnd(t, () => opened.database.close());
  return { file, ...opened };
}

test('a principal is what it was made as, and every change of it is kept', (t) => {
  const { directory, places } = open(t);
  places.putPartner({ id: 'p-1', attributes: {} }, change);
  places.putStation({ id: 'st-1', partner: 'p-1', attributes: { city: 'x' } }, change);
  directory.addPrincipal({ ...device, id: 'd-1', attributes: { model: 'm3' } }, change);
  directory.changePrincipal('d-1', { station: 'st-1', partner: 'p-1' }, later);
  directory.setState('d-1', 'suspended', later);
  assert.equal(directory.findActive('d-1'), null);
  assert.deepEqual(directory.find('d-1'), {
    ...device,
    id: 'd-1',
    station: 'st-1',
    partner: 'p-1',
    attributes: { model: 'm3' },
    state: 'suspended',
    createdMs: START_MS,
    changedMs: START_MS + 1000,
  });
  assert.deepEqual(
    Array.from(directory.listVersions(), ({ fromMs, station, state }) => ({ fromMs, station, state })),
    [
      { fromMs: START_MS, station: null, state: 'active' },
      { fromMs: START_MS + 1000, station: 'st-1', state: 'active' },
      { fromMs: START_MS + 1000, station: 'st-1', state: 'suspended' },
    ],
  );
});

test('who changed what and when is kept, told once it is durable, and cannot be changed or removed', (t) => {
  const { directory, heard, database } = open(t);
  directory.addPrincipal({ ...device, id: 'd-1' }, change);
  const key = makeKey();
  const spki = key.publicKey.export({ format: 'der', type: 'spki' });
  directory.addKey({ principal: 'd-1', use: 'signature', spki, notBeforeMs: 0, notAfterMs: null }, change);
  directory.revokeKey(key.keyId, later);
  const entries = directory.audit.since(0, 10);
  assert.deepEqual(
    entries.map(({ number, timeMs, actor, action, object }) => [number, timeMs, actor, action, object]),
    [
      [1, START_MS, 'test', 'principal made', 'd-1'],
      [2, START_MS, 'test', 'key made', key.keyId],
      [3, START_MS + 1000, 'admin-1', 'key revoked', key.keyId],
    ],
  );
  assert.deepEqual(heard, entries);
  assert.deepEqual(directory.audit.since(2, 10).length, 1);
  for (const sql of ['UPDATE audit SET actor = 1', 'DELETE FROM audit', 'DELETE FROM principal_versions'])
    assert.throws(() => database.exec(sql), sql);
});

test('what fails changes nothing and is not recorded', (t) => {
  const { directory, places, heard } = open(t);
  directory.addPrincipal({ ...device, id: 'd-1' }, change);
  const before = heard.length;
  const fails = (work: () => unknown, code: string) => assert.throws(work, { code });
  fails(() => directory.addPrincipal({ ...device, id: 'd-1' }, change), 'DIRECTORY_EXISTS');
  fails(() => directory.addPrincipal({ ...device, id: 'a b' }, change), 'DIRECTORY_VALUE');
  fails(() => directory.addPrincipal({ ...device, id: 'd-2', role: '' }, change), 'DIRECTORY_VALUE');
  fails(() => directory.addPrincipal({ ...device, id: 'd-2', attributes: { 'a b': '' } }, change), 'DIRECTORY_VALUE');
  fails(() => directory.addPrincipal({ ...device, id: 'd-2', station: 'none' }, change), 'DIRECTORY_UNKNOWN');
  fails(() => directory.changePrincipal('none', {}, change), 'DIRECTORY_UNKNOWN');
  fails(() => directory.setState('none', 'revoked', change), 'DIRECTORY_UNKNOWN');
  fails(() => directory.setState('d-1', 'revoked', { ...change, actor: 'd-1' }), 'DIRECTORY_SELF');
  fails(() => directory.changePrincipal('d-1', { role: 'x' }, { ...change, actor: 'd-1' }), 'DIRECTORY_SELF');
  fails(() => places.putStation({ id: 'st', partner: 'none', attributes: {} }, change), 'DIRECTORY_UNKNOWN');
  fails(() => places.removeStation('none', change), 'DIRECTORY_UNKNOWN');
  const spki = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'der', type: 'spki' });
  const key = { principal: 'd-1', use: 'signature' as const, spki, notBeforeMs: 0, notAfterMs: null };
  fails(() => directory.addKey(key, change), 'DIRECTORY_KEY');
  fails(() => directory.addKey({ ...key, spki: Buffer.from('x') }, change), 'DIRECTORY_KEY');
  fails(() => directory.revokeKey('none', change), 'DIRECTORY_UNKNOWN');
  assert.equal(heard.length, before);
  assert.equal(directory.audit.since(0, 100).length, before);
});

test('revoked is for good, and a key has one owner for good', (t) => {
  const { directory } = open(t);
  directory.addPrincipal({ ...device, id: 'd-1' }, change);
  directory.addPrincipal({ ...device, id: 'd-2' }, change);
  const spki = makeKey().publicKey.export({ format: 'der', type: 'spki' });
  const key = { use: 'signature' as const, spki, notBeforeMs: 0, notAfterMs: null };
  const { id } = directory.addKey({ ...key, principal: 'd-1' }, change);
  directory.revokeKey(id, change);
  assert.throws(() => directory.addKey({ ...key, principal: 'd-2' }, change), { code: 'DIRECTORY_KEY' });
  directory.setState('d-1', 'revoked', change);
  assert.throws(() => directory.setState('d-1', 'active', change), { code: 'DIRECTORY_REVOKED' });
  assert.throws(() => directory.changePrincipal('d-1', {}, change), { code: 'DIRECTORY_REVOKED' });
  assert.throws(() => directory.addPrincipal({ ...device, id: 'd-1' }, change), { code: 'DIRECTORY_EXISTS' });
});

test('a station or partner that somebody belonged to stays', (t) => {
  const { directory, places } = open(t);
  places.putPartner({ id: 'p-1', attributes: {} }, change);
  places.putStation({ id: 'st-1', partner: 'p-1', attributes: {} }, change);
  directory.addPrincipal({ ...device, id: 'd-1', station: 'st-1' }, change);
  assert.throws(() => places.removeStation('st-1', change), { code: 'DIRECTORY_USED' });
  assert.throws(() => places.removePartner('p-1', change), { code: 'DIRECTORY_USED' });
  directory.changePrincipal('d-1', { station: null }, change);
  places.removeStation('st-1', change);
  places.removePartner('p-1', change);
  assert.deepEqual(places.listStations({ after: null, limit: 10 }), []);
});

test('lists go on behind an id', (t) => {
  const { directory } = open(t);
  for (const id of ['d-3', 'd-1', 'd-2']) directory.addPrincipal({ ...device, id }, change);
  const ids = (after: string | null) => directory.listPrincipals({ after, limit: 2 }).map(({ id }) => id);
  assert.deepEqual(ids(null), ['d-1', 'd-2']);
  assert.deepEqual(ids('d-2'), ['d-3']);
});

test('people of the company itself are counted, as long as they are active', (t) => {
  const { directory, places } = open(t);
  places.putPartner({ id: 'p-1', attributes: {} }, change);
  const admin = { ...device, kind: 'staff' as const, role: 'administrator', station: null, partner: null };
  for (const id of ['a-1', 'a-2']) directory.addPrincipal({ ...admin, id }, change);
  directory.addPrincipal({ ...admin, id: 'a-3', kind: 'service' }, change);
  directory.addPrincipal({ ...admin, id: 'a-4', partner: 'p-1' }, change);
  directory.addPrincipal({ ...admin, id: 'a-5', role: 'auditor' }, change);
  assert.equal(directory.countPeople('administrator'), 2);
  directory.setState('a-2', 'suspended', change);
  assert.equal(directory.countPeople('administrator'), 1);
});

test('the file is nobody else’s, and what was done is there when it is opened again', (t) => {
  const { file, directory } = open(t);
  directory.addPrincipal({ ...device, id: 'd-1' }, change);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const again = openDirectory(file);
  atEnd(t, () => again.database.close());
  assert.equal(again.directory.find('d-1')?.state, 'active');
});
