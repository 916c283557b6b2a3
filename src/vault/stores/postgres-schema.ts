import postgres from 'postgres';
import { BoltsealError } from '../../core/errors.ts';
import { codeOf, reasonOf } from '../../store/postgres-reason.ts';
import { placeOf, type Target, tlsOptions } from '../../store/postgres-url.ts';

export type Transaction = postgres.TransactionSql<{ bigint: number }>;
export type Row = postgres.Row;
export type Parameter = Uint8Array | number | string | readonly number[] | null;
type Sql = postgres.Sql<{ bigint: number }>;

/** Thrown to take a transaction back because somebody else was faster. */
export const outdated = new Error('outdated');

const CLOSE_SECONDS = 5;
/** How long after a lost connection the next attempt waits at most: the driver's own pauses grow to 20 s, in which a server that is back is not asked. */
const MOST_PAUSE_SECONDS = 1;
/** A writer whose machine is gone in the middle would keep all others out until the server finds its connection dead, for hours by default. Between its statements a writer takes milliseconds. */
const beginning =
  "SELECT set_config('idle_in_transaction_session_timeout', '60s', true), pg_advisory_xact_lock(hashtext($1))";
/** int8, whose values stay below 2^53 here: numbers, sequences, milliseconds. */
const INT8 = 20;
/** Class data_corrupted and index_corrupted (PostgreSQL 18 documentation, appendix A). */
const DAMAGED = ['XX001', 'XX002'];
/** unique_violation (ibidem). */
const TAKEN = '23505';
/** The first with identity columns. */
const OLDEST_VERSION = 100_000;

/**
 * One schema of a PostgreSQL database, which belongs to one store. Several connections are made as they are needed, and anew when they are lost: what was asked meanwhile fails.
 */
export class PostgresSchema {
  readonly #sql: Sql;
  readonly #name: string;

  private constructor(sql: Sql, name: string) {
    this.#sql = sql;
    this.#name = name;
  }

  /**
   * Connects, looks whether the server is fit, and brings the tables up to date, one caller at a time.
   * Fails with POSTGRES_CONNECT, POSTGRES_UNFIT, STORE_FORMAT, VAULT_WRITE.
   */
  static async open(target: Target, name: string, migrations: readonly string[]): Promise<PostgresSchema> {
    const sql = connect(target);
    try {
      await check(sql, placeOf(target));
      const schema = new PostgresSchema(sql, name);
      await schema.#migrate(placeOf(target), migrations);
      return schema;
    } catch (error) {
      await sql.end({ timeout: CLOSE_SECONDS });
      throw error;
    }
  }

  /** The rows of a query. Fails with VAULT_READ and VAULT_DAMAGED. */
  all(statement: string, parameters: readonly Parameter[]): Promise<Row[]> {
    return guard('VAULT_READ', async () => [...(await run(this.#sql, statement, parameters))]);
  }

  /**
   * Runs `work` in one transaction; from its start to its end nobody else writes to the schema, so that sequences come in the order of commits. Rejects with `outdated` when something is there already
   * that should be new. Fails with VAULT_WRITE and VAULT_DAMAGED.
   */
  write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return guard('VAULT_WRITE', async () => {
      try {
        const { result } = await this.#sql.begin(async (transaction) => {
          await run(transaction, beginning, [`boltseal ${this.#name}`]);
          return { result: await work(transaction) };
        });
        return result as T;
      } catch (error) {
        if (codeOf(error) === TAKEN) throw outdated;
        throw error;
      }
    });
  }

  /** Runs what cannot be in a transaction. Fails with VAULT_WRITE. */
  async maintain(statement: string): Promise<void> {
    await guard('VAULT_WRITE', () => this.#sql.unsafe(statement).simple());
  }

  async sizeBytes(): Promise<number> {
    const [row] = await this.all(
      `SELECT sum(pg_total_relation_size(oid))::bigint AS bytes FROM pg_class WHERE relnamespace = '${this.#name}'::regnamespace AND relkind = 'r'`,
      [],
    );
    return Number(row?.bytes ?? 0);
  }

  async close(): Promise<void> {
    await this.#sql.end({ timeout: CLOSE_SECONDS });
  }

  #migrate(place: string, migrations: readonly string[]): Promise<void> {
    const format = `${this.#name}.format`;
    return this.write(async (transaction) => {
      await transaction.unsafe(
        `CREATE SCHEMA IF NOT EXISTS ${this.#name}; CREATE TABLE IF NOT EXISTS ${format} (version int NOT NULL);`,
      );
      const [row] = await transaction.unsafe(`SELECT version FROM ${format}`);
      const found = Number(row?.version ?? 0);
      if (found > migrations.length)
        throw new BoltsealError('STORE_FORMAT', { path: place, format: found, known: migrations.length });
      if (found === migrations.length) return;
      for (const step of migrations.slice(found)) await transaction.unsafe(step);
      await transaction.unsafe(`DELETE FROM ${format}; INSERT INTO ${format} VALUES (${migrations.length})`);
    });
  }
}

/** Runs a statement that the server keeps prepared. */
export function run(sql: Sql | Transaction, statement: string, parameters: readonly Parameter[]) {
  return sql.unsafe(statement, [...parameters] as postgres.SerializableParameter[], { prepare: true });
}

function connect(target: Target): Sql {
  return postgres({
    ...target.login,
    host: target.host,
    port: target.port,
    ssl: tlsOptions(target),
    connection: { ...target.settings, application_name: 'boltseal' },
    connect_timeout: target.connectSeconds,
    max: 4,
    idle_timeout: 60,
    backoff: (attempt: number) => Math.min(MOST_PAUSE_SECONDS, attempt / 20),
    types: {
      bigint: {
        to: INT8,
        from: [INT8],
        serialize: (value: number) => String(value),
        parse: (text: string) => Number(text),
      },
    },
    // A notice may carry values, and would be printed.
    onnotice: () => undefined,
  });
}

/** Connects for the first time. Fails with POSTGRES_CONNECT, and with POSTGRES_UNFIT where what is promised to be durable or readable would not be. */
async function check(sql: Sql, place: string): Promise<void> {
  const [found] = await sql
    .unsafe(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('server_encoding') AS encoding,
              current_setting('synchronous_commit') AS durability, pg_is_in_recovery() AS is_copy`,
    )
    .catch((error: unknown) => {
      throw new BoltsealError('POSTGRES_CONNECT', { place, reason: reasonOf(error) });
    });
  const unfit = (problem: string): BoltsealError => new BoltsealError('POSTGRES_UNFIT', { place, problem });
  const { version, encoding, durability, is_copy: isCopy }: Row = found ?? {};
  if (version < OLDEST_VERSION) throw unfit('it is older than version 10');
  if (encoding !== 'UTF8') throw unfit('the encoding of the database is another one than UTF8');
  if (durability === 'off') throw unfit('synchronous_commit is off: a commit would not outlast a power cut');
  if (isCopy) throw unfit('it is a standby, which cannot be written');
}

async function guard<T>(code: 'VAULT_READ' | 'VAULT_WRITE', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BoltsealError || cause === outdated) throw cause;
    if (DAMAGED.includes(codeOf(cause))) throw new BoltsealError('VAULT_DAMAGED', { what: 'database' });
    // Without the cause and without the server's words: both may carry the parameters of the statement.
    throw new BoltsealError(code, { reason: reasonOf(cause) });
  }
}

/** An array as PostgreSQL writes one: the driver knows none of bytes. */
export function byteaArray(values: readonly Uint8Array[]): string {
  return `{${values.map((value) => `"\\\\x${hexOf(value)}"`).join()}}`;
}

/** Bytes as the key of a map. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
