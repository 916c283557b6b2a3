import { BoltsealError } from '../../core/errors.ts';
import { gunzip, gzip } from '../../dump/containers/gzip.ts';
import { openFileInput, openStreamInput, type ReadListener, STDIN } from '../../dump/input.ts';
import type { ByteInput } from '../../dump/reader.ts';

/** A longer line is left out. */
export const MAX_LINE_BYTES = 1_048_576;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Opens a log, plain or gzip, or standard input. Fails with DUMP_NOT_FOUND, DUMP_UNREADABLE, DUMP_CORRUPT, DUMP_TRUNCATED, DUMP_EMPTY. */
export async function openLog(
  path: string,
  stdin: AsyncIterable<Uint8Array>,
  onRead: ReadListener,
): Promise<ByteInput> {
  const input = path === STDIN ? await openStreamInput(stdin, path, null) : await openFileInput(path, path, onRead);
  if (input.headIsWhole && input.head.length === 0) throw new BoltsealError('DUMP_EMPTY', { path });
  return gzip.detect(input) ? openStreamInput(gunzip(input.stream(), path), path, null) : input;
}

/**
 * Calls `onLine` with every line of UTF-8 text, without its end (LF, or CR and LF) and but for empty ones; `onTooLong` once for each that is longer than
 * MAX_LINE_BYTES. One buffer of that size.
 */
export async function readLines(
  chunks: AsyncIterable<Uint8Array>,
  onLine: (line: string) => void,
  onTooLong: () => void,
): Promise<void> {
  let kept = Buffer.alloc(0);
  let isSkipping = false;
  let isStart = true;
  const emit = (bytes: Buffer, begin: number, to: number): void => {
    // A byte order mark is no part of the first line.
    const from = isStart && bytes.indexOf(BYTE_ORDER_MARK, begin) === begin ? begin + BYTE_ORDER_MARK.length : begin;
    isStart = false;
    const end = to > from && bytes[to - 1] === 0x0d ? to - 1 : to;
    if (end > from) onLine(bytes.toString('utf8', from, end));
  };
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let start = 0;
    for (let end = bytes.indexOf(0x0a); end >= 0; end = bytes.indexOf(0x0a, start)) {
      if (isSkipping) isSkipping = false;
      else if (kept.length > 0) {
        const line = Buffer.concat([kept, bytes.subarray(start, end)]);
        if (line.length > MAX_LINE_BYTES) onTooLong();
        else emit(line, 0, line.length);
        kept = Buffer.alloc(0);
      } else if (end - start > MAX_LINE_BYTES) onTooLong();
      else emit(bytes, start, end);
      start = end + 1;
    }
    if (isSkipping || start === bytes.length) continue;
    // The chunk's buffer is used again: what is left must be copied.
    kept = Buffer.concat([kept, bytes.subarray(start)]);
    if (kept.length > MAX_LINE_BYTES) {
      onTooLong();
      isSkipping = true;
      kept = Buffer.alloc(0);
    }
  }
  if (kept.length > 0) emit(kept, 0, kept.length);
}
