import { once } from 'node:events';
import { constants, createGunzip } from 'node:zlib';
import { BoltsealError } from '../core/errors.ts';

/** Deflate expands at most 1032 times (RFC 1951: 258 bytes in two bits), so one piece gives at most 16 MiB before it is passed on. */
const PIECE_BYTES = 16_384;
const OUTPUT_BYTES = 131_072;

/**
 * Decompresses gzip (RFC 1952) with any number of members. Everything that can be decompressed is yielded before
 * DUMP_TRUNCATED (the file ends within a member) or DUMP_CORRUPT (what follows is no valid gzip) is thrown with `path`.
 */
export async function* gunzip(chunks: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array, void> {
  const stream = createGunzip({ chunkSize: OUTPUT_BYTES });
  // A destroyed stream drops what it has buffered: data is taken the moment it is there, and errors are looked at afterwards.
  const out: Uint8Array[] = [];
  let failure: NodeJS.ErrnoException | null = null;
  stream.on('data', (chunk: Uint8Array) => out.push(chunk));
  stream.on('error', (error) => {
    failure = error;
  });
  const closed = once(stream, 'close').then(() => undefined, ignore);
  try {
    for await (const chunk of chunks) {
      for (let at = 0; at < chunk.length && !stream.destroyed && !stream.readableEnded; at += PIECE_BYTES) {
        const piece = chunk.subarray(at, at + PIECE_BYTES);
        await Promise.race([closed, new Promise((done) => stream.write(piece, done))]);
        yield* out.splice(0);
      }
      if (stream.destroyed || stream.readableEnded) break;
    }
    if (!stream.destroyed) stream.end();
    await closed;
    yield* out.splice(0);
  } finally {
    stream.destroy();
  }
  if (failure !== null) throw asCodedError(failure, path);
}

function ignore(): void {}

function asCodedError(error: NodeJS.ErrnoException & { errno?: number }, path: string): BoltsealError {
  if (error.errno === constants.Z_BUF_ERROR) return new BoltsealError('DUMP_TRUNCATED', { path }, { cause: error });
  return new BoltsealError('DUMP_CORRUPT', { path }, { cause: error });
}
