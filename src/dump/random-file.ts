import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { budgetOf, meterInput } from './containers/budget.ts';
import { type FilePiece, isSplitInput } from './containers/split.ts';
import type { ByteInput, ReadContext } from './reader.ts';

const STREAM_BYTES = 262_144;
/** A split file has up to 10,000 pieces; most systems give a process 1,024 descriptors or fewer. */
const OPEN_PIECES_MOST = 64;

/** Bytes that can be read at any place: a file, the pieces of a split one, or what was written to the scratch folder. `close` it whatever happens. */
export class RandomFile {
  readonly name: string;
  readonly pieces: readonly FilePiece[];
  readonly sizeBytes: number;
  /** By number of the piece, the one that was opened first at the front. */
  readonly #descriptors = new Map<number, number>();
  readonly #starts: number[] = [];
  readonly #release: () => void;

  constructor(name: string, pieces: readonly FilePiece[], release: () => void = () => undefined) {
    this.name = name;
    this.pieces = pieces;
    this.#release = release;
    let start = 0;
    for (const piece of pieces) {
      this.#starts.push(start);
      start += piece.sizeBytes;
    }
    this.sizeBytes = start;
  }

  /** Where a piece begins, or null when there is no such piece. */
  pieceStart(index: number): number | null {
    return this.#starts[index] ?? null;
  }

  /** Fills `into` from `position`; answers how many bytes there were. Fails with DUMP_UNREADABLE. */
  read(position: number, into: Uint8Array): number {
    let filled = 0;
    let index = this.#starts.findLastIndex((start) => start <= position);
    try {
      while (filled < into.length && index >= 0 && index < this.pieces.length) {
        const at = position + filled - (this.#starts[index] ?? 0);
        const count = readSync(this.#descriptor(index), into, filled, into.length - filled, at);
        filled += count;
        if (count === 0) index++;
      }
    } catch (error) {
      throw new BoltsealError('DUMP_UNREADABLE', { path: this.name, reason: systemCode(error) }, { cause: error });
    }
    return filled;
  }

  /** The bytes at `position`, or fewer at the end, in a buffer of their own. Fails with DUMP_UNREADABLE. */
  readAt(position: number, length: number): Uint8Array<ArrayBuffer> {
    // A length that a hostile header names must not be allocated before it is known that so much is there.
    const bytes = new Uint8Array(Math.max(0, Math.min(length, this.sizeBytes - position)));
    const filled = this.read(position, bytes);
    return filled === bytes.length ? bytes : bytes.slice(0, filled);
  }

  /** The bytes from `from` to `to`, in chunks whose buffer is used again. */
  async *stream(from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(Math.max(1, Math.min(STREAM_BYTES, to - from)));
    for (let at = from; at < to; ) {
      const filled = this.read(at, buffer.subarray(0, Math.min(buffer.length, to - at)));
      if (filled === 0) return;
      at += filled;
      yield buffer.subarray(0, filled);
    }
  }

  /** The stretches of files on disk that hold the bytes from `from` to `to`. */
  segments(from: number, to: number): { path: string; from: number; length: number }[] {
    return this.pieces.flatMap(({ path, sizeBytes }, index) => {
      const start = this.#starts[index] ?? 0;
      const inside = Math.max(0, from - start);
      const length = Math.min(sizeBytes, to - start) - inside;
      return length > 0 ? [{ path, from: inside, length }] : [];
    });
  }

  close(): void {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
    this.#release();
  }

  #descriptor(index: number): number {
    const known = this.#descriptors.get(index);
    if (known !== undefined) return known;
    for (const [oldest, descriptor] of this.#descriptors) {
      if (this.#descriptors.size < OPEN_PIECES_MOST) break;
      closeSync(descriptor);
      this.#descriptors.delete(oldest);
    }
    const descriptor = openSync(this.pieces[index]?.path ?? '', 'r');
    this.#descriptors.set(index, descriptor);
    return descriptor;
  }
}

/**
 * Opens an input for reading at random; what lies in no file is first written to the scratch folder. Fails with DUMP_UNREADABLE, with DUMP_SCRATCH when that folder is full or beyond
 * `limits.scratchBytes`, and with what the stream fails with.
 */
export async function openRandom(input: ByteInput, context: ReadContext): Promise<RandomFile> {
  const file = await place(input, context);
  try {
    // Opened at once: whoever has it may go through a list of members first.
    file.readAt(0, 1);
  } catch (error) {
    file.close();
    throw error;
  }
  return file;
}

/** As `openRandom`, in one piece: for readers that want a path. Nothing is opened yet. */
export function openWhole(input: ByteInput, context: ReadContext): Promise<RandomFile> {
  return isSplitInput(input) ? spool(input, context) : place(input, context);
}

async function place(input: ByteInput, context: ReadContext): Promise<RandomFile> {
  if (isSplitInput(input)) return new RandomFile(input.name, input.pieces);
  if (input.filePath !== null && input.sizeBytes !== null) {
    return new RandomFile(input.name, [{ path: input.filePath, sizeBytes: input.sizeBytes }]);
  }
  return spool(input, context);
}

let spooled = 0;

async function spool(input: ByteInput, context: ReadContext): Promise<RandomFile> {
  const { name } = input;
  const budget = budgetOf(input, context);
  const path = join(context.scratchPath, `spool-${process.pid}-${++spooled}`);
  let sizeBytes = 0;
  const release = (): void => {
    budget.takeScratch(-sizeBytes, name);
    rmSync(path, { force: true });
  };
  try {
    const file = await inScratch(name, () => open(path, 'wx', 0o600));
    try {
      for await (const chunk of meterInput(input, budget)) {
        sizeBytes += chunk.length;
        budget.takeScratch(chunk.length, name);
        // Not `write`, which may write less.
        await inScratch(name, () => file.writeFile(chunk));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    release();
    throw error;
  }
  return new RandomFile(name, [{ path, sizeBytes }], release);
}

async function inScratch<T>(name: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new BoltsealError('DUMP_SCRATCH', { path: name, reason: systemCode(error) }, { cause: error });
  }
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
