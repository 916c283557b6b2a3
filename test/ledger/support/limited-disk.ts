import type { Files, OpenFile } from '../../../src/ledger/files/port.ts';
import type { ModelDisk } from '../crash/model-disk.ts';

/** A disk with so much room that a write which does not fit fails as a full volume does, with half of it written. */
export class LimitedDisk implements Files {
  readonly #disk: ModelDisk;
  capacityBytes: number;

  constructor(disk: ModelDisk, capacityBytes: number) {
    this.#disk = disk;
    this.capacityBytes = capacityBytes;
  }

  freeBytes(): number {
    let used = 0;
    for (const bytes of this.#disk.contents().values()) used += bytes.length;
    return Math.max(0, this.capacityBytes - used);
  }

  open(path: string, mode: 'read' | 'update' | 'create'): OpenFile {
    const file = this.#disk.open(path, mode);
    const write = (bytes: Uint8Array, at: number): void => {
      const room = file.sizeBytes() + this.freeBytes() - at;
      if (bytes.length > room) {
        file.write(bytes.subarray(0, Math.max(0, room) >> 1), at);
        throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
      }
      file.write(bytes, at);
    };
    return { ...file, write };
  }

  rename(from: string, to: string): void {
    this.#disk.rename(from, to);
  }

  remove(path: string): void {
    this.#disk.remove(path);
  }

  makeFolder(path: string): void {
    this.#disk.makeFolder(path);
  }

  removeFolder(path: string): void {
    this.#disk.removeFolder(path);
  }

  removeTree(path: string): void {
    this.#disk.removeTree(path);
  }

  syncFolder(path: string): void {
    this.#disk.syncFolder(path);
  }

  list(path: string): string[] {
    return this.#disk.list(path);
  }
}
