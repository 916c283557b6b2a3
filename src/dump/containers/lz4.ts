import { BoltsealError } from '../../core/errors.ts';
import type { Container } from '../reader.ts';
import { ChunkReader } from './chunk-reader.ts';
import { oneMember } from './one-member.ts';

const FRAME_MAGIC = 0x184d2204;
const LEGACY_MAGIC = 0x184c2102;
const SKIPPABLE_MAGIC = 0x184d2a50;
const LEGACY_BLOCK_BYTES = 8_388_608;
/** What a match can reach back (LZ4 block format: offsets have 16 bits). */
const WINDOW_BYTES = 65_536;

/** LZ4 frames, as they are and legacy (lz4_Frame_format.md 1.6.2), any number of them; what follows them is ignored. Checksums are not looked at. */
export const lz4: Container = {
  format: 'lz4',
  detect: ({ head }) => {
    const magic = uint32(head);
    // Version 01 and a reserved bit that is zero; block size code of 4 to 7.
    if (magic === FRAME_MAGIC)
      return ((head[4] ?? 0) & 0xc2) === 0x40 && ((head[5] ?? 0) & 0x8f) === 0 && (head[5] ?? 0) >= 0x40;
    return magic === LEGACY_MAGIC;
  },
  open: (input, context) => oneMember(input, context, unlz4),
};

/** Decompresses LZ4 frames. Fails with DUMP_TRUNCATED or DUMP_CORRUPT; what came out before stands. */
export async function* unlz4(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ChunkReader(chunks);
  try {
    let magicBytes: Uint8Array = (await reader.upTo(4)).slice();
    for (let frames = 0; magicBytes.length > 0; frames++) {
      const magic = uint32(magicBytes);
      if ((magic & ~0xf) >>> 0 === SKIPPABLE_MAGIC) {
        if (!(await reader.skip(uint32(await exactly(reader, 4, name))))) throw truncated(name);
        magicBytes = (await reader.upTo(4)).slice();
      } else if (magic === FRAME_MAGIC) {
        yield* decodeFrame(reader, name);
        magicBytes = (await reader.upTo(4)).slice();
      } else if (magic === LEGACY_MAGIC) {
        magicBytes = yield* decodeLegacy(reader, name);
      } else if (frames > 0) return;
      else throw corrupt(name);
    }
  } finally {
    await reader.close();
  }
}

async function* decodeFrame(reader: ChunkReader, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  const descriptor = await exactly(reader, 2, name);
  const flags = descriptor[0] ?? 0;
  const sizeCode = ((descriptor[1] ?? 0) >> 4) & 7;
  if (flags >> 6 !== 1 || sizeCode < 4) throw corrupt(name);
  const blockBytes = 2 ** (2 * sizeCode + 8);
  await exactly(reader, ((flags & 8) === 0 ? 0 : 8) + ((flags & 1) === 0 ? 0 : 4) + 1, name);
  const blocks = new BlockDecoder(blockBytes);
  while (true) {
    const size = uint32(await exactly(reader, 4, name));
    if (size === 0) break;
    const length = size & 0x7fffffff;
    // A block that does not shrink is stored as it is, so no block is larger than its content may be.
    if (length > blockBytes) throw corrupt(name);
    const block = await exactly(reader, length, name);
    const out = size > 0x7fffffff ? blocks.store(block) : blocks.decode(block);
    if (out === null) throw corrupt(name);
    yield out;
    if ((flags & 0x10) !== 0) await exactly(reader, 4, name);
    if ((flags & 0x20) !== 0) blocks.forget();
  }
  if ((flags & 4) !== 0) await exactly(reader, 4, name);
}

/** Blocks of a legacy frame, which has no end mark: answers the four bytes that were no size, or none at the end. */
async function* decodeLegacy(reader: ChunkReader, name: string): AsyncGenerator<Uint8Array, Uint8Array, undefined> {
  const blocks = new BlockDecoder(LEGACY_BLOCK_BYTES);
  // Incompressible blocks grow by one byte in 255 (LZ4_COMPRESSBOUND).
  const mostBytes = LEGACY_BLOCK_BYTES + LEGACY_BLOCK_BYTES / 255 + 16;
  while (true) {
    const size = (await reader.upTo(4)).slice();
    if (size.length === 0) return size;
    if (size.length < 4) throw truncated(name);
    const length = uint32(size);
    if (length > mostBytes) return size;
    const out = blocks.decode(await exactly(reader, length, name));
    if (out === null) throw corrupt(name);
    yield out;
    blocks.forget();
  }
}

/** Decodes blocks into one buffer that keeps the 64 KiB before them. */
class BlockDecoder {
  readonly #out: Uint8Array;
  #start = 0;

  constructor(blockBytes: number) {
    this.#out = new Uint8Array(WINDOW_BYTES + blockBytes);
  }

  /** The next block does not refer to earlier ones. */
  forget(): void {
    this.#start = 0;
  }

  store(block: Uint8Array): Uint8Array {
    const from = this.#slide();
    this.#out.set(block, from);
    this.#start = from + block.length;
    return this.#out.subarray(from, this.#start);
  }

  /** What a compressed block holds, or null when it is damaged (lz4_Block_format.md). */
  decode(block: Uint8Array): Uint8Array | null {
    const from = this.#slide();
    const end = decodeBlock(block, this.#out, from);
    if (end < 0) return null;
    this.#start = end;
    return this.#out.subarray(from, end);
  }

  #slide(): number {
    if (this.#start > WINDOW_BYTES) {
      this.#out.copyWithin(0, this.#start - WINDOW_BYTES, this.#start);
      this.#start = WINDOW_BYTES;
    }
    return this.#start;
  }
}

/** Decodes one block into `out` at `to`, with `out[0, to)` as what matches may refer to; answers the end, or -1 when the block is damaged. */
function decodeBlock(block: Uint8Array, out: Uint8Array, to: number): number {
  const inEnd = block.length;
  const outEnd = out.length;
  let at = 0;
  while (at < inEnd) {
    const token = block[at++] ?? 0;
    let literals = token >> 4;
    if (literals === 15) {
      for (let more = 255; more === 255; literals += more) {
        if (at >= inEnd) return -1;
        more = block[at++] ?? 0;
      }
    }
    if (literals > inEnd - at || literals > outEnd - to) return -1;
    if (literals > 32) {
      out.set(block.subarray(at, at + literals), to);
      at += literals;
      to += literals;
    } else {
      for (const stop = at + literals; at < stop; ) out[to++] = block[at++] ?? 0;
    }
    if (at === inEnd) return to;
    if (inEnd - at < 2) return -1;
    const offset = (block[at] ?? 0) | ((block[at + 1] ?? 0) << 8);
    at += 2;
    let length = (token & 15) + 4;
    if (length === 19) {
      for (let more = 255; more === 255; length += more) {
        if (at >= inEnd) return -1;
        more = block[at++] ?? 0;
      }
    }
    if (offset === 0 || offset > to || length > outEnd - to) return -1;
    if (length > 32 && offset >= length) {
      out.copyWithin(to, to - offset, to - offset + length);
      to += length;
    } else {
      for (const stop = to + length; to < stop; to++) out[to] = out[to - offset] ?? 0;
    }
  }
  return to;
}

async function exactly(reader: ChunkReader, count: number, name: string): Promise<Uint8Array> {
  const bytes = await reader.upTo(count);
  if (bytes.length < count) throw truncated(name);
  return bytes;
}

function uint32(bytes: Uint8Array): number {
  return ((bytes[0] ?? 0) | ((bytes[1] ?? 0) << 8) | ((bytes[2] ?? 0) << 16) | ((bytes[3] ?? 0) << 24)) >>> 0;
}

function truncated(name: string): BoltsealError {
  return new BoltsealError('DUMP_TRUNCATED', { path: name });
}

function corrupt(name: string): BoltsealError {
  return new BoltsealError('DUMP_CORRUPT', { path: name });
}
