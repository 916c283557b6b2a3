import { isAscii, isUtf8 } from 'node:buffer';
import type { FieldContext } from '../core/fields/field.ts';
import type { DelimitedTable, TextSample } from './delimited.ts';
import type { DetectedDialect } from './dialect.ts';
import { detectTextEncoding } from './encoding-detect.ts';
import { rowsOf } from './exact-rows.ts';
import { KnownColumns } from './known-columns.ts';
import { HEAD_ROWS } from './sampling.ts';

const MOST_SHAPES = 64;
const MOST_HEADER_BYTES = 4096;
/** Larger files are rare enough to be looked at each by itself. */
const MOST_SAMPLE_BYTES = 65_536;
const MOST_KNOWN_ROWS = 100;
const QUOTES = new Set([0x22, 0x27]);

interface Shape {
  readonly detected: DetectedDialect;
  columns: KnownColumns | null;
}

/**
 * Dialects by the header line under which they were found. A dump may come as millions of small files of one shape, and finding the dialect is half of what each of them takes. What
 * the columns hold is most of the other half: where it has been the same in many files, `recall` has it.
 */
export class KnownShapes {
  readonly #shapes = new Map<string, Shape>();

  /** The dialect of a small file that begins with a known header line, if all of its rows have the header's width by it; else null. */
  find(sample: TextSample): DetectedDialect | null {
    const shape = this.#shapeOf(sample)?.detected;
    if (shape === undefined) return null;
    let rows = 0;
    for (const row of rowsOf(sample.start, shape.dialect)) {
      if (!('cells' in row) || row.cells.length !== shape.columns) return null;
      rows++;
    }
    return rows > 1 ? shape : null;
  }

  /** Takes what was found in a file whose first line is its header. */
  keep(sample: TextSample, detected: DetectedDialect): void {
    const header = headerOf(sample);
    if (header === null || detected.columns < 2 || detected.preambleRows > 0 || this.#shapes.has(header)) return;
    for (const oldest of this.#shapes.keys()) {
      if (this.#shapes.size < MOST_SHAPES) break;
      this.#shapes.delete(oldest);
    }
    this.#shapes.set(header, { detected, columns: null });
  }

  /** Takes what the columns of a file of a known shape were found to hold. */
  learn(sample: TextSample, { columns, head, reshaping }: DelimitedTable, context: FieldContext): void {
    const shape = this.#shapeOf(sample);
    if (shape === undefined || head.length > MOST_KNOWN_ROWS) return;
    if (shape.columns === null && reshaping === null) shape.columns = new KnownColumns(columns, context);
    shape.columns?.learn(reshaping === null ? columns : null, head);
  }

  /** What a small file is like of whose shape many have been seen, without looking for anything else: UTF-8 without quotes that begins with a known header. Null for all others. */
  recall(bytes: Uint8Array): DelimitedTable | null {
    if (bytes.length > MOST_SAMPLE_BYTES) return null;
    const end = bytes.indexOf(0x0a) + 1;
    if (end === 0 || end > MOST_HEADER_BYTES) return null;
    const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    const shape = this.#shapes.get(file.toString('latin1', 0, end));
    if (shape === undefined || shape.columns === null) return null;
    const { dialect, columns: width } = shape.detected;
    if (dialect.newline !== '\n' || !isPlain(bytes)) return null;
    const text = file.toString('utf8', end);
    if (dialect.quote !== null && text.includes(dialect.quote)) return null;
    const rows: string[][] = [];
    for (const line of text.split('\n')) {
      const row = line.endsWith('\r') ? line.slice(0, -1) : line;
      if (row === '') continue;
      const cells = row.split(dialect.separator);
      if (cells.length !== width || rows.length >= MOST_KNOWN_ROWS) return null;
      rows.push(cells);
    }
    if (rows.length === 0 || !shape.columns.fits(rows)) return null;
    return { dialect, columns: shape.columns.columns, headerRows: 1, head: rows.slice(0, HEAD_ROWS), reshaping: null };
  }

  #shapeOf(sample: TextSample): Shape | undefined {
    const header = headerOf(sample);
    return header === null ? undefined : this.#shapes.get(header);
  }
}

/** Whether bytes are UTF-8 as it should be: neither another encoding, nor written as UTF-8 twice. */
function isPlain(bytes: Uint8Array): boolean {
  if (bytes.includes(0)) return false;
  if (isAscii(bytes)) return true;
  if (!isUtf8(bytes)) return false;
  const { encoding, doubled } = detectTextEncoding([bytes], null);
  return encoding === 'utf-8' && !doubled;
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
