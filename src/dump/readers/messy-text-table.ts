import type { RowWriter } from '../reader.ts';
import { agrees, type Cells, EMPTY, isStrict, type Separator, SHAPES, shapeOf } from './messy-text-cells.ts';

/** Rows from which a column's shape is known, and the share of its cells that must have it. */
const KNOWN_ROWS = 4;
const KNOWN_SHARE = 0.8;
/** After so many rows the shapes are counted no more. */
const LEARNT_ROWS = 4096;

/** One table of a messy file: how wide it is, what separates it mostly, and what its columns look like. */
export class MessyTable {
  readonly width: number;
  readonly main: Separator;
  /** Whether single quotes enclose cells. */
  readonly single: boolean;
  /** The header line as it stands, or null. */
  readonly header: string | null;
  readonly writer: RowWriter;
  /** Whether many of its lines end before the last columns. */
  isRagged = false;
  /** Whether a reader of one dialect for the whole file would not have read its rows. */
  isGain = false;
  /** Other separators that rows of this table were seen to have. */
  readonly others = new Set<Separator>();
  readonly #counts: Uint32Array;
  readonly #filled: Uint32Array;
  readonly #shapes: Uint8Array;
  #learnt = 0;
  /** For each column the shape that nearly all cells have, or EMPTY. */
  readonly #usual: Uint8Array;

  constructor(width: number, main: Separator, single: boolean, header: string | null, writer: RowWriter) {
    this.width = width;
    this.main = main;
    this.single = single;
    this.header = header;
    this.writer = writer;
    this.#counts = new Uint32Array(width * SHAPES);
    this.#filled = new Uint32Array(width);
    this.#shapes = new Uint8Array(width);
    this.#usual = new Uint8Array(width);
  }

  /** Counts the shapes of a row that is surely of this table. */
  learn(bytes: Uint8Array, cells: Cells): void {
    if (this.#learnt >= LEARNT_ROWS) return;
    this.#learnt++;
    for (let column = 0; column < this.width; column++) {
      const shape = shapeOf(bytes, cells.from[column] ?? 0, cells.to[column] ?? 0);
      if (shape === EMPTY) continue;
      const at = column * SHAPES + shape;
      this.#counts[at] = (this.#counts[at] ?? 0) + 1;
      const filled = (this.#filled[column] ?? 0) + 1;
      this.#filled[column] = filled;
      const share = this.#shareOf(column, shape);
      if (filled >= KNOWN_ROWS && share >= KNOWN_SHARE && isStrict(shape)) this.#usual[column] = shape;
      else if (filled >= KNOWN_ROWS && this.#shareOf(column, this.#usual[column] ?? 0) < KNOWN_SHARE)
        this.#usual[column] = EMPTY;
    }
  }

  #shareOf(column: number, shape: number): number {
    let count = this.#counts[column * SHAPES + shape] ?? 0;
    for (let other = 1; other < SHAPES; other++) {
      if (other !== shape && agrees(other, shape)) count += this.#counts[column * SHAPES + other] ?? 0;
    }
    return count / Math.max(1, this.#filled[column] ?? 0);
  }

  /**
   * How many cells do not look like their columns; -1 when a row is surely not of this table: one of them looks like another column whose own cell does not, or two are
   * wrong. One odd value alone is no sign of a shift. `agreeing` is then the number of cells that have the usual shape.
   */
  misfits(bytes: Uint8Array, cells: Cells): number {
    let wrong = 0;
    this.agreeing = 0;
    const shapes = this.#shapes;
    for (let column = 0; column < this.width; column++) {
      const shape = shapeOf(bytes, cells.from[column] ?? 0, cells.to[column] ?? 0);
      shapes[column] = shape;
      const usual = this.#usual[column] ?? EMPTY;
      if (usual === EMPTY || shape === EMPTY) continue;
      if (agrees(shape, usual)) this.agreeing++;
      else wrong++;
    }
    if (wrong > 1) return -1;
    if (wrong === 0) return this.#hasStranger(shapes) ? -1 : 0;
    return this.#hasStranger(shapes) ? -1 : 1;
  }

  /** 1 when a cell of that shape agrees with what the column nearly always has, -1 when it does not, 0 when nothing can be said. */
  judgeCell(column: number, shape: number): -1 | 0 | 1 {
    const usual = this.#usual[column] ?? EMPTY;
    if (usual === EMPTY || shape === EMPTY) return 0;
    return agrees(shape, usual) ? 1 : -1;
  }

  /** Cells of the last row that was judged with the usual shape of their column. */
  agreeing = 0;

  /** Whether a cell looks like another column, which has none such in this row, and not like its own. */
  #hasStranger(shapes: Uint8Array): boolean {
    for (let column = 0; column < this.width; column++) {
      const shape = shapes[column] ?? EMPTY;
      // Whole numbers, words and text are anywhere.
      if (!isStrict(shape) || this.#isAtHome(column, shape)) continue;
      for (let other = 0; other < this.width; other++) {
        if (other !== column && this.#usual[other] === shape && !agrees(shapes[other] ?? EMPTY, shape)) return true;
        if (other !== column && this.#usual[other] === shape && shapes[other] === EMPTY) return true;
      }
    }
    return false;
  }

  /** Whether cells of this shape are nothing new in the column. */
  #isAtHome(column: number, shape: number): boolean {
    const seen = this.#counts[column * SHAPES + shape] ?? 0;
    return seen > 0 && seen >= (this.#filled[column] ?? 0) * 0.02;
  }
}
