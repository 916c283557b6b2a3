import type { ErrorCode } from '../core/errors.ts';
import type { FieldName } from '../core/fields/field.ts';

/** Character encodings a part can be in; the scanner turns all of them into UTF-8 before it looks for separators. */
export type Encoding = 'utf-8' | 'gb18030';

/**
 * How the cells of a part are told apart (docs/spec/delimited.md is the definition; `exact-rows.ts` is its reference reader).
 * Readers of other formats emit their rows in `canonicalDialect` and so join the same scanner.
 */
export interface Dialect {
  /** One to eight ASCII characters between cells. */
  readonly separator: string;
  /** The quote character, or null when quotes are ordinary characters. */
  readonly quote: '"' | "'" | null;
  /** The byte that ends a row: LF (a CR before it belongs to the row's end), or a lone CR. */
  readonly newline: '\n' | '\r';
}

/**
 * What a column can look like when it is no field. `category`: few different values; `order`: numbers that begin with a day; `card`: payment cards (Luhn, ISO/IEC 7812);
 * `mixed`: several fields in a cell, which `ColumnSplit` tells apart.
 */
export type ColumnLook =
  | 'date'
  | 'number'
  | 'text'
  | 'empty'
  | 'timestamp'
  | 'card'
  | 'qq'
  | 'ip'
  | 'uuid'
  | 'url'
  | 'money'
  | 'order'
  | 'category'
  | 'mixed';

/** What one column was found to hold. */
export interface InferredColumn {
  /** Position from 0. */
  readonly index: number;
  /** The header's cell, or null where there is no header. It comes from a hostile file: print it only through `printable()`. */
  readonly name: string | null;
  /** The field, or null when the column is none of ours. */
  readonly field: FieldName | null;
  /** What the column looks like when it is no field: for people to read. */
  readonly kind: ColumnLook | null;
  /** 0 to 1. */
  readonly confidence: number;
  /** In plain words, without a value: "header says phone; 98 of 100 cells are mainland mobile numbers". */
  readonly reason: string;
}

/** What rows of other formats are turned into: the unit separator hardly stands in a value, so that hardly any cell comes in quotes. */
export const canonicalDialect: Dialect = { separator: '\x1f', quote: '"', newline: '\n' };

/** What is known of a table before it is read. */
export interface TableDescription {
  /** Number of the table within the dump, from 0. */
  readonly table: number;
  /** The file, the path inside it for archives, the table's name: hostile, print it only through `printable()`. */
  readonly name: string;
  readonly format: string;
  /** Formats of the archives and compressed streams that it lies in, the outermost first. */
  readonly containers: readonly string[];
  /** What the scanner gets. */
  readonly encoding: Encoding;
  /** What the file is in, and 0 to 1: how sure that is. */
  readonly foundEncoding: string;
  readonly encodingConfidence: number;
  readonly dialect: Dialect;
  readonly columns: readonly InferredColumn[];
  /** Rows at the start that are no data: the header and what stands before it. Counted as the dialect counts rows (empty ones not). */
  readonly headerRows: number;
  /** Size on disk, when the table is one plain file; else null. */
  readonly sizeBytes: number | null;
  /** Where the same bytes lie on disk, when they lie there uncompressed in a regular file: the scanner may read them into its own memory. */
  readonly plainFile: PlainFile | null;
  /** The first data rows, cut into cells and decoded; hostile, plaintext, kept in memory only. */
  readonly head: readonly (readonly string[])[];
  /** Cells of the first rows that may be read otherwise. */
  readonly readings: readonly CellReadings[];
}

/** A cell that was recognised in a picture and may be read otherwise. */
export interface CellReadings {
  /** Number of the row in the table, its header counted, from 0; and of the column. */
  readonly row: number;
  readonly column: number;
  /** The likelier first, without the value as it stands in the cell; plaintext. */
  readonly alternatives: readonly string[];
}

export interface PlainFile {
  readonly path: string;
  readonly offsetBytes: number;
}

/** A stretch of one table: a stream of bytes with everything needed to cut it into rows and cells. */
export interface DumpPart extends TableDescription {
  /** Tables may take turns in a file: whether this stretch goes on with a table that has been seen, or has rows of joined ones. Its `headerRows` is 0 then. */
  readonly isContinuation: boolean;
  /** The stretch's bytes in `encoding`, once, in chunks of any size; a chunk stays unchanged only until the next one is asked for. Fails with DUMP_* errors. */
  open(): AsyncIterable<Uint8Array>;
}

/** Something in a dump that was not read, or not to its end. */
export interface DumpFailure {
  /** Hostile like `TableDescription.name`. */
  readonly name: string;
  readonly code: ErrorCode;
  readonly parameters: Readonly<Record<string, string | number>>;
}

/** Everything that was given to be read: files, folders, archives. */
export interface Dump {
  /** Whether `open` may be called again (standard input can be read once). */
  readonly reopenable: boolean;
  /** Size on disk; null when it is not known. */
  readonly sizeBytes: number | null;
  /** Begins to read. `onRead` hears of bytes taken from disk, but for those of a `plainFile`, which whoever reads it counts. */
  open(onRead?: (bytesOnDisk: number) => void): DumpReading;
}

/** Tables that are reported one by one; a folder may have millions of files, whose sum is kept. Those beyond may come as one (`DumpReading.joined`). */
export const TOLD_TABLES = 1000;

/** Stands for all tables that are not counted for themselves. */
export const OTHER_TABLES = -1;

export interface DumpReading {
  /** The stretches in order; each is read to its end, or left, before the next is asked for. Fails with what stops the whole. */
  parts(): AsyncIterable<DumpPart>;
  /** Known once `parts` has ended: what was not read (the first of them, and how many there are). */
  readonly failures: readonly DumpFailure[];
  readonly failureCount: number;
  /** Known once `parts` has ended: rows that the readers could not read, by number of the table; those of very many tables together as OTHER_TABLES. */
  readonly rejected: ReadonlyMap<number, ReadonlyMap<RejectReason, number>>;
  /** Known once `parts` has ended: small tables beyond the first TOLD_TABLES that came as rows of others that mean the same, and the bytes of their files that were no rows. */
  readonly joined: { readonly tables: number; readonly leftOutBytes: number };
  /** Known once `parts` has ended: false when time was up before everything was looked at. */
  readonly isComplete: boolean;
  /** Inspection: how much of a table's input was looked at, by number of the table; those that were being looked at when time was up are missing. */
  readonly looked: ReadonlyMap<number, { readonly bytes: number; readonly isWhole: boolean }>;
  /** Ends the reading, wherever it is. */
  close(): Promise<void>;
}

/** Why a row was not read; each is counted by name. */
export type RejectReason =
  | 'too-long'
  | 'too-many-cells'
  | 'too-many-tables'
  | 'no-id'
  | 'bad-time'
  | 'bad-interval'
  /** A statement, record or line that is damaged beyond reading. */
  | 'bad-statement'
  | 'bad-record'
  | 'bad-line';
