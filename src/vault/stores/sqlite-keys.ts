import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import { inTransaction, openSqlite } from '../../store/sqlite.ts';
import type { EncryptionKey, KeyStore, NumberedKey, Rotation, WrappedKey } from './port.ts';
import { reading, scrubFile, sizeOf, writing } from './sqlite-guard.ts';

/*
 * Keys are overwritten in their places and their rows never deleted: a number is never given twice. Version 0 is a destroyed key.
 */
const migrations: readonly string[] = [
  `CREATE TABLE encryption_keys (version INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, is_destroyed INTEGER NOT NULL DEFAULT 0, data_keys INTEGER NOT NULL DEFAULT 0) STRICT;
   CREATE TABLE data_keys (number INTEGER PRIMARY KEY, version INTEGER NOT NULL, wrapped BLOB NOT NULL) STRICT;
   CREATE TABLE erased (number INTEGER PRIMARY KEY) STRICT;
   CREATE TABLE rotation (version INTEGER NOT NULL, cursor INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL) STRICT;
   CREATE TABLE facts (name TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;`,
];

/** Wrapped keys in an SQLite file of their own. */
export class SqliteKeyStore implements KeyStore {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the file; `:memory:` is gone when it is closed. Fails with STORE_OPEN, STORE_FORMAT. */
  constructor(file: string) {
    this.#database = openSqlite(file, { migrations, durability: 'full' });
  }

  async identity(proposed: Uint8Array): Promise<Uint8Array> {
    return writing(() => {
      this.#run("INSERT OR IGNORE INTO facts VALUES ('identity', 0, ?)", proposed);
      return this.#prepare("SELECT value FROM facts WHERE name = 'identity'").get()?.value as Uint8Array;
    });
  }

  async encryptionKeys(): Promise<readonly EncryptionKey[]> {
    return reading(() =>
      this.#prepare('SELECT * FROM encryption_keys ORDER BY version')
        .all()
        .map((row) => ({
          version: Number(row.version),
          wrapped: Number(row.is_destroyed) === 1 ? null : (row.wrapped as Uint8Array),
          dataKeys: Number(row.data_keys),
        })),
    );
  }

  async addEncryptionKey(version: number, wrapped: Uint8Array, indexKey: Uint8Array): Promise<boolean> {
    return this.#transact(() => {
      if (this.#newest() !== version - 1) return false;
      this.#run('INSERT INTO encryption_keys (version, wrapped) VALUES (?, ?)', version, wrapped);
      this.#run(
        "INSERT INTO facts VALUES ('index', ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value",
        version,
        indexKey,
      );
      this.#run('DELETE FROM rotation');
      const total = this.#prepare('SELECT total(data_keys) AS total FROM encryption_keys').get()?.total;
      if (version > 1) this.#run('INSERT INTO rotation VALUES (?, 0, 0, ?)', version, Number(total));
      return true;
    });
  }

  async indexKey(): Promise<WrappedKey | null> {
    return reading(() => {
      const row = this.#prepare("SELECT version, value FROM facts WHERE name = 'index'").get();
      return row === undefined ? null : { version: Number(row.version), wrapped: row.value as Uint8Array };
    });
  }

  async make(
    count: number,
    floor: number,
    version: number,
    wrap: (number: number) => Uint8Array,
  ): Promise<number | null> {
    return this.#transact(() => {
      if (this.#newest() !== version) return null;
      const last = Number(this.#prepare('SELECT max(number) AS last FROM data_keys').get()?.last ?? 0);
      const first = Math.max(last, floor) + 1;
      for (let number = first; number < first + count; number++)
        this.#run('INSERT INTO data_keys VALUES (?, ?, ?)', number, version, wrap(number));
      this.#count(version, count);
      return first;
    });
  }

  async keys(numbers: readonly number[]): Promise<readonly (WrappedKey | 'destroyed' | null)[]> {
    return reading(() => {
      const statement = this.#prepare('SELECT version, wrapped FROM data_keys WHERE number = ?');
      return numbers.map((number) => {
        const row = statement.get(number);
        if (row === undefined) return null;
        return Number(row.version) === 0
          ? 'destroyed'
          : { version: Number(row.version), wrapped: row.wrapped as Uint8Array };
      });
    });
  }

  async destroy(numbers: readonly number[]): Promise<void> {
    this.#transact(() => {
      for (const number of numbers) {
        const version = this.#prepare('SELECT version FROM data_keys WHERE number = ?').get(number)?.version;
        if (version !== undefined && Number(version) !== 0) {
          this.#run('UPDATE data_keys SET version = 0, wrapped = zeroblob(length(wrapped)) WHERE number = ?', number);
          this.#count(Number(version), -1);
        }
        this.#run('INSERT OR IGNORE INTO erased VALUES (?)', number);
      }
    });
  }

  async unremoved(): Promise<readonly number[]> {
    return reading(() =>
      this.#prepare('SELECT number FROM erased ORDER BY number')
        .all()
        .map((row) => Number(row.number)),
    );
  }

  async removed(numbers: readonly number[]): Promise<void> {
    this.#transact(() => {
      for (const number of numbers) this.#run('DELETE FROM erased WHERE number = ?', number);
    });
  }

  async rotation(): Promise<Rotation | null> {
    return reading(() => {
      const row = this.#prepare('SELECT * FROM rotation').get();
      if (row === undefined) return null;
      const { version, cursor, done, total } = row;
      return { version: Number(version), cursor: Number(cursor), done: Number(done), total: Number(total) };
    });
  }

  async keysBefore(version: number, after: number, most: number): Promise<readonly NumberedKey[]> {
    return reading(() =>
      this.#prepare('SELECT * FROM data_keys WHERE number > ? AND version BETWEEN 1 AND ? ORDER BY number LIMIT ?')
        .all(after, version - 1, most)
        .map((row) => ({
          number: Number(row.number),
          version: Number(row.version),
          wrapped: row.wrapped as Uint8Array,
        })),
    );
  }

  async rewrapped(
    version: number,
    keys: readonly (NumberedKey & { readonly from: number })[],
    cursor: number,
  ): Promise<void> {
    this.#transact(() => {
      for (const { number, from, wrapped } of keys) {
        const { changes } = this.#run(
          'UPDATE data_keys SET version = ?, wrapped = ? WHERE number = ? AND version = ?',
          version,
          wrapped,
          number,
          from,
        );
        if (Number(changes) === 0) continue;
        this.#count(from, -1);
        this.#count(version, 1);
      }
      this.#run('UPDATE rotation SET cursor = ?, done = done + ? WHERE version = ?', cursor, keys.length, version);
    });
  }

  async endRotation(version: number): Promise<void> {
    this.#transact(() => {
      const left = this.#prepare('SELECT 1 FROM data_keys WHERE version BETWEEN 1 AND ? LIMIT 1').get(version - 1);
      if (left !== undefined) throw new BoltsealError('VAULT_ROTATION');
      this.#run(
        'UPDATE encryption_keys SET is_destroyed = 1, wrapped = zeroblob(length(wrapped)) WHERE version < ?',
        version,
      );
      this.#run('DELETE FROM rotation WHERE version = ?', version);
    });
  }

  async sizeBytes(): Promise<number> {
    return reading(() => sizeOf(this.#database));
  }

  async scrub(): Promise<void> {
    scrubFile(this.#database);
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #newest(): number {
    return Number(this.#prepare('SELECT max(version) AS newest FROM encryption_keys').get()?.newest ?? 0);
  }

  #count(version: number, by: number): void {
    this.#run('UPDATE encryption_keys SET data_keys = data_keys + ? WHERE version = ?', by, version);
  }

  #transact<T>(work: () => T): T {
    return writing(() => inTransaction(this.#database, work));
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#prepare(sql).run(...values);
  }
}
