import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { evidenceFolder, evidenceIdPattern, readEvidenceFacts } from './evidence-file.ts';

/** A verification whose evidence the home keeps. */
export interface KeptVerification {
  readonly id: string;
  /** ISO 8601; null when the file cannot be read with this key. */
  readonly createdAt: string | null;
  /** Subjects that the dump has; null as `createdAt`. */
  readonly subjects: number | null;
  readonly sizeBytes: number;
  /** Whether it is the rest of a `verify` that was killed while it wrote; nothing can read it. */
  readonly isPartial: boolean;
  /** When the file was last written, in milliseconds since 1970. */
  readonly writtenAt: number;
}

/** The verifications of a home, oldest first. Damaged files and rests of killed writers are among them, so that they can be removed. Fails with EVIDENCE_FOLDER. */
export function listVerifications(home: string, registerKey: Uint8Array): KeptVerification[] {
  const folder = evidenceFolder(home);
  const kept: KeptVerification[] = [];
  for (const name of readFolder(folder)) {
    const [id = '', ...endings] = name.split('.');
    const ending = endings.join('.');
    if (!evidenceIdPattern.test(id) || (ending !== 'bin' && ending !== 'bin.part')) continue;
    const stat = fs.statSync(path.join(folder, name), { throwIfNoEntry: false });
    // Removed meanwhile, or given its final name.
    if (stat === undefined) continue;
    const isPartial = ending === 'bin.part';
    const known = isPartial ? null : readKnown(home, registerKey, id);
    kept.push({
      id,
      createdAt: known?.facts.createdAt ?? null,
      subjects: known?.subjects ?? null,
      sizeBytes: stat.size,
      isPartial,
      writtenAt: stat.mtimeMs,
    });
  }
  return kept.sort((a, b) => a.writtenAt - b.writtenAt || (a.id < b.id ? -1 : 1));
}

/** Removes the evidence of verifications, and gives how many bytes that were. Fails with EVIDENCE_FOLDER; what was removed before stays removed. */
export function removeVerifications(home: string, kept: readonly KeptVerification[]): number {
  let bytes = 0;
  for (const { id, isPartial, sizeBytes } of kept) {
    try {
      fs.rmSync(path.join(evidenceFolder(home), `${id}.bin${isPartial ? '.part' : ''}`), { force: true });
    } catch (cause) {
      throw folderError(cause);
    }
    bytes += sizeBytes;
  }
  return bytes;
}

function readKnown(home: string, registerKey: Uint8Array, id: string): ReturnType<typeof readEvidenceFacts> | null {
  try {
    return readEvidenceFacts(home, registerKey, id);
  } catch (error) {
    if (error instanceof BoltsealError) return null;
    throw error;
  }
}

function readFolder(folder: string): string[] {
  try {
    return fs.readdirSync(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw folderError(cause);
  }
}

function folderError(cause: unknown): BoltsealError {
  return new BoltsealError(
    'EVIDENCE_FOLDER',
    { reason: (cause as NodeJS.ErrnoException).code ?? 'unknown' },
    { cause },
  );
}
