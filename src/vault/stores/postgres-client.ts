import postgres from 'postgres';
import { BoltsealError } from '../../core/errors.ts';
import { readTarget, tlsOptions } from '../../store/postgres-url.ts';

export type Sql = postgres.Sql<{ bigint: number }>;
export type Transaction = postgres.TransactionSql<{ bigint: number }>;
export type Row = postgres.Row;

/** Thrown to take a transaction back because somebody else was faster. */
export const outdated = new Error('outdated');

const CLOSE_SECONDS = 5;
/** int8, whose values stay below 2^53 here: numbers, sequences, milliseconds. */
const INT8 = 20;
/** Class data_corrupted and index_corrupted (PostgreSQL 18 documentation, appendix A). */
const DAMAGED = ['XX001', 'XX002'];

/** Connects to a database; several connections are made as they are needed. `url` as `readTarget` takes it. Fails with POSTGRES_URL. */
export function connectPostgres(url: string): Sql {
  const target = readTarget(url);
  return postgres({
    ...target.login,
    host: target.host,
    port: target.port,
    ssl: tlsOptions(target),
    connection: { ...target.settings, application_name: 'boltseal' },
    connect_timeout: target.connectSeconds,
    max: 4,
    idle_timeout: 60,
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

/** Brings the tables of a schema up to date, one caller at a time. Fails with STORE_FORMAT, VAULT_WRITE. */
export async function migratePostgres(sql: Sql, schema: string, migrations: readonly string[]): Promise<void> {
  await writingPostgres(() =>
    sql.begin(async (transaction) => {
      await lockSchema(transaction, schema);
      await transaction.unsafe(
        `CREATE SCHEMA IF NOT EXISTS ${schema}; CREATE TABLE IF NOT EXISTS ${schema}.format (version int NOT NULL);`,
      );
      const [row] = await transaction.unsafe(`SELECT version FROM ${schema}.format`);
      const found = Number(row?.version ?? 0);
      if (found > migrations.length)
        throw new BoltsealError('STORE_FORMAT', { path: schema, format: found, known: migrations.length });
      if (found === migrations.length) return;
      for (const step of migrations.slice(found)) await transaction.unsafe(step);
      await transaction.unsafe(
        `DELETE FROM ${schema}.format; INSERT INTO ${schema}.format VALUES (${migrations.length})`,
      );
    }),
  );
}

/** From here to the end of the transaction nobody else writes to the schema: sequences then come in the order of commits. */
export async function lockSchema(transaction: Transaction, schema: string): Promise<void> {
  await transaction.unsafe('SELECT pg_advisory_xact_lock(hashtext($1))', [`boltseal ${schema}`]);
}

export async function closePostgres(sql: Sql): Promise<void> {
  await sql.end({ timeout: CLOSE_SECONDS });
}

/** Runs what reads. Fails with VAULT_READ and VAULT_DAMAGED, without a word of the server's: it may be a value. */
export function readingPostgres<T>(work: () => Promise<T>): Promise<T> {
  return guard('VAULT_READ', work);
}

/** Runs what writes. Fails with VAULT_WRITE and VAULT_DAMAGED. */
export function writingPostgres<T>(work: () => Promise<T>): Promise<T> {
  return guard('VAULT_WRITE', work);
}

/** The SQLSTATE, or what the driver or the system says; never a message. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unknown';
}

async function guard<T>(code: 'VAULT_READ' | 'VAULT_WRITE', work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof BoltsealError || cause === outdated) throw cause;
    const reason = codeOf(cause);
    if (DAMAGED.includes(reason)) throw new BoltsealError('VAULT_DAMAGED', { what: 'database' });
    // Without the cause: the driver's errors carry the parameters of the statement.
    throw new BoltsealError(code, { reason: cause instanceof postgres.PostgresError ? `SQLSTATE ${reason}` : reason });
  }
}
