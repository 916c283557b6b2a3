import type { RowSink, RowWriter } from './reader.ts';

/** Longer cells say nothing more. */
const MAX_CELL_LENGTH = 512;
const MAX_TABLES = 256;

/** Keeps some rows of each table as text: a sample that columns are inferred from. */
export class SpreadSink implements RowSink {
  readonly #rowsPerTable: number;
  readonly #tables = new Map<string | null, string[][]>();

  constructor(rowsPerTable: number) {
    this.#rowsPerTable = rowsPerTable;
  }

  /** The rows by name of their table. */
  get rows(): ReadonlyMap<string | null, readonly (readonly string[])[]> {
    return this.#tables;
  }

  table(name: string | null): RowWriter {
    const known = this.#tables.get(name);
    const rows = known ?? [];
    if (known === undefined && this.#tables.size < MAX_TABLES) this.#tables.set(name, rows);
    let row: string[] = [];
    const decoder = new TextDecoder();
    return {
      text: (value) => void row.push(value.slice(0, MAX_CELL_LENGTH)),
      bytes: (source, from, to) =>
        void row.push(decoder.decode(source.subarray(from, Math.min(to, from + MAX_CELL_LENGTH)))),
      empty: () => void row.push(''),
      end: () => {
        if (row.length > 0 && rows.length < this.#rowsPerTable) rows.push(row);
        row = [];
      },
      drop: () => {
        row = [];
      },
    };
  }

  reject(): void {}

  async drain(): Promise<void> {}
}
