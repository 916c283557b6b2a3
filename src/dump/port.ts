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

/** What one column was found to hold. */
export interface InferredColumn {
  /** Position from 0. */
  readonly index: number;
  /** The header's cell, or null where there is no header. It comes from a hostile file: print it only through `printable()`. */
  readonly name: string | null;
  /** The field, or null when the column is none of ours. */
  readonly field: FieldName | null;
  /** What the column looks like when it is no field: for people to read. */
  readonly kind: 'date' | 'number' | 'text' | 'empty' | null;
  /** 0 to 1. */
  readonly confidence: number;
  /** In plain words, without a value: "header says phone; 98 of 100 cells are mainland mobile numbers". */
  readonly reason: string;
}

/** One table inside a dump: a stream of bytes with everything needed to cut it into rows and cells. */
export interface DumpPart {
  /** The file, and the path inside it for archives. */
  readonly name: string;
  readonly format: string;
  readonly encoding: Encoding;
  /** 0 to 1: how sure the encoding is. */
  readonly encodingConfidence: number;
  readonly dialect: Dialect;
  readonly columns: readonly InferredColumn[];
  /** Rows at the start that are no data: the header and what stands before it. Counted as the dialect counts rows (empty ones not). */
  readonly headerRows: number;
  /** Size on disk, before decompression; null for a stream of unknown length. */
  readonly sizeBytes: number | null;
  /** The first data rows, cut into cells and decoded, for samples; hostile, plaintext, kept in memory only. */
  readonly head: readonly (readonly string[])[];
  /** Whether `open` may be called again (standard input can be read once). */
  readonly reopenable: boolean;
  /** Where the same bytes lie on disk, when they lie there uncompressed in a regular file: the scanner may read them into its own memory. */
  readonly plainFile?: { readonly path: string; readonly offsetBytes: number };
  /**
   * The part's bytes from the first one after a byte-order mark, decompressed, still in `encoding`, in chunks of any size.
   * A chunk stays unchanged only until the next one is asked for. Fails with DUMP_* errors; `onRead` hears of bytes taken from disk.
   */
  open(onRead?: (bytesOnDisk: number) => void): AsyncIterable<Uint8Array>;
}

/** Why a row was not read; each is counted by name. */
export type RejectReason = 'too-long' | 'too-many-cells' | 'no-id' | 'bad-time' | 'bad-interval';
