import type { ErrorCode } from '../core/errors.ts';
import type { RejectReason, TableDescription } from './port.ts';

/** Where a walk over inputs tells what it finds. All calls are synchronous and block while the other side is busy: this bounds memory. */
export interface Outlet {
  /**
   * An input, a member of an archive or a table in it begins; `unit` counts those that hold tables, and is null for what only contains others.
   * `isSmall`: all of it is in memory, and little.
   */
  at(name: string, unit: number | null, isSmall?: boolean): void;
  /** A table is described; its rows follow, or lie in its `plainFile`. */
  table(description: TableDescription): void;
  /** Some of a table's rows; the bytes are those of the caller again when this returns. */
  rows(table: number, bytes: Uint8Array): void;
  rejected(table: number, reason: RejectReason, count: number): void;
  failure(name: string, code: ErrorCode, parameters: Readonly<Record<string, string | number>>): void;
  /** `inspect` had no time to look at everything. */
  incomplete(): void;
  /** So many bytes of the input at hand were looked at by `inspect` (unpacked, as UTF-8 where it is text), and whether that is all of it. */
  looked(bytes: number, isWhole: boolean): void;
  /** Bytes were taken from disk. */
  read(bytesOnDisk: number): void;
}

/** What hears of joined tables too. */
export interface JoiningOutlet extends Outlet {
  /** Rows of so many tables follow, which are not told by themselves; `leftOutBytes` of their files are not among these rows. */
  joined(description: TableDescription, tables: number, leftOutBytes: number): void;
  /** Everything of the first so many units has been told, and what comes now is told when it is over. */
  done(units: number): void;
}
