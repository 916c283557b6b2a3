import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { openPolicies, versionOf } from '../../../src/gateway/policy/policies.ts';
import { policyMigrations } from '../../../src/gateway/policy/policy-store.ts';
import { sampleOf } from '../../../src/gateway/policy/roles.ts';
import { policyRoutes } from '../../../src/gateway/routes/policies.ts';
import { inTransaction, openSqlite } from '../../../src/store/sqlite.ts';
import { GovernanceInMemory } from '../directory/a-ledger.ts';
import { aCaller, anApp, nowMs } from './an-app.ts';

const defaults = readDefaultPolicies();
const stricter = `${defaults}\n@id("no-bulk")\nforbid (principal, action in Action::"read", resource) when { context.bulk };\n`;
const administrator = aCaller('administrator', { kind: 'staff' });

function setUp(needsTwo = () => false) {
  const database = openSqlite(':memory:', { migrations: policyMigrations, durability: 'full' });
  const store = { database, transact: <T>(work: () => T) => inTransaction(database, work) };
  const ledger = new GovernanceInMemory();
  const open = () => openPolicies(store, { timeZone: 'UTC', nowMs, ledger, needsTwo });
  const policies = open();
  const server = anApp((app) => policyRoutes(app, { policies, nowMs: () => nowMs }));
  server.as(administrator);
  const ifMatch = { 'if-match': `"${versionOf(defaults)}"` };
  const bulkNames = () => {
    const question = { principal: sampleOf('scanner'), purpose: 'sorting', form: 'masked' as const };
    return [...policies.engine.decide({ ...question, isException: false, isBulk: true, nowMs }, ['name']).allowed];
  };
  return { ...server, database, open, policies, ifMatch, bulkNames, ledger };
}

describe('/v1/policies', () => {
  it('begins with the default policies', async () => {
    const { call } = setUp();
    const { status, headers, body } = await call('GET', '/v1/policies');
    assert.equal(status, 200);
    assert.equal(body.text, defaults);
    assert.equal(headers.etag, `"${body.version}"`);
    assert.deepEqual([body.number, body.proposedBy, body.isActive], [1, 'boltseal', true]);
  });

  it('changes in two steps, and then with the next request', async () => {
    const { call, ifMatch, bulkNames, policies, open } = setUp();
    assert.deepEqual(bulkNames(), ['name']);
    const proposed = await call('PUT', '/v1/policies', { text: stricter }, ifMatch);
    assert.equal(proposed.status, 202, proposed.text);
    assert.equal(proposed.headers.location, '/v1/policies/versions/2');
    assert.deepEqual(
      proposed.body.changes.map((one: Record<string, unknown>) => `${one.change} ${one.role} ${one.form} ${one.bulk}`),
      ['lost courier masked true', 'lost scanner masked true', 'lost shop masked true'],
    );
    assert.deepEqual(
      proposed.body.findings.map((one: Record<string, unknown>) => `${one.act} ${one.code} ${one.form}`),
      ['read national-id-clear clear', 'export export masked', 'export export clear'],
    );
    assert.deepEqual(bulkNames(), ['name'], 'a proposal changes nothing');
    const activated = await call('POST', '/v1/policies/versions/2/activate', {}, ifMatch);
    assert.equal(activated.status, 200, activated.text);
    assert.equal(activated.headers.etag, `"${proposed.body.version}"`);
    assert.deepEqual(bulkNames(), []);
    assert.equal(
      policies.engine.decide(
        { principal: sampleOf('scanner'), purpose: 'sorting', form: 'masked', isException: false, isBulk: true, nowMs },
        [],
      ).version,
      proposed.body.version,
    );
    // After a restart, too.
    assert.equal(open().active().number, 2);
    const { body } = await call('GET', '/v1/policies/versions');
    assert.deepEqual(
      body.versions.map((one: Record<string, unknown>) => [one.number, one.isActive, (one.activations as []).length]),
      [
        [2, true, 1],
        [1, false, 1],
      ],
    );
    // Back to what was.
    const back = await call(
      'POST',
      '/v1/policies/versions/1/activate',
      {},
      { 'if-match': String(activated.headers.etag) },
    );
    assert.equal(back.status, 200);
    assert.deepEqual(bulkNames(), ['name']);
  });

  it('holds when the ledger says so, and not before', async () => {
    const { call, ifMatch, bulkNames, policies, ledger, open } = setUp();
    await policies.state(nowMs);
    await call('PUT', '/v1/policies', { text: stricter }, ifMatch);
    ledger.refuses = true;
    const refused = await call('POST', '/v1/policies/versions/2/activate', {}, ifMatch);
    assert.deepEqual([refused.status, refused.body.code], [503, 'LEDGER_BUSY']);
    assert.deepEqual([bulkNames(), policies.active().number, open().active().number], [['name'], 1, 1]);
    assert.equal(policies.engine.changing, null);
    ledger.refuses = false;
    let seen: unknown = null;
    ledger.onWrite = () => {
      seen = [bulkNames(), policies.engine.changing !== null];
    };
    assert.equal((await call('POST', '/v1/policies/versions/2/activate', {}, ifMatch)).status, 200);
    assert.deepEqual(seen, [['name'], true], 'what is decided meanwhile waits');
    assert.deepEqual([bulkNames(), policies.engine.changing], [[], null]);
    const hashes = [defaults, stricter].map((text) => createHash('sha256').update(text).digest('hex'));
    assert.deepEqual(
      ledger.policiesEntries.map(({ principal, basis, policies: hash }) => [
        principal,
        basis,
        Buffer.from(hash).toString('hex'),
      ]),
      [
        ['', 'in force', hashes[0]],
        ['administrator-1', 'activated', hashes[1]],
      ],
    );
  });

  it('refuses what is broken, with its place, and keeps what was', async () => {
    const { call, ifMatch, bulkNames } = setUp();
    const { status, body } = await call(
      'PUT',
      '/v1/policies',
      { text: `${defaults}\npermit (principal, action);` },
      ifMatch,
    );
    assert.equal(status, 422);
    assert.equal(body.code, 'POLICY_INVALID');
    assert.match(body.title, /line \d+, column \d+/);
    assert.deepEqual(bulkNames(), ['name']);
    assert.equal((await call('GET', '/v1/policies/versions')).body.versions.length, 1);
  });

  it('wants dangers accepted by name', async () => {
    const { call, ifMatch } = setUp();
    const text =
      'permit (principal in Role::"x", action == Action::"read-clear", resource == Field::"name") when { context.purpose == Purpose::"support" && !context.exception };';
    const { body } = await call('PUT', '/v1/policies', { text }, ifMatch);
    const url = `/v1/policies/versions/${body.number}/activate`;
    const refused = await call('POST', url, {}, ifMatch);
    assert.equal(refused.status, 409);
    assert.match(refused.body.title, /bulk-clear/);
    assert.equal((await call('POST', url, { accept: ['exception-clear'] }, ifMatch)).status, 409);
    const accepted = await call('POST', url, { accept: ['bulk-clear', 'exception-clear'] }, ifMatch);
    assert.equal(accepted.status, 200);
    assert.deepEqual(accepted.body.activations.at(-1).accepted, ['bulk-clear']);
  });

  it('wants to know which version is replaced', async () => {
    const { call, ifMatch } = setUp();
    assert.equal((await call('PUT', '/v1/policies', { text: stricter })).status, 428);
    assert.equal((await call('PUT', '/v1/policies', { text: stricter }, { 'if-match': '*' })).status, 428);
    assert.equal(
      (await call('PUT', '/v1/policies', { text: stricter }, { 'if-match': '"0000000000000000"' })).status,
      412,
    );
    const urls: string[] = [];
    for (const text of [stricter, `${stricter}// another`]) {
      const { body } = await call('PUT', '/v1/policies', { text }, ifMatch);
      urls.push(`/v1/policies/versions/${body.number}/activate`);
    }
    // Both saw the version that is active now: one of them is late.
    const both = await Promise.all(urls.map((url) => call('POST', url, {}, ifMatch)));
    assert.deepEqual(both.map(({ status }) => status).sort(), [200, 412]);
    // Asked again, the one that won has what it wanted.
    const again = await Promise.all(urls.map((url) => call('POST', url, {}, ifMatch)));
    assert.deepEqual(
      again.map(({ status }) => status),
      both.map(({ status }) => status),
    );
    assert.equal((await call('POST', '/v1/policies/versions/99/activate', {}, ifMatch)).status, 404);
    assert.equal((await call('GET', '/v1/policies/versions/99')).status, 404);
    assert.equal((await call('GET', '/v1/policies/versions/0')).status, 400);
  });

  it('changes by two people where there are two: one proposes, another one activates, once', async () => {
    let needsTwo = true;
    const { call, as, ifMatch, bulkNames } = setUp(() => needsTwo);
    const second = aCaller('administrator', { kind: 'staff', id: 'administrator-2' });
    const service = aCaller('administrator', { kind: 'service', id: 'administrator-3' });
    const { body: proposed } = await call('PUT', '/v1/policies', { text: stricter }, ifMatch);
    const url = `/v1/policies/versions/${proposed.number}/activate`;
    for (const caller of [administrator, service]) {
      as(caller);
      const refused = await call('POST', url, {}, ifMatch);
      assert.deepEqual([refused.status, refused.body.code], [409, 'POLICY_SECOND_PERSON']);
    }
    assert.deepEqual(bulkNames(), ['name']);
    as(second);
    const activated = await call('POST', url, {}, ifMatch);
    assert.equal(activated.status, 200, activated.text);
    assert.deepEqual(bulkNames(), []);
    // Back to what was, which nobody has looked at now, takes two again.
    const now = { 'if-match': String(activated.headers.etag) };
    const back = '/v1/policies/versions/1/activate';
    assert.equal((await call('POST', back, {}, now)).body.code, 'POLICY_SECOND_PERSON');
    // Who is alone changes alone.
    needsTwo = false;
    assert.equal((await call('POST', back, {}, now)).status, 200);
    assert.deepEqual(bulkNames(), ['name']);
  });

  it('is for administrators, and to read for auditors', async () => {
    const { call, as, ifMatch } = setUp();
    for (const [caller, read, write] of [
      [administrator, 200, 202],
      [aCaller('auditor', { kind: 'staff' }), 200, 403],
      [aCaller('courier'), 403, 403],
      [aCaller('administrator', { kind: 'staff', partner: 'p-1' }), 403, 403],
    ] as const) {
      as(caller);
      assert.equal((await call('GET', '/v1/policies')).status, read);
      assert.equal((await call('GET', '/v1/policies/versions')).status, read);
      assert.equal((await call('GET', '/v1/policies/versions/1')).status, read);
      assert.equal((await call('PUT', '/v1/policies', { text: stricter }, ifMatch)).status, write);
      if (write === 403)
        assert.equal((await call('POST', '/v1/policies/versions/1/activate', {}, ifMatch)).status, 403);
    }
  });

  it('keeps what was in force', () => {
    const { database } = setUp();
    for (const change of [
      'DELETE FROM policies',
      'UPDATE policies SET text = 1',
      'DELETE FROM activations',
      'UPDATE activations SET activated_by = 1',
    ])
      assert.throws(() => database.exec(change));
  });
});
