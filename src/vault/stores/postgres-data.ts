import { parcelParties } from '../../contract/api/words.ts';
import type { Target } from '../../store/postgres-url.ts';
import type { SearchedField, SubjectSlot } from '../slots.ts';
import {
  type Assigned,
  countsOf,
  parcelAssigned,
  parcelColumns,
  partyColumns,
  partyParcelsSql,
  printColumns,
  slotColumns,
  subjectAssigned,
} from './columns.ts';
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
  byteaArray,
  hexOf,
  outdated,
  type Parameter,
  PostgresSchema,
  type Row,
  run,
  type Transaction,
} from './postgres-schema.ts';
import { asParcel, asSubject, newestParcels } from './rows.ts';

const SCHEMA = 'boltseal_vault';

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

/** Subjects and parcels in a PostgreSQL database, in a schema of their own. */
export class PostgresDataStore implements DataStore {
  readonly #schema: PostgresSchema;

  private constructor(schema: PostgresSchema) {
    this.#schema = schema;
  }

  /** Fails as `PostgresSchema.open`. */
  static async open(target: Target): Promise<PostgresDataStore> {
    return new PostgresDataStore(await PostgresSchema.open(target, SCHEMA, migrations));
  }

  async identity(proposed: Uint8Array): Promise<Uint8Array> {
    return this.#schema.write(async (transaction) => {
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
    const rows = await this.#schema.all(
      `SELECT number, revision, print, id, ${slotColumns[field]} FROM ${SCHEMA}.subjects WHERE ${printColumns[field]} = $1 ORDER BY number LIMIT $2`,
      [print, most],
    );
    return rows.map((row) => asSubject(row, ['id', field]));
  }

  async parcels(prints: readonly Uint8Array[]): Promise<readonly (ParcelRow | null)[]> {
    const rows = await this.#schema.all(
      `SELECT print, ${parcelColumns} FROM ${SCHEMA}.parcels WHERE print = ANY($1::bytea[])`,
      [byteaArray(prints)],
    );
    const byPrint = new Map(rows.map((row) => [hexOf(row.print), row]));
    return prints.map((print) => {
      const row = byPrint.get(hexOf(print));
      return row === undefined ? null : asParcel(row);
    });
  }

  async parcelsOf(subject: number, most: number): Promise<readonly PartyParcel[]> {
    const found: Row[] = [];
    for (const party of parcelParties)
      found.push(
        ...(await this.#schema.all(partyParcelsSql(party, `${SCHEMA}.parcels`, ['$1', '$2']), [subject, most])),
      );
    return newestParcels(found, most);
  }

  async write(batch: DataWrite): Promise<boolean> {
    const { subjects, parcels, mark } = batch;
    try {
      await this.#schema.write(async (transaction) => {
        for (const subject of subjects) await writeSubject(transaction, subject);
        for (const parcel of parcels) await writeParcel(transaction, parcel);
        if (mark !== null)
          await run(
            transaction,
            `INSERT INTO ${SCHEMA}.imports VALUES ($1, $2) ON CONFLICT (source) DO UPDATE SET rows = excluded.rows`,
            [mark.source, mark.rows],
          );
        for (const [name, by] of Object.entries(countsOf(batch))) await count(transaction, name, by);
      });
      return true;
    } catch (error) {
      if (error === outdated) return false;
      throw error;
    }
  }

  async remove(subjects: readonly number[]): Promise<void> {
    await this.#schema.write(async (transaction) => {
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
    const rows = await this.#schema.all(
      `SELECT * FROM ${SCHEMA}.outbox WHERE sequence > $1 ORDER BY sequence LIMIT $2`,
      [after, most],
    );
    return rows.map(({ sequence, subject, closed, past, parcel }) => ({ sequence, subject, closed, past, parcel }));
  }

  async fed(until: number): Promise<void> {
    await this.#schema.write(async (transaction) => {
      const { count: removed } = await run(transaction, `DELETE FROM ${SCHEMA}.outbox WHERE sequence <= $1`, [until]);
      await count(transaction, 'unfed', -removed);
    });
  }

  async importMark(source: Uint8Array): Promise<number> {
    const [row] = await this.#schema.all(`SELECT rows FROM ${SCHEMA}.imports WHERE source = $1`, [source]);
    return Number(row?.rows ?? 0);
  }

  async unused(after: number, beforeMs: number, most: number) {
    const recent = Object.values(partyColumns)
      .map(
        ({ subject }) =>
          `NOT EXISTS (SELECT 1 FROM ${SCHEMA}.parcels p WHERE p.${subject} = s.number AND p.at_ms >= $2)`,
      )
      .join(' AND ');
    const rows = await this.#schema.all(
      `SELECT s.number, s.changed_ms < $2 AND ${recent} AS is_unused
       FROM (SELECT number, changed_ms FROM ${SCHEMA}.subjects WHERE number > $1 ORDER BY number LIMIT $3) s ORDER BY s.number`,
      [after, beforeMs, most],
    );
    const numbers = rows.filter((row) => row.is_unused).map((row) => Number(row.number));
    return { numbers, next: rows.length < most ? null : Number(rows.at(-1)?.number) };
  }

  async numbers(after: number, most: number) {
    const sql = `SELECT number FROM ${SCHEMA}.subjects WHERE number > $1 ORDER BY number LIMIT $2`;
    const numbers = (await this.#schema.all(sql, [after, most])).map(({ number }) => Number(number));
    return { numbers, next: numbers.length < most ? null : (numbers.at(-1) ?? null) };
  }

  async recipientsAt(station: string, after: number, most: number) {
    const sql = `SELECT number, CASE WHEN station = $3 THEN recipient END AS recipient FROM ${SCHEMA}.parcels WHERE number > $1 ORDER BY number LIMIT $2`;
    const rows = await this.#schema.all(sql, [after, most, station]);
    const last = rows.at(-1)?.number ?? null;
    return {
      numbers: rows.flatMap(({ recipient }) => (recipient === null ? [] : [Number(recipient)])),
      next: rows.length < most || last === null ? null : Number(last),
    };
  }

  async lastNumber(): Promise<number> {
    const [row] = await this.#schema.all(`SELECT max(number) AS last FROM ${SCHEMA}.subjects`, []);
    return Number(row?.last ?? 0);
  }

  async counts(): Promise<DataCounts> {
    const rows = await this.#schema.all(`SELECT name, value FROM ${SCHEMA}.counts`, []);
    const of = (name: string): number => Number(rows.find((row) => row.name === name)?.value);
    return {
      subjects: of('subjects'),
      parcels: of('parcels'),
      unfed: of('unfed'),
      sizeBytes: await this.#schema.sizeBytes(),
    };
  }

  /** Dead rows go when the server cleans up; without their keys nobody reads them until then. */
  async scrub(): Promise<void> {
    await this.#schema.maintain(`VACUUM ${SCHEMA}.subjects, ${SCHEMA}.parcels, ${SCHEMA}.outbox`);
  }

  async close(): Promise<void> {
    await this.#schema.close();
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
    const rows = await this.#schema.all(
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
}

async function writeSubject(transaction: Transaction, subject: SubjectWrite): Promise<void> {
  const { number, revision, print, news } = subject;
  const key = revision === null ? { number, print } : { number };
  await assign(transaction, 'subjects', key, revision, subjectAssigned(subject));
  if (news === null) return;
  await run(transaction, `INSERT INTO ${SCHEMA}.outbox (subject, closed, past) VALUES ($1, $2, $3)`, [
    number,
    news.closed,
    news.past.length === 0 ? null : news.past,
  ]);
}

async function writeParcel(transaction: Transaction, parcel: ParcelWrite): Promise<void> {
  const { revision, print, newsOf } = parcel;
  await assign(transaction, 'parcels', { print }, revision, parcelAssigned(parcel));
  if (newsOf !== null)
    await run(transaction, `INSERT INTO ${SCHEMA}.outbox (subject, closed, parcel) VALUES ($1, 0, $2)`, [
      newsOf,
      print,
    ]);
}

/** Makes a row, or changes the one with that key if it is still of that revision. */
async function assign(
  transaction: Transaction,
  table: string,
  key: Readonly<Record<string, Parameter>>,
  revision: number | null,
  assigned: Assigned,
): Promise<void> {
  const columns = assigned.map(([column]) => column);
  const values = assigned.map(([, value]) => value);
  if (revision === null) {
    const names = [...Object.keys(key), 'revision', ...columns];
    const sql = `INSERT INTO ${SCHEMA}.${table} (${names.join()}) VALUES (${names.map((_, i) => `$${i + 1}`).join()})`;
    await run(transaction, sql, [...Object.values(key), 1, ...values]);
    return;
  }
  const [name] = Object.keys(key);
  const changed = columns.map((column, i) => `${column} = $${i + 3}`).join();
  const sql = `UPDATE ${SCHEMA}.${table} SET revision = revision + 1, ${changed} WHERE ${name} = $1 AND revision = $2`;
  const { count: rows } = await run(transaction, sql, [...Object.values(key), revision, ...values]);
  if (rows !== 1) throw outdated;
}

async function count(transaction: Transaction, name: string, by: number): Promise<void> {
  if (by !== 0) await run(transaction, `UPDATE ${SCHEMA}.counts SET value = value + $2 WHERE name = $1`, [name, by]);
}
