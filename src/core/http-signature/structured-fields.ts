import { fromBase64 } from '../base64.ts';
import { fromUtf8 } from '../utf8.ts';

/*
 * Structured Field Values for HTTP (RFC 9651), read strictly. Everything is hostile: one pass, no recursion, null for what is malformed.
 */

export type BareItem =
  | { readonly type: 'integer' | 'decimal' | 'date'; readonly value: number }
  | { readonly type: 'string' | 'token' | 'display'; readonly value: string }
  | { readonly type: 'bytes'; readonly value: Uint8Array }
  | { readonly type: 'boolean'; readonly value: boolean };

/** In the order in which they stand. */
export type FieldParameters = ReadonlyMap<string, BareItem>;

export interface Item {
  readonly item: BareItem;
  readonly parameters: FieldParameters;
}

export interface InnerList {
  readonly items: readonly Item[];
  readonly parameters: FieldParameters;
}

export type Member = Item | InnerList;
export type List = readonly Member[];
export type Dictionary = ReadonlyMap<string, Member>;

/** What happens to a key that stands twice in a dictionary or among parameters: RFC 9651 keeps the last; where two readers must not differ it is an error. */
export type Duplicates = 'last' | 'refused';

/** A list (section 4.2.1); null when it is malformed. An empty text is an empty list. */
export function parseList(text: string, duplicates: Duplicates = 'last'): List | null {
  return readAll(text, duplicates, (reader) => {
    const members: Member[] = [];
    reader.separated(() => members.push(reader.member()));
    return members;
  });
}

/** A dictionary (section 4.2.2); null when it is malformed. An empty text is an empty dictionary. */
export function parseDictionary(text: string, duplicates: Duplicates = 'last'): Dictionary | null {
  return readAll(text, duplicates, (reader) => {
    const members = new Map<string, Member>();
    reader.separated(() => {
      const key = reader.newKey(members);
      members.set(key, reader.take(EQUALS) ? reader.member() : { item: yes, parameters: reader.parameters() });
    });
    return members;
  });
}

/** An item (section 4.2.3); null when it is malformed. */
export function parseItem(text: string, duplicates: Duplicates = 'last'): Item | null {
  return readAll(text, duplicates, (reader) => reader.item());
}

const HT = 0x09;
const SP = 0x20;
const QUOTE = 0x22;
const PERCENT = 0x25;
const OPEN = 0x28;
const CLOSE = 0x29;
const STAR = 0x2a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const AT = 0x40;
const BACKSLASH = 0x5c;

const yes: BareItem = { type: 'boolean', value: true };
const none: FieldParameters = new Map();

/** Left by throwing it: never leaves this file. */
const malformed = Symbol('malformed');

function readAll<T>(text: string, duplicates: Duplicates, read: (reader: Reader) => T): T | null {
  try {
    const reader = new Reader(text, duplicates);
    reader.skip(SP);
    const value = read(reader);
    reader.skip(SP);
    return reader.isAtEnd ? value : null;
  } catch (error) {
    if (error === malformed) return null;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  readonly #duplicates: Duplicates;
  #at = 0;

  constructor(text: string, duplicates: Duplicates) {
    this.#text = text;
    this.#duplicates = duplicates;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  skip(unit: number): void {
    while (this.#text.charCodeAt(this.#at) === unit) this.#at++;
  }

  take(unit: number): boolean {
    if (this.#text.charCodeAt(this.#at) !== unit) return false;
    this.#at++;
    return true;
  }

  /** Members between commas; none when the text is over. */
  separated(readMember: () => void): void {
    while (!this.isAtEnd) {
      readMember();
      this.#skipOptionalSpace();
      if (this.isAtEnd) return;
      this.#expect(COMMA);
      this.#skipOptionalSpace();
      if (this.isAtEnd) throw malformed;
    }
  }

  member(): Member {
    if (!this.take(OPEN)) return this.item();
    const items: Item[] = [];
    for (;;) {
      this.skip(SP);
      if (this.take(CLOSE)) return { items, parameters: this.parameters() };
      items.push(this.item());
      const next = this.#text.charCodeAt(this.#at);
      if (next !== SP && next !== CLOSE) throw malformed;
    }
  }

  item(): Item {
    const item = this.#bareItem();
    return { item, parameters: this.parameters() };
  }

  parameters(): FieldParameters {
    if (this.#text.charCodeAt(this.#at) !== SEMICOLON) return none;
    const parameters = new Map<string, BareItem>();
    while (this.take(SEMICOLON)) {
      this.skip(SP);
      const key = this.newKey(parameters);
      parameters.set(key, this.take(EQUALS) ? this.#bareItem() : yes);
    }
    return parameters;
  }

  newKey(taken: ReadonlyMap<string, unknown>): string {
    const start = this.#at;
    const first = this.#text.charCodeAt(start);
    if (!isLower(first) && first !== STAR) throw malformed;
    while (isKeyUnit(this.#text.charCodeAt(this.#at))) this.#at++;
    const key = this.#text.slice(start, this.#at);
    if (this.#duplicates === 'refused' && taken.has(key)) throw malformed;
    return key;
  }

  #bareItem(): BareItem {
    const first = this.#text.charCodeAt(this.#at);
    if (first === QUOTE) return { type: 'string', value: this.#string() };
    if (first === MINUS || isDigit(first)) return this.#number();
    if (first === COLON) return { type: 'bytes', value: this.#bytes() };
    if (first === QUESTION) return this.#boolean();
    if (first === AT) return this.#date();
    if (first === PERCENT) return { type: 'display', value: this.#displayString() };
    if (first === STAR || isLetter(first)) return { type: 'token', value: this.#token() };
    throw malformed;
  }

  #number(): BareItem {
    const start = this.#at;
    this.take(MINUS);
    const wholeStart = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const wholeDigits = this.#at - wholeStart;
    if (wholeDigits === 0 || wholeDigits > 15) throw malformed;
    if (!this.take(POINT)) return { type: 'integer', value: Number(this.#text.slice(start, this.#at)) };
    const fractionStart = this.#at;
    while (isDigit(this.#text.charCodeAt(this.#at))) this.#at++;
    const fractionDigits = this.#at - fractionStart;
    if (wholeDigits > 12 || fractionDigits < 1 || fractionDigits > 3) throw malformed;
    return { type: 'decimal', value: Number(this.#text.slice(start, this.#at)) };
  }

  #string(): string {
    this.#at++;
    let value = '';
    let start = this.#at;
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit === QUOTE) {
        value += this.#text.slice(start, this.#at++);
        return value;
      }
      if (unit === BACKSLASH) {
        value += this.#text.slice(start, this.#at);
        const escaped = this.#text.charCodeAt(this.#at + 1);
        if (escaped !== QUOTE && escaped !== BACKSLASH) throw malformed;
        start = this.#at + 1;
        this.#at += 2;
      } else if (unit >= 0x20 && unit <= 0x7e) this.#at++;
      else throw malformed;
    }
  }

  #token(): string {
    const start = this.#at;
    while (isTokenUnit(this.#text.charCodeAt(this.#at))) this.#at++;
    return this.#text.slice(start, this.#at);
  }

  #bytes(): Uint8Array {
    const end = this.#text.indexOf(':', this.#at + 1);
    if (end < 0) throw malformed;
    const bytes = fromBase64(this.#text.slice(this.#at + 1, end));
    if (bytes === null) throw malformed;
    this.#at = end + 1;
    return bytes;
  }

  #boolean(): BareItem {
    const value = this.#text[this.#at + 1];
    if (value !== '0' && value !== '1') throw malformed;
    this.#at += 2;
    return { type: 'boolean', value: value === '1' };
  }

  #date(): BareItem {
    this.#at++;
    const { type, value } = this.#number();
    if (type !== 'integer') throw malformed;
    return { type: 'date', value };
  }

  #displayString(): string {
    this.#at++;
    this.#expect(QUOTE);
    const bytes: number[] = [];
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at++);
      if (unit === QUOTE) break;
      if (unit === PERCENT) {
        const digits = this.#text.slice(this.#at, this.#at + 2);
        if (!/^[0-9a-f]{2}$/.test(digits)) throw malformed;
        bytes.push(Number.parseInt(digits, 16));
        this.#at += 2;
      } else if (unit >= 0x20 && unit <= 0x7e) bytes.push(unit);
      else throw malformed;
    }
    const value = fromUtf8(Uint8Array.from(bytes));
    if (value === null) throw malformed;
    return value;
  }

  #expect(unit: number): void {
    if (!this.take(unit)) throw malformed;
  }

  #skipOptionalSpace(): void {
    for (;;) {
      const unit = this.#text.charCodeAt(this.#at);
      if (unit !== SP && unit !== HT) return;
      this.#at++;
    }
  }
}

function isDigit(unit: number): boolean {
  return unit >= 0x30 && unit <= 0x39;
}

function isLower(unit: number): boolean {
  return unit >= 0x61 && unit <= 0x7a;
}

function isLetter(unit: number): boolean {
  return isLower(unit) || (unit >= 0x41 && unit <= 0x5a);
}

function isKeyUnit(unit: number): boolean {
  return isLower(unit) || isDigit(unit) || unit === 0x5f || unit === MINUS || unit === POINT || unit === STAR;
}

/** Characters of a token after its first: tchar of RFC 9110, `:` and `/`. */
function isTokenUnit(unit: number): boolean {
  if (isLetter(unit) || isDigit(unit) || unit === COLON || unit === 0x2f) return true;
  return tokenSigns.has(unit);
}

const tokenSigns = new Set(Array.from("!#$%&'*+-.^_`|~", (sign) => sign.charCodeAt(0)));
