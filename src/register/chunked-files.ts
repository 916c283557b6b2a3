import fs from 'node:fs';
import { crc32 } from 'node:zlib';
import { BoltsealError } from '../core/errors.ts';
import { LINE_BYTES } from './layout.ts';
import type { LineSink, WordSink } from './lines.ts';

/** Files are written, read and checked in pieces of this size; a multiple of every entry's size. */
export const CHUNK_BYTES = 8 * 1024 * 1024;

const FIRST_BUFFER_BYTES = 16 * 1024;

/** Bytes are summed while they are in a core's own cache: that takes a fifth less than a whole piece at a time. */
const CHECKED_BYTES = 256 * 1024;

/** What the manifest knows of a file: its size and the CRC-32 (ISO 3309, as in gzip) of each piece of 8 MiB. */
export interface StoredFile {
  readonly bytes: number;
  readonly crc32: readonly number[];
}

/** A file opened for reading. */
export interface OpenFile {
  readonly name: string;
  readonly fd: number;
  readonly stored: StoredFile;
}

/**
 * After so many pieces the disk is told to begin with what has been written: otherwise the system lets all of it wait for the last fsync, during which nothing else happens here.
 */
const EARLY_PIECES = 8;

/** Writes a new file from front to back: bytes, words or lines, but not mixed in one file. */
export class ChunkWriter implements WordSink, LineSink {
  readonly #fd: number;
  /** Grows to a whole piece: most files of small registers never need one. */
  #bytes = new Uint8Array(FIRST_BUFFER_BYTES);
  #words = new Uint32Array(this.#bytes.buffer);
  #used = 0;
  #written = 0;
  readonly #crcs: number[] = [];
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
    this.#fd = fs.openSync(path, 'wx', 0o600);
  }

  get words(): Uint32Array {
    return this.#words;
  }

  get at(): number {
    return this.#used >>> 2;
  }

  lineDone(): void {
    this.#used += LINE_BYTES;
    if (this.#used === this.#bytes.length) this.#makeRoom();
  }

  word(value: number): void {
    this.#words[this.#used >>> 2] = value;
    this.#used += 4;
    if (this.#used === this.#bytes.length) this.#makeRoom();
  }

  byte(value: number): void {
    this.#bytes[this.#used++] = value;
    if (this.#used === this.#bytes.length) this.#makeRoom();
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + this.#bytes.length - this.#used);
      this.#bytes.set(part, this.#used);
      this.#used += part.length;
      at += part.length;
      if (this.#used === this.#bytes.length) this.#makeRoom();
    }
  }

  /** Brings everything to the disk (fsync) and closes the file. */
  finish(): StoredFile {
    if (this.#used > 0) this.#flush();
    fs.fsyncSync(this.#fd);
    fs.closeSync(this.#fd);
    return { bytes: this.#written, crc32: this.#crcs };
  }

  /** Closes the file as it is; for what will be removed. */
  abandon(): void {
    try {
      fs.closeSync(this.#fd);
    } catch {
      // Closed already.
    }
  }

  #makeRoom(): void {
    if (this.#used === CHUNK_BYTES) {
      this.#flush();
      return;
    }
    const larger = new Uint8Array(Math.min(CHUNK_BYTES, 8 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#words = new Uint32Array(larger.buffer);
  }

  #flush(): void {
    const part = this.#bytes.subarray(0, this.#used);
    this.#crcs.push(crc32(part));
    for (let at = 0; at < part.length; ) at += fs.writeSync(this.#fd, part, at);
    this.#written += part.length;
    this.#used = 0;
    if (this.#crcs.length % EARLY_PIECES === 0) beginSync(this.#path);
  }
}

/**
 * Has a thread of the platform's pool bring to the disk what a file holds so far, while this one goes on. Through a handle of its own, and whatever comes of it: the system tells each handle
 * once of a write that failed, and it is `finish` that must hear of it. The handle stays open until this thread next waits, which may be after the folder has got its final name.
 */
function beginSync(path: string): void {
  // Windows syncs no handle that cannot write, and renames no folder in which a file is open.
  if (process.platform === 'win32') return;
  let fd: number;
  try {
    fd = fs.openSync(path, 'r');
  } catch {
    return;
  }
  fs.fdatasync(fd, () => fs.close(fd, () => {}));
}

/** Writes all of `bytes` to a new file and brings it to the disk. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  const fd = fs.openSync(path, 'wx', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(fd, bytes, at);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

/** What is wrong with a file of a register that could not be read: REGISTER_DAMAGED where it is gone, REGISTER_READ where the system refuses it; anything else as it is. */
export function readFailure(file: string, cause: unknown): unknown {
  const { code: reason, syscall } = cause as NodeJS.ErrnoException;
  if (cause instanceof BoltsealError || reason === undefined || syscall === undefined) return cause;
  return reason === 'ENOENT'
    ? new BoltsealError('REGISTER_DAMAGED', { file }, { cause })
    : new BoltsealError('REGISTER_READ', { file, reason }, { cause });
}

/** Reads from a place of a file into `target`; gives how many bytes there were, at most its length. Fails with REGISTER_READ. */
export function readAt({ name, fd }: OpenFile, target: Uint8Array, at: number): number {
  try {
    return fs.readSync(fd, target, 0, target.length, at);
  } catch (error) {
    throw readFailure(name, error);
  }
}

/** Reads piece `index` of a file into `target` and checks it; returns its size. REGISTER_DAMAGED when it is not what was written, REGISTER_READ when it cannot be read. */
export function readChunk(file: OpenFile, index: number, target: Uint8Array): number {
  const { name, stored } = file;
  const start = index * CHUNK_BYTES;
  const part = target.subarray(0, Math.min(CHUNK_BYTES, stored.bytes - start));
  let crc = 0;
  for (let at = 0; at < part.length; ) {
    const read = readAt(file, part.subarray(at, at + CHECKED_BYTES), start + at);
    if (read === 0) throw new BoltsealError('REGISTER_DAMAGED', { file: name });
    crc = crc32(part.subarray(at, at + read), crc);
    at += read;
  }
  if (crc !== stored.crc32[index]) throw new BoltsealError('REGISTER_DAMAGED', { file: name });
  return part.length;
}

/** Reads a whole file into `target`, which has its size and may be shared memory, and checks it. */
export function readWhole(file: OpenFile, target: Uint8Array): void {
  for (let index = 0; index * CHUNK_BYTES < file.stored.bytes; index++) {
    readChunk(file, index, target.subarray(index * CHUNK_BYTES));
  }
}

/** Reads a file of words from front to back with one buffer of 8 MiB. */
export class WordReader {
  readonly #file: OpenFile;
  readonly #bytes: Uint8Array;
  readonly #words: Uint32Array;
  #at = 0;
  #end = 0;
  #next = 0;

  constructor(file: OpenFile) {
    this.#file = file;
    this.#bytes = new Uint8Array(Math.min(CHUNK_BYTES, file.stored.bytes));
    this.#words = new Uint32Array(this.#bytes.buffer);
  }

  /** The next word. Reading beyond the end is REGISTER_DAMAGED: the files of a generation agree on their lengths. */
  word(): number {
    if (this.#at === this.#end) {
      if (this.#next * CHUNK_BYTES >= this.#file.stored.bytes) {
        throw new BoltsealError('REGISTER_DAMAGED', { file: this.#file.name });
      }
      this.#end = readChunk(this.#file, this.#next++, this.#bytes) >>> 2;
      this.#at = 0;
    }
    return this.#words[this.#at++]!;
  }
}
