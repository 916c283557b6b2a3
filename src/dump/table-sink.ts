import type { FieldContext } from '../core/fields/field.ts';
import { describeColumns, type Mappings, type Reshaping } from './describe-columns.ts';
import { rowsOf } from './exact-rows.ts';
import { isHeader } from './header.ts';
import type { Outlet } from './outlet.ts';
import { canonicalDialect, type RejectReason } from './port.ts';
import type { RowSink, RowWriter } from './reader.ts';
import { RowEncoder } from './row-encoder.ts';
import { HEAD_ROWS, INFERENCE_ROWS } from './sampling.ts';

/** A table is described when so much of it is there, or at its end. */
const DESCRIBE_BYTES = 1_048_576;
/** Rows of the table that is being sent go out at this size; those of another one only at that, because taking turns costs the scanner a start each. */
const SEND_BYTES = 262_144;
const TURN_BYTES = 4_194_304;
/** All tables together hold back at most so much. */
const PENDING_BYTES = 67_108_864;
/** Further tables of one input are rejected row by row. */
const MAX_TABLES = 4096;

/** What is known of the input whose tables a sink takes. */
export interface TableOrigin {
  readonly name: string;
  readonly format: string;
  readonly containers: readonly string[];
  readonly foundEncoding: string;
  readonly encodingConfidence: number;
  readonly context: FieldContext;
  readonly mappings: Mappings;
  readonly header: boolean | undefined;
  /** Rows from all over the input by name of the table, where they could be had without reading it. */
  readonly spread: ReadonlyMap<string | null, readonly (readonly string[])[]>;
  /** Number for the next table of the dump. */
  nextTable(): number;
}

/** Turns what a reader writes into descriptions and canonical rows. */
export class TableSink implements RowSink {
  readonly #origin: TableOrigin;
  readonly #outlet: Outlet;
  readonly #tables = new Map<string | null, Table>();
  #sent: Table | null = null;
  #surplus: RowEncoder | null = null;
  /** Rows that were given up, until a table is there to count them for. */
  readonly #rejected = new Map<RejectReason, number>();

  constructor(origin: TableOrigin, outlet: Outlet) {
    this.#origin = origin;
    this.#outlet = outlet;
  }

  table(name: string | null, columns: readonly string[] | null): RowWriter {
    const known = this.#tables.get(name);
    if (known !== undefined) return known.encoder;
    if (this.#tables.size >= MAX_TABLES) return this.#rejectingWriter();
    const table = new Table(name, columns, this.#origin, (reason) => this.reject(reason));
    this.#tables.set(name, table);
    return table.encoder;
  }

  reject(reason: RejectReason, count = 1): void {
    this.#rejected.set(reason, (this.#rejected.get(reason) ?? 0) + count);
  }

  async drain(): Promise<void> {
    let pendingBytes = 0;
    for (const table of this.#tables.values()) {
      const size = table.encoder.pendingBytes;
      if (size === 0) continue;
      if (size >= (table === this.#sent || this.#tables.size === 1 ? SEND_BYTES : TURN_BYTES)) {
        if (table.isDescribed || size >= DESCRIBE_BYTES) this.#send(table);
      }
      pendingBytes += table.encoder.pendingBytes;
    }
    if (pendingBytes > PENDING_BYTES) this.finish();
  }

  /** Sends everything that is held back: at the end, also after a failure. */
  finish(): void {
    for (const table of this.#tables.values()) if (table.encoder.pendingBytes > 0) this.#send(table);
    // A table without rows is not told.
    const told = [...this.#tables.values()].find(({ isDescribed }) => isDescribed);
    if (told === undefined) return;
    for (const [reason, count] of this.#rejected) this.#outlet.rejected(told.number, reason, count);
    this.#rejected.clear();
  }

  /** Whether any row came. */
  get hasTables(): boolean {
    return [...this.#tables.values()].some(({ isDescribed }) => isDescribed);
  }

  /** Rows that were rejected where there is no table to count them for. */
  get rejectedAlone(): number {
    return [...this.#rejected.values()].reduce((sum, count) => sum + count, 0);
  }

  #send(table: Table): void {
    if (!table.isDescribed) table.describe(this.#outlet);
    this.#outlet.rows(table.number, table.encoder.peek());
    table.encoder.forget();
    // Only the table whose turn it is keeps a large buffer.
    if (this.#sent !== table) this.#sent?.encoder.shrink();
    this.#sent = table;
  }

  #rejectingWriter(): RowWriter {
    this.#surplus ??= new RowEncoder({
      onRow: () => {
        this.reject('too-many-tables');
        return false;
      },
      onTooLong: () => this.reject('too-long'),
    });
    return this.#surplus;
  }
}

/** One table: its rows so far, and what its columns hold once that is known. */
class Table {
  readonly encoder: RowEncoder;
  readonly #name: string | null;
  readonly #names: readonly string[] | null;
  readonly #origin: TableOrigin;
  #number = -1;
  #reshaping: Reshaping | null = null;

  constructor(
    name: string | null,
    names: readonly string[] | null,
    origin: TableOrigin,
    reject: (reason: RejectReason) => void,
  ) {
    this.#name = name;
    this.#names = names;
    this.#origin = origin;
    this.encoder = new RowEncoder({
      onRow: (cells) => {
        const reason = this.#reshaping?.apply(this.encoder, cells) ?? null;
        if (reason !== null) reject(reason);
        return reason === null;
      },
      onTooLong: () => reject('too-long'),
    });
  }

  get isDescribed(): boolean {
    return this.#number >= 0;
  }

  get number(): number {
    return this.#number;
  }

  /** Says what the columns hold, from the rows so far and those from all over the input. */
  describe(outlet: Outlet): void {
    const origin = this.#origin;
    const rows = decodeRows(this.encoder.peek(), INFERENCE_ROWS + 1);
    const [first = []] = rows;
    const hasHeader =
      this.#names === null && rows.length > 0 && (origin.header ?? isHeader(first, rows.slice(1, 100), origin.context));
    const header = this.#names ?? (hasHeader ? first : null);
    const data = hasHeader ? rows.slice(1) : rows;
    const width = Math.max(header?.length ?? 0, ...data.map((row) => row.length), 1);
    const spread = (origin.spread.get(this.#name) ?? []).filter((row) => row.length <= width);
    const fitted = [...data, ...spread].map((row) => Array.from({ length: width }, (_, index) => row[index] ?? ''));
    const name = this.#name === null ? origin.name : `${origin.name} › ${this.#name}`;
    const { columns, reshaping } = describeColumns(fitted, header, width, origin.context, origin.mappings, name);
    this.#number = origin.nextTable();
    outlet.table({
      table: this.#number,
      name,
      format: origin.format,
      containers: origin.containers,
      encoding: 'utf-8',
      foundEncoding: origin.foundEncoding,
      encodingConfidence: origin.encodingConfidence,
      dialect: canonicalDialect,
      columns,
      headerRows: hasHeader ? 1 : 0,
      sizeBytes: null,
      plainFile: null,
      head: data.slice(0, HEAD_ROWS),
      readings: this.encoder.takeReadings(),
    });
    if (reshaping !== null) this.#reshape(reshaping);
  }

  /** Writes the rows that are already there anew; those to come are reshaped as they end. */
  #reshape(reshaping: Reshaping): void {
    const rows = this.encoder.peek().slice();
    this.encoder.forget();
    this.#reshaping = reshaping;
    for (const row of rowsOf(rows, canonicalDialect)) {
      if (!('cells' in row)) continue;
      for (const cell of row.cells) this.encoder.bytes(cell, 0, cell.length);
      this.encoder.end();
    }
  }
}

function decodeRows(bytes: Uint8Array, most: number): string[][] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const rows: string[][] = [];
  for (const row of rowsOf(bytes, canonicalDialect)) {
    if (rows.length >= most) break;
    if ('cells' in row) rows.push(row.cells.map((cell) => decoder.decode(cell)));
  }
  return rows;
}
