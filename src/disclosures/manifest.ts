import { BoltsealError } from '../core/errors.ts';
import { sealWhole, unsealWhole } from './sealed.ts';
import type { StoredSegment } from './segment-file.ts';

/** A log that was imported whole. */
export interface ImportedFile {
  /** SHA-256 of the file's bytes as they lie on disk, hexadecimal. */
  readonly sha256: string;
  /** SHA-256 of how it was read (mapping, patterns, fields): read otherwise it is another import. */
  readonly reading: string;
  /** Disclosures in it, those that were there before among them. */
  readonly disclosures: number;
}

/** What the disclosures of a home are: the one file that is replaced. */
export interface DisclosuresManifest {
  /** Number for the next file. */
  readonly nextFile: number;
  /** Ascending by `fromSeconds`, then by file. */
  readonly segments: readonly StoredSegment[];
  /** Number of the file of principals; null while there are none. */
  readonly principals: number | null;
  readonly principalCount: number;
  /** Number of the file of subjects; null while there are none. */
  readonly subjects: number | null;
  readonly unknownSubjects: number;
  /** Index 0 is the empty text. */
  readonly purposes: readonly string[];
  readonly imported: readonly ImportedFile[];
}

/** Nothing yet. */
export const emptyManifest: DisclosuresManifest = {
  nextFile: 1,
  segments: [],
  principals: null,
  principalCount: 0,
  subjects: null,
  unknownSubjects: 0,
  purposes: [''],
  imported: [],
};

/** The manifest's file. */
export const MANIFEST_NAME = 'manifest.bin';

/** The bytes of manifest.bin: JSON, sealed. */
export function encodeManifest(key: Uint8Array, manifest: DisclosuresManifest): Uint8Array {
  return sealWhole(key, 'manifest', Buffer.from(JSON.stringify(manifest)));
}

/** Reads manifest.bin. Fails with DISCLOSURES_DAMAGED, DISCLOSURES_FORMAT or KEY_UNUSABLE. */
export function decodeManifest(key: Uint8Array, bytes: Uint8Array): DisclosuresManifest {
  const text = Buffer.from(unsealWhole(key, 'manifest', MANIFEST_NAME, bytes)).toString('utf8');
  try {
    return JSON.parse(text) as DisclosuresManifest;
  } catch (cause) {
    throw new BoltsealError('DISCLOSURES_DAMAGED', { file: MANIFEST_NAME }, { cause });
  }
}
