import { createRequire } from 'node:module';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { compressors } from 'hyparquet-compressors';
import { ParquetDamage } from './parquet-thrift.ts';

/** Unpacks a page by the number of its codec (CompressionCodec of parquet.thrift) into exactly `sizeBytes`; fails with ParquetDamage. */
export function unpackPage(packed: Uint8Array, codec: number, sizeBytes: number): Uint8Array {
  const page = sizeBytes === 0 ? new Uint8Array() : unpack(packed, codec, sizeBytes);
  if (page.length !== sizeBytes) throw new ParquetDamage('size');
  return page;
}

function unpack(packed: Uint8Array, codec: number, sizeBytes: number): Uint8Array {
  const options = { maxOutputLength: sizeBytes };
  try {
    switch (codec) {
      case 0:
        return packed;
      case 1:
        return snappy(packed, sizeBytes);
      case 2:
        return gunzipSync(packed, options);
      case 4:
        return brotliDecompressSync(packed, options);
      case 5:
        return unpackHadoopLz4(packed, sizeBytes);
      case 6:
        return zstdDecompressSync(packed, options);
      case 7:
        return unpackLz4(packed, new Uint8Array(sizeBytes), 0, sizeBytes);
    }
  } catch (error) {
    throw new ParquetDamage('packed', { cause: error });
  }
  throw new ParquetDamage('codec');
}

let library: { readonly compressors: typeof compressors } | null = null;

function snappy(packed: Uint8Array, sizeBytes: number): Uint8Array {
  // Loaded for the first page that needs it: most files that are looked at are no Parquet.
  library ??= createRequire(import.meta.url)('hyparquet-compressors') as { readonly compressors: typeof compressors };
  const unpackSnappy = library.compressors.SNAPPY;
  // The library believes the length that stands before the data.
  if (unpackSnappy === undefined || snappyLength(packed) !== sizeBytes) throw new ParquetDamage('snappy');
  return unpackSnappy(packed, sizeBytes);
}

/** A little-endian base-128 number (https://github.com/google/snappy/blob/main/format_description.txt). */
function snappyLength(packed: Uint8Array): number {
  let length = 0;
  for (let at = 0; at < 5; at++) {
    const byte = packed[at] ?? 0;
    length += (byte & 0x7f) * 128 ** at;
    if (byte < 0x80) break;
  }
  return length;
}

/** Blocks with their sizes (big-endian: unpacked, packed) before each, as Hadoop writes them; other writers mean a bare block by the same codec. */
function unpackHadoopLz4(packed: Uint8Array, sizeBytes: number): Uint8Array {
  const output = new Uint8Array(sizeBytes);
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = 0;
  let to = 0;
  while (at + 8 <= packed.length) {
    const [unpackedBytes, packedBytes] = [view.getUint32(at), view.getUint32(at + 4)];
    if (unpackedBytes > sizeBytes - to || packedBytes > packed.length - at - 8) break;
    unpackLz4(packed.subarray(at + 8, at + 8 + packedBytes), output, to, to + unpackedBytes);
    at += 8 + packedBytes;
    to += unpackedBytes;
  }
  if (at === packed.length && to === sizeBytes) return output;
  return unpackLz4(packed, output, 0, sizeBytes);
}

/** One LZ4 block (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md) that fills [from, end) of the output exactly. */
function unpackLz4(packed: Uint8Array, output: Uint8Array, from: number, end: number): Uint8Array {
  let at = 0;
  let to = from;
  const extend = (nibble: number) => {
    let length = nibble;
    if (nibble === 15) {
      let byte = 255;
      while (byte === 255) {
        byte = packed[at++] ?? 0;
        length += byte;
      }
    }
    return length;
  };
  while (at < packed.length) {
    const token = packed[at++] as number;
    const literals = extend(token >> 4);
    if (literals > packed.length - at || literals > end - to) throw new ParquetDamage('lz4');
    output.set(packed.subarray(at, at + literals), to);
    at += literals;
    to += literals;
    if (at >= packed.length) break;
    const offset = (packed[at] as number) | ((packed[at + 1] ?? 0) << 8);
    at += 2;
    const length = extend(token & 15) + 4;
    if (offset === 0 || offset > to - from || length > end - to) throw new ParquetDamage('lz4');
    for (const stop = to + length; to < stop; to++) output[to] = output[to - offset] as number;
  }
  if (to !== end) throw new ParquetDamage('lz4');
  return output;
}
