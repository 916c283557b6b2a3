import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createServices } from '../../../src/compose.ts';
import { addDevice, ask, makeHome, startGateway, withGateway } from './lab.ts';

const value = '欧阳标记值';
const someone = { station: null, partner: null, attributes: {} };

async function makeWorld(t: Parameters<typeof makeHome>[0]) {
  const home = await makeHome(t);
  const config = JSON.parse(readFileSync(join(home, 'config.json'), 'utf8'));
  writeFileSync(join(home, 'config.json'), JSON.stringify({ ...config, gateway: { ocsfFile: 'gateway/ocsf.jsonl' } }));
  const people = await withGateway(home, async (gateway, { vault }) => {
    for (const id of ['c-1', 'c-2'])
      await vault.write([{ id, atMs: Date.now() - 5000, fields: { name: value, phone: '13911112222' } }]);
    const parcel = { atMs: Date.now() - 4000, status: 'at-station' as const, station: 'st-1' };
    await vault.writeParcels([
      { ...parcel, trackingNumber: 'PKG0000001', parties: { recipient: 'c-1', sender: 'c-2' } },
      { ...parcel, trackingNumber: 'PKG0000002', parties: { recipient: 'c-2' } },
    ]);
    const change = { actor: 'test', nowMs: Date.now() };
    gateway.places.putPartner({ id: 'p-1', attributes: {} }, change);
    gateway.places.putStation({ id: 'st-1', partner: 'p-1', attributes: {} }, change);
    const scanner = { kind: 'device' as const, role: 'scanner', station: 'st-1', partner: 'p-1', attributes: {} };
    return {
      scanner: addDevice(gateway, { id: 'scanner-7', ...scanner }),
      officer: addDevice(gateway, { id: 'officer', kind: 'staff', role: 'privacy-officer', ...someone }),
      auditor: addDevice(gateway, { id: 'auditor-1', kind: 'service', role: 'auditor', ...someone }),
      service: addDevice(gateway, { id: 'desk', kind: 'service', role: 'ticketing', ...someone }),
    };
  });
  return { home, ...people };
}

const sorting = (...parcels: string[]) => ({ purpose: 'sorting', fields: { name: 'masked' }, parcels });

test('a person is told what is held and who saw it, and is gone when erased: from vault, ledger and what says so', async (t) => {
  const { home, scanner, officer, service, auditor } = await makeWorld(t);
  let gateway = await startGateway(home);
  const as = (who: typeof officer, method: string, path: string, body: unknown = null) =>
    ask(gateway.address, who, method, path, body);
  assert.equal((await as(scanner, 'POST', '/v1/disclosures', sorting('PKG0000001', 'PKG0000002'))).status, 200);
  assert.equal((await as(scanner, 'POST', '/v1/disclosures', sorting('PKG0000001'))).status, 200);

  const ticket = await as(service, 'PUT', '/v1/tickets/t-1', { subject: 'c-1', agent: 'officer', reason: 'access' });
  assert.ok(ticket.status < 300, ticket.text);
  assert.equal((await as(scanner, 'GET', '/v1/subjects/c-1?ticket=t-1')).status, 403);
  assert.equal((await as(officer, 'GET', '/v1/subjects/c-2?ticket=t-1')).status, 403);
  const report = await as(officer, 'GET', '/v1/subjects/c-1?ticket=t-1');
  assert.equal(report.status, 200, report.text);
  assert.ok(report.text.includes(value));
  assert.ok(!report.text.includes('c-2'));

  const seen = async (id: string) => (await as(officer, 'GET', `/v1/subjects/${id}/disclosures`)).json().disclosures;
  const rows = await seen('c-1');
  const oldest = rows.at(-1).index;
  assert.deepEqual(
    rows.map(({ principal, purpose, decision, index }: Record<string, unknown>) => [
      principal,
      purpose,
      decision,
      Number(index) - oldest,
    ]),
    [
      ['officer', 'subject-access', 'allow', 5],
      // Who may not ask at all tried, too.
      ['scanner-7', 'subject-access', 'deny', 3],
      ['scanner-7', 'sorting', 'mask', 2],
      ['scanner-7', 'sorting', 'mask', 0],
    ],
  );
  assert.equal(rows[1].basis, 'GATEWAY_FORBIDDEN');
  assert.equal(rows[2].basis, 'parcel at station st-1');
  assert.equal(rows[0].fields, 'name phone trackingNumber');
  // A refusal is told as well: somebody tried.
  assert.deepEqual(
    (await seen('c-2')).map(({ decision, basis }: Record<string, unknown>) => [decision, basis]),
    [
      ['deny', 'GATEWAY_NOT_JUSTIFIED'],
      ['mask', 'parcel at station st-1'],
    ],
  );

  assert.equal((await as(scanner, 'GET', '/metrics')).status, 403);
  assert.equal((await fetch(new URL('/metrics', gateway.address))).status, 401);
  const metrics = await as(auditor, 'GET', '/metrics');
  assert.match(metrics.text, /boltseal_decisions_total\{purpose="sorting",decision="mask",code=""\} 3/);
  // Before the oldest stand who may ask, and which policies hold.
  assert.match(metrics.text, new RegExp(`boltseal_ledger_entries ${oldest + 6}\\n`));
  await gateway.stop();
  const lines = gateway.logs.join('').trim().split('\n');
  const logged = lines.map((line) => JSON.parse(line));
  assert.deepEqual(
    logged
      .filter(({ route, status }) => route === '/v1/subjects/:id' && status === 403)
      .map(({ code, role }) => [code, role]),
    [
      ['GATEWAY_FORBIDDEN', 'scanner'],
      ['GATEWAY_NOT_JUSTIFIED', 'privacy-officer'],
    ],
  );
  const ocsf = readFileSync(join(home, 'gateway', 'ocsf.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const types = ocsf.map((line) => JSON.parse(line).type_uid);
  // What was changed at the home is told too, when the ledger has it.
  const isChange = (type: number): boolean => [300101, 300401, 300403].includes(type);
  assert.ok(types.some(isChange));
  assert.deepEqual(
    types.filter((type) => !isChange(type)),
    [600302, 600302, 600302, 600302, 600302, 600302, 300201],
  );
  assert.ok(!/欧阳|13911112222|PKG0|c-[12]\b/.test(ocsf.join('')));
  // Neither knows anybody or anything that was asked for.
  for (const text of [metrics.text, ...lines])
    assert.ok(!/欧阳|13911112222|PKG0|c-[12]\b|t-1\b|scanner-7|"officer"|desk/.test(text));

  // What a kill loses of the projection comes back from the ledger.
  const file = join(home, 'gateway', 'seen.sqlite');
  const database = new DatabaseSync(file);
  database.exec(`DELETE FROM seen; UPDATE marks SET upto = ${oldest + 1}`);
  database.close();
  gateway = await startGateway(home);
  assert.deepEqual((await seen('c-1')).length, 3);

  const repeated = () =>
    ask(gateway.address, scanner, 'POST', '/v1/disclosures', sorting('PKG0000001'), { 'idempotency-key': 'request-1' });
  assert.equal((await repeated()).status, 200);
  assert.equal((await as(officer, 'DELETE', '/v1/subjects/c-1')).status, 204);
  assert.deepEqual(await seen('c-1'), []);
  assert.equal((await repeated()).status, 403, 'an answer that was kept for a repeated request is gone too');
  assert.equal((await as(officer, 'DELETE', '/v1/subjects/c-1')).status, 404);
  assert.equal((await as(officer, 'GET', '/v1/subjects/c-1?ticket=t-1')).status, 403);
  assert.equal((await as(scanner, 'POST', '/v1/disclosures', sorting('PKG0000001'))).status, 403);
  assert.equal((await seen('c-2')).length, 2);
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);
  assert.deepEqual((await createServices().ledger.fsckHome(home, () => undefined)).findings, []);
});

test('a legal hold forbids the erasure before anything is gone', async (t) => {
  const { home, scanner, officer } = await makeWorld(t);
  let gateway = await startGateway(home);
  await ask(gateway.address, scanner, 'POST', '/v1/disclosures', sorting('PKG0000001'));
  await gateway.stop();
  const hold = { principal: 'counsel', basis: 'order 1' };
  await createServices().ledger.hold(home, 'c-1', hold, () => undefined);
  gateway = await startGateway(home);
  const refused = await ask(gateway.address, officer, 'DELETE', '/v1/subjects/c-1');
  assert.equal(refused.status, 409, refused.text);
  assert.equal(refused.json().code, 'LEDGER_HELD');
  const seen = await ask(gateway.address, officer, 'GET', '/v1/subjects/c-1/disclosures');
  assert.equal(seen.json().disclosures.length, 1);
  assert.equal((await ask(gateway.address, scanner, 'POST', '/v1/disclosures', sorting('PKG0000001'))).status, 200);
  await gateway.stop();
});
