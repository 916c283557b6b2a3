import { MAX_ROW_BYTES, type Row, RowReader } from '../../dump/exact-rows.ts';
import type { Dialect, RejectReason } from '../../dump/port.ts';

/** Less than a row may have: within a piece only the first line can be too long. */
const PIECE_BYTES = 524_288;

/** Where rows go: cells as text, as many as there are columns. */
export interface TextRowTaker {
  row(cells: readonly string[]): void;
  reject(reason: RejectReason, count: number): void;
}

/**
 * Cuts UTF-8 into rows of text like `RowReader` (docs/spec/delimited.md), three times as fast as long as no quote has come: whole lines then are decoded and
 * split together. From the first quote on, or a line that is too long, everything goes through `RowReader`. `skip` rows at the start are passed over.
 */
export class TextRows {
  readonly #dialect: Dialect;
  readonly #columns: number;
  readonly #taker: TextRowTaker;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #skip: number;
  #slow: RowReader | null;
  /** The beginning of a line whose end has not come. */
  #kept: Buffer = Buffer.alloc(0);

  constructor(dialect: Dialect, columns: number, skip: number, taker: TextRowTaker) {
    this.#dialect = dialect;
    this.#columns = columns;
    this.#skip = skip;
    this.#taker = taker;
    this.#slow = dialect.newline === '\n' ? null : new RowReader(dialect, columns);
  }

  /** Takes in a chunk; nothing of it is kept that is not copied. */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) this.#pushPiece(chunk.subarray(at, at + PIECE_BYTES));
  }

  #pushPiece(chunk: Uint8Array): void {
    if (this.#slow !== null) {
      for (const row of this.#slow.push(chunk)) this.#take(row);
      return;
    }
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const { quote } = this.#dialect;
    const end = bytes.lastIndexOf(0x0a) + 1;
    const isPlain = quote === null || !bytes.includes(quote);
    const firstEnd = bytes.indexOf(0x0a);
    const isShort = this.#kept.length + (firstEnd < 0 ? bytes.length : firstEnd) < MAX_ROW_BYTES;
    if (!isPlain || !isShort) {
      this.#slow = new RowReader(this.#dialect, this.#columns);
      const whole = Buffer.concat([this.#kept, bytes]);
      this.#kept = Buffer.alloc(0);
      for (const row of this.#slow.push(whole)) this.#take(row);
      return;
    }
    if (end > 0) {
      this.#splitLines(Buffer.concat([this.#kept, bytes.subarray(0, end)]));
      this.#kept = Buffer.from(bytes.subarray(end));
    } else this.#kept = Buffer.concat([this.#kept, bytes]);
  }

  /** The rows that are left. */
  finish(): void {
    if (this.#slow === null) {
      this.#splitLines(this.#kept);
      return;
    }
    for (const row of this.#slow.finish()) this.#take(row);
  }

  #take(row: Row): void {
    if (this.#skip > 0) this.#skip--;
    else if ('rejected' in row) this.#taker.reject(row.rejected, 1);
    else this.#taker.row(row.cells.map((cell) => this.#decoder.decode(cell)));
  }

  #splitLines(bytes: Buffer): void {
    const { separator } = this.#dialect;
    const columns = this.#columns;
    for (let line of bytes.toString('utf8').split('\n')) {
      if (line.endsWith('\r')) line = line.slice(0, -1);
      if (line === '') continue;
      if (this.#skip > 0) {
        this.#skip--;
        continue;
      }
      const cells = line.split(separator);
      while (cells.length < columns) cells.push('');
      if (cells.length === columns || cells.slice(columns).every((cell) => cell === '')) this.#taker.row(cells);
      else this.#taker.reject('too-many-cells', 1);
    }
  }
}
