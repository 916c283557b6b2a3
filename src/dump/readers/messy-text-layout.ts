import { Cells, MOST_CELLS, mayHave, type Separator, separators, splitCells } from './messy-text-cells.ts';
import type { LineWindow } from './messy-text-window.ts';

/** Lines that must agree on a width before a table is believed. */
export const AGREEING_LINES = 3;

/** A way to read a line and those after it as the beginning of a table. */
export interface Layout {
  readonly separator: Separator;
  readonly width: number;
  readonly single: boolean;
}

const scratch = new Cells();

/**
 * The layout in which the line at `index` and most of those after it have the same number of cells, or null. Lines with another separator count half: they speak for the width.
 * With `width` given only that one is looked for, and the line itself need not have it.
 */
export function layoutAt(window: LineWindow, index: number, last: number, width: number | null): Layout | null {
  const lines = last - index + 1;
  if (index >= window.from.length) return null;
  const widths = separators.map((separator) => widthsOf(window, index, last, separator));
  let best: { separator: Separator; width: number; score: number } | null = null;
  for (const [at, separator] of separators.entries()) {
    const own = widths[at] ?? [];
    const wanted = width ?? own[0] ?? 0;
    if (wanted < 2 || wanted > MOST_CELLS || (separator.isBlanks && wanted < 3)) continue;
    let same = 0;
    let others = 0;
    for (let line = 0; line < lines; line++) {
      if (own[line] === wanted) same++;
      else if (wanted > 2 && widths.some((list) => list[line] === wanted)) others++;
    }
    const least = Math.min(AGREEING_LINES, lines);
    if (same < 1 || same + others < Math.max(least, lines * 0.5) || (lines < 2 && width === null)) continue;
    const score = (same + others / 2) * Math.log2(1 + wanted);
    if (best === null || score > best.score) best = { separator, width: wanted, score };
  }
  if (best === null) return null;
  return { ...best, single: hasSingleQuotes(window, index, last, best) };
}

function widthsOf(window: LineWindow, index: number, last: number, separator: Separator): number[] {
  const widths: number[] = [];
  for (let line = index; line <= last; line++) {
    const from = window.from[line] ?? 0;
    const to = window.to[line] ?? 0;
    if (!mayHave(window.bytes, from, to, separator)) {
      widths.push(1);
      continue;
    }
    splitCells(window.bytes, from, to, separator, true, scratch);
    while (scratch.count > 1 && scratch.isEmpty(scratch.count - 1) && separator.isBlanks) scratch.count--;
    widths.push(scratch.count);
  }
  return widths;
}

function hasSingleQuotes(window: LineWindow, index: number, last: number, layout: Omit<Layout, 'single'>): boolean {
  let quoted = 0;
  let cells = 0;
  for (let line = index; line <= last; line++) {
    splitCells(window.bytes, window.from[line] ?? 0, window.to[line] ?? 0, layout.separator, true, scratch);
    if (scratch.count !== layout.width) continue;
    for (let cell = 0; cell < layout.width; cell++) {
      cells++;
      if (scratch.quoted[cell] === 1 && window.bytes[(scratch.from[cell] ?? 0) - 1] === 0x27) quoted++;
    }
  }
  return quoted >= cells * 0.2 && quoted > 0;
}
