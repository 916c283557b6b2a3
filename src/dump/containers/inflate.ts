import { constants, createInflateRaw } from 'node:zlib';
import { BoltsealError } from '../../core/errors.ts';
import type { ChunkReader } from './chunk-reader.ts';
import { PUMP_CHUNK_BYTES, pumpZlib } from './zlib-pump.ts';

/** Input given at once: what follows the deflated bytes in it is given back. */
const PIECE_BYTES = 1_048_576;

/**
 * Decompresses one deflate stream (RFC 1951) and leaves the reader at the first byte after it. Fails with DUMP_TRUNCATED or DUMP_CORRUPT with `name`; what came out
 * before stands.
 */
export async function* inflateRaw(reader: ChunkReader, name: string): AsyncGenerator<Uint8Array, void, undefined> {
  const zlib = createInflateRaw({ chunkSize: PUMP_CHUNK_BYTES });
  let bytesGiven = 0;
  const pieces = (async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for (let piece = await reader.some(PIECE_BYTES); piece !== null; piece = await reader.some(PIECE_BYTES)) {
      bytesGiven += piece.length;
      yield piece;
    }
  })();
  try {
    yield* pumpZlib(pieces, zlib);
  } catch (error) {
    throw asCodedError(error, name);
  }
  reader.unread(bytesGiven - zlib.bytesWritten);
}

/** An error of zlib as DUMP_TRUNCATED or DUMP_CORRUPT; others as they are. */
function asCodedError(error: unknown, name: string): unknown {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return error;
  if (!String(error.code).startsWith('Z_')) return error;
  const code = error.errno === constants.Z_BUF_ERROR ? 'DUMP_TRUNCATED' : 'DUMP_CORRUPT';
  return new BoltsealError(code, { path: name }, { cause: error });
}
