/** What a part of an Office file consists of. Positions are of `bytes`, which are used again after the call. Names are local: without their prefix. */
export interface XmlHandler {
  /** A start tag; `tag` gives its attributes. An empty element's end is told by `close` right after. */
  open(name: string, tag: XmlTag): void;
  close(name: string): void;
  /** Text between two tags, in one or more pieces. `literal` text (CDATA) holds no entities. */
  text(bytes: Uint8Array, from: number, to: number, literal: boolean): void;
  /** Something too long was left out here. */
  skipped(): void;
}

const MAX_TOKEN_BYTES = 16_777_216;
const NEAR_BYTES = 48;
const LT = 0x3c;
const GT = 0x3e;
const SLASH = 0x2f;
const COLON = 0x3a;
const EQUALS = 0x3d;
const COMMENT = ascii('<!--');
const COMMENT_END = Buffer.from('-->');
const CDATA = ascii('<![CDATA[');
const CDATA_END = Buffer.from(']]>');

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The attributes of the start tag at hand. */
export class XmlTag {
  #bytes: Uint8Array = new Uint8Array();
  #from = 0;
  #to = 0;

  set(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes = bytes;
    this.#from = from;
    this.#to = to;
  }

  /** Where the value of an attribute stands in `bytes`; `from` is -1 when there is none. `prefixed` asks for a name with any prefix (`r:id`), otherwise it must have none. */
  find(name: string, prefixed = false): { readonly bytes: Uint8Array; readonly from: number; readonly to: number } {
    const bytes = this.#bytes;
    let at = this.#from;
    while (at < this.#to) {
      while (at < this.#to && isSpace(bytes[at])) at++;
      const nameFrom = at;
      let local = at;
      while (at < this.#to && bytes[at] !== EQUALS && !isSpace(bytes[at])) {
        if (bytes[at] === COLON) local = at + 1;
        at++;
      }
      const nameTo = at;
      while (at < this.#to && bytes[at] !== 0x22 && bytes[at] !== 0x27) at++;
      const quote = bytes[at++];
      const from = at;
      while (at < this.#to && bytes[at] !== quote) at++;
      if (from > this.#to) break;
      if (local > nameFrom === prefixed && equals(bytes, local, nameTo, name)) return { bytes, from, to: at };
      at++;
    }
    return { bytes, from: -1, to: -1 };
  }

  /** The value of an attribute with its entities decoded, or null. */
  get(name: string, prefixed = false): string | null {
    const { bytes, from, to } = this.find(name, prefixed);
    return from < 0 ? null : decodeXmlText(bytes, from, to);
  }
}

function equals(bytes: Uint8Array, from: number, to: number, text: string): boolean {
  if (to - from !== text.length) return false;
  for (let at = 0; at < text.length; at++) if (bytes[from + at] !== text.charCodeAt(at)) return false;
  return true;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/**
 * Cuts XML (UTF-8, or UTF-16 with a byte-order mark) into tags and text for a handler; `each` runs when something was cut. Chunks must stay as they are. It checks nothing: declarations are skipped, entities of a document
 * type are never defined, tags need not match, and what is no tag is passed over; so a damaged stretch costs what stands in it. A text or tag beyond 16 MiB is left out and told to `skipped`.
 */
export async function readXml(
  chunks: AsyncIterable<Uint8Array>,
  handler: XmlHandler,
  each: () => Promise<void> | undefined = () => undefined,
): Promise<void> {
  const cutter = new XmlCutter(handler);
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  // What is incomplete is looked at anew only when twice as much is there: a tag of megabytes would otherwise cost the square of its length.
  let wantedBytes = 0;
  let skipping = false;
  for await (const chunk of asUtf8(chunks)) {
    held.push(chunk);
    heldBytes += chunk.length;
    if (heldBytes < wantedBytes) continue;
    let all = held.length === 1 ? chunk : Buffer.concat(held);
    if (skipping) {
      const lt = all.indexOf(LT);
      skipping = lt < 0;
      all = skipping ? all.subarray(all.length) : all.subarray(lt);
    }
    const done = cutter.cut(all, false);
    if (all.length - done > MAX_TOKEN_BYTES) {
      skipping = true;
      handler.skipped();
    }
    held = skipping || done === all.length ? [] : [all.slice(done)];
    heldBytes = held[0]?.length ?? 0;
    wantedBytes = Math.min(2 * heldBytes, MAX_TOKEN_BYTES + 1);
    const wait = each();
    if (wait !== undefined) await wait;
  }
  cutter.cut(Buffer.concat(held), true);
  await each();
}

async function* asUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let decoder: InstanceType<typeof TextDecoder> | null = null;
  let first = true;
  for await (const chunk of chunks) {
    if (first && chunk.length > 1) {
      first = false;
      if (chunk[0] === 0xff && chunk[1] === 0xfe) decoder = new TextDecoder('utf-16le');
      if (chunk[0] === 0xfe && chunk[1] === 0xff) decoder = new TextDecoder('utf-16be');
    }
    yield decoder === null ? chunk : Buffer.from(decoder.decode(chunk, { stream: true }));
  }
}

class XmlCutter {
  readonly #handler: XmlHandler;
  readonly #tag = new XmlTag();
  readonly #names = new Map<number, string[]>();

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  /** Cuts what is whole and answers where the rest begins. */
  cut(source: Uint8Array, last: boolean): number {
    const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
    let at = 0;
    while (at < bytes.length) {
      if (bytes[at] !== LT) {
        const lt = find(bytes, LT, at);
        // The bytes of an entity or a character may be cut at the chunk's end: text is given whole.
        if (lt < 0 && !last) return at;
        const to = lt < 0 ? bytes.length : lt;
        this.#handler.text(bytes, at, to, false);
        at = to;
        continue;
      }
      const next = this.#cutMarkup(bytes, at);
      if (next < 0) return last ? bytes.length : at;
      at = next;
    }
    return at;
  }

  /** Cuts the markup at `at` and answers what comes after it, or -1 when it does not end here. */
  #cutMarkup(bytes: Buffer, at: number): number {
    const second = bytes[at + 1];
    if (second === undefined) return -1;
    if (second === 0x21 || second === 0x3f) return this.#cutDeclaration(bytes, at);
    if (second === SLASH) {
      const end = find(bytes, GT, at);
      if (end >= 0) this.#handler.close(this.#localName(bytes, at + 2, end).name);
      return after(end, 1);
    }
    const gt = endOfTag(bytes, at + 1);
    if (gt < 0) return -1;
    const closed = bytes[gt - 1] === SLASH;
    const { name, end } = this.#localName(bytes, at + 1, gt);
    this.#tag.set(bytes, end, closed ? gt - 1 : gt);
    this.#handler.open(name, this.#tag);
    if (closed) this.#handler.close(name);
    return gt + 1;
  }

  #cutDeclaration(bytes: Buffer, at: number): number {
    if (startsWith(bytes, at, COMMENT)) return after(bytes.indexOf(COMMENT_END, at + 4), 3);
    if (startsWith(bytes, at, CDATA)) {
      const end = bytes.indexOf(CDATA_END, at + 9);
      if (end >= 0) this.#handler.text(bytes, at + 9, end, true);
      return after(end, 3);
    }
    if (bytes.length - at < 9) {
      // It might still become a comment or CDATA.
      const short = bytes.indexOf(GT, at);
      if (short < 0) return -1;
    }
    return after(bytes.indexOf(GT, at), 1);
  }

  /** Names are few: each is decoded once. */
  #localName(bytes: Uint8Array, from: number, to: number): { name: string; end: number } {
    let start = from;
    let end = from;
    let hash = 0;
    for (; end < to; end++) {
      const byte = bytes[end] as number;
      if (byte === COLON) {
        start = end + 1;
        hash = 0;
        continue;
      }
      if (byte === SLASH || isSpace(byte)) break;
      hash = (hash * 31 + byte) | 0;
    }
    const known = this.#names.get(hash);
    if (known !== undefined) {
      for (const name of known) if (equals(bytes, start, end, name)) return { name, end };
    }
    const name = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(end - start, 256)).toString('latin1');
    if (known === undefined && this.#names.size < 1_000) this.#names.set(hash, [name]);
    return { name, end };
  }
}

function after(end: number, lengthBytes: number): number {
  return end < 0 ? -1 : end + lengthBytes;
}

function startsWith(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  for (let index = 0; index < what.length; index++) if (bytes[at + index] !== what[index]) return false;
  return true;
}

/** Tokens are short: a call into `indexOf` costs more than looking at some bytes. */
function find(bytes: Buffer, byte: number, from: number): number {
  const near = Math.min(bytes.length, from + NEAR_BYTES);
  for (let at = from; at < near; at++) if (bytes[at] === byte) return at;
  return near === bytes.length ? -1 : bytes.indexOf(byte, near);
}

/** The `>` that ends the tag: those within quotes do not count. -1 when the tag does not end in `bytes`. */
function endOfTag(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === GT) return at;
    if (byte === 0x22 || byte === 0x27) {
      at = find(bytes, byte, at + 1);
      if (at < 0) return -1;
    }
  }
  return -1;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const entities = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** The text of bytes with the five entities of XML 1.0 (4.6) and character references replaced; others stay as they are. */
export function decodeXmlText(bytes: Uint8Array, from: number, to: number): string {
  const text = utf8.decode(bytes.subarray(from, to));
  if (!text.includes('&')) return text;
  return text.replace(/&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return entities.get(name) ?? whole;
    const code = decimal !== undefined ? Number.parseInt(decimal, 10) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : whole;
  });
}
