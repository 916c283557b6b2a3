import path from 'node:path';
import type { DisclosuresManifest } from './manifest.ts';
import { type DisclosureColumns, type DisclosureReader, FIRST_UNKNOWN_SUBJECT } from './port.ts';
import { PrincipalTable } from './principals.ts';
import { disclosuresKey } from './sealed.ts';
import { readSegment, type StoredSegment, segmentName } from './segment-file.ts';
import { disclosuresFolder, principalsName, readManifest, readStored, subjectsName } from './store.ts';
import { resolveSubjects } from './subject-numbers.ts';

/** Everything that a thread needs to open segments itself: it can be posted to a worker, arrays are shared and not copied. */
export interface SegmentSource {
  readonly folder: string;
  readonly key: Uint8Array;
  readonly segments: readonly StoredSegment[];
  /** The subject to show for each unknown one, by its number less FIRST_UNKNOWN_SUBJECT. */
  readonly shown: Uint32Array;
}

/** A reader that can be shared with threads. */
export interface SharedDisclosureReader extends DisclosureReader {
  readonly source: SegmentSource;
}

/** How often a manifest is read again because an import has replaced what it names. */
const ATTEMPTS = 5;

/**
 * Opens the disclosures of a home as they are now; an import that ends meanwhile is not seen, but may remove segments that were not opened yet
 * (DISCLOSURES_DAMAGED: take the home's lock to be sure). None at all is no error.
 *
 * Fails with DISCLOSURES_DAMAGED, DISCLOSURES_FORMAT, DISCLOSURES_REGISTER, KEY_UNUSABLE and REGISTER_*.
 */
export function openDisclosures(home: string, registerKey: Uint8Array): SharedDisclosureReader {
  const key = disclosuresKey(registerKey);
  for (let attempt = 1; ; attempt++) {
    const manifest = readManifest(home, key);
    try {
      return openManifest(home, registerKey, key, manifest);
    } catch (error) {
      if (attempt === ATTEMPTS || readManifest(home, key).nextFile === manifest.nextFile) throw error;
    }
  }
}

/** Opens one segment, in any thread. Fails with DISCLOSURES_DAMAGED. */
export function openSegmentOf({ folder, key, segments, shown }: SegmentSource, index: number): DisclosureColumns {
  const stored = segments[index];
  if (stored === undefined) throw new RangeError(`there is no segment ${index}`);
  const columns = readSegment(path.join(folder, segmentName(stored.file)), key, stored);
  if (shown.length > 0) {
    const { subject } = columns;
    for (let row = 0; row < subject.length; row++) {
      if (subject[row]! >= FIRST_UNKNOWN_SUBJECT)
        subject[row] = shown[subject[row]! - FIRST_UNKNOWN_SUBJECT] ?? subject[row]!;
    }
  }
  return columns;
}

function openManifest(
  home: string,
  registerKey: Uint8Array,
  key: Uint8Array,
  { segments, principals, subjects, purposes }: DisclosuresManifest,
): SharedDisclosureReader {
  const names =
    principals === null
      ? new PrincipalTable()
      : PrincipalTable.unseal(key, principalsName(principals), readStored(home, principalsName(principals)));
  const shown =
    subjects === null
      ? new Uint32Array(0)
      : resolveSubjects(home, registerKey, {
          key,
          name: subjectsName(subjects),
          bytes: readStored(home, subjectsName(subjects)),
        });
  const list = names.list();
  const source = { folder: disclosuresFolder(home), key, segments, shown };
  return {
    source,
    principals: () => list,
    purposes: () => purposes,
    segments: () => segments,
    openSegment: (index) => openSegmentOf(source, index),
  };
}
