import { BoltsealError } from '../../core/errors.ts';
import type { Target } from '../../store/postgres-url.ts';
import type { EncryptionKey, KeyStore, NumberedKey, Rotation, WrappedKey } from './port.ts';
import { byteaArray, hexOf, PostgresSchema, run, type Transaction } from './postgres-schema.ts';

const SCHEMA = 'boltseal_vault_keys';

/** The tables of the SQLite store. */
const migrations: readonly string[] = [
  `CREATE TABLE ${SCHEMA}.encryption_keys (version bigint PRIMARY KEY, wrapped bytea NOT NULL, is_destroyed boolean NOT NULL DEFAULT false, data_keys bigint NOT NULL DEFAULT 0);
   CREATE TABLE ${SCHEMA}.data_keys (number bigint PRIMARY KEY, version bigint NOT NULL, wrapped bytea NOT NULL);
   CREATE TABLE ${SCHEMA}.erased (number bigint PRIMARY KEY);
   CREATE TABLE ${SCHEMA}.rotation (version bigint NOT NULL, cursor bigint NOT NULL, done bigint NOT NULL, total bigint NOT NULL);
   CREATE TABLE ${SCHEMA}.facts (name text PRIMARY KEY, version bigint NOT NULL, value bytea NOT NULL);`,
  `CREATE TABLE ${SCHEMA}.erased_ids (print bytea PRIMARY KEY);`,
];

/** Wrapped keys in a PostgreSQL database, best another one than that of the data: what is destroyed must be in no backup of theirs. */
export class PostgresKeyStore implements KeyStore {
  readonly #schema: PostgresSchema;

  private constructor(schema: PostgresSchema) {
    this.#schema = schema;
  }

  /** Fails as `PostgresSchema.open`. */
  static async open(target: Target): Promise<PostgresKeyStore> {
    return new PostgresKeyStore(await PostgresSchema.open(target, SCHEMA, migrations));
  }

  identity(proposed: Uint8Array): Promise<Uint8Array> {
    return this.#schema.write(async (transaction) => {
      await run(transaction, `INSERT INTO ${SCHEMA}.facts VALUES ('identity', 0, $1) ON CONFLICT DO NOTHING`, [
        proposed,
      ]);
      const [row] = await run(transaction, `SELECT value FROM ${SCHEMA}.facts WHERE name = 'identity'`, []);
      return row?.value as Uint8Array;
    });
  }

  async encryptionKeys(): Promise<readonly EncryptionKey[]> {
    const rows = await this.#schema.all(`SELECT * FROM ${SCHEMA}.encryption_keys ORDER BY version`, []);
    return rows.map(({ version, wrapped, is_destroyed: isDestroyed, data_keys: dataKeys }) => ({
      version,
      wrapped: isDestroyed ? null : wrapped,
      dataKeys,
    }));
  }

  addEncryptionKey(version: number, wrapped: Uint8Array, indexKey: Uint8Array): Promise<boolean> {
    return this.#schema.write(async (transaction) => {
      if ((await newestOf(transaction)) !== version - 1) return false;
      await run(transaction, `INSERT INTO ${SCHEMA}.encryption_keys (version, wrapped) VALUES ($1, $2)`, [
        version,
        wrapped,
      ]);
      await run(
        transaction,
        `INSERT INTO ${SCHEMA}.facts VALUES ('index', $1, $2) ON CONFLICT (name) DO UPDATE SET version = excluded.version, value = excluded.value`,
        [version, indexKey],
      );
      await run(transaction, `DELETE FROM ${SCHEMA}.rotation`, []);
      if (version > 1)
        await run(
          transaction,
          `INSERT INTO ${SCHEMA}.rotation SELECT $1, 0, 0, sum(data_keys)::bigint FROM ${SCHEMA}.encryption_keys`,
          [version],
        );
      return true;
    });
  }

  async indexKey(): Promise<WrappedKey | null> {
    const [row] = await this.#schema.all(`SELECT version, value FROM ${SCHEMA}.facts WHERE name = 'index'`, []);
    return row === undefined ? null : { version: row.version, wrapped: row.value };
  }

  make(count: number, floor: number, version: number, wrap: (number: number) => Uint8Array): Promise<number | null> {
    return this.#schema.write(async (transaction) => {
      if ((await newestOf(transaction)) !== version) return null;
      const [row] = await run(transaction, `SELECT max(number) AS last FROM ${SCHEMA}.data_keys`, []);
      const first = Math.max(Number(row?.last ?? 0), floor) + 1;
      for (let number = first; number < first + count; number++)
        await run(transaction, `INSERT INTO ${SCHEMA}.data_keys VALUES ($1, $2, $3)`, [number, version, wrap(number)]);
      await countKeys(transaction, version, count);
      return first;
    });
  }

  async keys(numbers: readonly number[]): Promise<readonly (WrappedKey | 'destroyed' | null)[]> {
    const rows = await this.#schema.all(
      `SELECT number, version, wrapped FROM ${SCHEMA}.data_keys WHERE number = ANY($1::bigint[])`,
      [`{${numbers.join()}}`],
    );
    const found = new Map(rows.map((row) => [Number(row.number), row]));
    return numbers.map((number) => {
      const row = found.get(number);
      if (row === undefined) return null;
      return row.version === 0 ? 'destroyed' : { version: row.version, wrapped: row.wrapped };
    });
  }

  async destroy(subjects: Parameters<KeyStore['destroy']>[0]): Promise<void> {
    await this.#schema.write(async (transaction) => {
      for (const { number, print } of subjects) {
        const [row] = await run(transaction, `SELECT version FROM ${SCHEMA}.data_keys WHERE number = $1`, [number]);
        if (row !== undefined && row.version !== 0) {
          const zeros = new Uint8Array(1);
          await run(transaction, `UPDATE ${SCHEMA}.data_keys SET version = 0, wrapped = $2 WHERE number = $1`, [
            number,
            zeros,
          ]);
          await countKeys(transaction, row.version, -1);
        }
        await run(transaction, `INSERT INTO ${SCHEMA}.erased VALUES ($1) ON CONFLICT DO NOTHING`, [number]);
        await run(transaction, `INSERT INTO ${SCHEMA}.erased_ids VALUES ($1) ON CONFLICT DO NOTHING`, [print]);
      }
    });
  }

  async wereErased(prints: readonly Uint8Array[]): Promise<readonly boolean[]> {
    const rows = await this.#schema.all(`SELECT print FROM ${SCHEMA}.erased_ids WHERE print = ANY($1::bytea[])`, [
      byteaArray(prints),
    ]);
    const found = new Set(rows.map((row) => hexOf(row.print)));
    return prints.map((print) => found.has(hexOf(print)));
  }

  async unremoved(): Promise<readonly number[]> {
    return (await this.#schema.all(`SELECT number FROM ${SCHEMA}.erased ORDER BY number`, [])).map(
      ({ number }) => number,
    );
  }

  async removed(numbers: readonly number[]): Promise<void> {
    await this.#schema.write((transaction) =>
      run(transaction, `DELETE FROM ${SCHEMA}.erased WHERE number = ANY($1::bigint[])`, [`{${numbers.join()}}`]),
    );
  }

  async rotation(): Promise<Rotation | null> {
    const [row] = await this.#schema.all(`SELECT version, cursor, done, total FROM ${SCHEMA}.rotation`, []);
    return row === undefined ? null : { version: row.version, cursor: row.cursor, done: row.done, total: row.total };
  }

  async keysBefore(version: number, after: number, most: number): Promise<readonly NumberedKey[]> {
    const rows = await this.#schema.all(
      `SELECT number, version, wrapped FROM ${SCHEMA}.data_keys WHERE number > $1 AND version BETWEEN 1 AND $2 ORDER BY number LIMIT $3`,
      [after, version - 1, most],
    );
    return rows.map((row) => ({ number: row.number, version: row.version, wrapped: row.wrapped }));
  }

  async rewrapped(
    version: number,
    keys: readonly (NumberedKey & { readonly from: number })[],
    cursor: number,
  ): Promise<void> {
    await this.#schema.write(async (transaction) => {
      for (const { number, from, wrapped } of keys) {
        const sql = `UPDATE ${SCHEMA}.data_keys SET version = $3, wrapped = $4 WHERE number = $1 AND version = $2`;
        if ((await run(transaction, sql, [number, from, version, wrapped])).count === 0) continue;
        await countKeys(transaction, from, -1);
        await countKeys(transaction, version, 1);
      }
      await run(transaction, `UPDATE ${SCHEMA}.rotation SET cursor = $2, done = done + $3 WHERE version = $1`, [
        version,
        cursor,
        keys.length,
      ]);
    });
  }

  async endRotation(version: number): Promise<void> {
    await this.#schema.write(async (transaction) => {
      const [left] = await run(
        transaction,
        `SELECT 1 AS one FROM ${SCHEMA}.data_keys WHERE version BETWEEN 1 AND $1 LIMIT 1`,
        [version - 1],
      );
      if (left !== undefined) throw new BoltsealError('VAULT_ROTATION');
      await run(
        transaction,
        `UPDATE ${SCHEMA}.encryption_keys SET is_destroyed = true, wrapped = '\\x00' WHERE version < $1`,
        [version],
      );
      await run(transaction, `DELETE FROM ${SCHEMA}.rotation WHERE version = $1`, [version]);
    });
  }

  sizeBytes(): Promise<number> {
    return this.#schema.sizeBytes();
  }

  /** A row that was overwritten is a dead one until the table is written anew. The server's write-ahead log has it until it is recycled. */
  async scrub(): Promise<void> {
    await this.#schema.maintain(`VACUUM FULL ${SCHEMA}.data_keys, ${SCHEMA}.encryption_keys`);
  }

  async close(): Promise<void> {
    await this.#schema.close();
  }
}

async function newestOf(transaction: Transaction): Promise<number> {
  const [row] = await run(transaction, `SELECT max(version) AS newest FROM ${SCHEMA}.encryption_keys`, []);
  return Number(row?.newest ?? 0);
}

async function countKeys(transaction: Transaction, version: number, by: number): Promise<void> {
  await run(transaction, `UPDATE ${SCHEMA}.encryption_keys SET data_keys = data_keys + $2 WHERE version = $1`, [
    version,
    by,
  ]);
}
