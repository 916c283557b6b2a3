import { DIRECT_SEPARATOR, type DirectRows, MAX_DIRECT_BYTES } from '../reader.ts';

/** Rows that are tried in vain before the next try comes later: a table whose every row holds an escape costs little more for having been tried. */
const MAX_PAUSE_ROWS = 63;

/**
 * Reads rows of VALUES in which everything is as plain as it can be, `('text',-12.5,NULL),('…`, and writes them in the same loop: a third of the time that places of cells
 * and then their bytes take. Whatever is anything else, down to a line break in a text, is left to `readTuple`, which makes the same of every row read here.
 */
export class SqlPlainRows {
  /** After `read`: behind the last row that was read, and how many they were. */
  at = 0;
  rows = 0;
  #pauseRows = 0;
  #waitRows = 0;

  /** Reads rows of `arity` cells from the parenthesis at `from` on; false when there is none that is plain. */
  read(buffer: Uint8Array, from: number, end: number, arity: number, direct: DirectRows): boolean {
    if (this.#waitRows > 0) {
      this.#waitRows--;
      return false;
    }
    this.rows = 0;
    for (let at = from; ; ) {
      const after = readPlainRow(buffer, at, end, arity, direct);
      if (after < 0) break;
      this.rows++;
      this.at = after;
      at = after;
      if (at < end && buffer[at] === 44) at++;
      while (at < end && (buffer[at] === 10 || buffer[at] === 13 || buffer[at] === 32)) at++;
      if (at >= end || buffer[at] !== 40) break;
    }
    this.#pauseRows = this.rows > 0 ? 0 : Math.min(MAX_PAUSE_ROWS, this.#pauseRows * 2 + 1);
    this.#waitRows = this.#pauseRows;
    return this.rows > 0;
  }
}

/** One row from its opening parenthesis on; where it ends, or -1 and nothing written. */
function readPlainRow(buffer: Uint8Array, from: number, end: number, arity: number, direct: DirectRows): number {
  const limit = Math.min(end, from + MAX_DIRECT_BYTES);
  const target = direct.room();
  let out = direct.rowAt;
  let at = from + 1;
  for (let cells = 1; ; cells++) {
    if (at < limit && buffer[at] === 32) at++;
    if (at + 4 >= limit) return -1;
    let unit = buffer[at]!;
    if (unit === 39) {
      unit = buffer[++at]!;
      // In the output it would begin a quoted cell.
      if (unit === 34) return -1;
      while (unit !== 39) {
        if (unit < 32 || unit === 92) return -1;
        target[out++] = unit;
        if (++at >= limit) return -1;
        unit = buffer[at]!;
      }
      at++;
    } else if (unit === 45 || (unit >= 48 && unit <= 57)) {
      do {
        target[out++] = unit;
        if (++at >= limit) return -1;
        unit = buffer[at]!;
      } while ((unit >= 48 && unit <= 57) || unit === 46 || unit === 45 || unit === 43 || (unit | 32) === 101);
      const last = target[out - 1]!;
      if (last !== 46 && (last < 48 || last > 57)) return -1;
    } else if ((unit | 32) === 110) {
      if ((buffer[at + 1]! | 32) !== 117 || (buffer[at + 2]! | 32) !== 108 || (buffer[at + 3]! | 32) !== 108) return -1;
      at += 4;
    } else return -1;
    if (at >= limit) return -1;
    unit = buffer[at++]!;
    if (unit === 44 && cells < arity) target[out++] = DIRECT_SEPARATOR;
    else if (unit === 41 && cells === arity) {
      direct.takeRow(arity, out);
      return at;
    } else return -1;
  }
}
