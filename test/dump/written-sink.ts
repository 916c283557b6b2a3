import assert from 'node:assert/strict';
import type { RejectReason } from '../../src/dump/port.ts';
import type { FormatReader, RowSink, RowWriter } from '../../src/dump/reader.ts';
import { RowEncoder } from '../../src/dump/row-encoder.ts';
import { memoryContext, memoryInput } from './memory-sink.ts';

/** What a reader wrote, as the bytes that go to the scanner. */
export interface Written {
  readonly tables: { name: string | null; columns: readonly string[] | null; text: string }[];
  readonly rejected: Record<string, number>;
  /** Rows that were written directly. */
  readonly directRows: number;
}

/** Keeps rows as bytes; `isDirect`: lets readers write rows themselves. */
class WrittenSink implements RowSink {
  readonly tables: { name: string | null; columns: readonly string[] | null; encoder: RowEncoder }[] = [];
  readonly rejected = new Map<RejectReason, number>();
  directRows = 0;
  readonly #writers = new Map<string | null, RowWriter>();
  readonly #isDirect: boolean;

  constructor(isDirect: boolean) {
    this.#isDirect = isDirect;
  }

  table(name: string | null, columns: readonly string[] | null): RowWriter {
    let writer = this.#writers.get(name);
    if (writer === undefined) {
      const encoder = new RowEncoder({ onRow: () => true, onTooLong: () => this.reject('too-long') });
      this.tables.push({ name, columns, encoder });
      writer = {
        text: (value) => encoder.text(value),
        bytes: (source, from, to) => encoder.bytes(source, from, to),
        empty: () => encoder.empty(),
        end: () => encoder.end(),
        drop: () => encoder.drop(),
        ...(this.#isDirect ? { direct: this.#direct(encoder) } : {}),
      };
      this.#writers.set(name, writer);
    }
    return writer;
  }

  #direct(encoder: RowEncoder): RowEncoder['direct'] {
    const count = (): void => void this.directRows++;
    return {
      room: () => encoder.room(),
      get rowAt() {
        return encoder.rowAt;
      },
      takeRow(cells, end) {
        count();
        encoder.takeRow(cells, end);
      },
    };
  }

  reject(reason: RejectReason, count = 1): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + count);
  }

  async drain(): Promise<void> {}
}

async function write(reader: FormatReader, bytes: Uint8Array, isDirect: boolean, chunkBytes: number): Promise<Written> {
  const sink = new WrittenSink(isDirect);
  await reader.read(memoryInput(bytes, 'input', chunkBytes), sink, memoryContext());
  return {
    tables: sink.tables.map(({ name, columns, encoder }) => ({
      name,
      columns,
      text: new TextDecoder().decode(encoder.peek()),
    })),
    rejected: Object.fromEntries(sink.rejected),
    directRows: sink.directRows,
  };
}

/** Reads with and without rows that are written directly, which must make no difference, in chunks of several sizes; answers how many were. */
export async function writesTheSame(
  reader: FormatReader,
  input: Uint8Array | string,
  chunkSizes: readonly number[] = [65_536, 7],
): Promise<number> {
  const bytes = typeof input === 'string' ? new TextEncoder().encode(input) : input;
  const plain = await write(reader, bytes, false, 65_536);
  let directRows = 0;
  for (const chunkBytes of chunkSizes) {
    const direct = await write(reader, bytes, true, chunkBytes);
    assert.deepEqual({ ...direct, directRows: 0 }, plain, `chunks of ${chunkBytes} bytes`);
    directRows = Math.max(directRows, direct.directRows);
  }
  return directRows;
}
