import { BoltsealError } from '../core/errors.ts';
import { instantiateKernel, type Kernel } from '../kernel/kernel.ts';
import { CHUNK_BYTES, readChunk } from '../register/chunked-files.ts';
import { LINE_BYTES } from '../register/layout.ts';
import type { FileContents } from '../register/load.ts';
import { threadTask } from './tasks.ts';

/** Lines whose filter is built in one call. */
const FILTER_STEP = 65_536;

/** Files of a register that threads read together: each takes the next piece that nobody has. */
export interface PiecesToRead {
  readonly memory: WebAssembly.Memory;
  /** Open in this process; the targets are in `memory`. */
  readonly files: readonly FileContents[];
  /** One shared number: the next piece, counted over all files. */
  readonly next: Int32Array;
  /** Addresses: the filter of the lines read is built at once, while they are in the cache. */
  readonly table: number;
  readonly filter: number;
}

/** What a thread says of a file that is not what was written, or that cannot be read: of an error that it throws only the code leaves it. */
export type UnreadPiece = Pick<BoltsealError, 'code' | 'parameters'>;

/** Reads and checks pieces until there are none left, or one that cannot be had; null: all are as they were written. */
export function readPieces({ memory, files, next, table, filter }: PiecesToRead): UnreadPiece | null {
  const kernel = instantiateKernel(memory);
  const pieces = files.flatMap(({ file, target }) =>
    Array.from({ length: Math.ceil(file.stored.bytes / CHUNK_BYTES) }, (_, index) => ({ file, target, index })),
  );
  for (let piece = pieces[Atomics.add(next, 0, 1)]; piece !== undefined; piece = pieces[Atomics.add(next, 0, 1)]) {
    const { file, target, index } = piece;
    let bytes: number;
    try {
      bytes = readChunk(file, index, target.subarray(index * CHUNK_BYTES));
    } catch (error) {
      if (!(error instanceof BoltsealError)) throw error;
      const { code, parameters } = error;
      return { code, parameters };
    }
    const line = (index * CHUNK_BYTES) / LINE_BYTES;
    if (file.name === 'lines.bin') buildFilter(kernel, table, filter, line, line + bytes / LINE_BYTES);
  }
  return null;
}

export const readingPieces = threadTask(import.meta.url, readPieces);

/** Builds the filter of the lines [from, to). */
export function buildFilter(kernel: Kernel, table: number, filter: number, from: number, to: number): void {
  // In steps: the engine takes its better code for a function when it is called again, not in the midst of a call.
  for (let line = from; line < to; line += FILTER_STEP) {
    kernel.buildFilter(table, filter, line, Math.min(line + FILTER_STEP, to));
  }
}
