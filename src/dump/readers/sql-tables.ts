import type { RowSink, RowWriter } from '../reader.ts';
import { MAX_COLUMNS } from './sql-tuple.ts';

/** Tables of one file; rows of further ones are rejected. */
const MAX_TABLES = 65_536;
/** Characters of all column names that are remembered. */
const MAX_NAME_UNITS = 32_000_000;
/** Schemas that everything is in: they say nothing. */
const defaultSchemas = new Set(['public', 'dbo', 'main']);

/** Where the rows of a statement go. */
export interface RowTarget {
  /** For each column of the table the cell that goes there, or -1; null when cells come in the table's order. */
  readonly order: Int32Array | null;
  /** How many cells a row has to have; 0 when nothing says so. */
  readonly arity: number;
  /** Whether the statement itself names its columns. */
  readonly listed: boolean;
  readonly table: SqlTable;
}

/** One table of the sink. */
export interface SqlTable {
  readonly key: string;
  readonly title: string;
  /** The title, with a number when there were others before it. */
  readonly name: string;
  readonly columns: readonly string[] | null;
  arity: number;
  writer: RowWriter | null;
  /** Rows written. */
  rows: number;
}

/**
 * The tables of one file. A name that turns up again with other columns (two databases in one dump, a table dropped and made anew) is a table of its own: `users`,
 * then `users (2)`.
 */
export class SqlTables {
  readonly #sink: RowSink;
  readonly #current = new Map<string, SqlTable>();
  readonly #versions = new Map<string, number>();
  #nameUnits = 0;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  /** CREATE TABLE: what the columns of rows without a list are called. */
  define(path: readonly string[], columns: readonly string[]): void {
    const key = tableKey(path);
    const known = this.#current.get(key);
    if (known !== undefined && sameNames(known.columns, columns.slice(0, MAX_COLUMNS))) return;
    if (known === undefined && this.#current.size >= MAX_TABLES) return;
    this.#replace(key, tableName(path), columns, columns.length);
  }

  /** Where rows of `path` go whose statement lists `columns` (null: it lists none); null when there are too many tables. */
  target(path: readonly string[], columns: readonly string[] | null): RowTarget | null {
    const key = tableKey(path);
    let table = this.#current.get(key) ?? null;
    if (table === null) {
      if (this.#current.size >= MAX_TABLES) return null;
      table = this.#replace(key, tableName(path), columns, columns?.length ?? 0);
    }
    if (columns === null) return { table, order: null, arity: table.arity, listed: false };
    const list = columns.slice(0, MAX_COLUMNS);
    let order = table.columns === null ? null : findOrder(table.columns, list);
    if (table.columns === null || order === null) {
      table = this.#replace(key, tableName(path), columns, columns.length);
      order = table.columns === null ? null : findOrder(table.columns, list);
    }
    const plain = order === null || (order.length === list.length && order.every((cell, index) => cell === index));
    return { table, order: plain ? null : order, arity: columns.length, listed: true };
  }

  /** The target for rows that agree with each other in having `arity` cells, but not with what was said of the table. */
  retarget(target: RowTarget, arity: number): RowTarget {
    const { table } = target;
    const columns = table.columns;
    if (columns !== null && arity < columns.length) {
      // PostgreSQL fills the rest with defaults.
      const order = Int32Array.from(columns, (_, index) => (index < arity ? index : -1));
      return { ...target, order, arity };
    }
    if (columns !== null) {
      const wider = this.#replace(table.key, table.title, null, arity);
      return { table: wider, order: null, arity, listed: false };
    }
    table.arity = arity;
    return { ...target, order: null, arity };
  }

  /** The table's writer; a table without rows is none. */
  writer(table: SqlTable): RowWriter {
    table.writer ??= this.#sink.table(table.name, table.columns);
    return table.writer;
  }

  #replace(key: string, title: string, columns: readonly string[] | null, arity: number): SqlTable {
    const known = this.#current.get(key);
    let version = this.#versions.get(key) ?? 1;
    if (known?.writer != null) version++;
    this.#versions.set(key, version);
    let kept = columns === null ? null : columns.slice(0, MAX_COLUMNS);
    this.#nameUnits += kept === null ? 0 : kept.reduce((sum, column) => sum + column.length + 16, 0);
    if (this.#nameUnits > MAX_NAME_UNITS) kept = null;
    const name = version === 1 ? title : `${title} (${version})`;
    const table: SqlTable = { key, title, name, columns: kept, arity, writer: null, rows: 0 };
    this.#current.set(key, table);
    return table;
  }
}

function shortPath(path: readonly string[]): readonly string[] {
  const last = path.slice(-2);
  return last.length === 2 && defaultSchemas.has(last[0]!.toLowerCase()) ? last.slice(1) : last;
}

function tableKey(path: readonly string[]): string {
  return shortPath(path).join('.').toLowerCase();
}

function tableName(path: readonly string[]): string {
  return shortPath(path).join('.');
}

function sameNames(left: readonly string[] | null, right: readonly string[]): boolean {
  return left !== null && left.length === right.length && left.every((name, index) => name === right[index]);
}

/** For each column of the table the cell of the list that goes there or -1; null when the list names a column that the table does not have. */
function findOrder(columns: readonly string[], list: readonly string[]): Int32Array | null {
  const cells = new Map(list.map((name, index) => [name.toLowerCase(), index]));
  if (cells.size !== list.length) return null;
  let found = 0;
  const order = Int32Array.from(columns, (column) => {
    const cell = cells.get(column.toLowerCase());
    if (cell !== undefined) found++;
    return cell ?? -1;
  });
  return found === list.length ? order : null;
}
