import { type CellObject, CFB, read, type WorkBook } from '@e965/xlsx';
import { BoltsealError } from '../../core/errors.ts';
import type { RandomFile } from '../random-file.ts';
import type { ByteInput, ReadContext, RowSink, RowWriter } from '../reader.ts';
import { ExpansionMeter } from './expansion-meter.ts';
import { formatSheetNumber, type NumberShape, shapeOfCode } from './xlsx-format.ts';

/** The library keeps a whole workbook in memory, at ten to twenty times its size. */
const MAX_FILE_BYTES = 67_108_864;
const MAX_COLUMNS = 4_096;
const ROWS_A_DRAIN = 1_000;

/**
 * Reads a workbook of an old or binary format whole: each sheet a table named after it, values as `xlsxReader` gives them.
 * Fails with DUMP_MEMORY beyond 64 MiB, DUMP_PASSWORD when it is encrypted, DUMP_CORRUPT when it cannot be read.
 */
export async function readWithSheetJs(
  file: RandomFile,
  input: ByteInput,
  sink: RowSink,
  context: ReadContext,
): Promise<void> {
  if (file.sizeBytes > MAX_FILE_BYTES) {
    throw new BoltsealError('DUMP_MEMORY', { path: input.name, limitMb: MAX_FILE_BYTES / 1_048_576 });
  }
  const bytes = file.readAt(0, file.sizeBytes);
  if (hasEndlessRecord(bytes)) throw new BoltsealError('DUMP_CORRUPT', { path: input.name });
  const book = parse(bytes, input.name, context.passwords);
  const from1904 = book.Workbook?.WBProps?.date1904 === true;
  const meter = new ExpansionMeter(input.name, file.sizeBytes, context.limits);
  const shapes = new Map<string, NumberShape>();
  const shapeOf = (code: string) => {
    let shape = shapes.get(code);
    if (shape === undefined) {
      shape = shapeOfCode(code);
      shapes.set(code, shape);
    }
    return shape;
  };
  for (const name of book.SheetNames) {
    // Charts and macro sheets have no rows.
    const rows = book.Sheets[name]?.['!data'];
    if (!Array.isArray(rows)) continue;
    const writer = sink.table(name, null);
    let sinceDrain = 0;
    for (const row of rows) {
      if (Array.isArray(row)) meter.add(writeRow(row, writer, shapeOf, from1904));
      if (++sinceDrain % ROWS_A_DRAIN === 0) await sink.drain();
    }
    await sink.drain();
  }
}

/**
 * Whether a STRING record of BIFF 2 (0x0007) without a byte is among the records of a workbook: the library reads its length from nowhere and then text without end, until the
 * memory is used up. No program writes one.
 */
function hasEndlessRecord(bytes: Uint8Array): boolean {
  for (const stream of workbookStreams(bytes)) {
    const view = new DataView(stream.buffer, stream.byteOffset, stream.byteLength);
    for (let at = 0; at + 4 <= stream.length; at += 4 + view.getUint16(at + 2, true)) {
      if (view.getUint32(at, true) === 0x0007) return true;
    }
  }
  return false;
}

/** The streams of records: those of a compound file (MS-CFB), or the file itself. */
function workbookStreams(bytes: Uint8Array): Uint8Array[] {
  if (bytes[0] !== 0xd0 || bytes[1] !== 0xcf) return [bytes];
  try {
    const entries = withoutConsole(() => CFB.read(bytes, { type: 'array' })).FileIndex as { content?: unknown }[];
    return entries.flatMap(({ content }) => (content instanceof Uint8Array ? [content] : []));
  } catch {
    return [];
  }
}

function parse(bytes: Uint8Array, path: string, passwords: readonly string[]): WorkBook {
  let failure: unknown;
  for (const password of ['', ...passwords]) {
    try {
      return withoutConsole(() =>
        read(bytes, {
          type: 'array',
          dense: true,
          cellFormula: false,
          cellHTML: false,
          cellText: false,
          cellNF: true,
          cellDates: false,
          UTC: true,
          ...(password === '' ? {} : { password }),
        }),
      );
    } catch (error) {
      failure = error;
      if (!isEncrypted(error)) break;
    }
  }
  const code = isEncrypted(failure) ? 'DUMP_PASSWORD' : 'DUMP_CORRUPT';
  throw new BoltsealError(code, { path }, { cause: failure });
}

/** The library prints what it does not know of a file: hostile text, and perhaps values. */
function withoutConsole<T>(act: () => T): T {
  const { log, info, warn, error } = console;
  const silent = () => {};
  Object.assign(console, { log: silent, info: silent, warn: silent, error: silent });
  try {
    return act();
  } finally {
    Object.assign(console, { log, info, warn, error });
  }
}

function isEncrypted(error: unknown): boolean {
  return error instanceof Error && /password|encrypt/i.test(error.message);
}

/** Writes a row up to its last cell with a value and answers its size. */
function writeRow(
  row: readonly (CellObject | undefined)[],
  writer: RowWriter,
  shapeOf: (code: string) => NumberShape,
  from1904: boolean,
): number {
  let bytes = 0;
  let written = 0;
  const end = Math.min(row.length, MAX_COLUMNS);
  for (let column = 0; column < end; column++) {
    const text = textOf(row[column], shapeOf, from1904);
    if (text === '') continue;
    bytes += text.length + column - written + 1;
    for (; written < column; written++) writer.empty();
    writer.text(text);
    written++;
  }
  if (written > 0) writer.end();
  return bytes;
}

function textOf(cell: CellObject | undefined, shapeOf: (code: string) => NumberShape, from1904: boolean): string {
  if (cell === undefined || cell === null || cell.v === undefined || cell.v === null || cell.t === 'e') return '';
  if (cell.v instanceof Date) return Number.isNaN(cell.v.getTime()) ? '' : isoText(cell.v);
  if (typeof cell.v === 'boolean') return cell.v ? 'TRUE' : 'FALSE';
  if (typeof cell.v === 'number') return formatSheetNumber(cell.v, shapeOf(String(cell.z ?? 'General')), from1904);
  return String(cell.v);
}

function isoText(date: Date): string {
  return date
    .toISOString()
    .replace(/(?:T00:00:00)?\.000Z$/, '')
    .replace(/Z$/, '');
}
