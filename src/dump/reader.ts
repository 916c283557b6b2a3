import type { RejectReason } from './port.ts';

/** What is known of a stretch of hostile bytes before it is read. */
export interface InputStart {
  /** The file as the user gave it, then the path inside it: `leak.zip › db/users.sql`. Hostile: print it only through `printable()`. */
  readonly name: string;
  /** The first bytes (up to HEAD_BYTES), or all of them. */
  readonly head: Uint8Array;
  readonly headIsWhole: boolean;
  /** Stretches from all over a plain file, each from one LF to another; empty for streams. */
  readonly windows: readonly Uint8Array[];
}

/** One file, one member of an archive, or what came out of a compressed stream. */
export interface ByteInput extends InputStart {
  /** Null when it is not known before the end. */
  readonly sizeBytes: number | null;
  /** The regular file in which exactly these bytes lie, or null. */
  readonly filePath: string | null;
  /** All bytes, once. A chunk stays unchanged only until the next one is asked for. Fails with DUMP_* errors. */
  stream(): AsyncIterable<Uint8Array>;
}

/** Writes rows of one table. Cells are appended in the order of the columns; `end` ends the row. */
export interface RowWriter {
  /** A cell from text. Lone surrogates become U+FFFD. */
  text(value: string): void;
  /** A cell from bytes [from, to) of UTF-8; they are copied. */
  bytes(source: Uint8Array, from: number, to: number): void;
  /** A cell without a value (NULL, a key that is not there). */
  empty(): void;
  /**
   * The other values as which the cell just written may be read, the likelier first: for text that was recognised in a picture. Called before the next cell.
   * Only those of a table's first rows are kept.
   */
  readings?(alternatives: readonly string[]): void;
  /** Ends the row. A row without any cell is dropped. */
  end(): void;
  /** Drops the cells since the last `end`: the row turned out to be damaged. */
  drop(): void;
  /** For rows that a reader can write itself, between the rows that it writes by the cell; absent where rows are not kept as bytes. */
  readonly direct?: DirectRows;
}

/** Longest row that is written directly. */
export const MAX_DIRECT_BYTES = 16_384;
/** Ends a cell that is written directly. */
export const DIRECT_SEPARATOR = 0x1f;

/**
 * Takes rows that are already as `canonicalDialect` has them, so that a reader can copy a byte from its input to the output in the same loop that looks at it: cells with
 * DIRECT_SEPARATOR between them, none with a control character or with `"` as its first byte.
 */
export interface DirectRows {
  /** A buffer with room for MAX_DIRECT_BYTES and a separator for each cell from `rowAt` on. What is written there counts only with `takeRow`. */
  room(): Uint8Array;
  /** Where in `room` the next row begins. */
  readonly rowAt: number;
  /** Takes what was written from `rowAt` to `end` as a row of so many cells, at most MAX_CELLS. */
  takeRow(cells: number, end: number): void;
}

/** Where a reader puts what it finds. Everything is synchronous but `drain`, which a reader awaits once per chunk of its input. */
export interface RowSink {
  /**
   * The writer of a table; asked for again with the same name it goes on with the same table. Tables may take turns.
   * `columns` are the names as they stand in the file (hostile), or null when the table has none; those of the first call count.
   */
  table(name: string | null, columns: readonly string[] | null): RowWriter;
  /** Rows that could not be read. */
  reject(reason: RejectReason, count?: number): void;
  /** Waits until what was written has been taken: this is what bounds memory. */
  drain(): Promise<void>;
}

/** What the user says, and what a reader may use. */
export interface ReadContext {
  /** The company's region (ISO 3166-1 alpha-2). */
  readonly region: string;
  /** Passwords to try on encrypted archives, in this order. */
  readonly passwords: readonly string[];
  /** A folder of this process alone for files that must be read at random; it is removed at the end. */
  readonly scratchPath: string;
  readonly limits: ReadLimits;
}

/** Bounds that a hostile file cannot exceed. */
export interface ReadLimits {
  /** Archives within archives. */
  readonly nesting: number;
  /** Members of the archives in one file, and members and files in all. */
  readonly members: number;
  /** Decompressed bytes of all members together, for every byte on disk; and the bytes that are free of this bound. */
  readonly expansion: number;
  readonly expansionFreeBytes: number;
  /** Bytes in the scratch folder. */
  readonly scratchBytes: number;
}

export const defaultLimits: ReadLimits = {
  nesting: 8,
  members: 20_000_000,
  expansion: 300,
  expansionFreeBytes: 10_000_000_000,
  scratchBytes: 200_000_000_000,
};

/**
 * A format that holds tables. `text` formats get UTF-8 whatever the file's encoding was, without byte-order mark, broken sequences as U+FFFD; `bytes` formats get the
 * bytes. A reader gives up on a row, never on the rest of the file, where that is possible at all; what it cannot read it rejects.
 */
export interface FormatReader {
  /** Stable name in JSON: `sql`, `json`, `xlsx`. */
  readonly format: string;
  readonly takes: 'text' | 'bytes';
  /** Its columns are not those of the file: where the user names columns, it does not read. */
  readonly hasOwnColumns?: true;
  /** How sure it is, 0 to 1, that the input has this format; pure, linear in `head`, never throws. 0.5 and more is taken; the highest wins. */
  detect(start: InputStart): number;
  /** Reads everything into the sink. Fails with DUMP_* errors; what was written before stands. */
  read(input: ByteInput, sink: RowSink, context: ReadContext): Promise<void>;
}

/** One thing inside a container. */
export interface Member {
  /** Its path inside the container, as it stands there: hostile, never used as a path on disk. */
  readonly path: string;
  readonly sizeBytes: number | null;
  /** Why it cannot be read (a link, a device, a wrong password), or null. */
  readonly failure: MemberFailure | null;
  /** Its bytes, once, before the next member is asked for. Fails with DUMP_* errors. */
  stream(): AsyncIterable<Uint8Array>;
}

export type MemberFailure = 'DUMP_PASSWORD' | 'DUMP_NOT_FILE' | 'DUMP_CORRUPT' | 'DUMP_FORMAT';

/** A compressed stream or an archive. */
export interface Container {
  /** Stable name in JSON: `zip`, `gzip`. */
  readonly format: string;
  /** Whether the start is that of such a container: by signature, never by name alone. */
  detect(start: InputStart): boolean;
  /**
   * The members in order; a compressed stream has one, with an empty path. Each is read, or left, before the next is asked for.
   * Fails with DUMP_CORRUPT, DUMP_TRUNCATED, DUMP_PASSWORD, DUMP_BOMB; members given before that stand.
   */
  open(input: ByteInput, context: ReadContext): AsyncIterable<Member>;
}
