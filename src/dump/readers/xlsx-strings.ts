import { isUtf8 } from 'node:buffer';
import { BoltsealError } from '../../core/errors.ts';
import { decodeXmlText, readXml, type XmlHandler } from './xlsx-xml.ts';

const MAX_BYTES = 268_435_456;
const MAX_STRINGS = 67_108_864;
const AMPERSAND = 0x26;
const UNDERSCORE = 0x5f;

/** UTF-8 text that grows by pieces of XML. */
export class TextBuffer {
  bytes: Uint8Array;
  length = 0;
  readonly #limitBytes: number;
  #full = false;

  constructor(capacityBytes: number, limitBytes: number) {
    this.bytes = new Uint8Array(capacityBytes);
    this.#limitBytes = limitBytes;
  }

  /** Whether something was left out because of the limit. */
  get full(): boolean {
    return this.#full;
  }

  clear(): void {
    this.length = 0;
    this.#full = false;
  }

  /** Appends text with its entities and its `_x000D_` escapes (ISO/IEC 29500-1, 22.9.2.19) replaced; CDATA has no entities. */
  append(source: Uint8Array, from: number, to: number, literal: boolean): void {
    if (needsDecoding(source, from, to)) {
      const text = literal ? Buffer.from(source.subarray(from, to)).toString() : decodeXmlText(source, from, to);
      const decoded = Buffer.from(decodeEscapes(text));
      this.#copy(decoded, 0, decoded.length);
    } else {
      this.#copy(source, from, to);
    }
  }

  #copy(source: Uint8Array, from: number, to: number): void {
    const needed = this.length + to - from;
    if (needed > this.#limitBytes) {
      this.#full = true;
      return;
    }
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.min(this.#limitBytes, Math.max(needed, this.bytes.length * 2)));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    if (to - from < 32) for (let at = from; at < to; at++) this.bytes[this.length + at - from] = source[at] as number;
    else this.bytes.set(source.subarray(from, to), this.length);
    this.length = needed;
  }
}

/** Whether the bytes are not the text itself: they hold entities or escapes, or are no UTF-8. */
function needsDecoding(source: Uint8Array, from: number, to: number): boolean {
  let ascii = true;
  for (let at = from; at < to; at++) {
    const byte = source[at] as number;
    if (byte === AMPERSAND || (byte === UNDERSCORE && source[at + 1] === 0x78)) return true;
    if (byte > 127) ascii = false;
  }
  return !ascii && !isUtf8(source.subarray(from, to));
}

function decodeEscapes(text: string): string {
  if (!text.includes('_x')) return text;
  return text.replace(/_x([0-9a-fA-F]{4})_/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16))).toWellFormed();
}

/** The shared strings of a workbook: `bytes` holds them one after another, string `n` in [start(n), start(n + 1)). */
export class SharedStrings {
  readonly #text = new TextBuffer(65_536, MAX_BYTES);
  #starts = new Uint32Array(1_024);
  #count = 0;

  get bytes(): Uint8Array {
    return this.#text.bytes;
  }

  get count(): number {
    return this.#count;
  }

  start(index: number): number {
    return this.#starts[index] as number;
  }

  /** Reads the part (ISO/IEC 29500-1, 18.4): runs of rich text are joined, phonetic ones left out. Fails with DUMP_MEMORY beyond 256 MiB, and with the stream's errors. */
  async read(chunks: AsyncIterable<Uint8Array>, path: string): Promise<void> {
    let inText = false;
    let inPhonetic = false;
    let inItem = false;
    const handler: XmlHandler = {
      open: (name) => {
        if (name === 'si') inItem = true;
        else if (name === 'rPh') inPhonetic = true;
        else if (name === 't') inText = inItem && !inPhonetic;
      },
      close: (name) => {
        if (name === 't') inText = false;
        else if (name === 'rPh') inPhonetic = false;
        else if (name === 'si') {
          if (inItem) this.#end(path);
          inItem = false;
          inPhonetic = false;
        }
      },
      text: (bytes, from, to, literal) => {
        if (inText) this.#text.append(bytes, from, to, literal);
      },
      skipped: () => {},
    };
    await readXml(chunks, handler);
  }

  #end(path: string): void {
    if (this.#text.full || this.#count >= MAX_STRINGS) {
      throw new BoltsealError('DUMP_MEMORY', { path, limitMb: MAX_BYTES / 1_048_576 });
    }
    this.#count++;
    if (this.#count >= this.#starts.length) {
      const larger = new Uint32Array(this.#starts.length * 2);
      larger.set(this.#starts);
      this.#starts = larger;
    }
    this.#starts[this.#count] = this.#text.length;
  }
}
