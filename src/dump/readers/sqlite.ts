import { copyFile, mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { BoltsealError } from '../../core/errors.ts';
import { openWhole } from '../random-file.ts';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink, RowWriter } from '../reader.ts';
import { ExpansionMeter } from './expansion-meter.ts';

const SIGNATURE = new TextEncoder().encode('SQLite format 3\0');
const MAX_CELL_BYTES = 16_777_216;
const MAX_COLUMNS = 4_096;
const DRAIN_BYTES = 262_144;
const TABLES = "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 ORDER BY rowid";
const LEAST_ROWID = -9_223_372_036_854_775_808n;
/** https://www.sqlite.org/rescode.html */
const SQLITE_TOOBIG = 18;

/**
 * SQLite database files (the format of https://www.sqlite.org/fileformat2.html). Only stored rows of ordinary tables are read: no view, trigger, virtual table or generated
 * column of the hostile schema is ever evaluated. Blobs are text where they are valid UTF-8, and hexadecimal otherwise.
 * Fails with DUMP_CORRUPT when not even the list of tables can be read; a damaged table counts as 'bad-record' and what could be read of it stands.
 */
export const sqliteReader: FormatReader = {
  format: 'sqlite',
  takes: 'bytes',
  detect: (start: InputStart) => (SIGNATURE.every((byte, at) => start.head[at] === byte) ? 1 : 0),
  read: readSqlite,
};

async function readSqlite(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void> {
  const placed = await openWhole(input, context);
  const file: DatabaseFile = { path: placed.pieces[0]?.path ?? '', sizeBytes: placed.sizeBytes };
  let copy: DatabaseCopy | null = null;
  try {
    copy = input.filePath === null ? null : await copyWithLog(file, context);
    const meter = new ExpansionMeter(input.name, file.sizeBytes, context.limits);
    const database = openDatabase(copy ?? file, copy !== null, input.name);
    try {
      for (const name of listTables(database, input.name)) await readTable(database, name, sink, meter);
    } finally {
      database.close();
    }
  } finally {
    await copy?.remove();
    placed.close();
  }
}

interface DatabaseFile {
  readonly path: string;
  readonly sizeBytes: number;
}

interface DatabaseCopy extends DatabaseFile {
  remove(): Promise<void>;
}

/**
 * Rows that were not checkpointed stand in a write-ahead log beside the database. To read it SQLite has to write an index beside both: so both are copied.
 * Null when there is no log, or none that may be read.
 */
async function copyWithLog(file: DatabaseFile, context: ReadContext): Promise<DatabaseCopy | null> {
  const folder = join(context.scratchPath, `sqlite-${process.pid}`);
  try {
    const log = await stat(`${file.path}-wal`);
    if (!log.isFile() || log.size === 0 || log.size + file.sizeBytes > context.limits.scratchBytes) return null;
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'copy.db');
    await copyFile(file.path, path);
    await copyFile(`${file.path}-wal`, `${path}-wal`);
    return { path, sizeBytes: file.sizeBytes, remove: () => rm(folder, { recursive: true, force: true }) };
  } catch {
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    return null;
  }
}

function openDatabase(file: DatabaseFile, withLog: boolean, name: string): DatabaseSync {
  const url = pathToFileURL(file.path);
  // Nothing is locked or written beside the evidence, whatever journal the header asks for.
  if (!withLog) url.searchParams.set('immutable', '1');
  try {
    const database = new DatabaseSync(url, {
      readOnly: !withLog,
      allowExtension: false,
      defensive: true,
      enableForeignKeyConstraints: false,
      enableDoubleQuotedStringLiterals: false,
      readBigInts: true,
      returnArrays: true,
      limits: { length: MAX_CELL_BYTES, attach: 0, triggerDepth: 1, vdbeOp: 1_000_000, sqlLength: 1_000_000 },
    });
    if (!canPrepare(database, TABLES)) {
      // One definition that cannot be parsed makes all tables unreadable, unless SQLite is told to pass over it. Nothing can be written: the file is read-only, or a copy.
      database.enableDefensive(false);
      database.exec('PRAGMA writable_schema=ON');
    }
    database.exec(
      'PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA query_only=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-16384; PRAGMA temp_store=MEMORY',
    );
    return database;
  } catch (error) {
    throw new BoltsealError('DUMP_CORRUPT', { path: name }, { cause: error });
  }
}

/** Tables with pages of their own (virtual tables and views have none), in the order of their making. */
function listTables(database: DatabaseSync, path: string): string[] {
  const names: string[] = [];
  try {
    for (const [name] of asRows(database, TABLES)) {
      if (typeof name === 'string' && !name.toLowerCase().startsWith('sqlite_')) names.push(name);
    }
  } catch (error) {
    if (names.length === 0) throw new BoltsealError('DUMP_CORRUPT', { path }, { cause: error });
  }
  return names;
}

interface Target {
  readonly writer: RowWriter;
  readonly sink: RowSink;
  readonly meter: ExpansionMeter;
  /** The rowid that was read last, or null. */
  last: bigint | null;
  bytesSinceDrain: number;
}

async function readTable(database: DatabaseSync, name: string, sink: RowSink, meter: ExpansionMeter): Promise<void> {
  const columns = listColumns(database, name);
  if (columns === null) return sink.reject('bad-record');
  const target: Target = { writer: sink.table(name, columns), sink, meter, last: null, bytesSinceDrain: 0 };
  const cells = columns.map(quote).join(',');
  const from = `FROM main.${quote(name)} NOT INDEXED`;
  const rowid = ['rowid', '_rowid_', 'oid'].find(
    (alias) =>
      !columns.some((column) => column.toLowerCase() === alias) && canPrepare(database, `SELECT ${alias} ${from}`),
  );
  if (rowid === undefined) {
    const ended = await readRows(database, `SELECT NULL,${cells} ${from}`, [], target);
    if (ended !== 'whole') sink.reject('bad-record');
    return;
  }
  let ended = await readRows(database, `SELECT ${rowid},${cells} ${from} ORDER BY ${rowid}`, [], target);
  const after = `${from} WHERE ${rowid} > ? ORDER BY ${rowid}`;
  while (ended === 'too-long') {
    const next = firstId(database, `SELECT ${rowid} ${after} LIMIT 1`, target.last);
    if (next === null) break;
    sink.reject('too-long');
    target.last = next;
    ended = await readRows(database, `SELECT ${rowid},${cells} ${after}`, [next], target);
  }
  if (ended === 'whole') return;
  sink.reject('bad-record');
  // What lies behind a damaged page is reached from the other end.
  const bound = target.last ?? LEAST_ROWID;
  target.last = null;
  await readRows(database, `SELECT ${rowid},${cells} ${after} DESC`, [bound], target, true);
}

function firstId(database: DatabaseSync, query: string, after: bigint | null): bigint | null {
  try {
    const row = asRows(database, query, [after ?? LEAST_ROWID]).next();
    return row.done !== true && typeof row.value[0] === 'bigint' ? row.value[0] : null;
  } catch {
    return null;
  }
}

/** Writes rows until the end, the first damage or the first row beyond the limit of length; the rowid comes first in each row, NULL where there is none. */
async function readRows(
  database: DatabaseSync,
  query: string,
  values: SQLInputValue[],
  target: Target,
  descending = false,
): Promise<'whole' | 'damaged' | 'too-long'> {
  let rows: IterableIterator<SQLOutputValue[]> | null = null;
  while (true) {
    let row: IteratorResult<SQLOutputValue[]>;
    try {
      // A schema in which two things have one name, or none, is only noticed here.
      rows ??= asRows(database, query, values);
      row = rows.next();
    } catch (error) {
      return error instanceof Error && 'errcode' in error && error.errcode === SQLITE_TOOBIG ? 'too-long' : 'damaged';
    }
    if (row.done === true) return 'whole';
    const id = row.value[0];
    if (typeof id === 'bigint') {
      // Pages that are linked twice give the same rows again, up to 10^40 times: rowids that do not go one way are damage.
      if (target.last !== null && (descending ? id >= target.last : id <= target.last)) return 'damaged';
      target.last = id;
    }
    const bytes = writeRow(row.value, target.writer);
    target.meter.add(bytes);
    target.bytesSinceDrain += bytes;
    if (target.bytesSinceDrain > DRAIN_BYTES) {
      target.bytesSinceDrain = 0;
      await target.sink.drain();
    }
  }
}

function asRows(
  database: DatabaseSync,
  query: string,
  values: SQLInputValue[] = [],
): IterableIterator<SQLOutputValue[]> {
  // With `returnArrays` the rows are arrays; the declared type knows objects only.
  return database.prepare(query).iterate(...values) as unknown as IterableIterator<SQLOutputValue[]>;
}

function canPrepare(database: DatabaseSync, query: string): boolean {
  try {
    database.prepare(query);
    return true;
  } catch {
    return false;
  }
}

/** Names of the stored columns; those that are computed when read (2 in the last column of `table_xinfo`) or hidden are left out. Null when the table's definition is damaged. */
function listColumns(database: DatabaseSync, table: string): string[] | null {
  const names: string[] = [];
  try {
    for (const row of asRows(database, `PRAGMA main.table_xinfo(${quote(table)})`)) {
      const [name, hidden] = [row[1], row[6]];
      if (typeof name === 'string' && (hidden === 0n || hidden === 3n) && names.length < MAX_COLUMNS) names.push(name);
    }
    return names.length === 0 ? null : names;
  } catch {
    return null;
  }
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Writes the cells after the first and answers their size. */
function writeRow(row: readonly SQLOutputValue[], writer: RowWriter): number {
  let bytes = row.length;
  for (let at = 1; at < row.length; at++) {
    const cell = row[at];
    if (cell === null || cell === undefined) {
      writer.empty();
    } else if (typeof cell === 'string') {
      writer.text(cell);
      bytes += cell.length;
    } else if (typeof cell === 'object') {
      const text = asText(cell);
      writer.text(text);
      bytes += text.length;
    } else {
      writer.text(formatNumber(cell));
      bytes += 8;
    }
  }
  writer.end();
  return bytes;
}

/** Numbers that were stored as floating point come without an exponent, as far as they are whole: telephone numbers do. */
function formatNumber(value: number | bigint): string {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value.toFixed(0) : String(value);
}

function asText(blob: Uint8Array): string {
  try {
    const text = utf8.decode(blob);
    if (!text.includes('\0')) return text;
  } catch {
    // Not text.
  }
  return Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString('hex');
}
