import { type FileHandle, open } from 'node:fs/promises';
import { BoltsealError } from '../core/errors.ts';
import type { DumpPart, PlainFile } from '../dump/port.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Arena } from './arena.ts';

/** Fills memory with the bytes of a part, as UTF-8. */
export interface Filler {
  /** Writes up to `room` bytes at address `at`; answers how many, 0 at the end. Fails with DUMP_* errors. */
  fill(at: number, room: number): Promise<number>;
  close(): Promise<void>;
}

/** Most that is read at once from a stream that has to be transcoded. */
const STAGING_BYTES = 1_048_576;
/** Most bytes that a transcoded byte can become, in halves: two bytes of GB18030 are three of UTF-8, one broken byte is three. */
const GROWTH = 3;

/** Makes the filler of a part. `onRead` hears of the part's bytes as they are taken. */
export async function createFiller(
  part: DumpPart,
  arena: Arena,
  staging: Staging | null,
  kernel: Kernel,
  onRead: (bytes: number) => void,
): Promise<Filler> {
  const raw =
    part.plainFile === null
      ? new StreamFiller(part.open(), arena, onRead)
      : await openFile(part.plainFile, part.name, arena, onRead);
  if (part.encoding === 'utf-8') return raw;
  if (staging === null) throw new Error('transcoding needs a staging area');
  if (!staging.isFilled) fillTables(arena, staging);
  staging.isFilled = true;
  return new Gb18030Filler(raw, arena, staging, kernel);
}

async function openFile(
  { path, offsetBytes }: PlainFile,
  name: string,
  arena: Arena,
  onRead: (bytes: number) => void,
): Promise<Filler> {
  try {
    return new FileFiller(await open(path, 'r'), offsetBytes, name, arena, onRead);
  } catch (cause) {
    throw unreadable(name, cause);
  }
}

function unreadable(path: string, cause: unknown): BoltsealError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'unknown';
  return new BoltsealError('DUMP_UNREADABLE', { path, reason }, { cause });
}

/** Reads a plain file straight into the shared memory: no copy in between. */
class FileFiller implements Filler {
  readonly #handle: FileHandle;
  #position: number;
  readonly #name: string;
  readonly #arena: Arena;
  readonly #onRead: (bytes: number) => void;

  constructor(handle: FileHandle, position: number, name: string, arena: Arena, onRead: (bytes: number) => void) {
    this.#handle = handle;
    this.#position = position;
    this.#name = name;
    this.#arena = arena;
    this.#onRead = onRead;
  }

  async fill(at: number, room: number): Promise<number> {
    try {
      const { bytesRead } = await this.#handle.read(this.#arena.bytes(at, room), 0, room, this.#position);
      this.#position += bytesRead;
      this.#onRead(bytesRead);
      return bytesRead;
    } catch (cause) {
      throw unreadable(this.#name, cause);
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

class StreamFiller implements Filler {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #arena: Arena;
  readonly #onRead: (bytes: number) => void;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(chunks: AsyncIterable<Uint8Array>, arena: Arena, onRead: (bytes: number) => void) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#arena = arena;
    this.#onRead = onRead;
  }

  async fill(at: number, room: number): Promise<number> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return 0;
      this.#rest = next.value;
      this.#onRead(this.#rest.length);
    }
    const size = Math.min(room, this.#rest.length);
    this.#arena.bytes(at, size).set(this.#rest.subarray(0, size));
    this.#rest = this.#rest.subarray(size);
    return size;
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}

/** Memory for bytes before transcoding, and the tables. */
export interface Staging {
  readonly at: number;
  readonly two: number;
  readonly four: number;
  /** Whether the tables are filled: that takes 63,000 calls of the decoder, and most dumps are UTF-8. */
  isFilled: boolean;
}

/** Allocates the staging area; its tables are filled when the first part needs them. */
export function createStaging(arena: Arena): Staging {
  const two = arena.allocate(126 * 192 * 4);
  const four = arena.allocate(39_420 * 2);
  return { at: arena.allocate(STAGING_BYTES + 64), two, four, isFilled: false };
}

/** Fills the tables of GB18030 from the platform's decoder. */
function fillTables(arena: Arena, { two, four }: Staging): void {
  const decoder = new TextDecoder('gb18030', { fatal: true });
  const decode = (...bytes: number[]): string | null => {
    try {
      return decoder.decode(Uint8Array.from(bytes));
    } catch {
      return null; // Not a character: the table keeps its 0.
    }
  };
  const entries = arena.words(two, 126 * 192);
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const text = decode(lead, trail);
      if (text === null) continue;
      const utf8 = Buffer.from(text, 'utf8');
      if (utf8.length > 3) continue;
      entries[(lead - 0x81) * 192 + (trail - 0x40)] = (utf8.length << 24) | utf8.readUIntLE(0, utf8.length);
    }
  }
  const units = new Uint16Array(arena.memory.buffer, four, 39_420);
  for (let index = 0; index < 39_420; index++) {
    const text = decode(
      0x81 + Math.floor(index / 12_600),
      0x30 + (Math.floor(index / 1260) % 10),
      0x81 + (Math.floor(index / 10) % 126),
      0x30 + (index % 10),
    );
    if (text !== null && text.length === 1) units[index] = text.charCodeAt(0);
  }
}

class Gb18030Filler implements Filler {
  readonly #raw: Filler;
  readonly #arena: Arena;
  readonly #staging: Staging;
  readonly #kernel: Kernel;
  /** Bytes of a character that the last read cut off; they stand at the start of the staging area. */
  #held = 0;
  #isOver = false;

  constructor(raw: Filler, arena: Arena, staging: Staging, kernel: Kernel) {
    this.#raw = raw;
    this.#arena = arena;
    this.#staging = staging;
    this.#kernel = kernel;
  }

  async fill(at: number, room: number): Promise<number> {
    const { at: from, two, four } = this.#staging;
    for (;;) {
      if (this.#isOver && this.#held === 0) return 0;
      // The kernel copies 16 bytes at a time, so some room stays free.
      const most = Math.min(STAGING_BYTES, Math.floor((room - 64) / GROWTH)) - this.#held;
      const read = this.#isOver ? 0 : await this.#raw.fill(from + this.#held, most);
      if (read === 0) this.#isOver = true;
      const size = this.#held + read;
      const done = this.#kernel.transcodeGb18030(from, from + size, at, two, four, this.#isOver ? 1 : 0);
      const used = Number(BigInt.asUintN(64, done) >> 32n);
      const written = Number(done & 0xffffffffn);
      this.#held = size - used;
      this.#arena.bytes(from, size).copyWithin(0, used, size);
      if (written > 0) return written;
    }
  }

  close(): Promise<void> {
    return this.#raw.close();
  }
}
