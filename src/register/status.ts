import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { readErasures } from './erasures.ts';
import { countIds } from './find-ids.ts';
import { readManifest } from './load.ts';
import { peopleIn, type RegisterManifest } from './manifest.ts';

/** What a register holds, for people to read. */
export interface RegisterOverview {
  readonly subjects: number;
  readonly versions: number;
  readonly currentVersions: number;
  readonly fields: readonly {
    readonly field: FieldName;
    readonly exclusive: boolean;
    readonly versions: number;
    readonly current: number;
  }[];
  readonly sizeBytes: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  /** People who were erased and are in the files until the register is written the next time; nothing counts them. */
  readonly waiting: number;
}

/** Reads what the register of `home` holds, without loading it. Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_FORMAT, KEY_UNUSABLE. */
export function readOverview(home: string, key: Uint8Array): RegisterOverview {
  const manifest = readManifest(home, key);
  const waiting = countWaiting(home, key, manifest);
  return {
    subjects: peopleIn(manifest) - waiting,
    versions: manifest.versions,
    currentVersions: manifest.fields.reduce((sum, { current }) => sum + current, 0),
    fields: manifest.fields.map(({ name, versions, current }) => ({
      field: name,
      exclusive: fieldByName(name).exclusive || manifest.exclusive.includes(name),
      versions,
      current,
    })),
    sizeBytes: Object.values(manifest.files).reduce((sum, { bytes }) => sum + bytes, 0),
    fromSeconds: manifest.earliestSeconds,
    untilSeconds: manifest.latestSeconds,
    waiting,
  };
}

/** How many people were erased whom the generation still has. Fails with REGISTER_DAMAGED. */
export function countWaiting(home: string, key: Uint8Array, { erased }: RegisterManifest): number {
  const waiting = readErasures(home, key).ids.slice(erased?.entries ?? 0);
  const different = new Map(waiting.map(({ lo, hi }) => [`${lo} ${hi}`, { idLo: lo, idHi: hi }]));
  return different.size === 0 ? 0 : countIds(home, key, [...different.values()]);
}
