import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeDeviceKey } from '../../src/client/keys.ts';
import { openGatewayDatabase, readHomeAdministration } from '../../src/compose.ts';
import { epcisConfig, makeCompany } from '../../src/demo/network/company.ts';
import { live } from '../../src/demo/network/life.ts';
import { createRandom } from '../../src/demo/random.ts';
import { createDirectoryTool } from '../../src/gateway/directory/tool.ts';
import { makeHome, startGateway } from '../gateway/whole/lab.ts';
import { changeConfig } from '../gateway/whole/network.ts';

test('the carrier of the demo lives: parcels move by events, scanners read them, and the one that is infected is stopped by its budget', async (t) => {
  const home = await makeHome(t);
  changeConfig(home, { epcis: epcisConfig });
  const gateway = await startGateway(home);
  const administrator = await makeDeviceKey();
  const admin = { id: 'admin-1', kind: 'staff', role: 'administrator', station: null, partner: null } as const;
  const spki = Buffer.from(administrator.publicKey, 'base64');
  await createDirectoryTool(openGatewayDatabase, readHomeAdministration).add(
    home,
    { ...admin, attributes: {} },
    spki,
    Date.now(),
  );
  const random = createRandom(1);
  const { publicKey: handKey } = await makeDeviceKey();
  const nowMs = Date.now();
  const company = await makeCompany({ baseUrl: gateway.address, administrator, handKey, random, nowMs });
  const told: string[] = [];
  let stop: () => void = () => undefined;
  const untilStopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const tell = (text: string): void => {
    told.push(text);
    if (text.includes('was stopped by its budget')) stop();
  };
  await live({ company, random, now: Date.now, tell, untilStopped, roundMs: 5 });
  assert.ok(
    told.some((text) => text.includes('was stopped by its budget after 60 people')),
    told.join('\n'),
  );
  const [, moved, read] = /(\d+) movements by EPCIS events, (\d+) parcels read/.exec(told.join('\n')) ?? [];
  assert.ok(Number(moved) > 20 && Number(read) > 10, told.join('\n'));
  await gateway.stop();
  assert.deepEqual(gateway.notes, []);
});
