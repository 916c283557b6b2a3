import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { BoltsealError } from '../core/errors.ts';
import type { ByteInput } from './reader.ts';

/** Name of standard input on the command line. */
export const STDIN = '-';
/** How much of an input's start is looked at before it is read. */
export const HEAD_BYTES = 1_048_576;
const READ_BYTES = 1_048_576;
const WINDOW_BYTES = 32_768;
const WINDOWS = 16;
/** Streams are read on in chunks of at least this size. */
const LEAST_CHUNK_BYTES = 32_768;

/** Hears of bytes taken from disk. */
export type ReadListener = (bytesOnDisk: number) => void;

/**
 * Looks at the start of a regular file and at stretches from all over it. Without waiting: of millions of small files each would go to another thread and back four times.
 * Fails with DUMP_NOT_FOUND and DUMP_UNREADABLE.
 */
export function openFileInput(path: string, name: string, onRead: ReadListener): ByteInput {
  let file: number | null = null;
  try {
    file = openSync(path, constants.O_RDONLY);
    const { size } = fstatSync(file);
    const head = readAt(file, 0, Math.min(size, HEAD_BYTES));
    const headIsWhole = size <= HEAD_BYTES;
    return {
      name,
      head,
      headIsWhole,
      windows: headIsWhole ? [] : readWindows(file, size),
      sizeBytes: size,
      filePath: path,
      stream: () => (headIsWhole ? once(head, onRead) : readFile(path, name, onRead)),
    };
  } catch (error) {
    throw asReadError(error, name);
  } finally {
    if (file !== null) closeSync(file);
  }
}

async function* once(bytes: Uint8Array, onRead: ReadListener): AsyncGenerator<Uint8Array, void> {
  if (bytes.length === 0) return;
  onRead(bytes.length);
  yield bytes;
}

/** Takes the start of a stream; it is replayed when the whole is read. A coded failure after some bytes ends the head, and comes again at that place. */
export async function openStreamInput(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  sizeBytes: number | null,
): Promise<ByteInput> {
  const iterator = gathered(chunks);
  const taken: Uint8Array[] = [];
  let takenBytes = 0;
  let failure: unknown = null;
  let isWhole = false;
  while (takenBytes < HEAD_BYTES && !isWhole) {
    try {
      const next = await iterator.next();
      if (next.done === true) isWhole = true;
      else {
        taken.push(next.value.slice());
        takenBytes += next.value.length;
      }
    } catch (error) {
      const coded = asReadError(error, name);
      if (takenBytes === 0) throw coded;
      failure = coded;
      isWhole = true;
    }
  }
  const [only] = taken;
  const head = taken.length === 1 && only !== undefined ? only : Buffer.concat(taken);
  return {
    name,
    head,
    headIsWhole: isWhole,
    windows: [],
    sizeBytes: isWhole && failure === null ? head.length : sizeBytes,
    filePath: null,
    async *stream() {
      try {
        if (head.length > 0) yield head;
        if (failure !== null) throw failure;
        if (isWhole) return;
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
      } catch (error) {
        throw asReadError(error, name);
      } finally {
        await iterator.return();
      }
    },
  };
}

/**
 * The same bytes in chunks that are not small: an archive may be cut into blocks of one byte, and everybody behind does something for each chunk, some of it as long as what is
 * held back. What came before a failure is given before it.
 */
export async function* gathered(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  // An archive may also have millions of members that are one small chunk each.
  let buffer: Uint8Array = new Uint8Array(0);
  let length = 0;
  let failure: { readonly error: unknown } | null = null;
  try {
    for await (const chunk of chunks) {
      if (length + chunk.length > LEAST_CHUNK_BYTES) {
        if (length > 0) yield buffer.subarray(0, length);
        length = 0;
      }
      if (chunk.length >= LEAST_CHUNK_BYTES) yield chunk;
      else if (length === 0 && buffer.length < chunk.length) {
        buffer = chunk.slice();
        length = chunk.length;
      } else {
        if (buffer.length < LEAST_CHUNK_BYTES) buffer = widened(buffer, LEAST_CHUNK_BYTES);
        buffer.set(chunk, length);
        length += chunk.length;
      }
    }
  } catch (error) {
    failure = { error };
  }
  if (length > 0) yield buffer.subarray(0, length);
  if (failure !== null) throw failure.error;
}

function widened(bytes: Uint8Array, sizeBytes: number): Uint8Array {
  const wider = new Uint8Array(sizeBytes);
  wider.set(bytes);
  return wider;
}

/** Counts what comes from a pipe. */
export async function* countRead(
  chunks: AsyncIterable<Uint8Array>,
  onRead: ReadListener,
): AsyncGenerator<Uint8Array, void> {
  for await (const chunk of chunks) {
    onRead(chunk.length);
    yield chunk;
  }
}

/** All bytes of a file or named pipe. Fails with DUMP_NOT_FOUND and DUMP_UNREADABLE. */
export async function* readFile(path: string, name: string, onRead: ReadListener): AsyncGenerator<Uint8Array, void> {
  const file = await attempt(name, () => open(path, constants.O_RDONLY));
  try {
    const buffer = new Uint8Array(READ_BYTES);
    for (;;) {
      const { bytesRead } = await attempt(name, () => file.read(buffer, 0, buffer.length, null));
      if (bytesRead === 0) return;
      onRead(bytesRead);
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function readAt(file: number, position: number, sizeBytes: number): Uint8Array {
  const buffer = new Uint8Array(sizeBytes);
  return buffer.subarray(0, readSync(file, buffer, 0, sizeBytes, position));
}

function readWindows(file: number, sizeBytes: number): Uint8Array[] {
  const windows: Uint8Array[] = [];
  for (let index = 1; index <= WINDOWS; index++) {
    const position = Math.max(0, Math.floor((sizeBytes * index) / WINDOWS) - WINDOW_BYTES);
    const bytes = readAt(file, position, WINDOW_BYTES);
    // LF is no part of a longer sequence in any encoding but UTF-16 and UTF-32.
    const first = bytes.indexOf(0x0a);
    const last = bytes.lastIndexOf(0x0a);
    if (first < last) windows.push(bytes.subarray(first + 1, last + 1));
  }
  return windows;
}

async function attempt<T>(name: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw asReadError(error, name);
  }
}

/** A failure of the system as DUMP_NOT_FOUND or DUMP_UNREADABLE; coded ones and those of programs as they are. */
export function asReadError(error: unknown, path: string): unknown {
  if (error instanceof BoltsealError || !(error instanceof Error)) return error;
  if (!('code' in error) || typeof error.code !== 'string') return error;
  const { code: reason } = error;
  if (reason === 'ENOENT' || reason === 'ENOTDIR') {
    return new BoltsealError('DUMP_NOT_FOUND', { path }, { cause: error });
  }
  return new BoltsealError('DUMP_UNREADABLE', { path, reason }, { cause: error });
}
