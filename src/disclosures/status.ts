import { disclosuresKey } from './sealed.ts';
import { segmentBytes } from './segment-file.ts';
import { readManifest } from './store.ts';

/** What the disclosures of a home hold, for people to read. */
export interface DisclosuresOverview {
  readonly disclosures: number;
  readonly segments: number;
  /** Of the segments on disk. */
  readonly sizeBytes: number;
  /** First and last time, seconds since 1970; null while there is nothing. */
  readonly fromSeconds: number | null;
  readonly untilSeconds: number | null;
  readonly principals: number;
  readonly purposes: number;
  /** Subjects that the register did not know when they were first met. */
  readonly unknownSubjects: number;
  /** Files that were imported. */
  readonly files: number;
}

/** Reads what the disclosures of `home` hold, without loading them. Fails with DISCLOSURES_DAMAGED, DISCLOSURES_FORMAT, KEY_UNUSABLE. */
export function readOverview(home: string, registerKey: Uint8Array): DisclosuresOverview {
  const manifest = readManifest(home, disclosuresKey(registerKey));
  const { segments } = manifest;
  return {
    disclosures: segments.reduce((sum, { rows }) => sum + rows, 0),
    segments: segments.length,
    sizeBytes: segments.reduce((sum, segment) => sum + segmentBytes(segment), 0),
    fromSeconds: segments.length === 0 ? null : Math.min(...segments.map(({ fromSeconds }) => fromSeconds)),
    untilSeconds: segments.length === 0 ? null : Math.max(...segments.map(({ untilSeconds }) => untilSeconds)),
    principals: manifest.principalCount,
    purposes: manifest.purposes.length - 1,
    unknownSubjects: manifest.unknownSubjects,
    files: manifest.imported.length,
  };
}
