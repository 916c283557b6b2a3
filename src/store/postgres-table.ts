import { BoltsealError } from '../core/errors.ts';
import { applyMappings, type ColumnMapping, inferColumns } from '../dump/columns.ts';
import { findRowEnd, splitRow } from '../dump/exact-rows.ts';
import { type DumpPart, canonicalDialect as dialect } from '../dump/port.ts';
import { type DescribedColumn, openSession, type PostgresSession } from './postgres-session.ts';

/** Rows in `canonicalDialect`. */
const COPY_FORMAT = `(format csv, header false, delimiter E'\\x1f', quote '"', escape '"', null '', encoding 'UTF8')`;

/** As much of the start is kept as of a file's, and as many rows are looked at. */
const HEAD_BYTES = 1_048_576;
const HEAD_ROWS = 200;
const INFERENCE_ROWS = 400;

/** What a table from a database needs besides the query. */
export interface PostgresTableOptions {
  /** The company's region (ISO 3166-1 alpha-2). */
  readonly region: string;
  readonly map: readonly ColumnMapping[];
}

/**
 * Runs one SELECT in a read-only transaction and gives its rows as a part that can be read once; the connection ends with the reading.
 * `url` as `openSession` takes it; `query` may end in semicolons. What the rows are like is in docs/spec/postgres-source.md.
 * Fails with POSTGRES_URL, POSTGRES_CONNECT, POSTGRES_QUERY, POSTGRES_LOST and USAGE_COLUMN, and while it is read with POSTGRES_QUERY, POSTGRES_LOST and DUMP_READ_ONCE.
 */
export async function openPostgresTable(url: string, query: string, options: PostgresTableOptions): Promise<DumpPart> {
  const session = await openSession(url);
  try {
    return await openPart(session, query.replace(/[;\s]+$/, ''), options);
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function openPart(session: PostgresSession, select: string, options: PostgresTableOptions): Promise<DumpPart> {
  const name = session.place;
  // One complete statement: within the brackets of COPY it cannot become anything else.
  const described = await session.describe(select);
  if (described.length === 0) throw new BoltsealError('POSTGRES_QUERY', { place: name, reason: 'it gives no table' });
  const chunks = session.copyOut(copyStatement(select, described))[Symbol.asyncIterator]();
  const head = await takeHead(chunks);
  const rows = sampleRows(head.bytes, head.isWhole);
  const header = described.map((column) => column.name);
  const columns = inferColumns(rows, header, header.length, { region: options.region });
  let isOpened = false;
  return {
    table: 0,
    name,
    format: 'postgresql query',
    containers: [],
    encoding: 'utf-8',
    foundEncoding: 'utf-8',
    encodingConfidence: 1,
    dialect,
    columns: applyMappings(columns, options.map, name),
    headerRows: 0,
    sizeBytes: null,
    plainFile: null,
    head: rows.slice(0, HEAD_ROWS),
    readings: [],
    isContinuation: false,
    async *open() {
      if (isOpened) throw new BoltsealError('DUMP_READ_ONCE', { path: name });
      isOpened = true;
      try {
        if (head.bytes.length > 0) yield head.bytes;
        if (head.isWhole) return;
        for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) {
          yield next.value;
        }
      } finally {
        await session.close();
      }
    },
  };
}

/** COPY of the query with every column in a form that the reader of dumps takes as it is. */
function copyStatement(select: string, columns: readonly DescribedColumn[]): string {
  const names = columns.map((_, index) => `c${index}`);
  const cells = columns.map(({ type }, index) => cellOf(`c${index}`, type));
  // The newline ends a comment that the query may end in.
  return `copy (select ${cells.join(', ')} from (${select}\n) as q (${names.join(', ')})) to stdout with ${COPY_FORMAT}`;
}

/** Object ids of built-in types (src/include/catalog/pg_type.dat of PostgreSQL 18; they never change). */
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
const TEXTS: ReadonlySet<number> = new Set([25, 1043]);
/** bool, bytea, int8, int2, int4, oid, float4, float8, numeric, uuid: whatever their length, their text has nothing that needs quotes. */
const PLAIN: ReadonlySet<number> = new Set([16, 17, 20, 21, 23, 26, 700, 701, 1700, 2950]);

/** Seconds of a register end in 2106: a later time, `infinity` among them, says "until further notice", which is an empty cell. */
const LAST_TIME = "'2106-02-07'";

/**
 * A quote reaches 65,536 bytes (docs/spec/delimited.md), so a longer text with line ends in it would fall apart into rows that do not exist: its start is
 * enough. 32,000 bytes stay within reach with all quotes doubled, and so do 16,000 characters with up to four bytes each.
 */
const LONGEST_BYTES = 32_000;
const KEPT_CHARACTERS = 16_000;

function cellOf(column: string, type: number): string {
  if (PLAIN.has(type)) return column;
  if (type === DATE) return `case when ${column} < ${LAST_TIME} then ${column} end`;
  if (type === TIMESTAMP || type === TIMESTAMPTZ) {
    // Whole seconds without a zone are what the scanner reads fastest.
    const utc = type === TIMESTAMP ? column : `${column} at time zone 'UTC'`;
    return `case when ${column} < ${LAST_TIME} then date_trunc('second', ${utc}) end`;
  }
  if (!TEXTS.has(type)) return `left(${column}::text, ${KEPT_CHARACTERS})`;
  // Twice as fast as `left` alone, because the length is known without looking at the text.
  return `case when octet_length(${column}) > ${LONGEST_BYTES} then left(${column}, ${KEPT_CHARACTERS}) else ${column} end`;
}

/** The first HEAD_BYTES, or all there is. */
async function takeHead(chunks: AsyncIterator<Uint8Array>): Promise<{ bytes: Uint8Array; isWhole: boolean }> {
  const taken: Uint8Array[] = [];
  for (let sizeBytes = 0; sizeBytes < HEAD_BYTES; ) {
    const next = await chunks.next();
    if (next.done === true) return { bytes: Buffer.concat(taken), isWhole: true };
    taken.push(next.value);
    sizeBytes += next.value.length;
  }
  return { bytes: Buffer.concat(taken), isWhole: false };
}

function sampleRows(bytes: Uint8Array, isWhole: boolean): string[][] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const rows: string[][] = [];
  let start = 0;
  while (start < bytes.length && rows.length < INFERENCE_ROWS) {
    const end = findRowEnd(bytes, start, bytes.length, dialect, isWhole);
    if (end < 0) break;
    // A single NULL is an empty row, which does not count.
    if (end - start > 1) rows.push(splitRow(bytes, start, end, dialect).map((cell) => decoder.decode(cell)));
    start = end;
  }
  return rows;
}
