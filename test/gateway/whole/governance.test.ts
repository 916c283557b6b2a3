import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { createServices, openGatewayDatabase, readHomeAdministration } from '../../../src/compose.ts';
import { createDirectoryTool } from '../../../src/gateway/directory/tool.ts';
import { readDefaultPolicies } from '../../../src/gateway/policy/default-policies.ts';
import { serve } from '../../../src/gateway/server.ts';
import { addDevice, ask, makeHome, startGateway, withGateway } from './lab.ts';

const tool = createDirectoryTool(openGatewayDatabase, readHomeAdministration);

test('who may do what, which policies decided and how many may be read: in the ledger before it holds, provable, and compared with what is readable', async (t) => {
  const home = await makeHome(t);
  const request = { home, version: '0', port: 0, tls: null, onListening: () => undefined, note: () => undefined };
  const beyond = serve({ ...request, host: '0.0.0.0', allowsPlain: true, untilStopped: new Promise(() => undefined) });
  await assert.rejects(beyond, { code: 'GATEWAY_ORIGIN' });
  const { admin, scanner } = await withGateway(home, async (gateway, { vault }) => {
    await vault.write([
      { id: 'c-1', atMs: Date.now() - 5000, fields: { name: 'Planted Person' } },
      { id: 'c-2', atMs: Date.now() - 5000, fields: { name: 'Other Person' } },
    ]);
    const parcel = { atMs: Date.now() - 5000, status: 'at-station' as const, station: 'st-1' };
    await vault.writeParcels([
      { ...parcel, trackingNumber: 'PKG0000001', parties: { recipient: 'c-1' } },
      { ...parcel, trackingNumber: 'PKG0000002', parties: { recipient: 'c-2' } },
    ]);
    gateway.places.putStation({ id: 'st-1', partner: null, attributes: {} }, { actor: 'test', nowMs: Date.now() });
    const someone = { partner: null, attributes: {} };
    return {
      admin: addDevice(gateway, { ...someone, id: 'admin-1', kind: 'service', role: 'administrator', station: null }),
      scanner: addDevice(gateway, { ...someone, id: 'scanner-7', kind: 'device', role: 'scanner', station: 'st-1' }),
    };
  });
  let firstLink: string | null = null;
  const gateway = await startGateway(home);
  const as = (who: typeof admin, method: string, path: string, body: unknown = null, more = {}) =>
    ask(gateway.address, who, method, path, body, more);
  const read = (parcel: string) =>
    as(scanner, 'POST', '/v1/disclosures', { purpose: 'sorting', fields: { name: 'masked' }, parcels: [parcel] });
  const indexOf = async (parcel: string): Promise<number> => {
    const answer = await read(parcel);
    assert.ok(answer.status === 200 || answer.status === 403, answer.text);
    return answer.json().disclosures[0].receipt.index;
  };
  const defaults = readDefaultPolicies();
  const before = await indexOf('PKG0000001');
  const none = `${defaults}\n@id("none")\nforbid (principal in Role::"scanner", action, resource);\n`;
  const { etag } = { etag: (await as(admin, 'GET', '/v1/policies')).headers.get('etag') ?? '' };
  const proposed = await as(admin, 'PUT', '/v1/policies', { text: none }, { 'if-match': etag });
  assert.equal(proposed.status, 202, proposed.text);
  const url = `/v1/policies/versions/${proposed.json().number}/activate`;
  const { findings } = proposed.json();
  const accept = [
    ...new Set(
      findings.filter((one: { level: string }) => one.level === 'danger').map((one: { code: string }) => one.code),
    ),
  ];
  const activated = await as(admin, 'POST', url, { accept }, { 'if-match': etag });
  assert.equal(activated.status, 200, activated.text);
  const after = await indexOf('PKG0000001');
  const back = { 'if-match': activated.headers.get('etag') ?? '' };
  assert.equal((await as(admin, 'POST', '/v1/policies/versions/1/activate', { accept }, back)).status, 200);

  // Budgets: at once, and with whom was read before.
  const month = { scope: 'principal', role: 'scanner', purpose: '*', window: 'month', limit: 1 };
  assert.equal((await as(scanner, 'PUT', '/v1/budgets', { rules: [month] })).status, 403);
  assert.equal((await as(admin, 'GET', '/v1/budgets')).json().source, 'configuration');
  const changed = await as(admin, 'PUT', '/v1/budgets', { rules: [month] });
  assert.deepEqual(changed.json(), { source: 'changed', rules: [month] }, changed.text);
  assert.equal((await read('PKG0000001')).status, 200, 'who was read counts once');
  assert.equal((await read('PKG0000002')).status, 429);
  assert.equal((await as(admin, 'PUT', '/v1/budgets', { rules: [{ ...month, limit: -1 }] })).status, 400);

  await gateway.stop();
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const { ledger } = createServices();
  const decidedBy = async (index: number) => (await ledger.findPolicies(home, { shard: null, index }))?.policies;
  assert.deepEqual([await decidedBy(before), await decidedBy(after)], [sha256(defaults), sha256(none)]);
  assert.equal(await ledger.findPolicies(home, { shard: null, index: 0 }), null);
  const sound = await tool.checkAudit(home);
  assert.deepEqual([sound.differences, sound.rows - sound.sound], [[], 0]);
  assert.deepEqual((await ledger.fsckHome(home, () => undefined)).findings, []);

  // After a restart too; and somebody who writes to the file is found.
  const again = await startGateway(home);
  const refused = await ask(again.address, scanner, 'POST', '/v1/disclosures', {
    purpose: 'sorting',
    fields: { name: 'masked' },
    parcels: ['PKG0000002'],
  });
  assert.equal(refused.status, 429);
  const reset = await ask(again.address, admin, 'DELETE', '/v1/budgets');
  assert.equal(reset.json().source, 'configuration', reset.text);
  await again.stop();
  const database = new DatabaseSync(join(home, 'gateway', 'directory.sqlite'));
  database.exec("UPDATE principals SET role = 'administrator' WHERE id = 'scanner-7'");
  database.close();
  assert.deepEqual((await tool.checkAudit(home)).differences, ['principal scanner-7 is not what the audit says of it']);

  const other = await makeHome(t);
  const stopping = Promise.withResolvers<void>();
  await serve({
    ...request,
    home: other,
    host: '127.0.0.1',
    allowsPlain: false,
    onListening(listening) {
      firstLink = listening.firstLink;
      assert.equal(new URL(String(firstLink)).port, new URL(listening.address).port, 'the link names the real port');
      stopping.resolve();
    },
    untilStopped: stopping.promise,
  });
  assert.ok(firstLink);
});
