import { crc32 } from 'node:zlib';
import { BoltsealError } from '../../core/errors.ts';
import type { Container } from '../reader.ts';
import { ChunkReader } from './chunk-reader.ts';
import { inflateRaw } from './inflate.ts';
import { oneMember } from './one-member.ts';

const FLAG_HEADER_CRC = 2;
const FLAG_EXTRA = 4;
const FLAG_NAME = 8;
const FLAG_COMMENT = 16;

/** gzip (RFC 1952): any number of members one after another; what follows them is ignored. */
export const gzip: Container = {
  format: 'gzip',
  detect: ({ head }) => isHeader(head),
  open: (input, context) => oneMember(input, context, gunzip),
};

/** Decompresses gzip. What can be decompressed is yielded before DUMP_TRUNCATED or DUMP_CORRUPT (also by checksum) is thrown with `name`. */
export async function* gunzip(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = new ChunkReader(chunks);
  try {
    for (let members = 0; ; members++) {
      const header = await reader.upTo(10);
      if (members > 0 && !isHeader(header)) return;
      if (header.length > 3 && !isHeader(header)) throw new BoltsealError('DUMP_CORRUPT', { path: name });
      if (header.length < 10 || !(await skipOptions(reader, header[3] ?? 0))) throw truncated(name);
      let check = 0;
      let sizeBytes = 0;
      for await (const chunk of inflateRaw(reader, name)) {
        check = crc32(chunk, check);
        sizeBytes = (sizeBytes + chunk.length) >>> 0;
        yield chunk;
      }
      const trailer = await reader.upTo(8);
      if (trailer.length < 8) throw truncated(name);
      const view = new DataView(trailer.buffer, trailer.byteOffset, 8);
      if (view.getUint32(0, true) !== check || view.getUint32(4, true) !== sizeBytes) {
        throw new BoltsealError('DUMP_CORRUPT', { path: name });
      }
    }
  } finally {
    await reader.close();
  }
}

/** Identification, method deflate, and no reserved flag (RFC 1952, 2.3.1). */
function isHeader(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8 && ((bytes[3] ?? 0) & 0xe0) === 0;
}

/** Skips what the header's flags announce; false when the file ends in it. */
async function skipOptions(reader: ChunkReader, flags: number): Promise<boolean> {
  if ((flags & FLAG_EXTRA) !== 0) {
    const length = await reader.upTo(2);
    if (length.length < 2 || !(await reader.skip((length[0] ?? 0) | ((length[1] ?? 0) << 8)))) return false;
  }
  if ((flags & FLAG_NAME) !== 0 && !(await skipText(reader))) return false;
  if ((flags & FLAG_COMMENT) !== 0 && !(await skipText(reader))) return false;
  return (flags & FLAG_HEADER_CRC) === 0 || (await reader.skip(2));
}

/** Skips bytes up to and with a NUL; false when there is none. */
async function skipText(reader: ChunkReader): Promise<boolean> {
  for (let part = await reader.some(4096); part !== null; part = await reader.some(4096)) {
    const end = part.indexOf(0);
    if (end < 0) continue;
    reader.unread(part.length - end - 1);
    return true;
  }
  return false;
}

function truncated(name: string): BoltsealError {
  return new BoltsealError('DUMP_TRUNCATED', { path: name });
}
