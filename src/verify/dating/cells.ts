import type { Observations } from './observations.ts';

/** A stretch of bins [from, to). */
export interface BinRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The axis cut into cells at the changes of the dump's subjects: in each about as many changes, so that a burst has cells of its own, and more of them where a closer look is wanted.
 * Sums over cells are kept in arrays of `edges` numbers: one for each cell's beginning, one for the end, and one for each gap between snapshots, within which a change happened at a time unknown.
 */
export interface Cells {
  readonly count: number;
  /** First bin of each cell; count + 1 entries, the last is the number of bins. */
  readonly bounds: Int32Array;
  readonly edges: number;
  /** Per segment of the observations, the edge at which it begins: a cell, or count + 1 + the number of a gap. */
  readonly edgeOf: Uint32Array;
  /** Per gap, its cells [from, to); empty when it lies within one. */
  readonly gaps: readonly BinRange[];
}

/** Cells that follow the changes, as many that follow the clock, and as many for a closer look: the nuisances and the shape look no closer; windows are computed on the axis itself. */
const CELLS_OF_A_KIND = 384;

/** Cuts the axis; `focus` are stretches to look at more closely. */
export function makeCells(observations: Observations, bins: number, focus: readonly BinRange[] = []): Cells {
  const { count: observed, index, start, gap, gapFrom, gapTo } = observations;
  const binAt = (j: number): number =>
    Math.min(bins - 1, Math.max(0, gap[j]! < 0 ? start[j]! : (gapFrom[gap[j]!]! + gapTo[gap[j]!]!) >> 1));
  const changes = new Uint32Array(bins);
  let total = 0;
  for (let i = 0; i < observed; i++) {
    for (let j = index[i]! + 1; j < index[i + 1]!; j++) {
      const at = binAt(j);
      changes[at] = changes[at]! + 1;
      total++;
    }
  }
  const isBound = new Uint8Array(bins);
  cut(isBound, changes, { from: 0, to: bins }, total / CELLS_OF_A_KIND, bins / CELLS_OF_A_KIND);
  const focused = focus.reduce((sum, { from, to }) => sum + to - from, 0);
  for (const range of focus) {
    let inside = 0;
    for (let at = range.from; at < range.to; at++) inside += changes[at]!;
    const cells = CELLS_OF_A_KIND / focus.length;
    cut(isBound, changes, range, inside / cells, (2 * focused) / CELLS_OF_A_KIND);
  }
  const gapCount = gapFrom.length;
  if (gapCount <= CELLS_OF_A_KIND) {
    for (const bound of [...gapFrom, ...gapTo]) if (bound > 0 && bound < bins) isBound[bound] = 1;
  }
  isBound[0] = 1;
  const bounds: number[] = [];
  const cellOfBin = new Uint16Array(bins);
  for (let at = 0; at < bins; at++) {
    if (isBound[at] !== 0) bounds.push(at);
    cellOfBin[at] = bounds.length - 1;
  }
  const count = bounds.length;
  bounds.push(bins);
  const cellAt = (bin: number): number => (bin >= bins ? count : cellOfBin[Math.max(0, bin)]!);
  const gaps = Array.from({ length: gapCount }, (_, g) => ({ from: cellAt(gapFrom[g]!), to: cellAt(gapTo[g]!) }));
  const edgeOf = new Uint32Array(start.length);
  for (let i = 0; i < observed; i++) {
    for (let j = index[i]! + 1; j < index[i + 1]!; j++) {
      const g = gap[j]!;
      const isOpen = g >= 0 && gaps[g]!.to > gaps[g]!.from;
      edgeOf[j] = isOpen ? count + 1 + g : start[j]! >= bins ? count : cellOfBin[binAt(j)]!;
    }
  }
  return { count, bounds: Int32Array.from(bounds), edges: count + 1 + gapCount, edgeOf, gaps };
}

/* A cell ends at a change, so that what lies before and after it is told apart. */
function cut(
  isBound: Uint8Array,
  changes: Uint32Array,
  { from, to }: BinRange,
  perCell: number,
  longest: number,
): void {
  let sum = 0;
  let last = from;
  for (let at = from; at < to; at++) {
    const isFull = changes[at]! > 0 && sum + changes[at]! > perCell;
    if (at > last && (isFull || at - last >= longest)) {
      isBound[at] = 1;
      last = at;
      sum = 0;
    }
    sum += changes[at]!;
  }
}

/** How much of gap `g` has passed in the middle of cell `c`, 0 to 1. */
export function passedOf({ bounds, gaps }: Cells, g: number, c: number): number {
  const { from, to } = gaps[g]!;
  return ((bounds[c]! + bounds[c + 1]!) / 2 - bounds[from]!) / (bounds[to]! - bounds[from]!);
}

/** Per edge, the weight of all cells before it; of a gap's edge, the weight expected before a change somewhere in the gap. */
export function sumBefore(cells: Cells, weights: Float64Array): Float64Array {
  const sums = new Float64Array(cells.edges);
  for (let c = 0; c < cells.count; c++) sums[c + 1] = sums[c]! + weights[c]!;
  cells.gaps.forEach(({ from, to }, g) => {
    let sum = sums[from]!;
    for (let c = from; c < to; c++) if (weights[c]! > 0) sum += weights[c]! * (1 - passedOf(cells, g, c));
    sums[cells.count + 1 + g] = sum;
  });
  return sums;
}

/** The weight of segment `j` of an observation that ends before segment `end`. */
export function massOf(cells: Cells, before: Float64Array, j: number, end: number): number {
  const to = j + 1 < end ? before[cells.edgeOf[j + 1]!]! : before[cells.count]!;
  return to - before[cells.edgeOf[j]!]!;
}

/** Turns changes noted per edge into values per cell; a change in a gap comes in a straight line. */
export function accumulate(cells: Cells, changes: Float64Array): Float64Array {
  const values = new Float64Array(cells.count);
  let running = 0;
  for (let c = 0; c < cells.count; c++) {
    running += changes[c]!;
    values[c] = running;
  }
  cells.gaps.forEach(({ from, to }, g) => {
    const change = changes[cells.count + 1 + g]!;
    if (change === 0) return;
    for (let c = from; c < cells.count; c++) {
      values[c] = values[c]! + (c < to ? change * passedOf(cells, g, c) : change);
    }
  });
  return values;
}
