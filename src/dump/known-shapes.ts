import type { TextSample } from './delimited.ts';
import type { DetectedDialect } from './dialect.ts';
import { rowsOf } from './exact-rows.ts';

const MOST_SHAPES = 64;
const MOST_HEADER_BYTES = 4096;
/** Larger files are rare enough to be looked at each by itself. */
const MOST_SAMPLE_BYTES = 65_536;
const QUOTES = new Set([0x22, 0x27]);

/**
 * Dialects by the header line under which they were found. A dump may come as millions of small files of one shape, and finding the dialect is half of what each of them takes. What
 * the columns hold is looked at in each file all the same.
 */
export class KnownShapes {
  readonly #shapes = new Map<string, DetectedDialect>();

  /** The dialect of a small file that begins with a known header line, if all of its rows have the header's width by it; else null. */
  find(sample: TextSample): DetectedDialect | null {
    const header = headerOf(sample);
    const shape = header === null ? undefined : this.#shapes.get(header);
    if (shape === undefined) return null;
    let rows = 0;
    for (const row of rowsOf(sample.start, shape.dialect)) {
      if (!('cells' in row) || row.cells.length !== shape.columns) return null;
      rows++;
    }
    return rows > 1 ? shape : null;
  }

  /** Takes what was found in a file whose first line is its header. */
  keep(sample: TextSample, shape: DetectedDialect): void {
    const header = headerOf(sample);
    if (header === null || shape.columns < 2 || shape.preambleRows > 0 || this.#shapes.has(header)) return;
    for (const oldest of this.#shapes.keys()) {
      if (this.#shapes.size < MOST_SHAPES) break;
      this.#shapes.delete(oldest);
    }
    this.#shapes.set(header, shape);
  }
}

/** The first line with its end; null where it is long, or may go on in the next one. */
function headerOf({ start, isWhole }: TextSample): string | null {
  if (!isWhole || start.length > MOST_SAMPLE_BYTES) return null;
  const end = start.indexOf(0x0a) + 1;
  if (end === 0 || end > MOST_HEADER_BYTES) return null;
  const line = start.subarray(0, end);
  if (line.some((byte) => QUOTES.has(byte))) return null;
  return Buffer.from(line.buffer, line.byteOffset, line.length).toString('latin1');
}
