import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import { inTransaction, openSqlite, sqliteReason } from '../../store/sqlite.ts';

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const DAMAGED = [11, 26];
const reasons: Readonly<Record<number, string>> = {
  5: 'another process writes',
  8: 'read-only',
  13: 'the disk is full',
};

/** Runs what reads. Fails with VAULT_READ and VAULT_DAMAGED, without a word of SQLite's. */
export function reading<T>(work: () => T): T {
  return guard('VAULT_READ', work);
}

/** Runs what writes. Fails with VAULT_WRITE and VAULT_DAMAGED. */
export function writing<T>(work: () => T): T {
  return guard('VAULT_WRITE', work);
}

/** One SQLite file of a store, with its statements prepared. */
export class SqliteFile {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the file; `:memory:` is gone when it is closed. Fails with STORE_OPEN, STORE_FORMAT. */
  constructor(file: string, migrations: readonly string[]) {
    this.#database = openSqlite(file, { migrations, durability: 'full' });
  }

  prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  get(sql: string, ...values: SQLInputValue[]): Readonly<Record<string, SQLOutputValue>> | undefined {
    return this.prepare(sql).get(...values);
  }

  run(sql: string, ...values: SQLInputValue[]) {
    return this.prepare(sql).run(...values);
  }

  /** Runs `work` in one transaction that is taken back when it throws. */
  transact<T>(work: () => T): T {
    return inTransaction(this.#database, work);
  }

  /**
   * Leaves nothing of what was overwritten or deleted in any file: brings all into the main file, in which secure_delete has put zeros, and cuts the write-ahead file to nothing.
   * Fails with VAULT_WRITE while another process reads.
   */
  scrub(): void {
    writing(() => {
      const row = this.get('PRAGMA wal_checkpoint(TRUNCATE)');
      if (row?.busy !== 0) throw new BoltsealError('VAULT_WRITE', { reason: 'another process reads it' });
    });
  }

  /** Bytes of the database without its journals. */
  sizeBytes(): number {
    const of = (pragma: string): number => Number(Object.values(this.get(`PRAGMA ${pragma}`) ?? {})[0]);
    return of('page_count') * of('page_size');
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close();
  }
}

function guard<T>(code: 'VAULT_READ' | 'VAULT_WRITE', work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof BoltsealError || !(cause instanceof Error) || !('errcode' in cause)) throw cause;
    const number = Number(cause.errcode) & 0xff;
    if (DAMAGED.includes(number)) throw new BoltsealError('VAULT_DAMAGED', { what: 'database' }, { cause });
    throw new BoltsealError(code, { reason: reasons[number] ?? sqliteReason(cause) }, { cause });
  }
}
