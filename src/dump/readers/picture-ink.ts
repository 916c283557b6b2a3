import type { Box, Grey } from './picture-grey.ts';

/** A connected stretch of ink, as its box; boxes are a pixel larger than the glyph on each side. */
export interface Blob extends Box {
  /** Pixels. */
  readonly size: number;
}

/** What stands out from its surroundings in a picture. */
export interface Ink {
  readonly blobs: readonly Blob[];
  /** Vertical lines that separate cells: of a table, or the character `|`. */
  readonly barriers: readonly Box[];
  /** Height of capitals and digits in most of the text, in pixels; 0 without any text. */
  readonly textHeight: number;
}

// Smaller text cannot be read; larger would be a few words only.
const smallestText = 5;
const largestText = 160;

// A page full of text has a few hundred thousand runs; beyond this a picture is noise, and memory would grow with it.
const mostRuns = 8_000_000;

/**
 * Finds the blobs of ink, dark on light and light on dark alike: ink is where the grey value jumps. Long straight lines (tables, underlines, frames) are taken
 * out of `grey` itself, so that they are not read as characters. Null when the picture is noise. Linear in pixels.
 */
export function findInk(grey: Grey): Ink | null {
  const edges = markEdges(grey);
  const all = findBlobs(edges, grey.width, grey.height);
  if (all === null) return null;
  const roughHeight = medianHeight(all);
  if (roughHeight === 0) return { blobs: [], barriers: [], textHeight: 0 };
  eraseThinLines(grey, edges, 'across', 3 * roughHeight);
  const lines = eraseThinLines(grey, edges, 'down', 2.2 * roughHeight);
  eraseHorizontalRules(grey, edges, 3 * roughHeight);
  const rules = eraseVerticalRules(grey, edges, 2.2 * roughHeight);
  const rest = findBlobs(edges, grey.width, grey.height);
  if (rest === null) return null;
  const textHeight = medianHeight(rest);
  const isBar = (blob: Blob) => width(blob) <= 0.3 * height(blob) && height(blob) >= 1.45 * textHeight;
  const isText = (blob: Blob) =>
    height(blob) <= 4 * textHeight && (width(blob) <= 12 * textHeight || height(blob) <= 2.5 * textHeight);
  return {
    blobs: rest.filter((blob) => blob.size > 3 && isText(blob) && !isBar(blob)),
    barriers: [...lines, ...rules, ...rest.filter(isBar)],
    textHeight,
  };
}

function width(box: Box): number {
  return box.x1 - box.x0;
}

function height(box: Box): number {
  return box.y1 - box.y0;
}

/** 1 on both sides of a jump between neighbouring pixels. */
function markEdges(grey: Grey): Uint8Array {
  const { width, height, data } = grey;
  const edges = new Uint8Array(data.length);
  const least = leastJump(grey);
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const value = data[at] ?? 0;
      if (x + 1 < width && Math.abs(value - (data[at + 1] ?? 0)) >= least) edges[at] = edges[at + 1] = 1;
      if (y + 1 < height && Math.abs(value - (data[at + width] ?? 0)) >= least) edges[at] = edges[at + width] = 1;
    }
  }
  return edges;
}

/** A quarter of the jumps that the strongest hundredth of pixels reach, within 10 and 40: faint text counts in a faint picture, noise in none. */
function leastJump({ width, data }: Grey): number {
  const counts = new Uint32Array(256);
  for (let at = 0; at + width < data.length; at++) {
    const jump = Math.abs((data[at] ?? 0) - (data[at + width] ?? 0));
    counts[jump] = (counts[jump] ?? 0) + 1;
  }
  let left = data.length / 100;
  let jump = 255;
  while (jump > 0 && left > 0) left -= counts[jump--] ?? 0;
  return Math.min(40, Math.max(10, jump / 4));
}

/** Blobs of pixels that touch, also at their corners; null when there are too many runs. */
function findBlobs(edges: Uint8Array, width: number, height: number): Blob[] | null {
  const blobs: { x0: number; y0: number; x1: number; y1: number; size: number }[] = [];
  const parents: number[] = [];
  const rootOf = (label: number): number => {
    let root = label;
    while (parents[root] !== root) root = parents[root] ?? root;
    for (let at = label; at !== root; ) [at, parents[at]] = [parents[at] ?? root, root];
    return root;
  };
  let above: number[] = [];
  for (let y = 0; y < height; y++) {
    const row: number[] = [];
    let next = 0;
    for (let x = 0, start = y * width; x < width; x++) {
      if (edges[start + x] === 0) continue;
      const from = x;
      while (x < width && edges[start + x] === 1) x++;
      // Runs are triples: from, to, label.
      let label = -1;
      while (next < above.length && (above[next + 1] ?? 0) < from) next += 3;
      for (let i = next; i < above.length && (above[i] ?? 0) <= x; i += 3) {
        const other = rootOf(above[i + 2] ?? 0);
        if (label === -1) label = other;
        else if (label !== other) parents[Math.max(label, other)] = label = Math.min(label, other);
      }
      if (label === -1) {
        label = parents.length;
        if (label >= mostRuns) return null;
        parents.push(label);
        blobs.push({ x0: from, y0: y, x1: x, y1: y + 1, size: 0 });
      }
      row.push(from, x, label);
      const blob = blobs[label];
      if (blob !== undefined) {
        blob.x0 = Math.min(blob.x0, from);
        blob.x1 = Math.max(blob.x1, x);
        blob.y1 = y + 1;
        blob.size += x - from;
      }
    }
    above = row;
  }
  blobs.forEach((blob, label) => {
    const root = blobs[rootOf(label)];
    if (root === undefined || root === blob) return;
    root.x0 = Math.min(root.x0, blob.x0);
    root.y0 = Math.min(root.y0, blob.y0);
    root.x1 = Math.max(root.x1, blob.x1);
    root.y1 = Math.max(root.y1, blob.y1);
    root.size += blob.size;
  });
  return blobs.filter((_, label) => parents[label] === label);
}

function medianHeight(blobs: readonly Blob[]): number {
  const counts = new Uint32Array(largestText + 1);
  let total = 0;
  for (const blob of blobs) {
    const tall = height(blob) - 2;
    if (tall < smallestText || tall > largestText || width(blob) > 4 * height(blob) || 5 * width(blob) < height(blob)) {
      continue;
    }
    counts[tall] = (counts[tall] ?? 0) + 1;
    total++;
  }
  let seen = 0;
  for (let tall = 0; tall <= largestText; tall++) {
    seen += counts[tall] ?? 0;
    if (seen * 2 > total) return tall;
  }
  return 0;
}

// Characters, however close to each other, are not this even along a line; the noise of JPEG is.
const evenness = 24;

/** Takes straight horizontal lines of at least `least` pixels out of the edges, and paints them over with what lies above them. */
function eraseHorizontalRules({ width, height, data }: Grey, edges: Uint8Array, least: number): void {
  for (let y = 0; y < height; y++) {
    const start = y * width;
    for (let x = 0; x < width; x++) {
      const from = x;
      while (x < width && edges[start + x] === 1 && isEven(data, start + x, start + x - 1, x > from)) x++;
      if (x - from < least) {
        if (x > from) x--;
        continue;
      }
      edges.fill(0, start + from, start + x);
      if (y > 0) data.copyWithin(start + from, start + from - width, start + x - width);
    }
  }
}

/** The same for vertical lines, which it returns. */
function eraseVerticalRules({ width, height, data }: Grey, edges: Uint8Array, least: number): Box[] {
  const rules: Box[] = [];
  const tops = new Int32Array(width);
  for (let y = 0; y <= height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const top = tops[x] ?? 0;
      if (y < height && edges[at] === 1 && isEven(data, at, at - width, y > top)) continue;
      if (y - top >= least) {
        rules.push({ x0: x, y0: top, x1: x + 1, y1: y });
        for (let row = top; row < y; row++) {
          edges[row * width + x] = 0;
          if (x > 0) data[row * width + x] = data[row * width + x - 1] ?? 0;
        }
      }
      tops[x] = y < height && edges[at] === 1 && y > top && y - top < least ? y : y + 1;
    }
  }
  return rules;
}

function isEven(data: Uint8Array, at: number, before: number, hasBefore: boolean): boolean {
  return !hasBefore || Math.abs((data[at] ?? 0) - (data[before] ?? 0)) <= evenness;
}

// A thin line is this much darker, or lighter, than what lies two pixels to both sides.
const lineContrast = 12;

/**
 * Takes thin lines out, also faint ones with the noise of JPEG, which are no even edges: at most three pixels wide and at least `least` long, with few holes (the
 * feet of a row of digits have more). Returns them.
 */
function eraseThinLines(
  { width, height, data }: Grey,
  edges: Uint8Array,
  way: 'across' | 'down',
  least: number,
): Box[] {
  const found: Box[] = [];
  const isDown = way === 'down';
  const [along, beside] = isDown ? [width, 1] : [1, width];
  const [length, breadth] = isDown ? [height, width] : [width, height];
  const [mostMisses, leastShare] = isDown ? [3, 0.85] : [1, 0.92];
  // Found first and taken out afterwards, so that a line is not seen in the traces of its neighbour.
  const runs: { side: number; from: number; to: number }[] = [];
  for (let side = 2; side < breadth - 2; side++) {
    let from = 0;
    let last = -1;
    let hits = 0;
    for (let i = 0; i <= length; i++) {
      const at = i * along + side * beside;
      if (i < length && isOnLine(data, at, 2 * beside)) {
        if (hits === 0) from = i;
        last = i;
        hits++;
      } else if (hits > 0 && (i - last > mostMisses || i === length)) {
        if (last + 1 - from >= least && hits >= leastShare * (last + 1 - from)) runs.push({ side, from, to: last + 1 });
        hits = 0;
      }
    }
  }
  for (const { side, from, to } of runs) {
    for (let i = from; i < to; i++) {
      const at = i * along + side * beside;
      for (let step = -1; step <= 1; step++) {
        edges[at + step * beside] = 0;
        data[at + step * beside] = data[at - 2 * beside] ?? 0;
      }
    }
    if (isDown) found.push({ x0: side, y0: from, x1: side + 1, y1: to });
  }
  return found;
}

function isOnLine(data: Uint8Array, at: number, reach: number): boolean {
  const value = data[at] ?? 0;
  const before = value - (data[at - reach] ?? 0);
  const after = value - (data[at + reach] ?? 0);
  return (before >= lineContrast && after >= lineContrast) || (before <= -lineContrast && after <= -lineContrast);
}
