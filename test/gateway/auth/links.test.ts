import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { BoltsealError } from '../../../src/core/errors.ts';
import { Links } from '../../../src/gateway/auth/links.ts';
import { Directory } from '../../../src/gateway/directory/directory.ts';
import type { GovernanceLog } from '../../../src/gateway/port.ts';
import { atEnd, change, makeFolder, openDirectory, START_MS } from './world.ts';

test('a link that was made at the home works at once beside an open gateway, once, and is not used up while the ledger refuses', async (t) => {
  const file = join(makeFolder(t), 'directory.sqlite');
  const home = openDirectory(file);
  const gateway = openDirectory(file);
  atEnd(t, () => {
    home.database.close();
    gateway.database.close();
  });
  let isAway = false;
  const entered: string[] = [];
  const ledger: Pick<GovernanceLog, 'administration'> = {
    async administration(entries) {
      if (isAway) throw new BoltsealError('LEDGER_BUSY', { retryAfterMs: 1000 });
      entered.push(...entries.map(({ action }) => action));
      return entries.map((_, index) => ({ shard: '2026h2', index }));
    },
  };
  const directory = new Directory(gateway.store, () => undefined, ledger as GovernanceLog);
  const links = new Links(gateway.store, directory);
  const staff = { kind: 'staff', role: 'auditor', station: null, partner: null, attributes: {} } as const;
  home.directory.addPrincipal({ ...staff, id: 'auditor-1' }, change);
  const atHome = new Links(home.store, home.directory);
  const token = await atHome.make('auditor-1', change);
  isAway = true;
  await assert.rejects(links.redeem(token, START_MS), { code: 'LEDGER_BUSY' });
  isAway = false;
  assert.equal(await links.redeem(token, START_MS), 'auditor-1');
  assert.deepEqual(entered, ['principal made', 'link made']);
  await assert.rejects(links.redeem(token, START_MS), { code: 'SIGNIN_FAILED' });
  const twice = await atHome.make('auditor-1', change);
  const results = await Promise.allSettled([links.redeem(twice, START_MS), links.redeem(twice, START_MS)]);
  assert.deepEqual(results.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
});
