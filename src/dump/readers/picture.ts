import { setImmediate } from 'node:timers/promises';
import { BoltsealError, type ErrorCode } from '../../core/errors.ts';
import { printable } from '../../core/text.ts';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink, RowWriter } from '../reader.ts';
import type { Engine } from './picture-engine.ts';
import { type Grey, shrink, turn } from './picture-grey.ts';
import { countJpegScans, firstGifFrame, jpegOrientation, readPictureHeader } from './picture-header.ts';
import { findInk } from './picture-ink.ts';
import { layOut, type PageRow } from './picture-layout.ts';
import { PictureRecords, writeSeen } from './picture-records.ts';
import { findSegments, type Segment } from './picture-segments.ts';
import { startTesseract, type TesseractEngine } from './picture-tesseract.ts';
import { readSegment, type SeenText, seeCell } from './picture-text.ts';

const mostPixels = 50_000_000;
const mostBytes = 256_000_000;

// What decoding to 32 bits and the copies of 50 megapixels take.
const limitMb = 512;

// Larger pictures (photos) are halved first: their text is large, and the search for it takes 6 bytes a pixel.
const mostWorkPixels = 12_500_000;

// Pictures of text have less than 1,500; one takes about 40 ms.
const mostSegments = 4_000;

// In heights of capitals: the longest line that is recognised.
const longestLine = 200;

// Progressive JPEGs of cameras and browsers have 10 or so. Each scan may walk over all pixels.
const mostScans = 100;

// The engine never gives memory back: above this a new one is started for the next picture.
const engineMemoryBytes = 300_000_000;

/** Pictures of tables, terminals and messages (PNG, JPEG, WebP, GIF, BMP; the first frame), by text recognition. */
export const pictureReader: FormatReader = { format: 'picture', takes: 'bytes', detect, read };

function detect(start: InputStart): number {
  return readPictureHeader(start.head) === null ? 0 : 0.99;
}

let running: Promise<TesseractEngine> | null = null;

/**
 * Recognises the text and writes it: a table as seen (no names; a cell to each column of the picture), or, where there is no table, records of the values found in
 * lines that stand together. Alternatives go to `readings` of the writer, where it has it. Fails with DUMP_MEMORY (over 50 megapixels, or 256 MB) and DUMP_CORRUPT.
 */
async function read(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void> {
  const bytes = await readAll(input);
  running ??= startTesseract();
  const engine = await running.catch((error: unknown) => {
    // One start that failed says nothing of the next.
    running = null;
    throw error;
  });
  const guarded = guard(engine, input.name);
  const grey = decode(guarded, bytes, input.name);
  await readPage(guarded, grey, sink, context);
  if (engine.memoryBytes() > engineMemoryBytes) running = null;
}

/** The engine, whose traps and aborts (it is WebAssembly) become DUMP_CORRUPT: the picture is to blame, and that engine is not used again. */
function guard(engine: Engine, name: string): Engine {
  const attempt = <T>(work: () => T): T => {
    try {
      return work();
    } catch (error) {
      running = null;
      throw pictureError('DUMP_CORRUPT', name, error);
    }
  };
  return {
    decode: (bytes) => attempt(() => engine.decode(bytes)),
    readLine: (line, model) => attempt(() => engine.readLine(line, model)),
  };
}

async function readAll(input: ByteInput): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of input.stream()) {
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) throw pictureError('DUMP_MEMORY', input.name);
    chunks.push(chunk.slice());
  }
  return Buffer.concat(chunks, sizeBytes);
}

/** Every bound is checked before the decoder sees the picture. */
function decode(engine: Engine, bytes: Uint8Array, name: string): Grey {
  const header = readPictureHeader(bytes);
  if (header === null) throw pictureError('DUMP_CORRUPT', name);
  const frame = header.format === 'gif' ? firstGifFrame(bytes) : { ...header, bytes };
  if (frame === null) throw pictureError('DUMP_CORRUPT', name);
  const pixels = Math.max(header.width * header.height, frame.width * frame.height);
  if (pixels > mostPixels) throw pictureError('DUMP_MEMORY', name);
  if (header.format === 'jpeg' && countJpegScans(bytes) > mostScans) throw pictureError('DUMP_CORRUPT', name);
  const grey = engine.decode(frame.bytes);
  if (grey === null) throw pictureError('DUMP_CORRUPT', name);
  const small = shrink(grey, Math.ceil(Math.sqrt((grey.width * grey.height) / mostWorkPixels)));
  return header.format === 'jpeg' ? turn(small, jpegOrientation(bytes)) : small;
}

async function readPage(engine: Engine, grey: Grey, sink: RowSink, context: ReadContext): Promise<void> {
  const ink = findInk(grey);
  if (ink === null) {
    sink.reject('bad-record');
    return;
  }
  const all = findSegments(ink);
  const segments = all.filter((segment) => isReadable(segment, ink.textHeight)).slice(0, mostSegments);
  const page = layOut(segments);
  const records = page.kind === 'lines' ? new PictureRecords(sink, context) : null;
  const table: RowWriter | null = records === null ? sink.table(null, null) : null;
  for (const row of page.rows) {
    if (table !== null) writeRow(engine, grey, row, table, context);
    if (records !== null && row.startsBlock) records.end();
    for (const { segment } of records === null ? [] : row.cells) {
      const line = readSegment(engine, grey, segment, context);
      if (line !== null) records?.add(line.symbols);
    }
    await sink.drain();
    // A row takes a second or so of computing: timers and messages get their turn.
    await setImmediate();
  }
  records?.end();
  if (all.length > segments.length && segments.length === mostSegments) sink.reject('bad-record');
  await sink.drain();
}

/** Neither the corner of a frame nor a stripe across the page. */
function isReadable(segment: Segment, pageTextHeight: number): boolean {
  return (
    segment.textHeight >= 0.55 * pageTextHeight &&
    segment.x1 - segment.x0 <= longestLine * Math.max(1, segment.textHeight)
  );
}

function writeRow(engine: Engine, grey: Grey, row: PageRow, writer: RowWriter, context: ReadContext): void {
  let column = 0;
  for (const cell of row.cells) {
    const line = readSegment(engine, grey, cell.segment, context);
    const seen: SeenText | null = line === null ? null : seeCell(line.symbols, context);
    if (seen === null || seen.text === '') continue;
    for (; column < cell.column; column++) writer.empty();
    writeSeen(writer, seen);
    column++;
  }
  if (column > 0) writer.end();
}

function pictureError(code: ErrorCode, name: string, cause?: unknown): BoltsealError {
  const path = printable(name, 200);
  return new BoltsealError(code, code === 'DUMP_MEMORY' ? { path, limitMb } : { path }, { cause });
}
