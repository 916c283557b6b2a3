import { parentPort, workerData } from 'node:worker_threads';
import { BoltsealError } from '../core/errors.ts';
import { makeExportCanaries } from './export-canaries.ts';
import type { HomeTaskEnd, HomeTaskStart } from './home-tasks.ts';
import { settingsOf } from './ledger.ts';
import { feedColumns, removeFromColumns, removeShardFromColumns } from './ledger-columns.ts';
import { eraseFromRegister } from './register-erasure.ts';
import { openHomeVault } from './vault.ts';
import { feedRegister } from './vault-feed.ts';

/** One: the others are for those who wait for answers. */
const FEEDING_THREADS = 1;

const { home, task } = workerData as HomeTaskStart;

async function work(): Promise<void> {
  switch (task.task) {
    case 'feed columns':
      await feedColumns(home, await settingsOf(home), false);
      return;
    case 'feed register': {
      const vault = await openHomeVault(home, false);
      try {
        await feedRegister(home, vault, Date.now, FEEDING_THREADS);
      } finally {
        await vault.close();
      }
      return;
    }
    case 'erase in register':
      await eraseFromRegister(home, [task.subject]);
      return;
    case 'remove person':
      await removeFromColumns(home, task.kind, task.id);
      return;
    case 'remove shard':
      await removeShardFromColumns(home, await settingsOf(home), task.shard);
      return;
    case 'make canaries':
      await makeExportCanaries(home, task);
  }
}

let end: HomeTaskEnd = null;
try {
  await work();
} catch (error) {
  const { code, parameters } = error instanceof BoltsealError ? error : { code: null, parameters: {} };
  end = { code, parameters };
}
parentPort?.postMessage(end);
