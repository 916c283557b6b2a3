import type { Transform } from 'node:stream';

/** A stream of node:zlib. */
export type ZlibStream = Transform & { readonly bytesWritten: number };

/** Output of one step: large enough that a step costs little beside its work, small enough for the cache. */
export const PUMP_CHUNK_BYTES = 524_288;

/** Chunks that wait for the consumer, at most. With one, the thread pool would idle while the consumer works: decompressing and writing to the scanner took turns. */
const MOST_READY = 2;

/**
 * Sends chunks through a stream of node:zlib and yields what comes out. Decompression runs in the thread pool ahead of the consumer, also while that blocks the thread; at most
 * three chunks are in memory, however far the input expands. What came out before an error is yielded before it is thrown; errors of zlib are thrown as they are.
 */
export async function* pumpZlib(
  chunks: AsyncIterable<Uint8Array>,
  zlib: ZlibStream,
): AsyncGenerator<Uint8Array, void, undefined> {
  const ready: Uint8Array[] = [];
  let failure: unknown = null;
  let finished = false;
  let wake = (): void => {};
  let closed = (): void => {};
  const whenClosed = new Promise<void>((resolve) => {
    closed = resolve;
  });
  // A destroyed stream drops what it has buffered, so chunks are taken the moment they are there.
  zlib.on('data', (chunk: Uint8Array) => {
    ready.push(chunk);
    if (ready.length >= MOST_READY) zlib.pause();
    wake();
  });
  zlib.on('error', (error) => {
    failure ??= error;
  });
  // 'end' without 'close': the compressed data ended before the chunks did.
  for (const event of ['end', 'close']) {
    zlib.on(event, () => {
      finished = true;
      closed();
      wake();
    });
  }
  const feeding = feed(chunks, zlib, whenClosed).catch((error: unknown) => {
    failure ??= error;
    zlib.destroy();
  });
  try {
    while (true) {
      const chunk = ready.shift();
      if (chunk !== undefined) {
        if (ready.length < MOST_READY && zlib.isPaused()) zlib.resume();
        yield chunk;
      } else if (finished) break;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    zlib.destroy();
    await feeding;
  }
  if (failure !== null) throw failure;
}

async function feed(chunks: AsyncIterable<Uint8Array>, zlib: ZlibStream, whenClosed: Promise<void>): Promise<void> {
  let bytesGiven = 0;
  for await (const chunk of chunks) {
    if (chunk.length === 0) continue;
    bytesGiven += chunk.length;
    // The chunk's buffer is used again: the next one is asked for only when this one has been taken in.
    await Promise.race([whenClosed, new Promise((done) => zlib.write(chunk, done))]);
    // Bytes that were not taken in: the compressed data is over.
    if (zlib.destroyed || zlib.bytesWritten < bytesGiven) return;
  }
  zlib.end();
}
