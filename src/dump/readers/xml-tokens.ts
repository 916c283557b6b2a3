import { MAX_RECORD_BYTES, RecordWindow } from './record-window.ts';

/** What a reader of tokens is told. */
export interface XmlHandler {
  /** A start tag, or an empty element (then `close` follows). */
  open(name: string, attributes: readonly (readonly [name: string, value: string])[]): void;
  close(name: string): void;
  /** Text between tags; several pieces may follow each other. */
  text(value: string): void;
  /** Markup that is broken, or (`tooLong`) text that is too long to keep. */
  broken(tooLong: boolean): void;
}

const decoder = new TextDecoder();
const spaceOrEnd = /[\s/]/;

/**
 * Cuts XML (1.0, fifth edition) into tags and text. It goes on behind broken markup, expands the five entities of the standard and numeric references only (what a document
 * type declares is passed over and never looked at), and never fetches anything.
 */
export class XmlTokens {
  readonly #handler: XmlHandler;
  readonly #window = new RecordWindow();
  #droppingText = false;

  constructor(handler: XmlHandler) {
    this.#handler = handler;
  }

  push(chunk: Uint8Array): void {
    this.#window.push(chunk);
    if (this.#window.ready) this.#run(false);
  }

  finish(): void {
    this.#run(true);
    if (this.#window.at < this.#window.limit) this.#handler.broken(false);
  }

  #run(final: boolean): void {
    const window = this.#window;
    while (window.at < window.limit) {
      const moved = window.bytes[window.at] === 0x3c ? this.#markup(final) : this.#text(final);
      if (moved) continue;
      if (window.limit - window.at > MAX_RECORD_BYTES) this.#giveUp();
      else break;
    }
    window.wait();
  }

  /** A token without an end: everything up to the next `<` is dropped. */
  #giveUp(): void {
    const window = this.#window;
    if (!this.#droppingText) this.#handler.broken(true);
    this.#droppingText = window.bytes[window.at] !== 0x3c;
    const next = indexOf(window, 0x3c, window.at + 1);
    window.at = next < 0 ? window.limit : next;
  }

  #text(final: boolean): boolean {
    const window = this.#window;
    let end = indexOf(window, 0x3c, window.at);
    if (end < 0) {
      if (!final) return false;
      end = window.limit;
    }
    if (this.#droppingText || end - window.at > MAX_RECORD_BYTES) {
      if (!this.#droppingText) this.#handler.broken(true);
    } else this.#handler.text(undoReferences(decoder.decode(window.bytes.subarray(window.at, end))));
    this.#droppingText = false;
    window.at = end;
    return true;
  }

  #markup(final: boolean): boolean {
    const window = this.#window;
    const { bytes, at, limit } = window;
    if (limit - at < 9 && !final) return false;
    this.#droppingText = false;
    const next = bytes[at + 1];
    if (next === 0x21) {
      if (begins(window, '<!--')) return this.#until('-->', at + 4);
      if (begins(window, '<![CDATA[')) {
        const end = find(window, ']]>', at + 9);
        if (end < 0) return false;
        if (end - at > MAX_RECORD_BYTES) this.#handler.broken(true);
        else this.#handler.text(decoder.decode(bytes.subarray(at + 9, end)));
        window.at = end + 3;
        return true;
      }
      return this.#declaration();
    }
    if (next === 0x3f) return this.#until('?>', at + 2);
    if (next === undefined || at + 1 >= limit || !(next === 0x2f || isNameStart(next))) {
      // A bare `<` in a text.
      this.#handler.text('<');
      window.at = at + 1;
      return true;
    }
    return this.#tag();
  }

  #until(ending: string, from: number): boolean {
    const end = find(this.#window, ending, from);
    if (end < 0) return false;
    this.#window.at = end + ending.length;
    return true;
  }

  /** `<!DOCTYPE …>`, with what it declares between brackets. */
  #declaration(): boolean {
    const { bytes, at, limit } = this.#window;
    let depth = 0;
    for (let p = at; p < limit; p++) {
      const c = bytes[p]!;
      if (c === 0x5b) depth++;
      else if (c === 0x5d) depth--;
      else if (c === 0x3e && depth <= 0) {
        this.#window.at = p + 1;
        return true;
      }
    }
    return false;
  }

  #tag(): boolean {
    const window = this.#window;
    const { bytes, at, limit } = window;
    let quote = 0;
    for (let p = at + 1; p < limit; p++) {
      const c = bytes[p]!;
      if (c === 0x3c) {
        // The standard has no `<` within a tag, quoted or not (section 3.1): the tag lacks its end.
        this.#handler.broken(false);
        window.at = p;
        return true;
      }
      if (quote !== 0) {
        if (c === quote) quote = 0;
      } else if (c === 0x22 || c === 0x27) quote = c;
      else if (c === 0x3e) {
        window.at = p + 1;
        if (p - at > MAX_RECORD_BYTES) this.#handler.broken(true);
        else this.#giveTag(decoder.decode(bytes.subarray(at + 1, p)));
        return true;
      }
    }
    return false;
  }

  #giveTag(tag: string): void {
    if (tag.startsWith('/')) {
      this.#handler.close(tag.slice(1).trim());
      return;
    }
    const empty = tag.endsWith('/');
    const body = empty ? tag.slice(0, -1) : tag;
    const nameEnd = body.search(spaceOrEnd);
    const name = nameEnd < 0 ? body : body.slice(0, nameEnd);
    const attributes: [string, string][] = [];
    if (nameEnd >= 0 && !readAttributes(body, nameEnd, attributes)) this.#handler.broken(false);
    this.#handler.open(name, attributes);
    if (empty) this.#handler.close(name);
  }
}

/** Reads `name="value"` one after another; false when something else stands between. */
function readAttributes(tag: string, from: number, attributes: [string, string][]): boolean {
  let p = from;
  while (attributes.length < 4096) {
    while (p < tag.length && tag.charCodeAt(p) <= 0x20) p++;
    if (p >= tag.length) return true;
    const equals = tag.indexOf('=', p);
    if (equals < 0 || equals - p > 1024) return false;
    const name = tag.slice(p, equals).trim();
    let open = equals + 1;
    while (open < tag.length && tag.charCodeAt(open) <= 0x20) open++;
    const quote = tag[open];
    if (quote !== '"' && quote !== "'") return false;
    const close = tag.indexOf(quote, open + 1);
    if (close < 0) return false;
    attributes.push([name, undoReferences(tag.slice(open + 1, close))]);
    p = close + 1;
  }
  return true;
}

const named = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** Undoes the five entities and numeric references; any other stays as it stands. */
function undoReferences(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(lt|gt|amp|quot|apos));/g,
    (whole, decimal, hex, name) => {
      if (typeof name === 'string') return named.get(name) ?? whole;
      const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16);
      return code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? '\ufffd' : String.fromCodePoint(code);
    },
  );
}

function isNameStart(c: number): boolean {
  return c >= 0x80 || c === 0x5f || c === 0x3a || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x7a);
}

function indexOf(window: RecordWindow, byte: number, from: number): number {
  return window.bytes.subarray(0, window.limit).indexOf(byte, from);
}

function begins(window: RecordWindow, text: string): boolean {
  if (window.at + text.length > window.limit) return false;
  for (let i = 0; i < text.length; i++) if (window.bytes[window.at + i] !== text.charCodeAt(i)) return false;
  return true;
}

/** Where the ASCII text next stands, or -1. */
function find(window: RecordWindow, text: string, from: number): number {
  const last = text.charCodeAt(text.length - 1);
  for (let p = from + text.length - 1; ; p++) {
    p = indexOf(window, last, p);
    if (p < 0) return -1;
    let i = text.length - 2;
    while (i >= 0 && window.bytes[p - (text.length - 1 - i)] === text.charCodeAt(i)) i--;
    if (i < 0) return p - text.length + 1;
  }
}
