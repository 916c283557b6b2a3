/** How one file writes its statements; guessed from its head, corrected while it is read. */
export interface SqlMode {
  dialect: 'mysql' | 'postgres' | 'sqlserver' | 'oracle' | 'sqlite' | 'unknown';
  /** Whether a backslash in '…' escapes the next character. */
  backslash: boolean;
  /** Rows that could be read with one meaning of a backslash before a quote only: how many speak for escapes, and how many against. */
  escapeRows: number;
  plainRows: number;
}

/** Thrown when the bytes at hand end inside of what is being read; never leaves the reader. */
export const incomplete = new Error('incomplete');
/** Thrown when what is being read cannot be SQL; never leaves the reader. */
export const unsound = new Error('unsound');

/** Databases allow 128 characters at most; more is damage. */
const MAX_IDENTIFIER_BYTES = 512;
/** Executable comments of a version that does not exist are comments: `/*M!999999\- enable the sandbox mode *\/`. */
const FIRST_IMPOSSIBLE_VERSION = 900_000;
/** A comment in which so many bytes stand has lost its end; the longest in real dumps are licences. */
const MAX_COMMENT_BYTES = 65_536;
/** How far a statement within a comment is read, and all of those in one comment: hostile ones must not be read again and again. */
const AHEAD_BYTES = 1024;
const MAX_AHEAD_BYTES = 2 * MAX_COMMENT_BYTES;

const BLANK = 1;
const WORD = 2;
const DIGIT = 4;
const classes = new Uint8Array(256);
for (const unit of [9, 10, 11, 12, 13, 32]) classes[unit] = BLANK;
for (let unit = 0; unit < 256; unit++) {
  if (unit >= 48 && unit <= 57) classes[unit] = WORD | DIGIT;
  else if (unit >= 128 || /[A-Za-z_$#@]/.test(String.fromCharCode(unit))) classes[unit] = WORD;
}

export function isBlank(unit: number): boolean {
  return classes[unit] === BLANK;
}

/** Letters, digits, `_ $ # @` and everything beyond ASCII. */
export function isWordByte(unit: number): boolean {
  return (classes[unit]! & WORD) !== 0;
}

export function isDigit(unit: number): boolean {
  return (classes[unit]! & DIGIT) !== 0;
}

/** Bytes of SQL between `at` and `end`. Whoever reads past `end` gets `incomplete`. */
export class SqlLexer {
  buffer = new Uint8Array(0);
  at = 0;
  end = 0;
  readonly mode: SqlMode;
  /** Whether a statement with a sound row begins at the lexer's place: no comment goes over one. May throw, and leave the lexer anywhere. */
  beginsRows: (lexer: SqlLexer) => boolean = () => false;
  #looksAhead = false;
  /** Where `buffer` begins in the file, and whether nothing comes after what it holds. */
  base = 0;
  isFinal = false;
  /** Comments that begin before this place of the file have no end either: each stretch is searched for one once. */
  #openUntil = 0;
  readonly #decoder = new TextDecoder();
  #scratch = new Uint8Array(4096);
  readonly #words: string[] = new Array(256).fill('');

  constructor(mode: SqlMode) {
    this.mode = mode;
  }

  /** The byte at `at`. */
  peek(): number {
    if (this.at >= this.end) throw incomplete;
    return this.buffer[this.at]!;
  }

  /** The byte `distance` further on. */
  peekAt(distance: number): number {
    if (this.at + distance >= this.end) throw incomplete;
    return this.buffer[this.at + distance]!;
  }

  /** Whether the next byte is `unit`; takes it if so. */
  accept(unit: number): boolean {
    if (this.peek() !== unit) return false;
    this.at++;
    return true;
  }

  expect(unit: number): void {
    if (!this.accept(unit)) throw unsound;
  }

  /** Skips white space and comments; what stands in executable comments (`/*!40000 … *\/`) is not skipped, their marks are. */
  skipBlank(): void {
    for (;;) {
      const unit = this.peek();
      if (isBlank(unit)) this.at++;
      else if (!this.skipComment(unit)) return;
    }
  }

  /** Skips a comment that begins here with `unit`, or says that there is none. */
  skipComment(unit: number): boolean {
    if (unit === 45 && this.peekAt(1) === 45) {
      // MySQL reads `5--5` as a sum; everybody else as a comment.
      if (this.mode.dialect === 'mysql' && !isBlank(this.peekAt(2)) && this.peekAt(2) !== 45) return false;
      this.skipLine();
      return true;
    }
    if (unit === 35 && (this.mode.dialect === 'mysql' || this.mode.dialect === 'unknown')) {
      this.skipLine();
      return true;
    }
    if (unit === 42 && this.peekAt(1) === 47) {
      this.at += 2;
      return true;
    }
    if (unit !== 47 || this.peekAt(1) !== 42) return false;
    if (!this.#enterExecutable()) this.#skipBlockComment();
    return true;
  }

  /** Goes to the start of the next line. */
  skipLine(): void {
    const newline = this.indexOf(10, this.at, this.end);
    if (newline < 0) {
      this.at = this.end;
      throw incomplete;
    }
    this.at = newline + 1;
  }

  #enterExecutable(): boolean {
    let at = this.at + 2;
    const digit = (): number => {
      if (at >= this.end) throw incomplete;
      return this.buffer[at]!;
    };
    if (digit() === 77 && this.peekAt(3) === 33) at++;
    if (digit() !== 33) return false;
    at++;
    let version = 0;
    for (let count = 0; count < 6 && isDigit(digit()); count++, at++) version = version * 10 + digit() - 48;
    if (version >= FIRST_IMPOSSIBLE_VERSION) return false;
    this.at = at;
    return true;
  }

  /** A comment that goes on for too long, or over a statement with a row, has lost its end and is none: what stands in it counts. */
  #skipBlockComment(): void {
    if (this.#looksAhead || this.base + this.at < this.#openUntil) throw unsound;
    const nests = this.mode.dialect === 'postgres' || this.mode.dialect === 'sqlserver';
    const limit = this.at + MAX_COMMENT_BYTES;
    let depth = 1;
    let read = 0;
    this.at += 2;
    while (depth > 0) {
      if (this.isFinal && this.at + 1 >= this.end) this.#giveUp();
      const unit = this.peek();
      const next = this.peekAt(1);
      if (unit === 42 && next === 47) depth--;
      else if (nests && unit === 47 && next === 42) depth++;
      else {
        this.at++;
        if (unit === 10) read += this.#readAhead();
        if (read > MAX_AHEAD_BYTES || this.at > limit) this.#giveUp();
        continue;
      }
      this.at += 2;
    }
  }

  #giveUp(): never {
    this.#openUntil = this.base + this.at;
    throw unsound;
  }

  /** How many bytes it took to see that no rows begin at this line's start; infinitely many when they do. `at` stays. */
  #readAhead(): number {
    const { at: start, end } = this;
    let begins = false;
    this.#looksAhead = true;
    const limit = Math.min(end, start + AHEAD_BYTES);
    this.end = limit;
    try {
      begins = this.beginsRows(this);
    } catch (error) {
      if (error !== unsound && (error !== incomplete || (limit === end && !this.isFinal))) throw error;
    } finally {
      this.#looksAhead = false;
      this.end = end;
    }
    const read = this.at - start;
    this.at = start;
    return begins ? Number.POSITIVE_INFINITY : read;
  }

  /** The word that begins here in upper case, or an empty text. */
  word(): string {
    const from = this.at;
    let hash = 0;
    while (isWordByte(this.peek())) {
      hash = (Math.imul(hash, 31) + (this.buffer[this.at]! | 32)) | 0;
      if (++this.at - from > MAX_IDENTIFIER_BYTES) throw unsound;
    }
    // The same few words come again and again.
    const known = this.#words[hash & 255]!;
    if (this.#isWord(known, from)) return known;
    const word = this.text(from, this.at).toUpperCase();
    this.#words[hash & 255] = word;
    return word;
  }

  /** Whether [from, at) is `word`, which is in upper case; only ever true for ASCII. */
  #isWord(word: string, from: number): boolean {
    if (word.length !== this.at - from) return false;
    for (let index = 0; index < word.length; index++) {
      const unit = this.buffer[from + index]!;
      if (word.charCodeAt(index) !== (unit >= 97 && unit <= 122 ? unit - 32 : unit) || unit >= 128) return false;
    }
    return true;
  }

  /** The word that begins here; `at` stays. */
  peekWord(): string {
    const from = this.at;
    const word = this.word();
    this.at = from;
    return word;
  }

  /** Takes the word if it is the next one. */
  acceptWord(word: string): boolean {
    const from = this.at;
    if (this.word() === word) return true;
    this.at = from;
    return false;
  }

  /** A name as the database would know it, without its quotes. */
  identifier(): string {
    const quote = this.peek();
    if (quote === 96 || quote === 34 || quote === 91) {
      const close = quote === 91 ? 93 : quote;
      const from = ++this.at;
      for (;;) {
        if (this.at - from > MAX_IDENTIFIER_BYTES) throw unsound;
        if (this.peek() !== close) this.at++;
        else if (this.peekAt(1) === close) this.at += 2;
        else break;
      }
      const mark = String.fromCharCode(close);
      return this.text(from, this.at++).replaceAll(mark + mark, mark);
    }
    const from = this.at;
    if (this.word() === '') throw unsound;
    return this.text(from, this.at);
  }

  /** `a.b.c`: its parts in order. */
  qualifiedName(): string[] {
    const parts = [this.identifier()];
    for (;;) {
      this.skipBlank();
      if (!this.accept(46)) return parts;
      this.skipBlank();
      // SQL Server: `base..table`
      if (this.peek() !== 46) parts.push(this.identifier());
      if (parts.length > 4) throw unsound;
    }
  }

  /** Skips what stands in '…', "…", `…` or […] and begins here. */
  skipQuoted(): void {
    const quote = this.peek();
    const close = quote === 91 ? 93 : quote;
    const backslash = this.mode.backslash && quote === 39;
    this.at++;
    for (;;) {
      const unit = this.peek();
      if (unit === 92 && backslash) this.at += 2;
      else if (unit !== close) this.at++;
      else if (this.peekAt(1) === close) this.at += 2;
      else break;
    }
    this.at++;
  }

  /** The dollar sign's quote that begins here (`$$`, `$body$`), or null. */
  dollarTag(): string | null {
    let at = 1;
    while (isWordByte(this.peekAt(at)) && this.peekAt(at) !== 36 && at < 64) at++;
    if (this.peekAt(at) !== 36 || isDigit(this.peekAt(1))) return null;
    return this.text(this.at, this.at + at + 1);
  }

  /** The text between a dollar quote that begins here and its end. */
  dollarQuoted(tag: string): string {
    const from = this.at + tag.length;
    for (let at = from; ; at++) {
      at = this.indexOf(36, at, this.end);
      if (at < 0 || at + tag.length > this.end) {
        this.at = this.end;
        throw incomplete;
      }
      if (this.text(at, at + tag.length) === tag) {
        this.at = at + tag.length;
        return this.text(from, at);
      }
    }
  }

  /** Where `unit` first stands in [from, to), or -1; never looks beyond, as Uint8Array's own would. */
  indexOf(unit: number, from: number, to: number): number {
    const index = this.buffer.subarray(from, to).indexOf(unit);
    return index < 0 ? -1 : from + index;
  }

  /** Bytes [from, to) as text. */
  text(from: number, to: number): string {
    return this.#decoder.decode(this.buffer.subarray(from, to));
  }

  /** `length` bytes of what was last written to the scratch, as text. */
  scratchText(length: number): string {
    return this.#decoder.decode(this.#scratch.subarray(0, length));
  }

  /** Room for `size` bytes that is written anew for each value. */
  scratch(size: number): Uint8Array {
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size * 2);
    return this.#scratch;
  }
}
