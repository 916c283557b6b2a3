import { closeSync, openSync, readSync } from 'node:fs';
import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import type { ByteInput, ReadContext, ReadLimits } from '../reader.ts';

/** A regular file that can be read at random, and what to do when it is not needed any more. */
export interface SpooledFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** Removes the file if it was made for this; never the user's own. */
  dispose(): Promise<void>;
}

let spooled = 0;

/**
 * Gives the file in which the input lies, or writes the input into the scratch folder.
 * Fails with DUMP_SCRATCH when that is full or beyond `limits.scratchBytes`, and with what the input's stream fails with.
 */
export async function spoolInput(input: ByteInput, context: ReadContext): Promise<SpooledFile> {
  if (input.filePath !== null) {
    try {
      return { path: input.filePath, sizeBytes: (await stat(input.filePath)).size, dispose: async () => {} };
    } catch (error) {
      throw new BoltsealError('DUMP_UNREADABLE', { path: input.name, reason: reasonOf(error) }, { cause: error });
    }
  }
  return spoolChunks(input.stream(), input.name, context);
}

/** Writes chunks into a new file of the scratch folder; errors as `spoolInput`. `name` is what messages call it. */
export async function spoolChunks(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
  context: ReadContext,
): Promise<SpooledFile> {
  const path = join(context.scratchPath, `spool-${process.pid}-${spooled++}`);
  const dispose = () => rm(path, { force: true });
  let sizeBytes = 0;
  const file = await scratch(name, () => open(path, 'wx', 0o600));
  try {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length;
      if (sizeBytes > context.limits.scratchBytes) {
        throw new BoltsealError('DUMP_SCRATCH', { path: name, reason: 'limit' });
      }
      await scratch(name, () => file.writeFile(chunk));
    }
    await file.close();
  } catch (error) {
    await file.close();
    await dispose();
    throw error;
  }
  return { path, sizeBytes, dispose };
}

async function scratch<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new BoltsealError('DUMP_SCRATCH', { path: name, reason: reasonOf(error) }, { cause: error });
  }
}

/** A file open for reading at any place. */
export class RandomFile {
  readonly sizeBytes: number;
  readonly #fd: number;
  readonly #name: string;

  /** `name` is what messages call it. Fails with DUMP_UNREADABLE. */
  constructor(file: SpooledFile, name: string) {
    this.sizeBytes = file.sizeBytes;
    this.#name = name;
    try {
      this.#fd = openSync(file.path, 'r');
    } catch (error) {
      throw new BoltsealError('DUMP_UNREADABLE', { path: name, reason: reasonOf(error) }, { cause: error });
    }
  }

  /** Up to `lengthBytes` bytes from `offsetBytes`, fewer at the file's end, in a buffer of their own. Fails with DUMP_UNREADABLE. */
  read(offsetBytes: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    const end = Math.min(this.sizeBytes, offsetBytes + lengthBytes);
    const bytes = new Uint8Array(Math.max(0, end - offsetBytes));
    let got = 0;
    try {
      while (got < bytes.length) {
        const count = readSync(this.#fd, bytes, got, bytes.length - got, offsetBytes + got);
        if (count === 0) break;
        got += count;
      }
    } catch (error) {
      throw new BoltsealError('DUMP_UNREADABLE', { path: this.#name, reason: reasonOf(error) }, { cause: error });
    }
    return got === bytes.length ? bytes : bytes.slice(0, got);
  }

  close(): void {
    closeSync(this.#fd);
  }
}

/** Counts the bytes that come out of a packed file. */
export class ExpansionMeter {
  readonly #limitBytes: number;
  readonly #path: string;
  readonly #times: number;
  #bytes = 0;

  constructor(name: string, packedBytes: number, limits: ReadLimits) {
    this.#path = name;
    this.#times = limits.expansion;
    this.#limitBytes = limits.expansionFreeBytes + packedBytes * limits.expansion;
  }

  /** Fails with DUMP_BOMB beyond the limits. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#limitBytes) throw new BoltsealError('DUMP_BOMB', { path: this.#path, times: this.#times });
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' ? code : 'unknown';
}
