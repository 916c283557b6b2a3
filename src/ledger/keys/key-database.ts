import { closeSync, openSync } from 'node:fs';
import { DatabaseSync, type SQLInputValue, type StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';

/** A row, by name of column. */
export type Row = Readonly<Record<string, unknown>>;

const SCHEMA_VERSION = 2;
/** Another process that reads (`ledger prove` beside a running writer) is waited for. */
const BUSY_TIMEOUT_MS = 5000;

/*
 * keys.erasure: 0 in use; -number set aside (readable, no new use: an erasure took it up and was refused); above 0 of that erasure: no new use, and when `wrapped`
 * is zeros, destroyed. Rows of keys are never deleted, and a key is destroyed in its place: numbers are never given twice, and files of openings name them.
 *
 * erasures.shard: the shard that is dropped; empty: a person is erased, `who` being the sealed id until it is done.
 */
const schema = `
  CREATE TABLE keys (
    number INTEGER PRIMARY KEY,
    owner BLOB NOT NULL,
    period INTEGER NOT NULL,
    wrapped BLOB NOT NULL,
    erasure INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE UNIQUE INDEX keys_of_owner ON keys (owner, period, erasure) WHERE erasure <= 0;
  CREATE INDEX keys_of_erasure ON keys (erasure) WHERE erasure > 0;
  CREATE TABLE erasures (
    number INTEGER PRIMARY KEY,
    step INTEGER NOT NULL,
    owner BLOB NOT NULL,
    request BLOB NOT NULL,
    content BLOB NOT NULL,
    origin TEXT NOT NULL DEFAULT '',
    entry INTEGER NOT NULL DEFAULT -1,
    count INTEGER NOT NULL DEFAULT 0,
    who BLOB NOT NULL DEFAULT x'',
    shard TEXT NOT NULL DEFAULT ''
  ) STRICT;
  CREATE TABLE holds (
    number INTEGER PRIMARY KEY,
    owner BLOB NOT NULL,
    request BLOB NOT NULL,
    content BLOB NOT NULL,
    origin TEXT NOT NULL DEFAULT '',
    entry INTEGER NOT NULL DEFAULT -1,
    is_ending INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE INDEX holds_of_owner ON holds (owner);
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/** From version 1, which had neither shards that are dropped nor ids of who is being erased. */
const migration = `
  ALTER TABLE erasures ADD COLUMN who BLOB NOT NULL DEFAULT x'';
  ALTER TABLE erasures ADD COLUMN shard TEXT NOT NULL DEFAULT '';
  PRAGMA user_version = ${SCHEMA_VERSION};`;

/**
 * The SQLite file of the ledger's keys, erasures and holds: one transaction at a time, durable when `commit` returns.
 *
 * What SQLite fails with becomes LEDGER_KEYS, but for a file that is none of ours or damaged: LEDGER_DAMAGED.
 */
export class KeyDatabase {
  readonly #database: DatabaseSync;
  readonly #dataVersion: Statement;
  readonly #rollbackListeners: (() => void)[] = [];
  #isInTransaction = false;

  /** Opens the file, made when there is none. ':memory:' is a database that is gone when it is closed. */
  constructor(file: string) {
    try {
      if (file !== ':memory:') makePrivate(file);
      this.#database = new DatabaseSync(file);
      // Overwritten means zeros (secure_delete), and full syncs make a commit outlast the machine's crash also in WAL mode.
      this.#database.exec(
        `PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32768; PRAGMA wal_autocheckpoint = 8192;`,
      );
      this.#bringUpToDate();
      this.#dataVersion = this.prepare('PRAGMA data_version');
    } catch (cause) {
      throw codedError(cause);
    }
  }

  /** A statement, to be kept. */
  prepare(sql: string): Statement {
    return new Statement(this.#database.prepare(sql));
  }

  /** Begins a transaction unless one is open; whether it did. From then on nobody else can write. */
  begin(): boolean {
    if (this.#isInTransaction) return false;
    this.#exec('BEGIN IMMEDIATE');
    this.#isInTransaction = true;
    return true;
  }

  /** Makes what was written durable. When it fails nothing of the transaction was written. */
  commit(): void {
    if (!this.#isInTransaction) return;
    try {
      this.#exec('COMMIT');
      this.#isInTransaction = false;
    } catch (cause) {
      this.rollback();
      throw cause;
    }
  }

  /** `listener` hears of each transaction that is taken back. */
  onRollback(listener: () => void): void {
    this.#rollbackListeners.push(listener);
  }

  /** Takes the open transaction back. */
  rollback(): void {
    if (!this.#isInTransaction) return;
    this.#isInTransaction = false;
    for (const listener of this.#rollbackListeners) listener();
    // SQLite may have rolled back by itself (sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
    if (this.#database.isTransaction) this.#exec('ROLLBACK');
  }

  /** Runs `work` as one transaction, durable on return; what was begun before is committed first. */
  transact<T>(work: () => T): T {
    this.commit();
    this.begin();
    try {
      const result = work();
      this.commit();
      return result;
    } catch (cause) {
      this.rollback();
      throw cause;
    }
  }

  /**
   * Leaves nothing of what was deleted or overwritten in any file: brings everything into the main file, where secure_delete has put zeros, and cuts the write-ahead
   * file to nothing. Fails with LEDGER_KEYS while another process reads.
   *
   * Keys lie in rows that are never deleted and are overwritten at their own size, so they have one place only; cells of indices move when pages split, and 2,000
   * destroyed owners of 40,000 were looked for byte by byte and not found. VACUUM found nothing more to remove, and copied everything.
   */
  scrub(): void {
    this.commit();
    const row = this.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get();
    if (row?.busy !== 0) throw new BoltsealError('LEDGER_KEYS', { reason: 'another process reads them' });
  }

  /** A number that changes when another connection, in this process or another, has changed something (sqlite.org/pragma.html, "data_version"). */
  changes(): number {
    return Number(this.#dataVersion.get()?.data_version);
  }

  /** Commits and closes. */
  close(): void {
    if (!this.#database.isOpen) return;
    this.commit();
    this.#database.close();
  }

  #bringUpToDate(): void {
    const versionOf = (): unknown => this.#database.prepare('PRAGMA user_version').get()?.user_version;
    const steps: Readonly<Record<string, string>> = { 0: schema, 1: migration };
    if (versionOf() === SCHEMA_VERSION) return;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      // Looked at again under the lock: a reader beside a writer may have done it meanwhile.
      const version = versionOf();
      const step = steps[String(version)];
      if (step === undefined && version !== SCHEMA_VERSION) throw damaged('it is of an unknown version');
      this.#database.exec(step ?? '');
      this.#database.exec('COMMIT');
    } catch (cause) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw cause;
    }
  }

  #exec(sql: string): void {
    try {
      this.#database.exec(sql);
    } catch (cause) {
      throw codedError(cause);
    }
  }
}

/** A prepared statement whose failures are coded. */
export class Statement {
  readonly #statement: StatementSync;

  constructor(statement: StatementSync) {
    this.#statement = statement;
  }

  get(...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement.get(...values));
  }

  all(...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement.all(...values));
  }

  /** Number of rows that changed, and of the row that came last. */
  run(...values: SQLInputValue[]): { readonly changes: number; readonly lastNumber: number } {
    return this.#guard(() => {
      const { changes, lastInsertRowid } = this.#statement.run(...values);
      return { changes: Number(changes), lastNumber: Number(lastInsertRowid) };
    });
  }

  #guard<T>(work: () => T): T {
    try {
      return work();
    } catch (cause) {
      throw codedError(cause);
    }
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB (sqlite.org/rescode.html). */
const damageCodes = [11, 26];

/** SQLite would make it readable by all; its journals get the mode of the database. What fails here but for a file that is there, SQLite says. */
function makePrivate(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch {
    // It is there already, or cannot be made.
  }
}

function codedError(cause: unknown): BoltsealError {
  if (cause instanceof BoltsealError) return cause;
  const { errcode, errstr } = cause as { errcode?: number; errstr?: string };
  if (errcode === undefined) throw cause;
  return damageCodes.includes(errcode & 0xff)
    ? damaged('it is no database, or its pages are damaged', cause)
    : new BoltsealError('LEDGER_KEYS', { reason: errstr ?? `SQLite ${errcode}` }, { cause });
}

function damaged(problem: string, cause?: unknown): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file: 'keys.sqlite', problem }, { cause });
}
