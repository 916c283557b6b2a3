import type { FieldName } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { readManifest } from './load.ts';

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
}

/** Reads what the register of `home` holds, without loading it. Fails with REGISTER_NONE, REGISTER_DAMAGED, REGISTER_FORMAT, KEY_UNUSABLE. */
export function readOverview(home: string, key: Uint8Array): RegisterOverview {
  const manifest = readManifest(home, key);
  return {
    subjects: manifest.subjects,
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
  };
}
