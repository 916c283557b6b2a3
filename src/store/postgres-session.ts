import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import postgres from 'postgres';
import { BoltsealError } from '../core/errors.ts';
import { reasonOf } from './postgres-reason.ts';
import { readTarget, tlsOptions } from './postgres-url.ts';

/** A column of a query's result as the server describes it. */
export interface DescribedColumn {
  readonly name: string;
  /** Object id of the type (of its base type for a domain), as in the catalogue pg_type. */
  readonly type: number;
}

/** One connection inside one read-only transaction that sees the database as it was at its start. */
export interface PostgresSession {
  /** Host, port and database: all of the URL that may be shown. */
  readonly place: string;
  /**
   * Columns of one statement, without running it; none when it gives no table. Text with several statements, or with an end that is not its own (an open
   * quote, a closing bracket), is refused here: the server takes one complete statement. Fails with POSTGRES_QUERY and POSTGRES_LOST.
   */
  describe(statement: string): Promise<readonly DescribedColumn[]>;
  /** The bytes of a `COPY … TO STDOUT`, which the server sends as fast as they are taken. Fails with POSTGRES_QUERY and POSTGRES_LOST. */
  copyOut(statement: string): AsyncIterable<Uint8Array>;
  /** Ends the connection, in order after `copyOut` has come to its end, else at once. */
  close(): Promise<void>;
}

const CLOSE_SECONDS = 5;

/**
 * Times come in UTC whatever the server's settings are, and nothing but the user ends a long read: `transaction_timeout` (since 17) does not exist everywhere.
 */
const BEGIN = `begin transaction isolation level repeatable read, read only;
set local client_encoding = 'UTF8'; set local datestyle = 'ISO, YMD'; set local timezone = 'UTC';
select set_config(name, '0', true) from pg_settings where name in ('statement_timeout', 'transaction_timeout')`;

/** Connects as `readTarget` understands the URL, and begins the transaction. Fails with POSTGRES_URL and POSTGRES_CONNECT. */
export async function openSession(url: string): Promise<PostgresSession> {
  const target = readTarget(url);
  const { host, port } = target;
  let socket: Socket | null = null;
  const settings: postgres.Options<Record<string, never>> & { socket: () => Socket } = {
    ...target.login,
    host,
    port,
    ssl: tlsOptions(target),
    connection: { ...target.settings, application_name: 'boltseal' },
    connect_timeout: target.connectSeconds,
    max: 1,
    max_lifetime: null,
    idle_timeout: 0,
    fetch_types: false,
    // A notice may carry values, and would be printed.
    onnotice: () => undefined,
    // The driver connects anew whenever a connection ends early, without pause or limit, and a second connection would be outside of the transaction.
    socket: () => {
      if (socket !== null) throw Object.assign(new Error('one connection only'), { code: 'CONNECTION_CLOSED' });
      socket = host.startsWith('/') ? connect(`${host}/.s.PGSQL.${port}`) : connect({ host, port });
      // Read by the driver as the name for TLS.
      return Object.assign(socket, { host });
    },
  };
  const sql = postgres(settings);
  const place = `${host}:${port}/${sql.options.database}`;
  try {
    await sql.unsafe(BEGIN);
  } catch (error) {
    destroy();
    throw new BoltsealError('POSTGRES_CONNECT', { place, reason: reasonOf(error) });
  }
  let isAtEnd = true;

  return {
    place,
    async describe(statement) {
      try {
        const { columns } = await sql.unsafe(statement).describe();
        return columns.map(({ name, type }) => ({ name, type }));
      } catch (error) {
        const position = error instanceof postgres.PostgresError ? error.position : '';
        throw asReadError(error, place, /^\d+$/.test(position) ? ` at character ${position}` : '');
      }
    },
    async *copyOut(statement) {
      isAtEnd = false;
      try {
        yield* await startCopy(sql, statement);
        isAtEnd = true;
      } catch (error) {
        throw asReadError(error, place, '');
      }
    },
    async close() {
      if (isAtEnd) await sql.end({ timeout: CLOSE_SECONDS });
      // The driver would wait for the rest of the table, which nobody takes.
      destroy();
    },
  };

  function destroy(): void {
    socket?.destroy();
  }
}

/**
 * The driver's stream of a `COPY … TO STDOUT`. An error that comes in one packet with the stream's start is emitted before whoever awaits the stream can
 * listen, and an error that nobody listens to ends the process: so the listener is put where the driver hands the stream over.
 */
async function startCopy(sql: postgres.Sql, statement: string): Promise<Readable> {
  const query = sql.unsafe(statement).simple();
  const handOver = query as unknown as { resolve(stream: Readable): void };
  const { resolve } = handOver;
  handOver.resolve = (stream) => {
    handOver.resolve = resolve;
    resolve(stream.on('error', () => undefined));
  };
  return query.readable();
}

function asReadError(error: unknown, place: string, position: string): BoltsealError {
  const isRefusal = error instanceof postgres.PostgresError && !/^(?:08|57P)/.test(error.code);
  const reason = reasonOf(error, position);
  return new BoltsealError(isRefusal ? 'POSTGRES_QUERY' : 'POSTGRES_LOST', { place, reason });
}
