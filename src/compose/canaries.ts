import { rmSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DrillRun } from '../canaries/drill-result.ts';
import type {
  CanariesDrillRequest,
  CanariesDrillResult,
  CanariesMakeRequest,
  CanariesMakeResult,
  CanariesStatus,
  Progress,
} from '../cli/services.ts';
import { emptyCanaries } from '../contract/canaries.ts';
import { BoltsealError } from '../core/errors.ts';
import { openHome } from '../home/home.ts';
import { readVersion } from '../home/version.ts';
import { defaultThreads, lockHome, readKey } from './shared.ts';

/** Canaries that the register has. */
export async function countCanaries(home: string, registerKey: Uint8Array): Promise<number> {
  const { readCanaries } = await import('../canaries/marker.ts');
  const { countIds } = await import('../register/find-ids.ts');
  const { allCanaries } = await import('../canaries/stock.ts');
  const canaries = allCanaries(readCanaries(home) ?? emptyCanaries);
  return canaries.length === 0 ? 0 : countIds(home, registerKey, canaries);
}

/** Makes canaries for a recipient and writes them down before they are given away. */
export async function exportCanaries(request: CanariesMakeRequest): Promise<CanariesMakeResult> {
  const { home, recipient, count, columns, now, output } = request;
  const { paths, config } = await openHome(home);
  const { systemChance } = await import('../canaries/chance.ts');
  const { writeCsv } = await import('../canaries/csv.ts');
  const { makeCanaries, settleCanaries } = await import('../canaries/make.ts');
  const registerKey = await readKey(paths.key);
  const lock = await lockHome(home);
  try {
    const { region, canaries: settings } = config;
    const chance = systemChance;
    const made = makeCanaries({ home, registerKey, region, settings, recipient, count, columns, now, chance });
    output.write(writeCsv(made.batch));
    output.commit();
    settleCanaries(home, made.batch.id);
    const { batch, isResumed, unregistered } = made;
    return { batch: batch.id, count: batch.canaries.length, columns: batch.columns, isResumed, unregistered };
  } finally {
    lock.release();
  }
}

/** Canaries of a home, and how many of them the register knows. */
export async function listCanaries(home: string): Promise<CanariesStatus> {
  const { paths } = await openHome(home);
  const { readCanaries } = await import('../canaries/marker.ts');
  const { countIds } = await import('../register/find-ids.ts');
  const key = await readKey(paths.key);
  const { batches, stock } = readCanaries(home) ?? emptyCanaries;
  const statuses = batches.map((batch) => ({
    id: batch.id,
    recipient: batch.for,
    madeAt: batch.madeAt,
    columns: batch.columns,
    count: batch.canaries.length,
    registered: countIds(home, key, batch.canaries),
    isExported: batch.exported,
  }));
  return { batches: statuses, stock: stock.length === 0 ? 0 : countIds(home, key, stock) };
}

/** Verifies dumps that have the canaries in them, and says which were found. */
export async function drillCanaries(
  { home, output }: CanariesDrillRequest,
  progress: Progress,
): Promise<CanariesDrillResult> {
  const { paths, config } = await openHome(home);
  const { systemChance } = await import('../canaries/chance.ts');
  const { writeDrillDumps } = await import('../canaries/drill.ts');
  const { countDrill } = await import('../canaries/drill-result.ts');
  const { readCanaries } = await import('../canaries/marker.ts');
  const { openDump } = await import('../dump/open-dump.ts');
  const { verifyDump } = await import('../verify/verify.ts');
  const key = await readKey(paths.key);
  const list = readCanaries(home) ?? emptyCanaries;
  const { batches } = list;
  if (batches.length === 0) throw new BoltsealError('CANARIES_NONE', { path: home });
  const dumps = writeDrillDumps(batches, config.region, config.canaries, systemChance);
  output?.write(dumps[0]?.text ?? '');
  const folder = await mkdtemp(join(tmpdir(), 'boltseal-drill-'));
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  // An interrupted process comes to its exit and not to `finally`, and the dumps say in the clear who the canaries are.
  process.once('exit', removeFolder);
  try {
    const runs: DrillRun[] = [];
    progress.begin('verifying the drill', dumps.length, 'rows');
    for (const { shape, fileName, text } of dumps) {
      const path = join(folder, fileName);
      await writeFile(path, text, { mode: 0o600 });
      const dump = await openDump([path], { region: config.region, map: [], passwords: [] });
      await verifyDump({
        home,
        key,
        region: config.region,
        version: readVersion(),
        dump,
        threads: defaultThreads(),
        memoryBytes: null,
        onRead: () => undefined,
        onPasses: () => undefined,
        readCanaries: () => list,
        onCanaries: (sightings) => runs.push({ shape, sightings }),
        keepsEvidence: false,
        writeAffected: null,
      });
      progress.advance(1);
    }
    progress.end();
    return { shapes: dumps.map(({ shape }) => shape), recipients: countDrill(runs) };
  } finally {
    removeFolder();
    process.off('exit', removeFolder);
  }
}
