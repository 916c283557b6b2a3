import { BoltsealError } from '../core/errors.ts';
import { wholeRows } from './delimited.ts';
import { byteOrderMark, detectEncoding, nulPattern } from './encoding.ts';
import { HEAD_BYTES } from './input.ts';
import type { ReadingOptions } from './options.ts';
import type { Encoding, PlainFile } from './port.ts';
import type { ByteInput } from './reader.ts';

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
export function openText(input: ByteInput, options: ReadingOptions): TextInput {
  const mark = byteOrderMark(input.head);
  const offsetBytes = mark?.sizeBytes ?? 0;
  const pattern = mark?.encoding ?? nulPattern(input.head.subarray(0, HEAD_BYTES));
  if (pattern === 'binary' && options.encoding === undefined) {
    throw new BoltsealError('DUMP_FORMAT', { path: input.name, kind: 'binary data' });
  }
  const head = wholeRows(input.head.subarray(offsetBytes), input.headIsWhole);
  const found =
    options.encoding !== undefined
      ? { encoding: options.encoding, confidence: 1 }
      : pattern !== null && pattern !== 'binary'
        ? { encoding: pattern, confidence: 1 }
        : detectEncoding([head, ...input.windows]);
  const { encoding, confidence } = found;
  const stream = (): AsyncIterable<Uint8Array> => skipBytes(input.stream(), offsetBytes);
  const isDirect = encoding === 'utf-8' || encoding === 'gb18030';
  const decoder = new TextDecoder(encoding);
  const toUtf8 = (bytes: Uint8Array): Uint8Array =>
    encoding === 'utf-8' ? bytes : new TextEncoder().encode(decoder.decode(bytes));
  const file = input.filePath === null ? null : { path: input.filePath, offsetBytes };
  return {
    encoding,
    confidence,
    input: {
      ...input,
      head: toUtf8(head),
      windows: input.windows.map(toUtf8),
      filePath: null,
      stream: () => (encoding === 'utf-8' ? stream() : transcode(stream(), encoding)),
    },
    direct: isDirect ? { encoding, file, stream } : null,
  };
}

async function* transcode(chunks: AsyncIterable<Uint8Array>, encoding: string): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of chunks) yield encoder.encode(decoder.decode(chunk, { stream: true }));
  yield encoder.encode(decoder.decode());
}

async function* skipBytes(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
  let left = sizeBytes;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
