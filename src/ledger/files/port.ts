/*
 * What the ledger asks of a file system, and all that it may rely on. Comments are the contract; test/ledger/crash has a file system that keeps no more than it.
 *
 * Until a sync returns, a crash of the machine may keep, lose or reorder what was written, by sectors of 512 bytes, each whole or not at all; a name that was made,
 * renamed or removed may be old or new until its folder was synced, but a rename is never half done. A crash of the process alone loses nothing that was called.
 * What fails throws the error of the operating system with its `code`.
 */

/** Bytes that a disk writes whole or not at all. */
export const SECTOR_BYTES = 512;

/** An open file. */
export interface OpenFile {
  /** Writes all of `bytes` at `at`, growing the file where needed. When it fails, any part may have been written. */
  write(bytes: Uint8Array, at: number): void;
  /** Fills `into` from `at` on; fewer bytes than it has only at the end of the file. Gives how many. */
  read(into: Uint8Array, at: number): number;
  sizeBytes(): number;
  /**
   * Returns when bytes and size are durable, also those written through another opening. Not so the file's name: see `syncFolder`.
   * After it failed once nothing is known of what was written since the last success, and trying again would lie (the kernel may have dropped the pages).
   */
  sync(): void;
  /** As `sync`, without blocking the thread; writes to this file must wait until it is done. */
  syncLater(): Promise<void>;
  close(): void;
}

/** A file system. Paths are absolute. */
export interface Files {
  /** `read`: must exist; `update`: must exist, for writing too; `create`: made (0600), or emptied, for writing. */
  open(path: string, mode: 'read' | 'update' | 'create'): OpenFile;
  /** Puts a file in another's place; also across folders of one volume. */
  rename(from: string, to: string): void;
  /** Removes a file; it may be gone already. */
  remove(path: string): void;
  /** Makes a folder (0700) and those above it; they may be there. */
  makeFolder(path: string): void;
  /** Removes a file, or a folder with all that is in it; it may be gone already. A crash on the way leaves any part of it. */
  removeTree(path: string): void;
  /** Removes an empty folder; one that is gone or has something in it is left alone. */
  removeFolder(path: string): void;
  /** Returns when the names in the folder are durable: files made, renamed and removed. */
  syncFolder(path: string): void;
  /** Names in a folder, in any order; none when there is no such folder. */
  list(path: string): string[];
  /** Bytes that may still be written on the volume of a folder. */
  freeBytes(path: string): number;
}
