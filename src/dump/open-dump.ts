import process from 'node:process';
import { BoltsealError } from '../core/errors.ts';
import type { FieldContext } from '../core/fields/field.ts';
import { type ByteSource, HEAD_BYTES, openSource, STDIN } from './byte-source.ts';
import { applyMappings, type ColumnMapping, inferColumns } from './columns.ts';
import { detectDialect } from './dialect.ts';
import { byteOrderMark, type DetectedEncoding, detectEncoding, nulPattern } from './encoding.ts';
import { rowsOf } from './exact-rows.ts';
import { isHeader } from './header.ts';
import type { DumpPart, Encoding } from './port.ts';
import { signatureOf, structureOf } from './signature.ts';

/** What the user says about a dump; what is left out is found out. */
export interface OpenDumpOptions {
  /** The company's region (ISO 3166-1 alpha-2). */
  readonly region: string;
  readonly map?: readonly ColumnMapping[];
  /** Whether the first row is a header. */
  readonly header?: boolean;
  /** One to eight ASCII characters, no line end and no quote. */
  readonly separator?: string;
  readonly encoding?: Encoding;
  /** Standard input; a stand-in for tests. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/** Rows that are kept for samples, and the most that columns are inferred from. */
const HEAD_ROWS = 200;
const INFERENCE_ROWS = 400;

/**
 * Looks at every input (files, named pipes, `-` for standard input) and says how to read it, without reading more than its start.
 * Fails with DUMP_NOT_FOUND, DUMP_NOT_FILE, DUMP_UNREADABLE, DUMP_EMPTY, DUMP_ENCODING, DUMP_FORMAT, DUMP_TRUNCATED, DUMP_CORRUPT, DUMP_READ_ONCE,
 * USAGE_COLUMN, USAGE_SEPARATOR.
 */
export async function openDump(inputs: readonly string[], options: OpenDumpOptions): Promise<readonly DumpPart[]> {
  if (options.separator !== undefined) checkSeparator(options.separator);
  if (inputs.filter((input) => input === STDIN).length > 1) throw new BoltsealError('DUMP_READ_ONCE', { path: STDIN });
  const parts: DumpPart[] = [];
  for (const input of inputs) {
    const source = await openSource(input, options.stdin ?? process.stdin);
    parts.push(describe(source, options));
  }
  return parts;
}

function checkSeparator(separator: string): void {
  if (!/^[\x01-\x09\x0b\x0c\x0e-\x21\x23-\x26\x28-\x7f]{1,8}$/.test(separator))
    throw new BoltsealError('USAGE_SEPARATOR');
}

function describe(source: ByteSource, options: OpenDumpOptions): DumpPart {
  const path = source.name;
  const mark = byteOrderMark(source.head);
  refuseOtherFormats(source.head, mark?.encoding ?? null, path);
  const offsetBytes = mark?.sizeBytes ?? 0;
  if (source.headIsWhole && isBlank(source.head.subarray(offsetBytes))) throw new BoltsealError('DUMP_EMPTY', { path });
  const raw = wholeRows(source.head.subarray(offsetBytes), source.headIsWhole);
  const { encoding, confidence } = encodingOf(raw, source.windows, mark?.encoding ?? null, options.encoding);
  const sample = encoding === 'utf-8' ? raw : new TextEncoder().encode(new TextDecoder(encoding).decode(raw));
  const structure = structureOf(new TextDecoder().decode(sample.subarray(0, 65_536)));
  if (structure !== null && options.separator === undefined)
    throw new BoltsealError('DUMP_FORMAT', { path, kind: structure });
  const context = { region: options.region };
  const table = describeTable(sample, source, options, context);
  return {
    name: path,
    format: source.gzip ? 'delimited text, gzip' : 'delimited text',
    encoding,
    encodingConfidence: confidence,
    ...table,
    columns: applyMappings(table.columns, options.map ?? [], path),
    sizeBytes: source.sizeBytes,
    reopenable: source.reopenable,
    open: (onRead) => skipBytes(source.read(onRead), offsetBytes),
    ...(source.plainPath === null ? {} : { plainFile: { path: source.plainPath, offsetBytes } }),
  };
}

/** Whether there are only line ends. */
function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0x0a || byte === 0x0d);
}

/** Fails with DUMP_FORMAT or DUMP_ENCODING when the head is no text in an encoding that is read. */
function refuseOtherFormats(head: Uint8Array, markedEncoding: string | null, path: string): void {
  const kind = signatureOf(head);
  if (kind !== null) throw new BoltsealError('DUMP_FORMAT', { path, kind });
  const marked = markedEncoding?.startsWith('utf-16') || markedEncoding?.startsWith('utf-32') ? markedEncoding : null;
  const pattern = marked ?? nulPattern(head.subarray(0, HEAD_BYTES));
  if (pattern === 'binary') throw new BoltsealError('DUMP_FORMAT', { path, kind: 'binary data' });
  if (pattern !== null) throw new BoltsealError('DUMP_ENCODING', { path, encoding: pattern.toUpperCase() });
}

/** The bytes up to the last line end within HEAD_BYTES; all of them when they are the whole file or have no line end. */
function wholeRows(head: Uint8Array, isWhole: boolean): Uint8Array {
  if (isWhole && head.length <= HEAD_BYTES) return head;
  const bytes = head.subarray(0, HEAD_BYTES);
  const last = Math.max(bytes.lastIndexOf(0x0a), bytes.lastIndexOf(0x0d));
  return last === -1 ? bytes : bytes.subarray(0, last + 1);
}

function encodingOf(
  head: Uint8Array,
  windows: readonly Uint8Array[],
  marked: string | null,
  given: Encoding | undefined,
): DetectedEncoding {
  if (given !== undefined) return { encoding: given, confidence: 1 };
  if (marked === 'utf-8' || marked === 'gb18030') return { encoding: marked, confidence: 1 };
  return detectEncoding([head, ...windows]);
}

function describeTable(
  sample: Uint8Array,
  source: ByteSource,
  options: OpenDumpOptions,
  context: FieldContext,
): Pick<DumpPart, 'dialect' | 'columns' | 'headerRows' | 'head'> {
  const { dialect, columns: width, ...found } = detectDialect(sample, context, { separator: options.separator });
  const preambleRows = options.header === false ? 0 : found.preambleRows;
  const rows = sampleRows(sample, dialect, preambleRows, source.headIsWhole);
  const [first = []] = rows;
  const hasHeader = rows.length > 0 && (options.header ?? isHeader(first, rows.slice(1, 100), context));
  const columns = Math.max(width, hasHeader ? lastFilled(first) : 0, 1);
  const data = fitted(hasHeader ? rows.slice(1) : rows, columns);
  return {
    dialect,
    columns: inferColumns(data.slice(0, INFERENCE_ROWS), hasHeader ? first : null, columns, context),
    headerRows: preambleRows + (hasHeader ? 1 : 0),
    head: data.slice(0, HEAD_ROWS),
  };
}

/** Decoded rows of the sample after the preamble, as many as inference needs. */
function sampleRows(sample: Uint8Array, dialect: DumpPart['dialect'], skip: number, isWhole: boolean): string[][] {
  const decoder = new TextDecoder();
  const rows: string[][] = [];
  let seen = 0;
  let isCut = !isWhole;
  for (const row of rowsOf(sample, dialect)) {
    if (seen++ < skip || !('cells' in row)) continue;
    if (rows.length > INFERENCE_ROWS) {
      isCut = false;
      break;
    }
    rows.push(row.cells.map((cell) => decoder.decode(cell)));
  }
  // The sample ends at a line's end, which may stand within quotes: its last row is not sure.
  if (isCut && rows.length > 1) rows.pop();
  return rows;
}

function fitted(rows: readonly (readonly string[])[], columns: number): string[][] {
  return rows
    .filter((row) => row.length <= columns || row.slice(columns).every((cell) => cell === ''))
    .map((row) => Array.from({ length: columns }, (_, index) => row[index] ?? ''));
}

function lastFilled(header: readonly string[]): number {
  return header.findLastIndex((cell) => cell !== '') + 1;
}

async function* skipBytes(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): AsyncGenerator<Uint8Array, void> {
  let left = sizeBytes;
  for await (const chunk of chunks) {
    const rest = chunk.subarray(Math.min(left, chunk.length));
    left -= chunk.length - rest.length;
    if (rest.length > 0) yield rest;
  }
}
