import { isAscii, isUtf8 } from 'node:buffer';
import { byteOrderMark, type SingleEncoding, type TextEncoding } from './encoding.ts';
import { costOfText } from './encoding-letters.ts';
import { undoubleStream } from './transcode-undouble.ts';

/**
 * The text of a part in UTF-8, without byte-order mark, every broken sequence as U+FFFD (WHATWG Encoding; UTF-32 as in the Unicode Standard 3.10). The same whatever the
 * chunks. A chunk may be that of the input. With `doubled`, what was encoded twice is undone.
 */
export function toUtf8(
  chunks: AsyncIterable<Uint8Array>,
  encoding: TextEncoding,
  { doubled = false }: { readonly doubled?: boolean } = {},
): AsyncIterable<Uint8Array> {
  const text = transcode(chunks, encoding);
  return doubled ? undoubleStream(text) : text;
}

function transcode(chunks: AsyncIterable<Uint8Array>, encoding: TextEncoding): AsyncIterable<Uint8Array> {
  if (encoding === 'utf-8') return soundUtf8(chunks);
  if (encoding === 'utf-32le' || encoding === 'utf-32be') return fromUtf32(chunks, encoding === 'utf-32le');
  if (encoding.startsWith('mixed:')) return fromMixed(chunks, encoding.slice('mixed:utf-8+'.length) as SingleEncoding);
  const single = encoding as SingleEncoding;
  return single.startsWith('utf-16') ? fromUtf16(chunks, single) : decoded(chunks, single);
}

/** UTF-8 as it is while it is sound: checking costs a tenth of decoding it. */
async function* soundUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let held = new Uint8Array(0);
  let isStart = true;
  for await (const chunk of chunks) {
    let bytes = held.length === 0 ? chunk : joined(held, chunk);
    if (isStart) {
      if (bytes.length < 3) {
        held = bytes.slice();
        continue;
      }
      bytes = withoutMark(bytes);
      isStart = false;
    }
    const end = bytes.length - pendingBytes(bytes);
    if (end > 0) yield madeSound(bytes.subarray(0, end));
    held = bytes.slice(end);
  }
  if (held.length > 0) yield madeSound(isStart ? withoutMark(held) : held);
}

const soundDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

function madeSound(bytes: Uint8Array): Uint8Array {
  return isUtf8(bytes) ? bytes : new TextEncoder().encode(soundDecoder.decode(bytes));
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

function withoutMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

/** Bytes at the end that may begin a character. */
function pendingBytes(bytes: Uint8Array): number {
  for (let count = 1; count <= 3 && count <= bytes.length; count++) {
    const byte = bytes[bytes.length - count] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return count < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? count : 0;
  }
  return 0;
}

async function* fromUtf16(
  chunks: AsyncIterable<Uint8Array>,
  encoding: SingleEncoding,
): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder(encoding);
  const encoder = new TextEncoder();
  for await (const chunk of chunks) yield encoder.encode(decoder.decode(chunk, { stream: true }));
  yield encoder.encode(decoder.decode());
}

/** A run longer than this without a line end, blank, comma or the like is decoded in pieces, at whose borders a character may break. */
const LONGEST_RUN_BYTES = 65_536;

/**
 * Encodings in which bytes below 0x30 always stand for themselves. Pieces end after one, so that no decoder is asked to go on within a character: Node 24 throws on
 * broken GB18030 or EUC-JP that arrives byte by byte, because what comes out is longer than it has room for.
 */
async function* decoded(chunks: AsyncIterable<Uint8Array>, encoding: SingleEncoding): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const encoder = new TextEncoder();
  const convert = (bytes: Uint8Array): Uint8Array => (isAscii(bytes) ? bytes : encoder.encode(decoder.decode(bytes)));
  let held = new Uint8Array(0);
  let isStart = true;
  for await (const chunk of chunks) {
    let bytes: Uint8Array = held.length === 0 ? chunk : joined(held, chunk);
    if (isStart && encoding === 'gb18030') {
      if (bytes.length < 4) {
        held = bytes.slice();
        continue;
      }
      bytes = withoutChineseMark(bytes);
    }
    isStart = false;
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] ?? 0) >= 0x30) end--;
    if (bytes.length - end >= LONGEST_RUN_BYTES) end = bytes.length;
    if (end > 0) yield convert(bytes.subarray(0, end));
    held = bytes.slice(end);
  }
  if (held.length > 0) yield convert(isStart ? withoutChineseMark(held) : held);
}

/** U+FEFF in GB 18030. */
function withoutChineseMark(bytes: Uint8Array): Uint8Array {
  return byteOrderMark(bytes)?.encoding === 'gb18030' ? bytes.subarray(4) : bytes;
}

async function* fromUtf32(chunks: AsyncIterable<Uint8Array>, isLittle: boolean): AsyncGenerator<Uint8Array, void> {
  const encoder = new TextEncoder();
  const held = new Uint8Array(4);
  const heldView = new DataView(held.buffer);
  let heldBytes = 0;
  let isStart = true;
  for await (const chunk of chunks) {
    const points: string[] = [];
    for (const byte of chunk) {
      held[heldBytes++] = byte;
      if (heldBytes < 4) continue;
      heldBytes = 0;
      const point = heldView.getUint32(0, isLittle);
      const isCharacter = point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
      if (!(isStart && point === 0xfeff)) points.push(isCharacter ? String.fromCodePoint(point) : '\ufffd');
      isStart = false;
    }
    yield encoder.encode(points.join(''));
  }
  if (heldBytes > 0) yield encoder.encode('\ufffd');
}

/** A longer line is decided in pieces. */
const MIXED_LINE_BYTES = 1_048_576;

/** Every line as UTF-8 where it is sound UTF-8, else in the other encoding. */
async function* fromMixed(chunks: AsyncIterable<Uint8Array>, other: SingleEncoding): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder(other);
  const encoder = new TextEncoder();
  const convert = (lines: Uint8Array): Uint8Array[] => {
    const out: Uint8Array[] = [];
    let keptFrom = 0;
    let lineStart = 0;
    // From one byte beyond ASCII to the next: lines in ASCII alone are never looked at as such.
    for (let index = 0; index < lines.length; index++) {
      const byte = lines[index] ?? 0;
      if (byte === 0x0a || index - lineStart === MIXED_LINE_BYTES) lineStart = byte === 0x0a ? index + 1 : index;
      if (byte < 0x80) continue;
      const newline = lines.indexOf(0x0a, index);
      const end = Math.min(newline === -1 ? lines.length : newline + 1, lineStart + MIXED_LINE_BYTES);
      const line = lines.subarray(lineStart, end);
      if (!isUtf8(line) || (isShortPairs(line) && readsBetter(line, other))) {
        out.push(lines.subarray(keptFrom, lineStart), encoder.encode(decoder.decode(line)));
        keptFrom = end;
      }
      lineStart = end;
      index = end - 1;
    }
    out.push(lines.subarray(keptFrom));
    return out.filter((part) => part.length > 0);
  };
  // Joined only when there is something to decide: a long line in small chunks would be copied as often as there are chunks.
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let isStart = true;
  for await (const chunk of chunks) {
    const least = isStart ? 3 : chunk.includes(0x0a) ? 0 : MIXED_LINE_BYTES;
    if (heldBytes + chunk.length < least) {
      held.push(chunk.slice());
      heldBytes += chunk.length;
      continue;
    }
    let bytes: Uint8Array = Buffer.concat([...held, chunk]);
    if (isStart) bytes = withoutMark(bytes);
    isStart = false;
    let end = bytes.lastIndexOf(0x0a) + 1;
    while (bytes.length - end >= MIXED_LINE_BYTES) end += MIXED_LINE_BYTES;
    if (end > 0) yield* convert(bytes.subarray(0, end));
    held = [bytes.slice(end)];
    heldBytes = bytes.length - end;
  }
  const rest = Buffer.concat(held);
  if (rest.length > 0) yield* convert(isStart ? withoutMark(rest) : rest);
}

/** Whether a line's characters beyond ASCII are so few, and all of two bytes, that bytes of another encoding may be UTF-8 by chance. */
function isShortPairs(line: Uint8Array): boolean {
  let pairs = 0;
  for (const byte of line) {
    if (byte < 0xc0) continue;
    if (byte >= 0xe0 || ++pairs > 4) return false;
  }
  return pairs > 0;
}

function readsBetter(line: Uint8Array, other: SingleEncoding): boolean {
  const asUtf8 = costOfText(new TextDecoder().decode(line), 'any').cost;
  return costOfText(new TextDecoder(other).decode(line), 'any').cost < asUtf8;
}
