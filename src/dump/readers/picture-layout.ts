import type { Segment } from './picture-segments.ts';

/** A cell of a page: its segment, and the column in which it stands. */
export interface PlacedCell {
  readonly segment: Segment;
  readonly column: number;
}

/** Cells from left to right. */
export interface PageRow {
  readonly cells: readonly PlacedCell[];
  /** Whether more room than usual lies between the row before and this one: a new message, a new block. */
  readonly startsBlock: boolean;
}

/** How a page is laid out: a table, or lines of text that are read as such. */
export interface PageLayout {
  readonly kind: 'table' | 'lines';
  readonly rows: readonly PageRow[];
}

const mostColumns = 4096;

/** Puts segments into rows and columns. Pages on which fewer than half of the rows have several cells are lines of text. */
export function layOut(segments: readonly Segment[]): PageLayout {
  const rows = groupRows(segments);
  const wide = rows.filter((row) => row.length > 1).length;
  const columns = findColumns(segments);
  const usual = usualGap(rows);
  const placed = rows.map((row, index): PageRow => {
    const cells = row.map((segment) => ({ segment, column: columns.get(segment) ?? 0 }));
    const gap = index === 0 ? 0 : top(row) - bottom(rows[index - 1] ?? row);
    return { cells, startsBlock: gap > 2 * usual + 0.5 * (row[0]?.textHeight ?? 0) };
  });
  return { kind: wide >= 2 && wide * 2 >= rows.length ? 'table' : 'lines', rows: placed };
}

function groupRows(segments: readonly Segment[]): Segment[][] {
  const rows: Segment[][] = [];
  for (const segment of segments.toSorted((a, b) => middle(a) - middle(b))) {
    const row = rows.at(-1);
    const first = row?.[0];
    // Compared with the row's first cell, so that rows cannot drift down the page.
    if (row !== undefined && first !== undefined && middle(segment) - middle(first) < 0.6 * first.textHeight)
      row.push(segment);
    else rows.push([segment]);
  }
  return rows.map((row) => row.sort((a, b) => a.x0 - b.x0));
}

function middle(segment: Segment): number {
  return (segment.y0 + segment.y1) / 2;
}

function top(row: readonly Segment[]): number {
  return row.reduce((least, { y0 }) => Math.min(least, y0), Infinity);
}

function bottom(row: readonly Segment[]): number {
  return row.reduce((most, { y1 }) => Math.max(most, y1), 0);
}

function usualGap(rows: readonly (readonly Segment[])[]): number {
  const gaps = rows.slice(1).map((row, i) => Math.max(0, top(row) - bottom(rows[i] ?? row)));
  gaps.sort((a, b) => a - b);
  return gaps[gaps.length >> 1] ?? 0;
}

interface Column {
  x0: number;
  x1: number;
}

/**
 * The column of each segment. Narrow segments make the columns; one that reaches over several (a title, a statement) stands in the first of them and makes none.
 */
function findColumns(segments: readonly Segment[]): Map<Segment, number> {
  const columns: Column[] = [];
  const placed = new Map<Segment, Column>();
  for (const segment of segments.toSorted((a, b) => a.x1 - a.x0 - (b.x1 - b.x0))) {
    const at = firstEndingAfter(columns, segment.x0);
    const column = columns[at];
    if (column === undefined || column.x0 >= segment.x1) {
      const created = { x0: segment.x0, x1: segment.x1 };
      if (columns.length < mostColumns) columns.splice(at, 0, created);
      placed.set(segment, columns.length < mostColumns ? created : (columns.at(-1) ?? created));
      continue;
    }
    placed.set(segment, column);
    const next = columns[at + 1];
    if (next !== undefined && next.x0 < segment.x1) continue;
    column.x0 = Math.min(column.x0, segment.x0);
    column.x1 = Math.max(column.x1, segment.x1);
  }
  const order = new Map(columns.map((column, index) => [column, index]));
  return new Map([...placed].map(([segment, column]) => [segment, order.get(column) ?? 0]));
}

/** Columns lie side by side in order: binary search. */
function firstEndingAfter(columns: readonly Column[], x: number): number {
  let low = 0;
  let high = columns.length;
  while (low < high) {
    const half = (low + high) >> 1;
    if ((columns[half]?.x1 ?? 0) <= x) low = half + 1;
    else high = half;
  }
  return low;
}
