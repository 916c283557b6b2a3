import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import type { ByteInput, ReadContext } from '../reader.ts';
import { type ExpansionBudget, meterInput } from './budget.ts';
import { type FilePiece, isSplitInput } from './split.ts';

const STREAM_BYTES = 262_144;

/** Bytes that can be read at any place: a file, the pieces of a split one, or what was spooled into the scratch folder. `close` it whatever happens. */
export class RandomFile {
  readonly name: string;
  readonly pieces: readonly FilePiece[];
  readonly sizeBytes: number;
  readonly #handles: FileHandle[];
  readonly #starts: number[] = [];
  readonly #release: () => Promise<void>;

  constructor(name: string, pieces: readonly FilePiece[], handles: FileHandle[], release: () => Promise<void>) {
    this.name = name;
    this.pieces = pieces;
    this.#handles = handles;
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

  /** Fills `into` from `position`; answers how many bytes there were. */
  async read(position: number, into: Uint8Array): Promise<number> {
    let filled = 0;
    let index = this.#starts.findLastIndex((start) => start <= position);
    while (filled < into.length && index >= 0 && index < this.pieces.length) {
      const at = position + filled - (this.#starts[index] ?? 0);
      const result = await this.#handles[index]
        ?.read(into, filled, into.length - filled, at)
        .catch((error: unknown) => {
          throw unreadable(this.name, error);
        });
      filled += result?.bytesRead ?? 0;
      if ((result?.bytesRead ?? 0) === 0) index++;
    }
    return filled;
  }

  /** The bytes at `position`, or fewer at the end. */
  async readAt(position: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    return bytes.subarray(0, await this.read(position, bytes));
  }

  /** The bytes from `from` to `to`, in chunks whose buffer is used again. */
  async *stream(from: number, to: number): AsyncGenerator<Uint8Array, void, undefined> {
    const buffer = new Uint8Array(Math.max(1, Math.min(STREAM_BYTES, to - from)));
    for (let at = from; at < to; ) {
      const filled = await this.read(at, buffer.subarray(0, Math.min(buffer.length, to - at)));
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

  async close(): Promise<void> {
    await Promise.all(this.#handles.map((handle) => handle.close()));
    await this.#release();
  }
}

let spooled = 0;

/** Opens an input for reading at random; what lies in no file is first written to the scratch folder. Fails with DUMP_UNREADABLE, DUMP_SCRATCH and what the stream fails with. */
export async function openRandom(input: ByteInput, context: ReadContext, budget: ExpansionBudget): Promise<RandomFile> {
  if (isSplitInput(input)) return openPieces(input.name, input.pieces, async () => {});
  if (input.filePath !== null && input.sizeBytes !== null) {
    return openPieces(input.name, [{ path: input.filePath, sizeBytes: input.sizeBytes }], async () => {});
  }
  const path = join(context.scratchPath, `container-${process.pid}-${++spooled}`);
  let sizeBytes = 0;
  const release = async (): Promise<void> => {
    budget.takeScratch(-sizeBytes, input.name);
    await rm(path, { force: true });
  };
  try {
    const file = await open(path, 'wx').catch((error: unknown) => {
      throw scratchFailure(input.name, error);
    });
    try {
      for await (const chunk of meterInput(input, budget)) {
        sizeBytes += chunk.length;
        budget.takeScratch(chunk.length, input.name);
        await file.write(chunk).catch((error: unknown) => {
          throw scratchFailure(input.name, error);
        });
      }
    } finally {
      await file.close();
    }
    return await openPieces(input.name, [{ path, sizeBytes }], release);
  } catch (error) {
    await release();
    throw error;
  }
}

async function openPieces(
  name: string,
  pieces: readonly FilePiece[],
  release: () => Promise<void>,
): Promise<RandomFile> {
  const handles: FileHandle[] = [];
  try {
    for (const piece of pieces) handles.push(await open(piece.path));
  } catch (error) {
    await Promise.all(handles.map((handle) => handle.close()));
    throw unreadable(name, error);
  }
  return new RandomFile(name, pieces, handles, release);
}

function unreadable(name: string, error: unknown): BoltsealError {
  return new BoltsealError('DUMP_UNREADABLE', { path: name, reason: systemCode(error) }, { cause: error });
}

function scratchFailure(name: string, error: unknown): BoltsealError {
  return new BoltsealError('DUMP_SCRATCH', { path: name, reason: systemCode(error) }, { cause: error });
}

function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
