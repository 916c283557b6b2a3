import { MAX_ROW_BYTES } from './exact-rows.ts';
import type { CellReadings } from './port.ts';
import { DIRECT_SEPARATOR, type DirectRows, MAX_DIRECT_BYTES, type RowWriter } from './reader.ts';

const SEPARATOR = DIRECT_SEPARATOR;
const QUOTE = 0x22;
const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;
/** Longer cells are cut: no value of a person is that long, and with all quotes doubled they stay within the reach of a quote (docs/spec/delimited.md). */
export const MAX_CELL_BYTES = 32_000;
/** Cells whose readings are kept: a picture has fewer. */
const MAX_READINGS = 10_000;
/** Further cells of a row are dropped. */
export const MAX_CELLS = 4096;
const LEAST_BUFFER_BYTES = 65_536;

const encoder = new TextEncoder();

/** What happens to whole rows. */
export interface RowListener {
  /** A row of so many cells ends; more may be appended to it. False: it is to be dropped. */
  onRow(cells: number): boolean;
  /** A row was longer than rows may be, and is dropped. */
  onTooLong(): void;
}

/** Writes rows in `canonicalDialect` into one growing buffer. Text is read by the byte where it is ASCII: 2 ns a byte, where a call to the encoder costs 100 ns a cell. */
export class RowEncoder implements RowWriter, DirectRows {
  #buffer = new Uint8Array(LEAST_BUFFER_BYTES);
  #length = 0;
  #rowStart = 0;
  #cells = 0;
  readonly #listener: RowListener;
  #rows = 0;
  #readings: CellReadings[] = [];

  constructor(listener: RowListener) {
    this.#listener = listener;
  }

  /** Bytes of whole rows that have not been taken. */
  get pendingBytes(): number {
    return this.#rowStart;
  }

  /** The whole rows; valid until more is written. `forget` removes them. */
  peek(): Uint8Array {
    return this.#buffer.subarray(0, this.#rowStart);
  }

  /** Removes the whole rows: they have been passed on. The buffer is kept for those to come, so that none has to be allocated and zeroed for each stretch. */
  forget(): void {
    this.#buffer.copyWithin(0, this.#rowStart, this.#length);
    this.#length -= this.#rowStart;
    this.#rowStart = 0;
  }

  /** Gives up room that is not needed for what it holds: for a table that others take turns with. */
  shrink(): void {
    if (this.#buffer.length <= LEAST_BUFFER_BYTES) return;
    const shrunk = new Uint8Array(Math.max(LEAST_BUFFER_BYTES, this.#length * 2));
    shrunk.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = shrunk;
  }

  get direct(): DirectRows {
    return this;
  }

  get rowAt(): number {
    return this.#rowStart;
  }

  room(): Uint8Array {
    if (this.#cells > 0) throw new Error('a row is open');
    this.#reserve(MAX_DIRECT_BYTES + MAX_CELLS);
    return this.#buffer;
  }

  takeRow(cells: number, end: number): void {
    this.#cells = cells;
    this.#length = end;
    this.end();
  }

  text(value: string): void {
    if (!this.#open()) return;
    const length = Math.min(value.length, MAX_CELL_BYTES);
    this.#reserve(Math.min(length * 3, MAX_CELL_BYTES) + 4);
    const buffer = this.#buffer;
    const start = this.#length;
    let at = start;
    let special = 0;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code >= 0x80) {
        at = start + encoder.encodeInto(value, buffer.subarray(start, start + MAX_CELL_BYTES)).written;
        // What follows was not looked at.
        special = 1;
        break;
      }
      buffer[at++] = code;
      if (code < 0x20) special |= code;
    }
    this.#finishCell(start, at, special);
  }

  bytes(source: Uint8Array, from: number, to: number): void {
    if (!this.#open()) return;
    let end = to;
    if (to - from > MAX_CELL_BYTES) {
      end = from + MAX_CELL_BYTES;
      // Not within a character.
      while (end > from && (source[end]! & 0xc0) === 0x80) end--;
    }
    this.#reserve(end - from + 4);
    const start = this.#length;
    const buffer = this.#buffer;
    let at = start;
    let special = 0;
    if (end - from > 64) {
      buffer.set(source.subarray(from, end), at);
      at += end - from;
      special = 1;
    } else {
      for (let index = from; index < end; index++) {
        const byte = source[index]!;
        if (byte < 0x20) special |= byte;
        buffer[at++] = byte;
      }
    }
    this.#finishCell(start, at, special);
  }

  empty(): void {
    if (!this.#open()) return;
  }

  readings(alternatives: readonly string[]): void {
    if (this.#readings.length >= MAX_READINGS) return;
    this.#readings.push({ row: this.#rows, column: this.#cells - 1, alternatives });
  }

  /** The readings of all rows so far; they are forgotten. */
  takeReadings(): readonly CellReadings[] {
    const readings = this.#readings;
    this.#readings = [];
    return readings;
  }

  end(): void {
    if (this.#cells === 0) return;
    // A row without any byte is none: its only cell, an empty one, comes in quotes.
    if (this.#length === this.#rowStart) {
      this.#reserve(4);
      this.#buffer[this.#length++] = QUOTE;
      this.#buffer[this.#length++] = QUOTE;
    }
    if (this.#length - this.#rowStart >= MAX_ROW_BYTES) {
      this.drop();
      this.#listener.onTooLong();
      return;
    }
    if (!this.#listener.onRow(this.#cells)) {
      this.drop();
      return;
    }
    this.#reserve(1);
    this.#buffer[this.#length++] = NEWLINE;
    this.#rowStart = this.#length;
    this.#cells = 0;
    this.#rows++;
  }

  drop(): void {
    this.#length = this.#rowStart;
    this.#cells = 0;
  }

  /** The bytes of the row that is being ended: only from within `onRow`. */
  row(): Uint8Array {
    return this.#buffer.subarray(this.#rowStart, this.#length);
  }

  /** Fills the row up to `cells` cells, so that others can be appended behind all that the table has: only from within `onRow`. */
  fill(cells: number): void {
    while (this.#cells < cells) this.empty();
  }

  /** Begins a cell; false when the row has too many. */
  #open(): boolean {
    if (this.#cells >= MAX_CELLS) return false;
    if (this.#cells > 0) {
      this.#reserve(1);
      this.#buffer[this.#length++] = SEPARATOR;
    }
    this.#cells++;
    return true;
  }

  /** Ends the cell at [start, at). `special`: not 0 when it may hold a control character. */
  #finishCell(start: number, at: number, special: number): void {
    const buffer = this.#buffer;
    this.#length = at;
    if (special === 0 && buffer[start] !== QUOTE) return;
    if (at === start || !needsQuotes(buffer, start, at)) return;
    const cell = buffer.slice(start, at);
    this.#length = start;
    this.#reserve(cell.length * 2 + 4);
    const target = this.#buffer;
    let out = start;
    target[out++] = QUOTE;
    for (const byte of cell) {
      if (byte === QUOTE) target[out++] = QUOTE;
      target[out++] = byte;
    }
    target[out++] = QUOTE;
    this.#length = out;
  }

  #reserve(sizeBytes: number): void {
    const needed = this.#length + sizeBytes;
    if (needed <= this.#buffer.length) return;
    const grown = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

function needsQuotes(buffer: Uint8Array, from: number, to: number): boolean {
  if (buffer[from] === QUOTE) return true;
  for (let index = from; index < to; index++) {
    const byte = buffer[index]!;
    if (byte === SEPARATOR || byte === NEWLINE || byte === CARRIAGE_RETURN) return true;
  }
  return false;
}
