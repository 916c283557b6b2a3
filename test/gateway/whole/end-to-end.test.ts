import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createServices } from '../../../src/compose.ts';
import { addDevice, ask, makeHome, startGateway, withGateway } from './lab.ts';

const marked = { name: '欧阳标记值', phone: '13911112222', address: '北京市海淀区标记值路1号院2单元303室' };

test('a scanner gets what it needs of a parcel at its station, nothing elsewhere, and the ledger has both', async (t) => {
  const home = await makeHome(t);
  const scanner = await withGateway(home, async (gateway, { vault }) => {
    await vault.write([{ id: 'c-1', atMs: Date.now() - 5000, fields: marked }]);
    await vault.writeParcels([
      {
        trackingNumber: 'PKG0000001',
        atMs: Date.now() - 4000,
        parties: { recipient: 'c-1' },
        status: 'at-station',
        station: 'st-1',
      },
      {
        trackingNumber: 'PKG0000002',
        atMs: Date.now() - 4000,
        parties: { recipient: 'c-1' },
        status: 'at-station',
        station: 'st-2',
      },
    ]);
    const change = { actor: 'test', nowMs: Date.now() };
    gateway.places.putPartner({ id: 'p-1', attributes: {} }, change);
    gateway.places.putStation({ id: 'st-1', partner: 'p-1', attributes: {} }, change);
    return addDevice(gateway, {
      id: 'scanner-7',
      kind: 'device',
      role: 'scanner',
      station: 'st-1',
      partner: 'p-1',
      attributes: {},
    });
  });

  const gateway = await startGateway(home);
  const body = { purpose: 'sorting', fields: { name: 'masked', address: 'masked' }, parcels: ['PKG0000001'] };
  const given = await ask(gateway.address, scanner, 'POST', '/v1/disclosures', body);
  assert.equal(given.status, 200, given.text);
  const [first] = given.json().disclosures;
  assert.equal(first.decision, 'allowed');
  assert.match(first.values.name.value, /^欧/);
  assert.ok(!given.text.includes('303'));
  // Before it stand who may ask, and the policies.
  assert.ok(first.receipt.index > 0);

  for (const [changed, code] of [
    [{ parcels: ['PKG0000002'] }, 'GATEWAY_NOT_JUSTIFIED'],
    [{ parcels: ['PKG0009999'] }, 'GATEWAY_NOT_JUSTIFIED'],
    [{ fields: { phone: 'clear' } }, 'GATEWAY_POLICY'],
  ] as const) {
    const refused = await ask(gateway.address, scanner, 'POST', '/v1/disclosures', { ...body, ...changed });
    assert.equal(refused.status, 403, refused.text);
    assert.equal(refused.json().disclosures[0].code, code);
  }
  const unsigned = await fetch(new URL('/v1/disclosures', gateway.address), {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(unsigned.status, 401);
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);

  const report = await createServices().ledger.fsckHome(home, () => undefined);
  assert.equal(report.entries - first.receipt.index, 4);
  assert.deepEqual(report.findings, []);
  assertNoPlaintext(home, [...Object.values(marked), 'PKG0000001', 'PKG0009999']);
});

/** Looks through every file below a folder. */
function assertNoPlaintext(folder: string, values: readonly string[]): void {
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = join(folder, entry);
    if (!statSync(file).isFile()) continue;
    const bytes = readFileSync(file);
    for (const value of values) assert.ok(!bytes.includes(value), `a planted value stands in ${entry}`);
  }
}
