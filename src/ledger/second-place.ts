import { hash } from 'node:crypto';
import path from 'node:path';
import type { Files } from './files/port.ts';
import { readWhole, WholeFileWriter } from './files/whole-files.ts';
import type { SecondPlace } from './port.ts';

/** A second place in a folder, best on another volume: one file for each log, named as witnesses name them, `<hex SHA-256 of the origin>/checkpoint`. */
export class FolderSecondPlace implements SecondPlace {
  readonly #files: Files;
  readonly #folder: string;
  #writer: WholeFileWriter | null = null;

  /** The folder is made when it is written to first; the one above it must be there. */
  constructor(files: Files, folder: string) {
    this.#files = files;
    this.#folder = folder;
  }

  read(origin: string): Uint8Array | null {
    return readWhole(this.#files, this.#pathOf(origin));
  }

  write(origin: string, note: Uint8Array): void {
    if (this.#writer === null) {
      this.#files.makeFolder(this.#folder);
      this.#files.syncFolder(path.dirname(this.#folder));
      this.#writer = new WholeFileWriter(this.#files, this.#folder);
    }
    try {
      this.#writer.write([{ path: this.#pathOf(origin), bytes: note }]);
    } catch (error) {
      // What is known of folders may be wrong after a failure, for example when the volume was taken out.
      this.#writer = null;
      throw error;
    }
  }

  #pathOf(origin: string): string {
    return path.join(this.#folder, hash('sha256', origin, 'hex'), 'checkpoint');
  }
}
