import { isAscii, isUtf8 } from 'node:buffer';
import { costOfText } from './encoding-letters.ts';

/** Bytes without an ASCII one among them that are waited for; longer runs are undone in pieces. */
const LONGEST_RUN_BYTES = 65_536;

/** For each UTF-16 unit the bytes that somebody took it from: one byte (below 256), two (lead × 256 + trail), or 0. */
type Origins = Uint16Array;

let westernOrigins: Origins | undefined;
let chineseOrigins: Origins | undefined;

/** Windows-1252, and ISO 8859-1 where that has no character of its own (the WHATWG decoder has no gaps). */
function fromWestern(): Origins {
  if (westernOrigins !== undefined) return westernOrigins;
  const origins = new Uint16Array(65_536);
  const bytes = Uint8Array.from({ length: 128 }, (_, index) => index + 128);
  const text = new TextDecoder('windows-1252').decode(bytes);
  for (let index = 0; index < 128; index++) {
    origins[index + 128] = index + 128;
    origins[text.charCodeAt(index)] = index + 128;
  }
  westernOrigins = origins;
  return origins;
}

/** The two-byte part of GB18030 (GBK), and its one-byte euro sign in code page 936. */
function fromChinese(): Origins {
  if (chineseOrigins !== undefined) return chineseOrigins;
  const origins = new Uint16Array(65_536);
  const decoder = new TextDecoder('gbk');
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const character = decoder.decode(Uint8Array.of(lead, trail));
      if (character.length === 1 && character !== '\ufffd') origins[character.charCodeAt(0)] = lead * 256 + trail;
    }
  }
  origins[0x20ac] = 0x80;
  chineseOrigins = origins;
  return origins;
}

/** The bytes of a run by their origins, U+FFFD as a 0; null when a character has none. */
function originBytes(run: string, origins: Origins): Uint8Array | null {
  const bytes = new Uint8Array(run.length * 2);
  let at = 0;
  for (let index = 0; index < run.length; index++) {
    const unit = run.charCodeAt(index);
    const origin = origins[unit] ?? 0;
    if (unit === 0xfffd) bytes[at++] = 0;
    else if (origin === 0) return null;
    else {
      if (origin > 255) bytes[at++] = origin >> 8;
      bytes[at++] = origin & 255;
    }
  }
  return bytes.subarray(0, at);
}

/**
 * The text of bytes that are UTF-8 but for what was lost: a 0 stands for one or two lost bytes, which leave a cut sequence before or after them. Null when they are not,
 * or hold no character beyond ASCII.
 */
function readUtf8(bytes: Uint8Array): string | null {
  if (!bytes.includes(0)) return isUtf8(bytes) && !isAscii(bytes) ? new TextDecoder().decode(bytes) : null;
  const decoder = new TextDecoder();
  let text = '';
  let start = 0;
  let found = false;
  while (start <= bytes.length) {
    const gap = bytes.indexOf(0, start);
    const end = gap === -1 ? bytes.length : gap;
    let from = start;
    let to = end;
    if (start > 0) while (from < end && from < start + 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
    if (gap !== -1) to = withoutCutSequence(bytes, from, end);
    const part = bytes.subarray(from, to);
    if (!isUtf8(part)) return null;
    found ||= !isAscii(part);
    text += decoder.decode(part);
    if (gap === -1) break;
    text += '\ufffd';
    start = gap + 1;
  }
  return found ? text : null;
}

function withoutCutSequence(bytes: Uint8Array, from: number, end: number): number {
  for (let index = end - 1; index >= from && index >= end - 3; index--) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0xc0) return index + (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > end ? index : end;
    if (byte < 0x80) return end;
  }
  return end;
}

/**
 * A run of characters beyond ASCII as it was before somebody took its bytes for Windows-1252, ISO 8859-1 or GBK; the run itself where that gives no sound text, or less likely
 * text than it is. Lost bytes stay U+FFFD. Undone are: UTF-8 taken for one of these, and GBK taken for Windows-1252.
 */
export function undouble(run: string): string {
  const western = originBytes(run, fromWestern());
  if (western !== null) {
    const text = readUtf8(western);
    if (text !== null) return text;
    // Four bytes are two Han: a pair of accented letters may be one by chance.
    if (western.length < 4 || western.includes(0)) return run;
    const han = new TextDecoder('gb18030').decode(western);
    return isBetter(han, run, 72) ? han : run;
  }
  const chinese = originBytes(run, fromChinese());
  const text = chinese === null ? null : readUtf8(chinese);
  return text !== null && isBetter(text, run, 110) ? text : run;
}

/** Whether a text is likelier than the run it came from, and each of its characters costs at most `most` on average. */
function isBetter(text: string, run: string, most: number): boolean {
  const after = costOfText(text.replaceAll('\ufffd', ''), 'any');
  const before = costOfText(run.replaceAll('\ufffd', ''), 'any');
  return after.cost < before.cost && after.cost <= after.characters * most;
}

/**
 * UTF-8 with every run of characters beyond ASCII undone for itself (see `undouble`), so that cells that were never doubled stay. The same whatever the chunks; holds
 * back at most 64 KiB.
 */
export async function* undoubleStream(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let held = new Uint8Array(0);
  const convert = (bytes: Uint8Array): Uint8Array =>
    encoder.encode(decoder.decode(bytes).replace(/[^\x00-\x7f]+/g, undouble));
  for await (const chunk of chunks) {
    if (held.length === 0 && isAscii(chunk)) {
      yield chunk;
      continue;
    }
    let bytes = new Uint8Array(held.length + chunk.length);
    bytes.set(held);
    bytes.set(chunk, held.length);
    let end = bytes.length;
    while (end > 0 && (bytes[end - 1] ?? 0) >= 0x80) end--;
    // Only runs that never end are cut, always at the same byte of the run.
    while (bytes.length - end >= LONGEST_RUN_BYTES) {
      const cut = characterStart(bytes, end + LONGEST_RUN_BYTES);
      yield convert(bytes.subarray(0, cut));
      bytes = bytes.subarray(cut);
      end = 0;
    }
    if (end > 0) yield convert(bytes.subarray(0, end));
    held = bytes.slice(end);
  }
  if (held.length > 0) yield convert(held);
}

/** The border of a character at `index` or up to three bytes before it. */
function characterStart(bytes: Uint8Array, index: number): number {
  for (let start = index; start > index - 4; start--) if (((bytes[start] ?? 0) & 0xc0) !== 0x80) return start;
  return index;
}
