import { once } from 'node:events';
import { constants, createInflateRaw } from 'node:zlib';
import { configure, type Entry, Reader, ZipReader } from '@zip.js/zip.js';
import { BoltsealError } from '../../core/errors.ts';
import type { RandomFile } from '../random-file.ts';
import type { ExpansionMeter } from './expansion-meter.ts';

/** Office files have some hundreds of parts at most. */
const MAX_PARTS = 100_000;
/** Deflate expands at most 1032 times (RFC 1951), so one piece gives at most 16 MiB before it is passed on. */
const PIECE_BYTES = 16_384;
const OUTPUT_BYTES = 131_072;
const LOCAL_HEADER_BYTES = 30;

configure({ useWebWorkers: false });

/** The parts of an Office file (ISO/IEC 29500-2: a zip archive). Paths have no leading slash and are told apart without regard to case. */
export interface OfficePackage {
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** The bytes of a part. Fails with DUMP_CORRUPT (also when there is no such part), DUMP_TRUNCATED, DUMP_BOMB; what comes before a damage is given. */
  stream(path: string): AsyncGenerator<Uint8Array, void>;
}

class FileReader extends Reader<RandomFile> {
  readonly #file: RandomFile;

  constructor(file: RandomFile) {
    super(file);
    this.#file = file;
    this.size = file.sizeBytes;
  }

  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    return this.#file.readAt(index, length);
  }
}

/** Reads the list of parts. Fails with DUMP_CORRUPT when there is none, with DUMP_MEMBERS when it is too long. */
export async function openPackage(file: RandomFile, path: string, meter: ExpansionMeter): Promise<OfficePackage> {
  const entries = new Map<string, Entry>();
  try {
    for await (const entry of new ZipReader(new FileReader(file)).getEntriesGenerator()) {
      if (entries.size >= MAX_PARTS) throw new BoltsealError('DUMP_MEMBERS', { path, limit: MAX_PARTS });
      const key = entry.filename.replace(/^\/+/, '').toLowerCase();
      if (!entry.directory && !entries.has(key)) entries.set(key, entry);
    }
  } catch (error) {
    if (error instanceof BoltsealError) throw error;
    throw new BoltsealError('DUMP_CORRUPT', { path }, { cause: error });
  }
  return {
    paths: [...entries.keys()],
    has: (part) => entries.has(part.toLowerCase()),
    stream: (part) => streamPart(file, entries.get(part.toLowerCase()), path, meter),
  };
}

async function* streamPart(
  file: RandomFile,
  entry: Entry | undefined,
  path: string,
  meter: ExpansionMeter,
): AsyncGenerator<Uint8Array, void> {
  if (entry === undefined) throw new BoltsealError('DUMP_CORRUPT', { path });
  if (entry.encrypted) throw new BoltsealError('DUMP_PASSWORD', { path });
  const header = file.readAt(entry.offset, LOCAL_HEADER_BYTES);
  if (header.length < LOCAL_HEADER_BYTES) throw new BoltsealError('DUMP_TRUNCATED', { path });
  // APPNOTE 4.3.7: lengths of name and extra field, which may differ from those of the central directory.
  const view = new DataView(header.buffer);
  const from = entry.offset + LOCAL_HEADER_BYTES + view.getUint16(26, true) + view.getUint16(28, true);
  const packed = readPieces(file, from, from + entry.compressedSize);
  const chunks = entry.compressionMethod === 0 ? packed : inflate(packed, path);
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) throw new BoltsealError('DUMP_CORRUPT', { path });
  for await (const chunk of chunks) {
    meter.add(chunk.length);
    yield chunk;
  }
}

async function* readPieces(file: RandomFile, from: number, to: number): AsyncGenerator<Uint8Array, void> {
  const blockBytes = PIECE_BYTES * 16;
  for (let at = from; at < to; at += blockBytes) {
    const block = file.readAt(at, Math.min(blockBytes, to - at));
    for (let piece = 0; piece < block.length; piece += PIECE_BYTES) yield block.subarray(piece, piece + PIECE_BYTES);
    if (block.length < Math.min(blockBytes, to - at)) return;
  }
}

async function* inflate(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void> {
  const stream = createInflateRaw({ chunkSize: OUTPUT_BYTES });
  const out: Uint8Array[] = [];
  let failure: (Error & { errno?: number }) | null = null;
  stream.on('data', (chunk: Uint8Array) => out.push(chunk));
  stream.on('error', (error) => {
    failure = error;
  });
  const closed = once(stream, 'close').then(
    () => undefined,
    () => undefined,
  );
  try {
    for await (const chunk of chunks) {
      if (stream.destroyed || stream.readableEnded) break;
      await Promise.race([closed, new Promise((done) => stream.write(chunk, done))]);
      yield* out.splice(0);
    }
    if (!stream.destroyed) stream.end();
    await closed;
    yield* out.splice(0);
  } finally {
    stream.destroy();
  }
  if (failure !== null) {
    const code = (failure as { errno?: number }).errno === constants.Z_BUF_ERROR ? 'DUMP_TRUNCATED' : 'DUMP_CORRUPT';
    throw new BoltsealError(code, { path }, { cause: failure });
  }
}
