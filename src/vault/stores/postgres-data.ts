import { parcelParties } from '../../contract/api/words.ts';
import { type SearchedField, type SubjectSlot, searchedFields, subjectSlots } from '../slots.ts';
import { parcelColumns, partyColumns, printColumns, slotColumns } from './columns.ts';
import type {
  DataCounts,
  DataStore,
  DataWrite,
  OutboxRow,
  ParcelRow,
  ParcelWrite,
  PartyParcel,
  SubjectRow,
  SubjectWrite,
} from './port.ts';
import {
  closePostgres,
  codeOf,
  connectPostgres,
  lockSchema,
  migratePostgres,
  outdated,
  type Row,
  readingPostgres,
  type Sql,
  type Transaction,
  writingPostgres,
} from './postgres-client.ts';
import { asParcel, asSubject, newestParcels } from './rows.ts';

const SCHEMA = 'boltseal_vault';
/** unique_violation (PostgreSQL 18 documentation, appendix A). */
const TAKEN = '23505';

/** The tables of the SQLite store. */
const migrations: readonly string[] = [
  `CREATE TABLE ${SCHEMA}.subjects (
     number bigint PRIMARY KEY, revision bigint NOT NULL, changed_ms bigint NOT NULL, print bytea NOT NULL,
     id bytea NOT NULL, name bytea, phone bytea, email bytea, address bytea, national_id bytea, username bytea,
     phone_print bytea, email_print bytea, national_id_print bytea, username_print bytea
   );
   CREATE UNIQUE INDEX subjects_print ON ${SCHEMA}.subjects (print);
   CREATE INDEX subjects_phone ON ${SCHEMA}.subjects (phone_print) WHERE phone_print IS NOT NULL;
   CREATE INDEX subjects_email ON ${SCHEMA}.subjects (email_print) WHERE email_print IS NOT NULL;
   CREATE INDEX subjects_national_id ON ${SCHEMA}.subjects (national_id_print) WHERE national_id_print IS NOT NULL;
   CREATE INDEX subjects_username ON ${SCHEMA}.subjects (username_print) WHERE username_print IS NOT NULL;
   CREATE TABLE ${SCHEMA}.parcels (
     number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, revision bigint NOT NULL, print bytea NOT NULL,
     recipient bigint, recipient_link bytea, sender bigint, sender_link bytea,
     status text NOT NULL, station text, due text NOT NULL, at_ms bigint NOT NULL
   );
   CREATE UNIQUE INDEX parcels_print ON ${SCHEMA}.parcels (print);
   CREATE INDEX parcels_recipient ON ${SCHEMA}.parcels (recipient, number) WHERE recipient IS NOT NULL;
   CREATE INDEX parcels_sender ON ${SCHEMA}.parcels (sender, number) WHERE sender IS NOT NULL;
   CREATE TABLE ${SCHEMA}.outbox (
     sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, subject bigint NOT NULL, closed int NOT NULL, past bytea, parcel bytea
   );
   CREATE TABLE ${SCHEMA}.imports (source bytea PRIMARY KEY, rows bigint NOT NULL);
   CREATE TABLE ${SCHEMA}.identity (value bytea NOT NULL);
   CREATE TABLE ${SCHEMA}.counts (name text PRIMARY KEY, value bigint NOT NULL);
   INSERT INTO ${SCHEMA}.counts VALUES ('subjects', 0), ('parcels', 0), ('unfed', 0);`,
];

type Parameter = Uint8Array | number | string | null;

/** Subjects and parcels in a PostgreSQL database, in a schema of their own. */
export class PostgresDataStore implements DataStore {
  readonly #sql: Sql;

  private constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** Connects and brings the tables up to date. Fails with POSTGRES_URL, STORE_FORMAT, VAULT_WRITE. */
  static async open(url: string): Promise<PostgresDataStore> {
    const sql = connectPostgres(url);
    try {
      await migratePostgres(sql, SCHEMA, migrations);
      return new PostgresDataStore(sql);
    } catch (error) {
      await closePostgres(sql);
      throw error;
    }
  }

  async identity(proposed: Uint8Array): Promise<Uint8Array> {
    return this.#write(async (transaction) => {
      const [row] = await transaction.unsafe(`SELECT value FROM ${SCHEMA}.identity`);
      if (row !== undefined) return row.value;
      await run(transaction, `INSERT INTO ${SCHEMA}.identity VALUES ($1)`, [proposed]);
      return proposed;
    });
  }

  subjects(prints: readonly Uint8Array[], slots: readonly SubjectSlot[]): Promise<readonly (SubjectRow | null)[]> {
    return this.#subjectsBy('print', 'bytea', prints, slots);
  }

  subjectsByNumber(numbers: readonly number[], slots: readonly SubjectSlot[]): Promise<readonly (SubjectRow | null)[]> {
    return this.#subjectsBy('number', 'bigint', numbers, slots);
  }

  async find(field: SearchedField, print: Uint8Array, most: number): Promise<readonly SubjectRow[]> {
    const rows = await this.#all(
      `SELECT number, revision, print, id, ${slotColumns[field]} FROM ${SCHEMA}.subjects WHERE ${printColumns[field]} = $1 ORDER BY number LIMIT $2`,
      [print, most],
    );
    return rows.map((row) => asSubject(row, ['id', field]));
  }

  async parcels(prints: readonly Uint8Array[]): Promise<readonly (ParcelRow | null)[]> {
    const rows = await this.#all(`SELECT ${parcelColumns} FROM ${SCHEMA}.parcels WHERE print = ANY($1::bytea[])`, [
      byteaArray(prints),
    ]);
    const byPrint = new Map(rows.map((row) => [hexOf(row.print), row]));
    return prints.map((print) => {
      const row = byPrint.get(hexOf(print));
      return row === undefined ? null : asParcel(row);
    });
  }

  async parcelsOf(subject: number, most: number): Promise<readonly PartyParcel[]> {
    const found: Row[] = [];
    for (const party of parcelParties) {
      const { subject: column, link } = partyColumns[party];
      found.push(
        ...(await this.#all(
          `SELECT number, print, '${party}' AS party, ${link} AS link FROM ${SCHEMA}.parcels WHERE ${column} = $1 ORDER BY number DESC LIMIT $2`,
          [subject, most],
        )),
      );
    }
    return newestParcels(found, most);
  }

  async write({ subjects, parcels, mark }: DataWrite): Promise<boolean> {
    try {
      await this.#write(async (transaction) => {
        for (const subject of subjects) await writeSubject(transaction, subject);
        for (const parcel of parcels) await writeParcel(transaction, parcel);
        if (mark !== null)
          await run(
            transaction,
            `INSERT INTO ${SCHEMA}.imports VALUES ($1, $2) ON CONFLICT (source) DO UPDATE SET rows = excluded.rows`,
            [mark.source, mark.rows],
          );
        await count(transaction, 'subjects', subjects.filter(({ revision }) => revision === null).length);
        await count(transaction, 'parcels', parcels.filter(({ revision }) => revision === null).length);
        const news =
          subjects.filter((subject) => subject.news !== null).length +
          parcels.filter(({ newsOf }) => newsOf !== null).length;
        await count(transaction, 'unfed', news);
      });
      return true;
    } catch (error) {
      if (error === outdated) return false;
      throw error;
    }
  }

  async remove(subjects: readonly number[]): Promise<void> {
    await this.#write(async (transaction) => {
      const numbers = subjects.map(Number);
      const gone = await transaction.unsafe(`DELETE FROM ${SCHEMA}.subjects WHERE number = ANY($1::bigint[])`, [
        numbers,
      ]);
      await count(transaction, 'subjects', -gone.count);
      const unsaid = await transaction.unsafe(`DELETE FROM ${SCHEMA}.outbox WHERE subject = ANY($1::bigint[])`, [
        numbers,
      ]);
      await count(transaction, 'unfed', -unsaid.count);
      for (const { subject, link } of Object.values(partyColumns))
        await transaction.unsafe(
          `UPDATE ${SCHEMA}.parcels SET ${subject} = NULL, ${link} = NULL, revision = revision + 1 WHERE ${subject} = ANY($1::bigint[])`,
          [numbers],
        );
    });
  }

  async outbox(after: number, most: number): Promise<readonly OutboxRow[]> {
    const rows = await this.#all(`SELECT * FROM ${SCHEMA}.outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2`, [
      after,
      most,
    ]);
    return rows.map(({ sequence, subject, closed, past, parcel }) => ({ sequence, subject, closed, past, parcel }));
  }

  async fed(until: number): Promise<void> {
    await this.#write(async (transaction) => {
      const { count: removed } = await run(transaction, `DELETE FROM ${SCHEMA}.outbox WHERE sequence <= $1`, [until]);
      await count(transaction, 'unfed', -removed);
    });
  }

  async importMark(source: Uint8Array): Promise<number> {
    const [row] = await this.#all(`SELECT rows FROM ${SCHEMA}.imports WHERE source = $1`, [source]);
    return Number(row?.rows ?? 0);
  }

  async unused(after: number, beforeMs: number, most: number) {
    const recent = Object.values(partyColumns)
      .map(
        ({ subject }) =>
          `NOT EXISTS (SELECT 1 FROM ${SCHEMA}.parcels p WHERE p.${subject} = s.number AND p.at_ms >= $2)`,
      )
      .join(' AND ');
    const rows = await this.#all(
      `SELECT s.number, s.changed_ms < $2 AND ${recent} AS is_unused
       FROM (SELECT number, changed_ms FROM ${SCHEMA}.subjects WHERE number > $1 ORDER BY number LIMIT $3) s ORDER BY s.number`,
      [after, beforeMs, most],
    );
    const numbers = rows.filter((row) => row.is_unused).map((row) => Number(row.number));
    return { numbers, next: rows.length < most ? null : Number(rows.at(-1)?.number) };
  }

  async lastNumber(): Promise<number> {
    const [row] = await this.#all(`SELECT max(number) AS last FROM ${SCHEMA}.subjects`, []);
    return Number(row?.last ?? 0);
  }

  async counts(): Promise<DataCounts> {
    const rows = await this.#all(`SELECT name, value FROM ${SCHEMA}.counts`, []);
    const of = (name: string): number => Number(rows.find((row) => row.name === name)?.value);
    const [size] = await this.#all(
      `SELECT sum(pg_total_relation_size(oid))::bigint AS bytes FROM pg_class WHERE relnamespace = '${SCHEMA}'::regnamespace AND relkind = 'r'`,
      [],
    );
    return {
      subjects: of('subjects'),
      parcels: of('parcels'),
      unfed: of('unfed'),
      sizeBytes: Number(size?.bytes ?? 0),
    };
  }

  /** Dead rows go when the server cleans up; without their keys nobody reads them until then. */
  async scrub(): Promise<void> {
    await writingPostgres(() =>
      this.#sql.unsafe(`VACUUM ${SCHEMA}.subjects, ${SCHEMA}.parcels, ${SCHEMA}.outbox`).simple(),
    );
  }

  async close(): Promise<void> {
    await closePostgres(this.#sql);
  }

  async #subjectsBy(
    column: 'print' | 'number',
    type: string,
    values: readonly (Uint8Array | number)[],
    slots: readonly SubjectSlot[],
  ): Promise<readonly (SubjectRow | null)[]> {
    if (values.length === 0) return [];
    const columns = slots.map((slot) => `, ${slotColumns[slot]}`).join('');
    const given =
      column === 'print' ? byteaArray(values.filter((value) => typeof value !== 'number')) : `{${values.join()}}`;
    const rows = await this.#all(
      `SELECT number, revision, print${columns} FROM ${SCHEMA}.subjects WHERE ${column} = ANY($1::${type}[])`,
      [given],
    );
    const nameOf = (value: Uint8Array | number): string => (typeof value === 'number' ? String(value) : hexOf(value));
    const found = new Map(rows.map((row) => [nameOf(row[column]), row]));
    return values.map((value) => {
      const row = found.get(nameOf(value));
      return row === undefined ? null : asSubject(row, slots);
    });
  }

  #all(sql: string, parameters: readonly Parameter[]): Promise<Row[]> {
    return readingPostgres(async () => [...(await run(this.#sql, sql, parameters))]);
  }

  #write<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return writingPostgres(async () => {
      try {
        return (
          await this.#sql.begin(async (transaction) => {
            await lockSchema(transaction, SCHEMA);
            return { result: await work(transaction) };
          })
        ).result as T;
      } catch (error) {
        if (codeOf(error) === TAKEN) throw outdated;
        throw error;
      }
    });
  }
}

async function writeSubject(
  transaction: Transaction,
  { number, revision, print, changedMs, sealed, prints, news }: SubjectWrite,
): Promise<void> {
  const columns: string[] = [];
  const values: Parameter[] = [];
  for (const slot of subjectSlots) {
    const envelope = sealed[slot];
    if (envelope === undefined) continue;
    columns.push(slotColumns[slot]);
    values.push(envelope);
  }
  for (const field of searchedFields) {
    const searched = prints[field];
    if (searched === undefined) continue;
    columns.push(printColumns[field]);
    values.push(searched);
  }
  if (revision === null) {
    const names = ['number', 'revision', 'changed_ms', 'print', ...columns];
    const sql = `INSERT INTO ${SCHEMA}.subjects (${names.join()}) VALUES (${names.map((_, i) => `$${i + 1}`).join()})`;
    await run(transaction, sql, [number, 1, changedMs, print, ...values]);
  } else {
    const assigned = columns.map((column, i) => `, ${column} = $${i + 4}`).join('');
    const sql = `UPDATE ${SCHEMA}.subjects SET revision = revision + 1, changed_ms = $3${assigned} WHERE number = $1 AND revision = $2`;
    if ((await run(transaction, sql, [number, revision, changedMs, ...values])).count !== 1) throw outdated;
  }
  if (news === null) return;
  await run(transaction, `INSERT INTO ${SCHEMA}.outbox (subject, closed, past) VALUES ($1, $2, $3)`, [
    number,
    news.closed,
    news.past.length === 0 ? null : news.past,
  ]);
}

async function writeParcel(
  transaction: Transaction,
  { revision, print, parties, status, station, due, atMs, newsOf }: ParcelWrite,
): Promise<void> {
  const columns = ['status', 'station', 'due', 'at_ms'];
  const values: Parameter[] = [status, station, JSON.stringify(due), atMs];
  for (const party of parcelParties) {
    const given = parties[party];
    const { subject, link } = partyColumns[party];
    columns.push(subject);
    values.push(given?.subject ?? null);
    if (given !== null && given.link === null) continue;
    columns.push(link);
    values.push(given?.link ?? null);
  }
  if (revision === null) {
    const sql = `INSERT INTO ${SCHEMA}.parcels (revision, print, ${columns.join()}) VALUES (1, $1, ${columns.map((_, i) => `$${i + 2}`).join()})`;
    await run(transaction, sql, [print, ...values]);
  } else {
    const assigned = columns.map((column, i) => `, ${column} = $${i + 3}`).join('');
    const sql = `UPDATE ${SCHEMA}.parcels SET revision = revision + 1${assigned} WHERE print = $1 AND revision = $2`;
    if ((await run(transaction, sql, [print, revision, ...values])).count !== 1) throw outdated;
  }
  if (newsOf !== null)
    await run(transaction, `INSERT INTO ${SCHEMA}.outbox (subject, closed, parcel) VALUES ($1, 0, $2)`, [
      newsOf,
      print,
    ]);
}

async function count(transaction: Transaction, name: string, by: number): Promise<void> {
  if (by !== 0) await run(transaction, `UPDATE ${SCHEMA}.counts SET value = value + $2 WHERE name = $1`, [name, by]);
}

function run(sql: Sql | Transaction, statement: string, parameters: readonly Parameter[]) {
  return sql.unsafe(statement, [...parameters], { prepare: true });
}

/** An array as PostgreSQL writes one: the driver knows none of bytes. */
function byteaArray(values: readonly Uint8Array[]): string {
  return `{${values.map((value) => `"\\\\x${hexOf(value)}"`).join()}}`;
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}
