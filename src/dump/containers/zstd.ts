import { constants, createZstdDecompress } from 'node:zlib';
import { BoltsealError } from '../../core/errors.ts';
import { gathered } from '../input.ts';
import type { Container } from '../reader.ts';
import { ChunkReader } from './chunk-reader.ts';
import { oneMember } from './one-member.ts';
import { PUMP_CHUNK_BYTES, pumpZlib } from './zlib-pump.ts';

const FRAME_MAGIC = 0xfd2fb528;
/** The lowest four bits are free (RFC 8878, 3.1.2). */
const SKIPPABLE_MAGIC = 0x184d2a50;
/** Frames with a larger window are refused: 512 MiB, four times what `zstd --ultra --long` asks for. */
const WINDOW_LOG_MAX = 29;

/** Zstandard (RFC 8878): any number of frames, also skippable ones; what follows them is ignored. */
export const zstd: Container = {
  format: 'zstd',
  detect: ({ head }) => {
    const magic = uint32(head, 0);
    return magic === FRAME_MAGIC || (isSkippable(magic) && head.length >= 8);
  },
  open: (input, context) => oneMember(input, context, unzstd),
};

/** Decompresses Zstandard. Fails with DUMP_TRUNCATED, DUMP_CORRUPT, or DUMP_MEMORY for a window of more than 512 MiB; what came out before stands. */
export async function* unzstd(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ChunkReader(chunks);
  try {
    for (let frames = 0; ; frames++) {
      const magicBytes = (await reader.upTo(4)).slice();
      if (magicBytes.length === 0) return;
      const magic = uint32(magicBytes, 0);
      if (isSkippable(magic)) {
        const size = await reader.upTo(4);
        if (size.length < 4 || !(await reader.skip(uint32(size, 0)))) throw truncated(name);
      } else if (magic === FRAME_MAGIC) {
        // Node's stream ends with the first frame: each gets a stream of its own, and exactly its bytes.
        const stream = createZstdDecompress({
          chunkSize: PUMP_CHUNK_BYTES,
          params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
        });
        // A frame may be of blocks of one byte.
        yield* pumpZlib(gathered(frameBytes(reader, magicBytes, name)), stream);
      } else if (frames > 0) return;
      else throw new BoltsealError('DUMP_CORRUPT', { path: name });
    }
  } catch (error) {
    throw asCodedError(error, name);
  } finally {
    await reader.close();
  }
}

/** The bytes of one frame (RFC 8878, 3.1.1): header, blocks, checksum. */
async function* frameBytes(
  reader: ChunkReader,
  magic: Uint8Array,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield magic;
  const descriptor = (await exactly(reader, 1, name)).slice();
  const flags = descriptor[0] ?? 0;
  yield descriptor;
  const singleSegment = (flags & 0x20) !== 0;
  const sizeBytes = [singleSegment ? 1 : 0, 2, 4, 8][flags >> 6] ?? 0;
  const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
  yield await exactly(reader, (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes, name);
  for (let last = false; !last; ) {
    const header = await exactly(reader, 3, name);
    const block = (header[0] ?? 0) | ((header[1] ?? 0) << 8) | ((header[2] ?? 0) << 16);
    yield header;
    last = (block & 1) === 1;
    const isRepeatedByte = ((block >> 1) & 3) === 1;
    for (let left = isRepeatedByte ? 1 : block >> 3; left > 0; ) {
      const part = await reader.some(left);
      if (part === null) throw truncated(name);
      left -= part.length;
      yield part;
    }
  }
  if ((flags & 4) !== 0) yield await exactly(reader, 4, name);
}

async function exactly(reader: ChunkReader, count: number, name: string): Promise<Uint8Array> {
  const bytes = await reader.upTo(count);
  if (bytes.length < count) throw truncated(name);
  return bytes;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)) >>> 0
  );
}

function isSkippable(magic: number): boolean {
  return (magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC;
}

function truncated(name: string): BoltsealError {
  return new BoltsealError('DUMP_TRUNCATED', { path: name });
}

function asCodedError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const code = String(error.code);
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return new BoltsealError('DUMP_MEMORY', { path: name, limitMb: 2 ** (WINDOW_LOG_MAX - 20) }, { cause: error });
  }
  if (!code.startsWith('ZSTD_') && !code.startsWith('Z_')) return error;
  return new BoltsealError('DUMP_CORRUPT', { path: name }, { cause: error });
}
