import { BoltsealError } from '../core/errors.ts';
import { wholeRows } from './delimited.ts';
import { byteOrderMark, nulPattern, type TextEncoding } from './encoding.ts';
import { type DetectedTextEncoding, detectTextEncoding } from './encoding-detect.ts';
import { HEAD_BYTES } from './input.ts';
import type { ReadingOptions } from './options.ts';
import type { Encoding, PlainFile } from './port.ts';
import type { ByteInput } from './reader.ts';
import { toUtf8 } from './transcode.ts';

/** An input as text. */
export interface TextInput {
  /** What it is in, and 0 to 1: how sure that is. */
  readonly encoding: string;
  readonly confidence: number;
  /** The same input in UTF-8, without byte-order mark. */
  readonly input: ByteInput;
  /** The bytes as they are, but for a byte-order mark, when the scanner reads this encoding itself; else null. */
  readonly direct: DirectText | null;
}

export interface DirectText {
  readonly encoding: Encoding;
  readonly file: PlainFile | null;
  stream(): AsyncIterable<Uint8Array>;
}

/** Finds the encoding, from the start and from all over the input. Fails with DUMP_FORMAT when it is no text. */
export async function openText(input: ByteInput, options: ReadingOptions): Promise<TextInput> {
  const mark = byteOrderMark(input.head);
  const head = wholeRows(input.head, input.headIsWhole);
  const found = findEncoding(input, head, mark?.encoding ?? null, options);
  const { confidence } = found;
  const encoding = found.encoding as TextEncoding;
  const convert = { doubled: found.doubled };
  const offsetBytes = mark?.sizeBytes ?? 0;
  const isDirect = !found.doubled && (encoding === 'utf-8' || encoding === 'gb18030');
  return {
    encoding: found.doubled ? `${encoding}, doubled` : encoding,
    confidence,
    input: {
      ...input,
      head: await joined(toUtf8(once(head), encoding, convert)),
      windows: await Promise.all(input.windows.map((window) => joined(toUtf8(once(window), encoding, convert)))),
      filePath: null,
      stream: () => toUtf8(input.stream(), encoding, convert),
    },
    direct: isDirect
      ? {
          encoding,
          file: input.filePath === null ? null : { path: input.filePath, offsetBytes },
          stream: () => skipBytes(input.stream(), offsetBytes),
        }
      : null,
  };
}

function findEncoding(
  input: ByteInput,
  head: Uint8Array,
  mark: string | null,
  options: ReadingOptions,
): Omit<DetectedTextEncoding, 'encoding'> & { readonly encoding: string } {
  if (options.encoding !== undefined) return { encoding: options.encoding, confidence: 1, doubled: false };
  if (mark === null && nulPattern(input.head.subarray(0, HEAD_BYTES)) === 'binary') {
    throw new BoltsealError('DUMP_FORMAT', { path: input.name, kind: 'binary data' });
  }
  return detectTextEncoding([head, ...input.windows], mark);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk.slice());
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
}

async function* skipBytes(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
  let left = sizeBytes;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
