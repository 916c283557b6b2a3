import { closeSync, openSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { BoltsealError } from '../core/errors.ts';

/** Another process that writes is waited for. */
const BUSY_TIMEOUT_MS = 5000;

/** How a database is opened. */
export interface SqliteOptions {
  /** Steps from an empty database to today's, in order; one is never changed, only followed by more. Each runs in one transaction with those behind it. */
  readonly migrations: readonly string[];
  /** `full`: a commit outlasts a power cut. `normal`: it outlasts a kill, and after a power cut the newest may be missing, never torn. */
  readonly durability: 'full' | 'normal';
}

/**
 * Opens an SQLite file (made with mode 0600 when there is none; `:memory:` is gone when it is closed) and brings it up to date. What is deleted in it is overwritten.
 * Fails with STORE_OPEN and STORE_FORMAT.
 */
export function openSqlite(file: string, { migrations, durability }: SqliteOptions): DatabaseSync {
  let database: DatabaseSync | null = null;
  try {
    // SQLite gives its journals the mode of the database.
    if (file !== ':memory:') closeSync(openSync(file, 'a', 0o600));
    database = new DatabaseSync(file);
    database.exec(
      `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = ${durability};
       PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536; PRAGMA foreign_keys = ON;`,
    );
    migrate(database, file, migrations);
    return database;
  } catch (cause) {
    database?.close();
    if (cause instanceof BoltsealError) throw cause;
    throw new BoltsealError('STORE_OPEN', { path: file, reason: sqliteReason(cause) }, { cause });
  }
}

/** What SQLite or the system refused, by its name or number: its messages may carry values. */
export function sqliteReason(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  if ('errcode' in error && typeof error.errcode === 'number') return `SQLite ${error.errcode}`;
  return 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
}

/** Runs `work` in one transaction that is taken back when it throws. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

function migrate(database: DatabaseSync, file: string, migrations: readonly string[]): void {
  inTransaction(database, () => {
    const found = Number(database.prepare('PRAGMA user_version').get()?.user_version);
    if (found > migrations.length)
      throw new BoltsealError('STORE_FORMAT', { path: file, format: found, known: migrations.length });
    for (const step of migrations.slice(found)) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}
