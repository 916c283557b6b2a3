import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { BoltsealError } from '../core/errors.ts';
import { gunzip } from './gunzip.ts';
import { isGzip } from './signature.ts';

/** Name of standard input on the command line. */
export const STDIN = '-';
/** How much of a part's start is looked at before it is read. */
export const HEAD_BYTES = 1_048_576;
const READ_BYTES = 1_048_576;
const WINDOW_BYTES = 32_768;
const WINDOWS = 8;

/** One input as a stream of decompressed bytes with its start already seen. */
export interface ByteSource {
  /** As the user gave it. */
  readonly name: string;
  readonly gzip: boolean;
  /** On disk; null for a stream. */
  readonly sizeBytes: number | null;
  /** The first HEAD_BYTES of the decompressed bytes, or all of them. */
  readonly head: Uint8Array;
  /** Whether `head` is everything. */
  readonly headIsWhole: boolean;
  /** Stretches from all over a plain file, from one LF to another: non-ASCII text may begin long after the head. */
  readonly windows: readonly Uint8Array[];
  /** The file when it can be read again and is not compressed. */
  readonly plainPath: string | null;
  readonly reopenable: boolean;
  /** All decompressed bytes; `onRead` hears how many bytes each step took from the disk. A chunk is valid until the next is asked for. */
  read(onRead?: (bytesOnDisk: number) => void): AsyncIterable<Uint8Array>;
}

/**
 * Opens a file, a named pipe or standard input (`-`) and looks at its start. Fails with DUMP_NOT_FOUND, DUMP_NOT_FILE (directory, device, socket),
 * DUMP_UNREADABLE, or, when not even the first bytes can be decompressed, DUMP_TRUNCATED and DUMP_CORRUPT.
 */
export async function openSource(name: string, stdin: AsyncIterable<Uint8Array>): Promise<ByteSource> {
  if (name === STDIN) return openStream(name, stdin);
  const entry = await attempt(name, () => stat(name));
  if (entry.isFIFO()) return openStream(name, readFrom(name));
  if (!entry.isFile()) {
    throw new BoltsealError('DUMP_NOT_FILE', { path: name, kind: entry.isDirectory() ? 'folder' : 'device' });
  }
  const gzip = isGzip(await readAt(name, 0, 3));
  const read = (onRead?: (bytesOnDisk: number) => void): AsyncIterable<Uint8Array> =>
    gzip ? gunzip(readFrom(name, onRead), name) : readFrom(name, onRead);
  const { head, isWhole } = await takeHead(read()[Symbol.asyncIterator](), true);
  return {
    name,
    gzip,
    sizeBytes: entry.size,
    head,
    headIsWhole: isWhole,
    windows: gzip || isWhole ? [] : await readWindows(name, entry.size),
    plainPath: gzip ? null : name,
    reopenable: true,
    read,
  };
}

/** A stream that can be read once: its start is kept and replayed. */
async function openStream(name: string, stream: AsyncIterable<Uint8Array>): Promise<ByteSource> {
  let unreported = 0;
  let report = (bytes: number): void => {
    unreported += bytes;
  };
  const counted = (async function* (): AsyncGenerator<Uint8Array, void> {
    try {
      for await (const chunk of stream) {
        report(chunk.length);
        yield chunk;
      }
    } catch (error) {
      throw asReadError(error, name);
    }
  })();
  const { head: first, isWhole: firstIsWhole } = await takeHead(counted, false, 3);
  const gzip = isGzip(first);
  const raw = firstIsWhole ? replay(first, null) : replay(first, counted);
  const bytes = gzip ? gunzip(raw, name) : raw;
  const { head, isWhole, failure } = await takeHead(bytes, false);
  let opened = false;
  const read = async function* (onRead?: (bytesOnDisk: number) => void): AsyncGenerator<Uint8Array, void> {
    if (opened) throw new BoltsealError('DUMP_READ_ONCE', { path: name });
    opened = true;
    report = onRead ?? (() => undefined);
    report(unreported);
    yield* replay(head, isWhole ? null : bytes);
    if (failure !== null) throw failure;
  };
  return {
    name,
    gzip,
    sizeBytes: null,
    head,
    headIsWhole: isWhole,
    windows: [],
    plainPath: null,
    reopenable: false,
    read,
  };
}

async function* replay(
  head: Uint8Array,
  rest: AsyncGenerator<Uint8Array, void> | null,
): AsyncGenerator<Uint8Array, void> {
  yield head;
  if (rest !== null) yield* rest;
}

/**
 * Takes at least `sizeBytes` from an iterator, or all there is. A coded failure after some bytes ends the head, not the opening:
 * the same failure comes again, or is kept in `failure`, when the whole is read.
 */
async function takeHead(
  bytes: AsyncIterator<Uint8Array>,
  close: boolean,
  sizeBytes = HEAD_BYTES,
): Promise<{ head: Uint8Array; isWhole: boolean; failure: BoltsealError | null }> {
  const chunks: Uint8Array[] = [];
  let taken = 0;
  let failure: BoltsealError | null = null;
  let isWhole = false;
  while (taken < sizeBytes && !isWhole) {
    try {
      const next = await bytes.next();
      if (next.done === true) isWhole = true;
      else {
        chunks.push(next.value.slice());
        taken += next.value.length;
      }
    } catch (error) {
      if (!(error instanceof BoltsealError) || taken === 0) throw error;
      failure = error;
      isWhole = true;
    }
  }
  if (close) await bytes.return?.();
  return { head: chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks), isWhole, failure };
}

async function* readFrom(path: string, onRead?: (bytesOnDisk: number) => void): AsyncGenerator<Uint8Array, void> {
  const file = await attempt(path, () => open(path, constants.O_RDONLY));
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const { bytesRead } = await attempt(path, () => file.read(buffer, 0, buffer.length, null));
      if (bytesRead === 0) return;
      onRead?.(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function readAt(path: string, position: number, sizeBytes: number, opened?: FileHandle): Promise<Uint8Array> {
  const file = opened ?? (await attempt(path, () => open(path, constants.O_RDONLY)));
  try {
    const { bytesRead, buffer } = await attempt(path, () =>
      file.read(new Uint8Array(sizeBytes), 0, sizeBytes, position),
    );
    return buffer.subarray(0, bytesRead);
  } finally {
    if (opened === undefined) await file.close();
  }
}

async function readWindows(path: string, sizeBytes: number): Promise<Uint8Array[]> {
  const file = await attempt(path, () => open(path, constants.O_RDONLY));
  try {
    const windows: Uint8Array[] = [];
    for (let index = 1; index <= WINDOWS; index++) {
      const position = Math.max(0, Math.floor((sizeBytes * index) / WINDOWS) - WINDOW_BYTES);
      const bytes = await readAt(path, position, WINDOW_BYTES, file);
      // LF is no part of a longer sequence in either encoding.
      const first = bytes.indexOf(0x0a);
      const last = bytes.lastIndexOf(0x0a);
      if (first < last) windows.push(bytes.subarray(first + 1, last + 1));
    }
    return windows;
  } finally {
    await file.close();
  }
}

async function attempt<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asReadError(error, path);
  }
}

function asReadError(error: unknown, path: string): unknown {
  if (error instanceof BoltsealError || !(error instanceof Error)) return error;
  const reason = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (reason === 'ENOENT' || reason === 'ENOTDIR')
    return new BoltsealError('DUMP_NOT_FOUND', { path }, { cause: error });
  return new BoltsealError('DUMP_UNREADABLE', { path, reason }, { cause: error });
}
