import { incomplete, SqlLexer, type SqlMode } from './sql-lexer.ts';

/** A row or a statement's head that is longer is given up. */
const MAX_UNIT_BYTES = 16_777_216;
/**
 * Reading again what turned out to be damaged must not make the time grow faster than the file: each byte that is left behind for good allows for so many that are
 * read in vain. A hostile file that uses them up gets the smallest look ahead.
 */
const CREDIT_PER_BYTE = 16;
const CREDIT_BYTES = 67_108_864;
const MIN_UNIT_BYTES = 256;

/**
 * The bytes that have come and have not been read yet, and a lexer over as many of them as the unit at hand (a row, a head, a token of what is skipped) may have. A unit
 * that is not there as a whole is read again from its start once twice as many bytes have come, so that a long one costs no more than a few times its length.
 */
export class SqlFrame {
  readonly lexer: SqlLexer;
  /** Where the unit at hand begins. */
  at = 0;
  end = 0;
  #bytes = new Uint8Array(262_144);
  #credit = CREDIT_BYTES;
  #wantedBytes = 1;

  constructor(mode: SqlMode) {
    this.lexer = new SqlLexer(mode);
  }

  /** Adds a copy of `chunk`; false: there are too few bytes yet for the unit at hand. */
  append(chunk: Uint8Array): boolean {
    const kept = this.end - this.at;
    if (this.end + chunk.length > this.#bytes.length) {
      const needed = kept + chunk.length;
      const grown =
        needed > this.#bytes.length ? new Uint8Array(Math.max(this.#bytes.length * 2, needed)) : this.#bytes;
      grown.set(this.#bytes.subarray(this.at, this.end));
      this.#bytes = grown;
      this.lexer.base += this.at;
      this.at = 0;
      this.end = kept;
    }
    this.#bytes.set(chunk, this.end);
    this.end += chunk.length;
    this.lexer.buffer = this.#bytes;
    return this.end - this.at >= this.#wantedBytes;
  }

  /** Ends the last line, where it is open; nothing else will come but what `close` adds. */
  endLine(): void {
    if (this.end > this.at && this.#bytes[this.end - 1] !== 10) this.append(Uint8Array.of(10));
  }

  /** Adds the last bytes: `tail`, on a line of its own behind `endLine`. */
  close(tail: string): void {
    this.lexer.isFinal = true;
    this.append(new TextEncoder().encode(`${tail}\n`));
  }

  /** Puts the lexer at the start of the unit at hand. */
  start(): void {
    this.#wantedBytes = 1;
    this.lexer.at = this.at;
    this.#limit();
  }

  /** Leaves everything before the lexer's place behind. */
  commit(): void {
    const { at } = this.lexer;
    this.#credit = Math.min(CREDIT_BYTES, this.#credit + CREDIT_PER_BYTE * (at - this.at));
    this.at = at;
    this.#limit();
  }

  /** Whether more bytes may come for the unit at hand; one that has as many as it may have is given up for its length. */
  mayGrow(): boolean {
    return !this.lexer.isFinal && this.end - this.at < this.#unitBytes();
  }

  /** Asks for more bytes for the unit at hand. */
  wait(): void {
    this.#wantedBytes = Math.min(2 * (this.end - this.at), this.#unitBytes());
  }

  /** How many bytes of the unit at hand were read before it failed with `error`. */
  cost(error: unknown): number {
    return (error === incomplete ? this.lexer.end : Math.min(this.lexer.at, this.lexer.end)) - this.at;
  }

  /** Pays for bytes that were read in vain. */
  pay(bytes: number): void {
    this.#credit -= bytes;
  }

  #unitBytes(): number {
    return Math.max(MIN_UNIT_BYTES, Math.min(MAX_UNIT_BYTES, this.#credit));
  }

  #limit(): void {
    this.lexer.end = Math.min(this.end, this.at + this.#unitBytes());
  }
}
