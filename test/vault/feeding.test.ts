import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openHomeVault } from '../../src/compose/vault.ts';
import { startFeeding } from '../../src/compose/vault-feeding.ts';
import { createHome } from '../../src/home/home.ts';
import { createKeyFile } from '../../src/register/key-file.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-feeding-'));
after(() => rmSync(folder, { recursive: true }));

test('the register is fed again and again beside an open vault; who holds the home is waited for', async () => {
  const home = path.join(folder, 'home');
  await createHome(home, 'CN', createKeyFile);
  const vault = await openHomeVault(home, true);
  const write = (id: string) => vault.write([{ id, atMs: Date.now(), fields: { phone: '13812345678' } }]);
  const settled = async (): Promise<void> => {
    while ((await vault.status()).unfed > 0) await sleep(20);
  };
  await write('C-1');
  const lock = acquireHomeLock(home);
  const failures: string[] = [];
  const feeding = startFeeding(home, 20, (code) => failures.push(code));
  while (failures.length === 0) await sleep(20);
  assert.equal(failures[0], 'HOME_LOCKED');
  assert.equal((await vault.status()).unfed, 1);
  lock.release();
  await settled();
  await write('C-2');
  await settled();
  await feeding.stop();
  await write('C-3');
  assert.equal((await vault.status()).unfed, 1);
  await vault.close();
});
