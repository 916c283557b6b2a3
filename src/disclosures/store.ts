import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { writeDurably } from '../register/chunked-files.ts';
import { syncFolder } from '../register/store.ts';
import { type DisclosuresManifest, decodeManifest, emptyManifest, encodeManifest, MANIFEST_NAME } from './manifest.ts';
import { readFailure } from './sealed.ts';
import { segmentName } from './segment-file.ts';

/*
 * The folder of disclosures (docs/spec/disclosures.md). Files are never changed once they are written; manifest.bin names those that count and is replaced by
 * rename alone, so that whoever is killed at any moment leaves what was or what is to be.
 */

/** Hears of each step of a change on disk: for crash tests. */
export type StepListener = (step: string) => void;

const filePattern = /^(?:segment|principals|subjects)-\d+\.bin$/;
const newManifestName = `${MANIFEST_NAME}.new`;

/** The folder of the disclosures of a home. */
export function disclosuresFolder(home: string): string {
  return path.join(home, 'disclosures');
}

/** Name of the file of principals with that number. */
export function principalsName(file: number): string {
  return `principals-${file}.bin`;
}

/** Name of the file of subjects with that number. */
export function subjectsName(file: number): string {
  return `subjects-${file}.bin`;
}

/** What the disclosures of a home are; `emptyManifest` when there are none. Fails with DISCLOSURES_DAMAGED, DISCLOSURES_READ, DISCLOSURES_FORMAT or KEY_UNUSABLE. */
export function readManifest(home: string, key: Uint8Array): DisclosuresManifest {
  let bytes: Uint8Array;
  try {
    bytes = fs.readFileSync(path.join(disclosuresFolder(home), MANIFEST_NAME));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return emptyManifest;
    throw readFailure(MANIFEST_NAME, cause);
  }
  return decodeManifest(key, bytes);
}

/** Reads a small file whole. Fails with DISCLOSURES_DAMAGED and DISCLOSURES_READ. */
export function readStored(home: string, name: string): Uint8Array {
  try {
    return fs.readFileSync(path.join(disclosuresFolder(home), name));
  } catch (cause) {
    throw readFailure(name, cause);
  }
}

/** Runs `write`; what fails on disk becomes DISCLOSURES_WRITE. */
export function guardWrite<T>(write: () => T): T {
  try {
    return write();
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException;
    if (cause instanceof BoltsealError || code === undefined || syscall === undefined) throw cause;
    throw new BoltsealError('DISCLOSURES_WRITE', { reason: code }, { cause });
  }
}

/** Makes the folder and removes what killed imports have left. Only under the home's lock. Fails with DISCLOSURES_WRITE. */
export function prepareFolder(home: string, manifest: DisclosuresManifest): void {
  guardWrite(() => {
    fs.mkdirSync(disclosuresFolder(home), { recursive: true, mode: 0o700 });
    removeLeftovers(home, manifest);
  });
}

/** Writes a small file durably. Fails with DISCLOSURES_WRITE. */
export function writeStored(home: string, name: string, bytes: Uint8Array): void {
  guardWrite(() => writeDurably(path.join(disclosuresFolder(home), name), bytes));
}

/**
 * Makes `manifest` that which counts: every file that it names is on the disk already. A crash before the rename leaves the old one, after it the new one.
 * Fails with DISCLOSURES_WRITE.
 */
export function commitManifest(
  home: string,
  key: Uint8Array,
  manifest: DisclosuresManifest,
  onStep: StepListener = () => {},
): void {
  const folder = disclosuresFolder(home);
  guardWrite(() => {
    // The names of the files must be durable before the manifest may name them.
    syncFolder(folder);
    writeDurably(path.join(folder, newManifestName), encodeManifest(key, manifest));
    onStep('written');
    fs.renameSync(path.join(folder, newManifestName), path.join(folder, MANIFEST_NAME));
    onStep('renamed');
    syncFolder(folder);
    syncFolder(home);
    onStep('committed');
  });
  try {
    removeLeftovers(home, manifest);
  } catch {
    // The import has succeeded; the next one tries again.
  }
}

/** Removes every file of ours that the manifest does not name. */
export function removeLeftovers(home: string, manifest: DisclosuresManifest): void {
  const folder = disclosuresFolder(home);
  const kept = new Set(manifest.segments.map(({ file }) => segmentName(file)));
  if (manifest.principals !== null) kept.add(principalsName(manifest.principals));
  if (manifest.subjects !== null) kept.add(subjectsName(manifest.subjects));
  for (const entry of fs.readdirSync(folder)) {
    const isOurs = filePattern.test(entry) || entry === newManifestName;
    if (isOurs && !kept.has(entry)) fs.rmSync(path.join(folder, entry), { force: true });
  }
}
