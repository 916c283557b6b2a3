import assert from 'node:assert/strict';
import { cpSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { createServices } from '../../../src/compose.ts';
import { ask, type Device, makeHome, startGateway, withGateway } from './lab.ts';
import { fillNetwork, setBudgets, trackingNumberOf } from './network.ts';

/** Asks for some parcels, one after the other; gives the statuses. */
async function askFor(home: string, scanner: Device, parcels: readonly number[]): Promise<number[]> {
  const gateway = await startGateway(home);
  const statuses: number[] = [];
  for (const i of parcels) {
    const body = { purpose: 'sorting', fields: { name: 'masked' }, parcels: [trackingNumberOf(i)] };
    statuses.push((await ask(gateway.address, scanner, 'POST', '/v1/disclosures', body)).status);
  }
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);
  return statuses;
}

test('a home comes back from its newest backup with all it had; from an older one nothing is served, because the ledger notices', async (t) => {
  const home = await makeHome(t);
  setBudgets(home, [{ scope: 'principal', role: 'scanner', purpose: '*', window: 'day', limit: 3 }]);
  const { scanners } = await withGateway(home, (gateway, stores) =>
    fillNetwork(gateway, stores, { people: 6, scanners: 1, couriers: 0 }),
  );
  const [scanner] = scanners;
  assert.ok(scanner);
  const [older, newest] = [`${home}-older`, `${home}-newest`];
  assert.deepEqual(await askFor(home, scanner, [0]), [200]);
  cpSync(home, older, { recursive: true });
  assert.deepEqual(await askFor(home, scanner, [1]), [200]);
  cpSync(home, newest, { recursive: true });

  // The disk is lost. Budgets go on where they were, keys of devices and people's values are there.
  rmSync(home, { recursive: true });
  cpSync(newest, home, { recursive: true });
  assert.deepEqual(await askFor(home, scanner, [0, 1, 2, 3]), [200, 200, 200, 429]);
  assert.deepEqual((await createServices().ledger.fsckHome(home, () => undefined)).findings, []);

  // Both are older now than the last checkpoint that was told to the second place.
  for (const backup of [older, newest]) {
    rmSync(home, { recursive: true });
    cpSync(backup, home, { recursive: true });
    await assert.rejects(startGateway(home), { code: 'LEDGER_BEHIND' });
    const { findings } = await createServices().ledger.fsckHome(home, () => undefined);
    assert.notEqual(findings.length, 0, 'fsck does not see it');
  }
});
