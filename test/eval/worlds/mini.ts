import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Base, loadBase, writeWorld } from '../../../eval/worlds/base.ts';
import { type WorldConfig, worldConfigs } from '../../../eval/worlds/config.ts';

/** A world that is made in a blink. */
export const miniConfig: WorldConfig = {
  ...(worldConfigs.tiny as WorldConfig),
  name: 'mini',
  days: 40,
  customers: 2000,
  parcels: 5000,
  stations: 8,
  cities: 2,
  couriers: 24,
  stationScanners: 40,
  sorters: 4,
  staff: 12,
  shops: 20,
  rareBuilds: 2,
};

/** Makes a world in a folder that goes away with the process. */
export function makeMini(config: WorldConfig = miniConfig): { base: Base; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), 'boltseal-worlds-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const folder = join(directory, 'world');
  writeWorld(config, folder);
  return { base: loadBase(config, folder), directory: folder };
}
