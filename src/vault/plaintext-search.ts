import { toBase64 } from '../core/base64.ts';

/** Where a value that should be readable nowhere was found. */
export interface PlaintextHit {
  /** Kind of the value. */
  readonly what: string;
  readonly encoding: string;
  /** Byte in the file. */
  readonly at: number;
}

interface Pattern {
  readonly bytes: Buffer;
  /** Where the window of eight bytes lies by which it is found. */
  readonly windowAt: number;
  readonly what: string;
  readonly encoding: string;
}

const WINDOW_BYTES = 8;
/** What is longer is looked for by its start. */
const MOST_PATTERN_BYTES = 96;
const FILTER_BITS = 24;
/** A file with one value in it may have all: the first ones say enough. */
const MOST_HITS = 100;

/**
 * Looks for many values in files at once, as they stand in UTF-8, UTF-16 (both orders), GB18030, hexadecimal, Base64 in both alphabets (at each of its three phases), and escaped with percent signs or as JSON has it. A form of less than eight bytes occurs
 * in ciphertext by chance and is left out; its hexadecimal and Base64 forms are not.
 *
 * Every position is tested with a filter of 2 MB on four bytes; what passes is looked up by eight. Time is linear in the file whatever stands in it, since windows of
 * patterns are chosen to be rare.
 */
export class PlaintextSearch {
  readonly #byWindow = new Map<number, Pattern[]>();
  readonly #filter = new Uint32Array(2 ** (FILTER_BITS - 5));

  constructor(values: Iterable<{ readonly what: string; readonly value: string }>) {
    const patterns: Omit<Pattern, 'windowAt'>[] = [];
    for (const { what, value } of values)
      for (const [encoding, bytes] of formsOf(value))
        if (bytes.length >= WINDOW_BYTES)
          patterns.push({ bytes: bytes.subarray(0, MOST_PATTERN_BYTES), what, encoding });
    // Values share beginnings (+86138…) and ends (…@mail.com): the window that fewest have is the one to look for.
    const counts = new Map<number, number>();
    for (const { bytes } of patterns)
      for (const at of windowsOf(bytes)) {
        const key = keyAt(bytes, at);
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    for (const pattern of patterns) {
      const countAt = (at: number): number => counts.get(keyAt(pattern.bytes, at)) ?? 0;
      const windowAt = windowsOf(pattern.bytes).reduce((best, at) => (countAt(at) < countAt(best) ? at : best));
      const key = keyAt(pattern.bytes, windowAt);
      const same = this.#byWindow.get(key);
      if (same === undefined) this.#byWindow.set(key, [{ ...pattern, windowAt }]);
      else same.push({ ...pattern, windowAt });
      const bit = filterBit(pattern.bytes.readInt32BE(windowAt + 4));
      this.#filter[bit >>> 5] = (this.#filter[bit >>> 5] ?? 0) | (1 << (bit & 31));
    }
  }

  /** Hits in a stream of bytes, the first hundred of them. */
  async search(chunks: AsyncIterable<Uint8Array>): Promise<readonly PlaintextHit[]> {
    const hits: PlaintextHit[] = [];
    // So much is kept of what came before that a pattern across the border lies in one piece.
    let kept = Buffer.alloc(0);
    let offset = 0;
    for await (const chunk of chunks) {
      const bytes = Buffer.concat([kept, chunk]);
      this.#searchIn(bytes, offset, Math.max(0, kept.length - MOST_PATTERN_BYTES), false, hits);
      const from = Math.max(0, bytes.length - 2 * MOST_PATTERN_BYTES);
      kept = Buffer.from(bytes.subarray(from));
      offset += from;
      if (hits.length >= MOST_HITS) return hits.slice(0, MOST_HITS);
    }
    this.#searchIn(kept, offset, Math.max(0, kept.length - MOST_PATTERN_BYTES), true, hits);
    return hits.slice(0, MOST_HITS);
  }

  /** Tries windows from `from` on; unless it is the end, those so near to it that their pattern may not be whole come with the next chunk. */
  #searchIn(bytes: Buffer, offset: number, from: number, isEnd: boolean, hits: PlaintextHit[]): void {
    const end = isEnd ? bytes.length : bytes.length - MOST_PATTERN_BYTES;
    const filter = this.#filter;
    let word = 0;
    for (let at = Math.max(0, from); at < bytes.length; at++) {
      word = (word << 8) | (bytes[at] ?? 0);
      const bit = filterBit(word);
      if (((filter[bit >>> 5] ?? 0) & (1 << (bit & 31))) === 0) continue;
      const windowAt = at - WINDOW_BYTES + 1;
      if (windowAt < from || windowAt >= end) continue;
      for (const pattern of this.#byWindow.get(keyAt(bytes, windowAt)) ?? []) {
        const start = windowAt - pattern.windowAt;
        const patternEnd = start + pattern.bytes.length;
        if (start < 0 || patternEnd > bytes.length || pattern.bytes.compare(bytes, start, patternEnd) !== 0) continue;
        hits.push({ what: pattern.what, encoding: pattern.encoding, at: offset + start });
        if (hits.length >= MOST_HITS) return;
      }
    }
  }
}

/** The windows that a pattern can be found by: at its start, in the middle and at its end. */
function windowsOf(bytes: Buffer): number[] {
  const last = bytes.length - WINDOW_BYTES;
  return [0, last >> 1, last];
}

/** Eight bytes as a number; of the first four the three highest bits are left out, so that it stays exact. */
function keyAt(bytes: Buffer, at: number): number {
  return (bytes.readUInt32BE(at) & 0x1fffff) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}

function filterBit(word: number): number {
  return Math.imul(word, 0x9e3779b1) >>> (32 - FILTER_BITS);
}

function* formsOf(value: string): Generator<readonly [string, Buffer]> {
  const utf8 = Buffer.from(value, 'utf8');
  yield ['UTF-8', utf8];
  const utf16 = Buffer.from(value, 'utf16le');
  yield ['UTF-16LE', utf16];
  yield ['UTF-16BE', Buffer.from(utf16).swap16()];
  const gb = encodeGb18030(value);
  if (gb !== null) yield ['GB18030', gb];
  const hex = utf8.toString('hex');
  yield ['hexadecimal', Buffer.from(hex)];
  if (/[a-f]/.test(hex)) yield ['hexadecimal', Buffer.from(hex.toUpperCase())];
  // In a longer text the value begins at any of three phases; letters that depend on its neighbours are left out.
  for (const phase of [0, 1, 2]) {
    const text = toBase64(Buffer.concat([Buffer.alloc(phase), utf8]));
    const from = Math.ceil((phase * 8) / 6);
    const until = Math.floor(((phase + utf8.length) * 8) / 6);
    const part = text.slice(from, until);
    yield ['Base64', Buffer.from(part)];
    if (/[+/]/.test(part)) yield ['Base64', Buffer.from(part.replaceAll('+', '-').replaceAll('/', '_'))];
  }
  yield* escapedForms(value);
}

/** As addresses have it, and JSON of those who write ASCII alone; digits of both cases. */
function* escapedForms(value: string): Generator<readonly [string, Buffer]> {
  const text = value.toWellFormed();
  const inAddress = encodeURIComponent(text);
  const inJson = text.replace(/[^\x00-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const withCapitals = inJson.replace(/\\u[0-9a-f]{4}/g, (code) => `\\u${code.slice(2).toUpperCase()}`);
  const withoutCapitals = inAddress.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  for (const [encoding, forms] of [
    ['percent signs', new Set([inAddress, withoutCapitals])],
    ['JSON escapes', new Set([inJson, withCapitals])],
  ] as const)
    for (const form of forms) if (form !== text) yield [encoding, Buffer.from(form, 'latin1')];
}

/** Two-byte characters of GB18030 by their code unit, made with the decoder: there is no encoder. */
let gbBytes: ReadonlyMap<string, number> | null = null;

/** Null for texts that are the same in UTF-8, or that have characters of four bytes. */
function encodeGb18030(value: string): Buffer | null {
  if (!/[^\x00-\x7f]/.test(value)) return null;
  gbBytes ??= readGb18030();
  const bytes: number[] = [];
  for (const character of value) {
    const code = character.charCodeAt(0);
    if (code < 0x80) bytes.push(code);
    else {
      const pair = gbBytes.get(character);
      if (pair === undefined) return null;
      bytes.push(pair >> 8, pair & 255);
    }
  }
  return Buffer.from(bytes);
}

function readGb18030(): ReadonlyMap<string, number> {
  const decoder = new TextDecoder('gb18030');
  const map = new Map<string, number>();
  for (let lead = 0x81; lead <= 0xfe; lead++)
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      if (trail === 0x7f) continue;
      const text = decoder.decode(Uint8Array.of(lead, trail));
      if (text.length === 1 && text !== '\ufffd') map.set(text, (lead << 8) | trail);
    }
  return map;
}
