import { systemChance } from '../canaries/chance.ts';
import { inventionOf } from '../canaries/invent.ts';
import { makeCanaries, settleCanaries } from '../canaries/make.ts';
import { readCanaries } from '../canaries/marker.ts';
import { vaultFields } from '../contract/api/words.ts';
import { type CanaryBatch, emptyCanaries, isSameRecipient } from '../contract/canaries.ts';
import type { CanarySettings } from '../contract/config.ts';
import { BoltsealError } from '../core/errors.ts';
import type { ExportCanaries, ExportCanary } from '../gateway/port.ts';
import { openHome } from '../home/home.ts';
import type { ExportCanariesTask } from './export-canaries-task.ts';
import type { HomeTasks } from './home-tasks.ts';
import { lockHome, readKey } from './shared.ts';

/** Canaries of a home for exports: they are made in a thread of their own, under the home's lock, and written down before they are given away. */
export function createExportCanaries(
  home: string,
  settings: { readonly region: string; readonly canaries: CanarySettings | undefined },
  tasks: Pick<HomeTasks, 'run'>,
): ExportCanaries {
  return {
    check(fields) {
      for (const field of ['customerId', ...fields] as const)
        inventionOf(field, settings.region, settings.canaries, systemChance);
    },
    async make(wanted) {
      let batch = findBatch(home, wanted);
      if (batch?.exported !== true) {
        await tasks.run({ task: 'make canaries', ...wanted });
        batch = findBatch(home, wanted);
      }
      if (batch === undefined) throw new BoltsealError('HOME_TASK', { task: 'make canaries' });
      return batch.canaries.map(toExportCanary);
    },
  };
}

/** Makes them, unless that was done before. Rejects with CANARIES_*, REGISTER_*, KEY_UNUSABLE, HOME_LOCKED. */
export async function makeExportCanaries(home: string, wanted: ExportCanariesTask): Promise<void> {
  const { paths, config } = await openHome(home);
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    if (findBatch(home, wanted)?.exported === true) return;
    const { batch } = makeCanaries({
      home,
      registerKey,
      region: config.region,
      settings: config.canaries,
      recipient: { scope: wanted.scope },
      count: wanted.count,
      columns: wanted.fields,
      now: Date.now(),
      chance: systemChance,
    });
    settleCanaries(home, batch.id);
  } finally {
    lock.release();
  }
}

function findBatch(home: string, { scope, count }: ExportCanariesTask): CanaryBatch | undefined {
  return (readCanaries(home) ?? emptyCanaries).batches.find(
    (batch) => isSameRecipient(batch.for, { scope }) && batch.canaries.length === count,
  );
}

function toExportCanary({ values }: CanaryBatch['canaries'][number]): ExportCanary {
  const held = vaultFields.flatMap((field) => {
    const value = values[field];
    return value === undefined ? [] : [[field, value] as const];
  });
  return { id: values.customerId ?? '', values: Object.fromEntries(held) };
}
