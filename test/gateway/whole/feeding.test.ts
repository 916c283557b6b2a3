import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HomeTasks } from '../../../src/compose/home-tasks.ts';
import { createServices } from '../../../src/compose.ts';
import { addDevice, ask, makeHome, startGateway, withGateway } from './lab.ts';

test('while it serves, what it disclosed comes into the columns, and what it holds into the register, in other threads', async (t) => {
  const home = await makeHome(t);
  const { shop, officer } = await withGateway(home, async (gateway, { vault }) => {
    await vault.write([{ id: 'c-1', atMs: Date.now() - 60_000, fields: { name: '欧阳标记值', phone: '13911112222' } }]);
    await vault.writeParcels([
      {
        trackingNumber: 'PKG0000001',
        atMs: Date.now() - 50_000,
        parties: { recipient: 'c-1', sender: 'p-1' },
        status: 'announced',
      },
    ]);
    gateway.places.putPartner({ id: 'p-1', attributes: {} }, { actor: 'test', nowMs: Date.now() });
    const someone = { station: null, attributes: {} };
    return {
      shop: addDevice(gateway, { id: 'shop-1', kind: 'service', role: 'shop', partner: 'p-1', ...someone }),
      officer: addDevice(gateway, { id: 'officer', kind: 'staff', role: 'privacy-officer', partner: null, ...someone }),
    };
  });
  const services = createServices();
  const gateway = await startGateway(home);
  const tasks = new HomeTasks(home);
  try {
    const body = { purpose: 'shop-order', fields: { name: 'masked' }, parcels: ['PKG0000001'] };
    const given = await ask(gateway.address, shop, 'POST', '/v1/disclosures', body);
    assert.equal(given.status, 200, given.text);
    // Publishes what was acknowledged.
    await ask(gateway.address, officer, 'GET', '/v1/subjects/c-1/disclosures');
    await tasks.feed();
    assert.equal((await services.disclosures.status(home)).disclosures, 1);
    assert.equal((await services.vault.status(home)).unfed, 0);
    assert.equal((await services.register.status(home)).subjects, 1);

    // What is being erased is not read back meanwhile.
    const fed: string[] = [];
    await tasks.withoutFeeds(async () => {
      await tasks.feed();
      fed.push('not');
    });
    assert.deepEqual(fed, ['not']);
    assert.equal((await ask(gateway.address, officer, 'DELETE', '/v1/subjects/c-1')).status, 204);
    assert.equal((await services.disclosures.status(home)).disclosures, 0);
  } finally {
    await tasks.stop();
    await gateway.stop();
  }
  await assert.rejects(tasks.run({ task: 'feed columns' }), { code: 'HOME_TASK' });
});
