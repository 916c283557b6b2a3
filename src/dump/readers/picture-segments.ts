import type { Box } from './picture-grey.ts';
import type { Blob, Ink } from './picture-ink.ts';

/** Characters that stand together in one line: a cell of a table, or a line of a message. */
export interface Segment extends Box {
  /** Height of its capitals and digits in pixels, about. */
  readonly textHeight: number;
}

interface OpenSegment {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
  readonly heights: number[];
  /** The median of the last of them. */
  typical: number;
}

// In heights of capitals. Two blanks of a terminal are 1.7, one is 1.0 at most; blanks of other fonts 0.4; a table's cells are further apart.
const widestBlank = 1.3;

/** Puts blobs of ink together to segments, from top to bottom and left to right. */
export function findSegments(ink: Ink): Segment[] {
  const { textHeight } = ink;
  if (textHeight === 0) return [];
  const grid = new Barriers(ink.barriers, textHeight);
  const bodies: Blob[] = [];
  const smalls: Blob[] = [];
  for (const blob of ink.blobs) (blob.y1 - blob.y0 >= 0.6 * textHeight ? bodies : smalls).push(blob);
  const segments = mergeSegments(chain(bodies, textHeight, grid), grid);
  attach(segments, smalls, textHeight, grid);
  return mergeSegments(segments, grid)
    .map(({ x0, y0, x1, y1, typical }) => ({ x0, y0, x1, y1, textHeight: typical }))
    .sort((a, b) => a.y0 - b.y0 || a.x0 - b.x0);
}

/** Blobs from left to right join the segment that ends nearest to their left. */
function chain(blobs: readonly Blob[], textHeight: number, grid: Barriers): OpenSegment[] {
  const segments: OpenSegment[] = [];
  const index = new RowIndex<OpenSegment>(textHeight);
  for (const blob of blobs.toSorted((a, b) => a.x0 - b.x0)) {
    let best: OpenSegment | null = null;
    for (const segment of index.near(blob)) {
      if (joins(segment, blob) && (best === null || segment.x1 > best.x1) && !grid.parts(segment, blob)) best = segment;
    }
    if (best === null) {
      best = { x0: blob.x0, y0: blob.y0, x1: blob.x1, y1: blob.y1, heights: [], typical: 0 };
      segments.push(best);
    }
    extend(best, blob);
    best.heights.push(blob.y1 - blob.y0 - 2);
    best.typical = median(best.heights);
    index.put(best, blob);
  }
  return segments;
}

function joins(segment: OpenSegment, blob: Box): boolean {
  const tall = Math.min(segment.y1 - segment.y0, blob.y1 - blob.y0);
  const overlap = Math.min(segment.y1, blob.y1) - Math.max(segment.y0, blob.y0);
  const gap = Math.max(blob.x0, segment.x0) - Math.min(segment.x1, blob.x1);
  // A bracket over two lines must not join them.
  if (Math.max(segment.y1, blob.y1) - Math.min(segment.y0, blob.y0) > 2.2 * tall) return false;
  return overlap >= 0.5 * tall && gap <= widestBlank * Math.max(segment.typical, blob.y1 - blob.y0 - 2);
}

/** Dots, hyphens and pieces of characters go to the segment in or beside which they lie. */
function attach(segments: readonly OpenSegment[], smalls: readonly Blob[], textHeight: number, grid: Barriers): void {
  const index = new RowIndex<OpenSegment>(textHeight);
  const reachX = 0.7 * textHeight;
  const reachY = 0.4 * textHeight;
  // From left to right together, so that those asked for are the latest of their rows.
  const waiting = segments.toSorted((a, b) => b.x0 - a.x0);
  for (const small of smalls.toSorted((a, b) => a.x0 - b.x0)) {
    for (let next = waiting.at(-1); next !== undefined && next.x0 - reachX <= small.x1; next = waiting.at(-1)) {
      index.put(next, next);
      waiting.pop();
    }
    for (const segment of index.near(small)) {
      const isBeside = small.x0 <= segment.x1 + reachX && small.x1 >= segment.x0 - reachX;
      const isWithin = small.y0 >= segment.y0 - reachY && small.y1 <= segment.y1 + reachY;
      if (!isBeside || !isWithin || grid.parts(segment, small)) continue;
      extend(segment, small);
      break;
    }
  }
}

/** Joins segments that have grown together; what one pass leaves apart stays apart. */
function mergeSegments(segments: readonly OpenSegment[], grid: Barriers): OpenSegment[] {
  const merged: OpenSegment[] = [];
  const tallest = segments.reduce((most, segment) => Math.max(most, segment.y1 - segment.y0), 1);
  const index = new RowIndex<OpenSegment>(tallest);
  for (const segment of segments.toSorted((a, b) => a.x0 - b.x0)) {
    let host: OpenSegment | null = null;
    for (const other of index.near(segment)) {
      if (joins(other, segment) && !grid.parts(other, segment)) host = other;
    }
    if (host === null) {
      host = segment;
      merged.push(segment);
    } else {
      extend(host, segment);
      for (const height of segment.heights) host.heights.push(height);
      host.typical = median(host.heights);
    }
    index.put(host, segment);
  }
  return merged;
}

function extend(segment: OpenSegment, box: Box): void {
  segment.x0 = Math.min(segment.x0, box.x0);
  segment.y0 = Math.min(segment.y0, box.y0);
  segment.x1 = Math.max(segment.x1, box.x1);
  segment.y1 = Math.max(segment.y1, box.y1);
}

/** The median of the last few: enough for a line, and bounded work for each blob. */
function median(heights: readonly number[]): number {
  const last = heights.slice(-15).sort((a, b) => a - b);
  return last[last.length >> 1] ?? 0;
}

// Everything goes from left to right, so that of a row of cells only the latest are looked for; hostile pictures must not make the search quadratic.
const mostInBucket = 64;

/** Finds boxes by the rows of pixels that they touch. */
class RowIndex<T extends object> {
  readonly #rowHeight: number;
  readonly #buckets = new Map<number, Set<T>>();

  constructor(rowHeight: number) {
    this.#rowHeight = Math.max(1, rowHeight);
  }

  put(item: T, box: Box): void {
    for (const key of this.#keys(box)) {
      let bucket = this.#buckets.get(key);
      if (bucket === undefined) {
        bucket = new Set();
        this.#buckets.set(key, bucket);
      }
      // The latest stays at the end; the oldest, furthest to the left, goes.
      bucket.delete(item);
      bucket.add(item);
      if (bucket.size > mostInBucket) bucket.delete(bucket.values().next().value as T);
    }
  }

  *near(box: Box): Generator<T> {
    const seen = new Set<T>();
    for (const key of this.#keys(box)) {
      for (const item of this.#buckets.get(key) ?? []) {
        if (seen.has(item)) continue;
        seen.add(item);
        yield item;
      }
    }
  }

  *#keys({ y0, y1 }: Box): Generator<number> {
    for (let key = Math.floor(y0 / this.#rowHeight); key <= Math.floor(y1 / this.#rowHeight); key++) yield key;
  }
}

/** Vertical lines between cells. */
class Barriers {
  readonly #rowHeight: number;
  readonly #buckets = new Map<number, number[]>();

  constructor(barriers: readonly Box[], textHeight: number) {
    this.#rowHeight = textHeight;
    for (const { x0, y0, y1 } of barriers) {
      for (let key = Math.floor(y0 / textHeight); key * textHeight < y1; key++) {
        const bucket = this.#buckets.get(key);
        if (bucket === undefined) this.#buckets.set(key, [x0]);
        else bucket.push(x0);
      }
    }
    for (const bucket of this.#buckets.values()) bucket.sort((a, b) => a - b);
  }

  /** Whether a line stands between two boxes of one row. */
  parts(a: Box, b: Box): boolean {
    const from = Math.min(a.x1, b.x1) - 1;
    const to = Math.max(a.x0, b.x0) + 1;
    if (to <= from) return false;
    const middle = (Math.max(a.y0, b.y0) + Math.min(a.y1, b.y1)) / 2;
    const bucket = this.#buckets.get(Math.floor(middle / this.#rowHeight));
    return bucket !== undefined && (bucket[lowerBound(bucket, from)] ?? Infinity) <= to;
  }
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
