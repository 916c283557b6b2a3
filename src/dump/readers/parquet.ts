import { BoltsealError } from '../../core/errors.ts';
import { openRandom, type RandomFile } from '../random-file.ts';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink, RowWriter } from '../reader.ts';
import { hasControls } from '../signature.ts';
import { ExpansionMeter } from './expansion-meter.ts';
import { ColumnCursor, PageMemory } from './parquet-column.ts';
import { type Leaf, readSchema } from './parquet-schema.ts';
import { numberOf, ParquetDamage, structsOf, ThriftReader, type ThriftStruct } from './parquet-thrift.ts';

const MAX_COLUMNS = 4_096;
const MAX_FOOTER_BYTES = 33_554_432;
const DRAIN_BYTES = 262_144;

/**
 * Parquet files (https://github.com/apache/parquet-format), a row at a time with a page of each column in memory. Nested columns are named by their path (`user.phone`), lists give their first
 * eight values a column each (`phones.0`), lists of records the first four of each. Times come as ISO 8601 (with Z where the file says that they are UTC), decimals exact, bytes as text
 * where they are UTF-8 and hexadecimal otherwise. Rows of a row group that come after damage count as 'bad-record', and the next one goes on.
 * Fails with DUMP_CORRUPT or DUMP_TRUNCATED when the footer cannot be read, DUMP_PASSWORD when it is encrypted, DUMP_MEMORY, DUMP_BOMB.
 */
export const parquetReader: FormatReader = {
  format: 'parquet',
  takes: 'bytes',
  // Text may begin with these letters; pages and footers begin with control characters.
  detect: ({ head }: InputStart) =>
    /^PAR[1E]$/.test(magicOf(head, 0)) && head.length >= 12 && hasControls(head) ? 0.99 : 0,
  read: readParquet,
};

function magicOf(bytes: Uint8Array, at: number): string {
  return Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
}

async function readParquet(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void> {
  const file = await openRandom(input, context);
  try {
    await readFile(file, input.name, sink, context);
  } finally {
    file.close();
  }
}

async function readFile(file: RandomFile, path: string, sink: RowSink, context: ReadContext): Promise<void> {
  const footer = readFooter(file, path);
  let leaves: Leaf[];
  try {
    leaves = readSchema(structsOf(footer, 2));
  } catch (error) {
    throw new BoltsealError('DUMP_CORRUPT', { path }, { cause: error });
  }
  const names: string[] = [];
  const read = new Set<Leaf>();
  for (const leaf of leaves) {
    if (names.length + leaf.names.length > MAX_COLUMNS) continue;
    names.push(...leaf.names);
    read.add(leaf);
  }
  if (read.size === 0) return;
  const writer = sink.table(null, names);
  const target: Target = {
    file,
    sink,
    writer,
    memory: new PageMemory(path),
    unpacked: new ExpansionMeter(path, file.sizeBytes, context.limits),
    written: new ExpansionMeter(path, file.sizeBytes, context.limits),
  };
  for (const rowGroup of structsOf(footer, 4)) await readRowGroup(rowGroup, leaves, read, target);
}

/** The footer with its length and magic at the file's end: FileMetaData of parquet.thrift. */
function readFooter(file: RandomFile, path: string): ThriftStruct {
  const end = file.readAt(Math.max(0, file.sizeBytes - 8), 8);
  const magic = magicOf(end, 4);
  if (magic === 'PARE') throw new BoltsealError('DUMP_PASSWORD', { path });
  if (magic !== 'PAR1') throw new BoltsealError('DUMP_TRUNCATED', { path });
  const lengthBytes = new DataView(end.buffer).getUint32(0, true);
  if (lengthBytes > file.sizeBytes - 12) throw new BoltsealError('DUMP_CORRUPT', { path });
  if (lengthBytes > MAX_FOOTER_BYTES) {
    throw new BoltsealError('DUMP_MEMORY', { path, limitMb: MAX_FOOTER_BYTES / 1_048_576 });
  }
  try {
    return new ThriftReader(file.readAt(file.sizeBytes - 8 - lengthBytes, lengthBytes)).readStruct();
  } catch (error) {
    throw new BoltsealError('DUMP_CORRUPT', { path }, { cause: error });
  }
}

interface Target {
  readonly file: RandomFile;
  readonly sink: RowSink;
  readonly writer: RowWriter;
  readonly memory: PageMemory;
  /** Count what comes out of pages, and what is written. */
  readonly unpacked: ExpansionMeter;
  readonly written: ExpansionMeter;
}

async function readRowGroup(
  rowGroup: ThriftStruct,
  leaves: readonly Leaf[],
  read: ReadonlySet<Leaf>,
  target: Target,
): Promise<void> {
  const { sink, writer, written } = target;
  const rows = Math.max(0, numberOf(rowGroup, 3) ?? 0);
  const cursors: ColumnCursor[] = [];
  let row = 0;
  try {
    const chunks = structsOf(rowGroup, 1);
    if (chunks.length !== leaves.length) throw new ParquetDamage('columns');
    for (const [at, leaf] of leaves.entries()) {
      const chunk = chunks[at];
      if (chunk !== undefined && read.has(leaf)) cursors.push(new ColumnCursor(leaf, chunk, target));
    }
    let sinceDrain = 0;
    for (; row < rows; row++) {
      let bytes = 0;
      for (const cursor of cursors) bytes += cursor.writeRow(writer) + 1;
      writer.end();
      written.add(bytes);
      sinceDrain += bytes;
      if (sinceDrain > DRAIN_BYTES) {
        sinceDrain = 0;
        await sink.drain();
      }
    }
  } catch (error) {
    if (!(error instanceof ParquetDamage)) throw error;
    writer.drop();
    // The number of rows is the file's own word.
    sink.reject('bad-record', Math.min(Math.max(1, rows - row), 0xffff_ffff));
  } finally {
    for (const cursor of cursors) cursor.close();
  }
  await sink.drain();
}
