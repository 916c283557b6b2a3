import type { RejectReason } from '../../src/dump/port.ts';
import type { ByteInput, ReadContext, RowSink, RowWriter } from '../../src/dump/reader.ts';
import { defaultLimits } from '../../src/dump/reader.ts';

/** One table as a reader wrote it; null is a cell without a value. */
export interface MemoryTable {
  readonly name: string | null;
  readonly columns: readonly string[] | null;
  readonly rows: (string | null)[][];
}

/** Keeps everything that a reader writes. */
export class MemorySink implements RowSink {
  readonly tables: MemoryTable[] = [];
  readonly rejected = new Map<RejectReason, number>();
  readonly #writers = new Map<string | null, RowWriter>();

  table(name: string | null, columns: readonly string[] | null): RowWriter {
    let writer = this.#writers.get(name);
    if (writer === undefined) {
      const rows: (string | null)[][] = [];
      this.tables.push({ name, columns, rows });
      writer = createWriter(rows);
      this.#writers.set(name, writer);
    }
    return writer;
  }

  reject(reason: RejectReason, count = 1): void {
    this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + count);
  }

  async drain(): Promise<void> {}
}

function createWriter(rows: (string | null)[][]): RowWriter {
  let row: (string | null)[] = [];
  return {
    text: (value) => void row.push(value.toWellFormed()),
    bytes: (source, from, to) => void row.push(new TextDecoder().decode(source.subarray(from, to))),
    empty: () => void row.push(null),
    end: () => {
      if (row.length > 0) rows.push(row);
      row = [];
    },
    drop: () => {
      row = [];
    },
  };
}

/** An input of the bytes given, in chunks of `chunkBytes` whose buffer is used again, as the contract allows. */
export function memoryInput(bytes: Uint8Array | string, name = 'input', chunkBytes = 65_536): ByteInput {
  const all = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes;
  return {
    name,
    head: all.subarray(0, 1_048_576),
    headIsWhole: all.length <= 1_048_576,
    windows: [],
    sizeBytes: all.length,
    filePath: null,
    async *stream() {
      const buffer = new Uint8Array(chunkBytes);
      for (let at = 0; at < all.length; at += chunkBytes) {
        const part = all.subarray(at, at + chunkBytes);
        buffer.set(part);
        yield buffer.subarray(0, part.length);
      }
    },
  };
}

/** A context for tests; the scratch folder is the caller's. */
export function memoryContext(overrides: Partial<ReadContext> = {}): ReadContext {
  return { region: 'CN', passwords: [], scratchPath: '/nonexistent', limits: defaultLimits, ...overrides };
}
