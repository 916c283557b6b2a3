import { BoltsealError } from '../../core/errors.ts';
import type { EncryptionKey, KeyStore, NumberedKey, Rotation, WrappedKey } from './port.ts';
import { reading, SqliteFile, writing } from './sqlite-file.ts';

/*
 * Keys are overwritten in their places and their rows never deleted: a number is never given twice. Version 0 is a destroyed key.
 */
const migrations: readonly string[] = [
  `CREATE TABLE encryption_keys (version INTEGER PRIMARY KEY, wrapped BLOB NOT NULL, is_destroyed INTEGER NOT NULL DEFAULT 0, data_keys INTEGER NOT NULL DEFAULT 0) STRICT;
   CREATE TABLE data_keys (number INTEGER PRIMARY KEY, version INTEGER NOT NULL, wrapped BLOB NOT NULL) STRICT;
   CREATE TABLE erased (number INTEGER PRIMARY KEY) STRICT;
   CREATE TABLE rotation (version INTEGER NOT NULL, cursor INTEGER NOT NULL, done INTEGER NOT NULL, total INTEGER NOT NULL) STRICT;
   CREATE TABLE facts (name TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;`,
  'CREATE TABLE erased_ids (print BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;',
];

/** Wrapped keys in an SQLite file of their own. */
export class SqliteKeyStore implements KeyStore {
  readonly #file: SqliteFile;

  /** Opens the file; `:memory:` is gone when it is closed. Fails with STORE_OPEN, STORE_FORMAT. */
  constructor(file: string) {
    this.#file = new SqliteFile(file, migrations);
  }

  async identity(proposed: Uint8Array): Promise<Uint8Array> {
    return writing(() => {
      this.#file.run("INSERT OR IGNORE INTO facts VALUES ('identity', 0, ?)", proposed);
      return this.#file.prepare("SELECT value FROM facts WHERE name = 'identity'").get()?.value as Uint8Array;
    });
  }

  async encryptionKeys(): Promise<readonly EncryptionKey[]> {
    return reading(() =>
      this.#file
        .prepare('SELECT * FROM encryption_keys ORDER BY version')
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
      this.#file.run('INSERT INTO encryption_keys (version, wrapped) VALUES (?, ?)', version, wrapped);
      this.#file.run(
        "INSERT INTO facts VALUES ('index', ?, ?) ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value",
        version,
        indexKey,
      );
      this.#file.run('DELETE FROM rotation');
      const total = this.#file.prepare('SELECT total(data_keys) AS total FROM encryption_keys').get()?.total;
      if (version > 1) this.#file.run('INSERT INTO rotation VALUES (?, 0, 0, ?)', version, Number(total));
      return true;
    });
  }

  async indexKey(): Promise<WrappedKey | null> {
    return reading(() => {
      const row = this.#file.prepare("SELECT version, value FROM facts WHERE name = 'index'").get();
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
      const last = Number(this.#file.prepare('SELECT max(number) AS last FROM data_keys').get()?.last ?? 0);
      const first = Math.max(last, floor) + 1;
      for (let number = first; number < first + count; number++)
        this.#file.run('INSERT INTO data_keys VALUES (?, ?, ?)', number, version, wrap(number));
      this.#count(version, count);
      return first;
    });
  }

  async keys(numbers: readonly number[]): Promise<readonly (WrappedKey | 'destroyed' | null)[]> {
    return reading(() => {
      const statement = this.#file.prepare('SELECT version, wrapped FROM data_keys WHERE number = ?');
      return numbers.map((number) => {
        const row = statement.get(number);
        if (row === undefined) return null;
        return Number(row.version) === 0
          ? 'destroyed'
          : { version: Number(row.version), wrapped: row.wrapped as Uint8Array };
      });
    });
  }

  async destroy(subjects: Parameters<KeyStore['destroy']>[0]): Promise<void> {
    this.#transact(() => {
      for (const { number, print } of subjects) {
        const version = this.#file.prepare('SELECT version FROM data_keys WHERE number = ?').get(number)?.version;
        if (version !== undefined && Number(version) !== 0) {
          this.#file.run(
            'UPDATE data_keys SET version = 0, wrapped = zeroblob(length(wrapped)) WHERE number = ?',
            number,
          );
          this.#count(Number(version), -1);
        }
        this.#file.run('INSERT OR IGNORE INTO erased VALUES (?)', number);
        this.#file.run('INSERT OR IGNORE INTO erased_ids VALUES (?)', print);
      }
    });
  }

  async wereErased(prints: readonly Uint8Array[]): Promise<readonly boolean[]> {
    return reading(() => {
      const statement = this.#file.prepare('SELECT 1 FROM erased_ids WHERE print = ?');
      return prints.map((print) => statement.get(print) !== undefined);
    });
  }

  async unremoved(): Promise<readonly number[]> {
    return reading(() =>
      this.#file
        .prepare('SELECT number FROM erased ORDER BY number')
        .all()
        .map((row) => Number(row.number)),
    );
  }

  async removed(numbers: readonly number[]): Promise<void> {
    this.#transact(() => {
      for (const number of numbers) this.#file.run('DELETE FROM erased WHERE number = ?', number);
    });
  }

  async rotation(): Promise<Rotation | null> {
    return reading(() => {
      const row = this.#file.prepare('SELECT * FROM rotation').get();
      if (row === undefined) return null;
      const { version, cursor, done, total } = row;
      return { version: Number(version), cursor: Number(cursor), done: Number(done), total: Number(total) };
    });
  }

  async keysBefore(version: number, after: number, most: number): Promise<readonly NumberedKey[]> {
    return reading(() =>
      this.#file
        .prepare('SELECT * FROM data_keys WHERE number > ? AND version BETWEEN 1 AND ? ORDER BY number LIMIT ?')
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
        const { changes } = this.#file.run(
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
      this.#file.run('UPDATE rotation SET cursor = ?, done = done + ? WHERE version = ?', cursor, keys.length, version);
    });
  }

  async endRotation(version: number): Promise<void> {
    this.#transact(() => {
      const left = this.#file.prepare('SELECT 1 FROM data_keys WHERE version BETWEEN 1 AND ? LIMIT 1').get(version - 1);
      if (left !== undefined) throw new BoltsealError('VAULT_ROTATION');
      this.#file.run(
        'UPDATE encryption_keys SET is_destroyed = 1, wrapped = zeroblob(length(wrapped)) WHERE version < ?',
        version,
      );
      this.#file.run('DELETE FROM rotation WHERE version = ?', version);
    });
  }

  async sizeBytes(): Promise<number> {
    return reading(() => this.#file.sizeBytes());
  }

  async scrub(): Promise<void> {
    this.#file.scrub();
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  #newest(): number {
    return Number(this.#file.prepare('SELECT max(version) AS newest FROM encryption_keys').get()?.newest ?? 0);
  }

  #count(version: number, by: number): void {
    this.#file.run('UPDATE encryption_keys SET data_keys = data_keys + ? WHERE version = ?', by, version);
  }

  #transact<T>(work: () => T): T {
    return writing(() => this.#file.transact(work));
  }
}
