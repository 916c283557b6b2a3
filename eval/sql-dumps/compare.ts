import { sqlReader } from '../../src/dump/readers/sql.ts';
import { MemorySink, type MemoryTable, memoryContext, memoryInput } from '../../test/dump/memory-sink.ts';

/** What a database says about one table. */
export interface DatabaseTable {
  readonly name: string;
  readonly columns: readonly DatabaseColumn[];
  /** Cells as the database shows them; those of `binary` columns in hexadecimal digits. */
  readonly rows: readonly (readonly (string | null)[])[];
}

export interface DatabaseColumn {
  readonly name: string;
  readonly kind: 'text' | 'number' | 'time' | 'boolean' | 'binary';
}

/** How one table came out. */
export interface TableResult {
  readonly source: string;
  readonly table: string;
  readonly databaseRows: number;
  readonly readerRows: number;
  readonly cells: number;
  readonly wrongCells: number;
  /** Cells that were only equal after each normalisation; no values. */
  readonly normalised: Readonly<Record<string, number>>;
}

/** Runs the reader over a file. */
export async function readSql(text: string | Uint8Array, name: string): Promise<MemorySink> {
  const sink = new MemorySink();
  const input = memoryInput(text, name);
  if (sqlReader.detect(input) < 0.5) throw new Error(`${name} was not taken for SQL`);
  await sqlReader.read(input, sink, memoryContext());
  return sink;
}

/** Compares every cell of every table; rows are brought into one order first, since a database promises none. */
export function compareTables(source: string, tables: readonly DatabaseTable[], sink: MemorySink): TableResult[] {
  const results = tables.map((table) => compareTable(source, table, sink.tables));
  for (const table of sink.tables) {
    if (tables.some(({ name }) => name === table.name)) continue;
    results.push(result(source, table.name ?? '', 0, table.rows.length, 0, 0, {}));
  }
  const rejected = [...sink.rejected.values()].reduce((sum, count) => sum + count, 0);
  if (rejected > 0) results.push(result(source, '(rejected)', 0, rejected, 0, 0, {}));
  return results;
}

function compareTable(source: string, table: DatabaseTable, read: readonly MemoryTable[]): TableResult {
  const found = read.find(({ name }) => name === table.name);
  const rows = found?.rows ?? [];
  const normalised: Record<string, number> = {};
  const sort = (list: readonly (readonly (string | null)[])[]): (readonly (string | null)[])[] =>
    list.toSorted((left, right) => (key(left) < key(right) ? -1 : 1));
  // Numbers and times may be written otherwise than they are shown: rows are put in order by what is the same on both sides.
  const key = (row: readonly (string | null)[]): string =>
    row.map((cell, index) => canonical(cell, table.columns[index]?.kind ?? 'text')).join('\u0000');
  const expected = sort(table.rows);
  const actual = sort(rows);
  let wrong = 0;
  expected.forEach((row, rowIndex) => {
    row.forEach((cell, index) => {
      const kind = table.columns[index]!.kind;
      const how = agree(cell, actual[rowIndex]?.[index] ?? null, kind);
      if (how === 'wrong') wrong++;
      else if (how !== 'same') normalised[how] = (normalised[how] ?? 0) + 1;
    });
  });
  if (found?.columns != null && found.columns.join() !== table.columns.map(({ name }) => name).join()) wrong++;
  return result(
    source,
    table.name,
    table.rows.length,
    rows.length,
    table.rows.length * table.columns.length,
    wrong,
    normalised,
  );
}

function result(
  source: string,
  table: string,
  databaseRows: number,
  readerRows: number,
  cells: number,
  wrongCells: number,
  normalised: Record<string, number>,
): TableResult {
  return { source, table, databaseRows, readerRows, cells, wrongCells, normalised };
}

/**
 * How a cell of the file agrees with the database's: as it is; a number of the same value (`0.990` for 0.99); a time of the same moment (`1962/2/18` for
 * `1962-02-18 00:00:00`); `t` for true, as COPY writes it; bytes that are text as that text.
 */
function agree(database: string | null, reader: string | null, kind: DatabaseColumn['kind']): string {
  if (database === reader) return 'same';
  if (database === null || reader === null) return 'wrong';
  if (kind === 'binary' && Buffer.from(reader, 'utf8').toString('hex') === database) return 'bytes that are text';
  return canonical(database, kind) === canonical(reader, kind) && kind !== 'text' && kind !== 'binary'
    ? `${kind} written otherwise`
    : 'wrong';
}

function canonical(cell: string | null, kind: DatabaseColumn['kind']): string {
  if (cell === null) return 'NULL';
  if (kind === 'number' && /^-?\d+(?:\.\d+)?$/.test(cell)) {
    return cell.includes('.') ? cell.replace(/0+$/, '').replace(/\.$/, '') : cell;
  }
  if (kind === 'boolean') return cell.slice(0, 1);
  if (kind === 'time') {
    const parts = cell.split(/\D+/).map((part) => part.padStart(2, '0'));
    while (parts.length < 6) parts.push('00');
    return parts.join(' ');
  }
  if (kind === 'binary' && !/^(?:[0-9a-f]{2})*$/.test(cell)) return Buffer.from(cell, 'utf8').toString('hex');
  return cell;
}
