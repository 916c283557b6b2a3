import path from 'node:path';
import type { Files, OpenFile } from './port.ts';

/** Folders whose names are known to be durable are remembered up to so many. */
const KNOWN_FOLDERS = 4096;
/** Of files open at once: a process may often have no more than 1,024, with its connections. */
const MOST_OPEN = 64;

/** Reads a file whole; null when there is none. */
export function readWhole(files: Files, file: string): Uint8Array | null {
  let opened: OpenFile;
  try {
    opened = files.open(file, 'read');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  try {
    const bytes = new Uint8Array(opened.sizeBytes());
    return bytes.subarray(0, opened.read(bytes, 0));
  } finally {
    opened.close();
  }
}

/** A file to be written, whole. */
export interface WholeFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Writes files below a folder so that each is there whole or not at all. */
export class WholeFileWriter {
  readonly #files: Files;
  readonly #base: string;
  readonly #newFolder: string;
  readonly #known = new Set<string>();

  /** `base` must be durable already; what a crash left in its folder `new` is removed. One writer at a time. */
  constructor(files: Files, base: string) {
    this.#files = files;
    this.#base = base;
    this.#newFolder = path.join(base, 'new');
    this.makeFolder(this.#newFolder);
    for (const name of files.list(this.#newFolder)) files.remove(path.join(this.#newFolder, name));
  }

  /** Writes and syncs each file in the folder `new`, then renames all to their places, then syncs each folder that got a name. All are durable when it returns. */
  write(wholes: readonly WholeFile[]): void {
    for (const [place, { bytes }] of wholes.entries()) {
      const opened = this.#files.open(this.#temporary(place), 'create');
      try {
        opened.write(bytes, 0);
        // Before the rename: a name must never lead to bytes that a crash could take away.
        opened.sync();
      } finally {
        opened.close();
      }
    }
    this.#putInPlace(wholes);
  }

  /** As `write`, for many files, and without blocking the thread while they are synced; `pace` is called after each file. One call at a time. */
  async writeLater(wholes: readonly WholeFile[], pace: () => void = () => {}): Promise<void> {
    for (let from = 0; from < wholes.length; from += MOST_OPEN) {
      const opened: OpenFile[] = [];
      try {
        for (const [i, { bytes }] of wholes.slice(from, from + MOST_OPEN).entries()) {
          const file = this.#files.open(this.#temporary(from + i), 'create');
          opened.push(file);
          file.write(bytes, 0);
          pace();
        }
        await syncAll(opened);
      } finally {
        for (const file of opened) file.close();
      }
    }
    // Behind all syncs, as above.
    this.#putInPlace(wholes, pace);
  }

  /** Makes a folder below the base with all between; their names are durable when it returns. */
  makeFolder(folder: string): void {
    if (folder === this.#base || this.#known.has(folder)) return;
    const above = path.dirname(folder);
    this.makeFolder(above);
    this.#files.makeFolder(folder);
    // Also when it was there: it may have been made just before a kill, by a process that never came to this line.
    this.#files.syncFolder(above);
    if (this.#known.size >= KNOWN_FOLDERS) this.#known.clear();
    this.#known.add(folder);
  }

  /** Forgets a folder that was removed. */
  forget(folder: string): void {
    this.#known.delete(folder);
  }

  #putInPlace(wholes: readonly WholeFile[], pace: () => void = () => {}): void {
    const folders = new Set(wholes.map((whole) => path.dirname(whole.path)));
    for (const folder of folders) this.makeFolder(folder);
    for (const [place, whole] of wholes.entries()) {
      this.#files.rename(this.#temporary(place), whole.path);
      pace();
    }
    for (const folder of folders) this.#files.syncFolder(folder);
  }

  #temporary(place: number): string {
    return path.join(this.#newFolder, String(place));
  }
}

/**
 * Syncs all files, two at a time; when one fails it rejects, after the other has ended.
 *
 * A file system's journal takes what came while it was busy in one go: 50 new files took 8 to 100 ms so (fastest and middle of 8 on a busy ext4), one after the other
 * 83 to 250 ms. No more than two: the syncs of appends share the process's four threads for files, and must find one free.
 */
async function syncAll(opened: readonly OpenFile[]): Promise<void> {
  const rest = opened.values();
  const syncRest = async (): Promise<void> => {
    for (const file of rest) await file.syncLater();
  };
  for (const end of await Promise.allSettled([syncRest(), syncRest()])) if (end.status === 'rejected') throw end.reason;
}
