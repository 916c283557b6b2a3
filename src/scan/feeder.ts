import { findRowEnd, MAX_ROW_BYTES } from '../dump/exact-rows.ts';
import type { Dialect, DumpPart } from '../dump/port.ts';
import type { Kernel } from '../kernel/kernel.ts';
import type { Arena } from './arena.ts';
import type { Filler } from './filler.ts';

/** A slot holds a block: whole rows, cut off where the last one ends. Twice the longest row and the reach of a quote always fit. */
export const SLOT_BYTES = 2_621_440;
/** A block is cut when this much is there: large enough that the way to a thread costs nothing, small enough for a thread's cache. */
const TARGET_BYTES = 1_048_576;

/** A slot with less room than this is full: a filler wants some to work in. */
const SPARE_BYTES = 65_536;

/** Whole rows at [at, at + length) of slot `slot`. */
export interface Block {
  readonly slot: number;
  readonly at: number;
  readonly length: number;
  readonly sequence: number;
}

/** Cuts a part into blocks of whole rows. One owner; blocks come in the part's order. */
export class Feeder {
  readonly #arena: Arena;
  readonly #filler: Filler;
  readonly #kernel: Kernel;
  /** A context that knows the part's dialect. */
  readonly #context: number;
  readonly #part: DumpPart;
  readonly #newline: number;
  /** Bytes after the last cut: copied here because the slot they stand in is given away. */
  readonly #carry: Uint8Array;
  #carried = 0;
  #sequence = 0;
  #headerRows: number;
  #isSkipping = false;
  #isOver = false;
  /** Rows without an end within a slot. */
  tooLong = 0;

  /** `carry`: SLOT_BYTES of the caller's, whatever is in them, for as long as this feeds: a folder may have millions of parts, and to make them takes longer than to scan a small one. */
  constructor(arena: Arena, filler: Filler, kernel: Kernel, context: number, part: DumpPart, carry: Uint8Array) {
    this.#carry = carry;
    this.#arena = arena;
    this.#filler = filler;
    this.#kernel = kernel;
    this.#context = context;
    this.#part = part;
    this.#newline = part.dialect.newline.charCodeAt(0);
    this.#headerRows = part.headerRows;
  }

  /** Fills the slot at address `slotAt`; null when the part is at its end. */
  async next(slot: number, slotAt: number): Promise<Block | null> {
    for (;;) {
      let filled = this.#carried;
      this.#arena.bytes(slotAt, filled).set(this.#carry.subarray(0, filled));
      this.#carried = 0;
      let cut = 0;
      while (cut === 0) {
        while (!this.#isOver && filled < TARGET_BYTES) filled += await this.#fill(slotAt + filled, SLOT_BYTES - filled);
        if (filled === 0) return null;
        if (this.#isSkipping) filled = this.#skip(slotAt, filled);
        if (this.#isOver) cut = filled;
        else if (filled > 0) cut = this.#kernel.findCut(this.#context, slotAt, slotAt + filled) - slotAt;
        if (cut > 0 || (filled === 0 && this.#isOver)) break;
        if (filled === 0) continue;
        // No row ends here: more is needed, or the row is longer than any row may be.
        if (SLOT_BYTES - filled > SPARE_BYTES) filled += await this.#fill(slotAt + filled, SLOT_BYTES - filled);
        else {
          // A header is no row that could be rejected.
          if (this.#headerRows > 0) this.#headerRows--;
          else this.tooLong++;
          this.#isSkipping = true;
          filled = 0;
        }
      }
      if (cut === 0) return null;
      this.#carried = filled - cut;
      this.#carry.set(this.#arena.bytes(slotAt + cut, this.#carried));
      const start = this.#skipHeader(slotAt, cut);
      if (start === cut) continue;
      return { slot, at: slotAt + start, length: cut - start, sequence: this.#sequence++ };
    }
  }

  async #fill(at: number, room: number): Promise<number> {
    const size = await this.#filler.fill(at, Math.min(room, TARGET_BYTES));
    if (size === 0) this.#isOver = true;
    return size;
  }

  /** Drops the rest of a row that was too long; answers how much is left, moved to the slot's start. */
  #skip(slotAt: number, filled: number): number {
    const bytes = this.#arena.bytes(slotAt, filled);
    const end = bytes.indexOf(this.#newline);
    if (end === -1) return 0;
    this.#isSkipping = false;
    bytes.copyWithin(0, end + 1);
    return filled - end - 1;
  }

  /** Where the data begin: header rows are passed over, empty rows not counted. */
  #skipHeader(slotAt: number, cut: number): number {
    if (this.#headerRows === 0) return 0;
    const bytes = this.#arena.bytes(slotAt, cut).slice();
    let at = 0;
    while (this.#headerRows > 0 && at < cut) {
      let end = findRowEnd(bytes, at, cut, this.#part.dialect, true);
      // Longer than rows may be: it ends at the first newline after that.
      if (end < 0) end = bytes.indexOf(this.#newline, at + MAX_ROW_BYTES) + 1 || cut;
      if (!isEmptyRow(bytes, at, end, this.#part.dialect)) this.#headerRows--;
      at = end;
    }
    return at;
  }
}

/** Whether the row at [from, to) is nothing but its end: such rows are not counted. */
export function isEmptyRow(bytes: Uint8Array, from: number, to: number, { newline }: Dialect): boolean {
  if (bytes[to - 1] !== newline.charCodeAt(0)) return false;
  return to - from === 1 || (to - from === 2 && newline === '\n' && bytes[from] === 13);
}
