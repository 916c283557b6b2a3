import { open } from 'node:fs/promises';
import { BoltsealError } from '../../core/errors.ts';
import { asReadError, type ReadListener, STDIN } from '../../dump/input.ts';
import { openDump } from '../../dump/open-dump.ts';
import type { DumpPart, InferredColumn } from '../../dump/port.ts';
import { TextRows, type TextRowTaker } from './text-rows.ts';

export interface TableRequest {
  /** A file, or `-`. */
  readonly path: string;
  readonly region: string;
  /** What `-` is. */
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly onRead: ReadListener;
  /** Names of columns that are looked for: a first row with one of them is a header, however little the rest of the table says so. */
  readonly names: readonly string[];
}

const READ_BYTES = 524_288;

/**
 * Reads every table of a file with the dump reader, whatever its format; `begin` says what to do with the rows of a table, and fails when its columns do not fit.
 * What cannot be read of it is an error: a log is read whole or not at all. Fails with DUMP_*.
 */
export async function readTables(
  { path, region, stdin, onRead, names }: TableRequest,
  begin: (columns: readonly InferredColumn[], name: string) => TextRowTaker,
): Promise<void> {
  const dump = await openDump([path], path === STDIN ? { region, stdin } : { region });
  const reading = dump.open(onRead);
  const takers = new Map<number, TextRowTaker>();
  try {
    for await (const part of reading.parts()) {
      const header = findHeader(part, names);
      const columns = part.columns.map((column, i) =>
        header === null ? column : { ...column, name: header[i] ?? null },
      );
      const taker = takers.get(part.table) ?? begin(columns, part.name);
      takers.set(part.table, taker);
      await readPart(part, part.headerRows + (header === null ? 0 : 1), taker, onRead);
    }
    const [failure] = reading.failures;
    if (failure !== undefined) throw new BoltsealError(failure.code, failure.parameters);
    for (const [table, reasons] of reading.rejected) {
      for (const [reason, count] of reasons) takers.get(table)?.reject(reason, count);
    }
  } finally {
    await reading.close();
  }
}

/** The first row, where the dump reader did not see that it is a header; null where it did, or where it is none. */
function findHeader({ columns, head, isContinuation }: DumpPart, names: readonly string[]): readonly string[] | null {
  const [first] = head;
  if (first === undefined || isContinuation || columns.some(({ name }) => name !== null)) return null;
  const cells = first.map((cell) => cell.trim().toLowerCase());
  return names.some((name) => !/^\d+$/.test(name) && cells.includes(name.toLowerCase())) ? first : null;
}

async function readPart(part: DumpPart, headerRows: number, taker: TextRowTaker, onRead: ReadListener): Promise<void> {
  const rows = new TextRows(part.dialect, part.columns.length, headerRows, taker);
  for await (const chunk of readPartBytes(part, onRead)) rows.push(chunk);
  rows.finish();
}

/** The bytes of a part in UTF-8. `onRead` hears of those that nobody else counts. Fails with DUMP_*. */
export function readPartBytes(part: DumpPart, onRead: ReadListener): AsyncIterable<Uint8Array> {
  const bytes = part.plainFile === null ? part.open() : readPlain(part.plainFile, onRead);
  return part.encoding === 'gb18030' ? transcode(bytes) : bytes;
}

async function* readPlain(
  { path, offsetBytes }: NonNullable<DumpPart['plainFile']>,
  onRead: ReadListener,
): AsyncGenerator<Uint8Array, void> {
  try {
    const file = await open(path);
    try {
      const buffer = new Uint8Array(READ_BYTES);
      for (let at = offsetBytes; ; ) {
        const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
        if (bytesRead === 0) return;
        onRead(bytesRead);
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw asReadError(error, path);
  }
}

/** UTF-8 from GB18030, of which the second byte of a character may look like a separator. */
async function* transcode(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder('gb18030');
  for await (const chunk of chunks) yield Buffer.from(decoder.decode(chunk, { stream: true }));
  yield Buffer.from(decoder.decode());
}
