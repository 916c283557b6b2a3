import fs from 'node:fs';
import type { Files, OpenFile } from './port.ts';

const flags = { read: 'r', update: 'r+', create: 'w+' } as const;

/** The file system of the machine. */
export const nodeFiles: Files = {
  open: (path, mode) => new NodeFile(fs.openSync(path, flags[mode], 0o600)),
  rename: (from, to) => fs.renameSync(from, to),
  remove: (path) => fs.rmSync(path, { force: true }),
  makeFolder: (path) => {
    fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  },
  removeTree: (path) => fs.rmSync(path, { recursive: true, force: true }),
  removeFolder: (path) => {
    try {
      fs.rmdirSync(path);
    } catch (error) {
      if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error;
    }
  },
  syncFolder: (path) => {
    // Windows has no handle of a directory to sync; its renames are journalled.
    if (process.platform === 'win32') return;
    const descriptor = fs.openSync(path, 'r');
    try {
      fs.fsyncSync(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  },
  list: (path) => {
    try {
      return fs.readdirSync(path);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  },
  freeBytes: (path) => {
    const { bavail, bsize } = fs.statfsSync(path);
    return bavail * bsize;
  },
};

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length; ) {
      const written = fs.writeSync(this.#descriptor, bytes, done, bytes.length - done, at + done);
      // A write of nothing without an error would be repeated for ever.
      if (written === 0) throw Object.assign(new Error('nothing was written'), { code: 'EIO' });
      done += written;
    }
  }

  read(into: Uint8Array, at: number): number {
    let done = 0;
    while (done < into.length) {
      const read = fs.readSync(this.#descriptor, into, done, into.length - done, at + done);
      if (read === 0) break;
      done += read;
    }
    return done;
  }

  sizeBytes(): number {
    return fs.fstatSync(this.#descriptor).size;
  }

  sync(): void {
    fs.fdatasyncSync(this.#descriptor);
  }

  syncLater(): Promise<void> {
    return new Promise((resolve, reject) => {
      fs.fdatasync(this.#descriptor, (error) => (error === null ? resolve() : reject(error)));
    });
  }

  close(): void {
    fs.closeSync(this.#descriptor);
  }
}

function codeOf(error: unknown): string {
  return String((error as NodeJS.ErrnoException).code);
}
