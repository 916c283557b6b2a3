import type { SQLInputValue } from 'node:sqlite';
import { parcelParties } from '../../contract/api/words.ts';
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
  ImportMark,
  OutboxRow,
  ParcelRow,
  ParcelWrite,
  PartyParcel,
  SubjectRow,
  SubjectWrite,
} from './port.ts';
import { asParcel, asSubject, newestParcels } from './rows.ts';
import { reading, SqliteFile, writing } from './sqlite-file.ts';

/*
 * One row for a subject, with envelopes and prints as columns: a subject is one look-up in an index and one row, and who is erased is out of every index with it.
 * `facts` counts what counting would take a second for among ten millions.
 */
const migrations: readonly string[] = [
  `CREATE TABLE subjects (
     number INTEGER PRIMARY KEY, revision INTEGER NOT NULL, changed_ms INTEGER NOT NULL, print BLOB NOT NULL,
     id BLOB NOT NULL, name BLOB, phone BLOB, email BLOB, address BLOB, national_id BLOB, username BLOB,
     phone_print BLOB, email_print BLOB, national_id_print BLOB, username_print BLOB
   ) STRICT;
   CREATE UNIQUE INDEX subjects_print ON subjects (print);
   CREATE INDEX subjects_phone ON subjects (phone_print) WHERE phone_print IS NOT NULL;
   CREATE INDEX subjects_email ON subjects (email_print) WHERE email_print IS NOT NULL;
   CREATE INDEX subjects_national_id ON subjects (national_id_print) WHERE national_id_print IS NOT NULL;
   CREATE INDEX subjects_username ON subjects (username_print) WHERE username_print IS NOT NULL;
   CREATE TABLE parcels (
     number INTEGER PRIMARY KEY, revision INTEGER NOT NULL, print BLOB NOT NULL,
     recipient INTEGER, recipient_link BLOB, sender INTEGER, sender_link BLOB,
     status TEXT NOT NULL, station TEXT, due TEXT NOT NULL, at_ms INTEGER NOT NULL
   ) STRICT;
   CREATE UNIQUE INDEX parcels_print ON parcels (print);
   CREATE INDEX parcels_recipient ON parcels (recipient) WHERE recipient IS NOT NULL;
   CREATE INDEX parcels_sender ON parcels (sender) WHERE sender IS NOT NULL;
   CREATE TABLE outbox (sequence INTEGER PRIMARY KEY AUTOINCREMENT, subject INTEGER NOT NULL, closed INTEGER NOT NULL, past BLOB, parcel BLOB) STRICT;
   CREATE TABLE imports (source BLOB PRIMARY KEY, rows INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE facts (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO facts VALUES ('subjects', 0), ('parcels', 0), ('unfed', 0);`,
];

/** SQLITE_CONSTRAINT_UNIQUE and SQLITE_CONSTRAINT_PRIMARYKEY (sqlite.org/rescode.html). */
const TAKEN = [2067, 1555];
/** Entries of the outbox that are taken away in one transaction. */
const FED_AT_A_TIME = 1000;

/** Thrown to take a transaction back. */
const outdated = new Error('outdated');

/** Subjects and parcels in an SQLite file. */
export class SqliteDataStore implements DataStore {
  readonly #file: SqliteFile;

  /** Opens the file; `:memory:` is gone when it is closed. Fails with STORE_OPEN, STORE_FORMAT. */
  constructor(file: string) {
    this.#file = new SqliteFile(file, migrations);
  }

  async identity(proposed: Uint8Array): Promise<Uint8Array> {
    return writing(() => {
      this.#file.run("INSERT OR IGNORE INTO facts VALUES ('identity', ?)", proposed);
      return this.#file.get("SELECT value FROM facts WHERE name = 'identity'")?.value as Uint8Array;
    });
  }

  async subjects(
    prints: readonly Uint8Array[],
    slots: readonly SubjectSlot[],
  ): Promise<readonly (SubjectRow | null)[]> {
    return this.#subjectsBy('print', prints, slots);
  }

  async subjectsByNumber(
    numbers: readonly number[],
    slots: readonly SubjectSlot[],
  ): Promise<readonly (SubjectRow | null)[]> {
    return this.#subjectsBy('number', numbers, slots);
  }

  async find(field: SearchedField, print: Uint8Array, most: number): Promise<readonly SubjectRow[]> {
    return reading(() =>
      this.#file
        .prepare(
          `SELECT number, revision, print, id, ${slotColumns[field]} FROM subjects WHERE ${printColumns[field]} = ? LIMIT ?`,
        )
        .all(print, most)
        .map((row) => asSubject(row, ['id', field])),
    );
  }

  async parcels(prints: readonly Uint8Array[]): Promise<readonly (ParcelRow | null)[]> {
    return reading(() => {
      const statement = this.#file.prepare(`SELECT ${parcelColumns} FROM parcels WHERE print = ?`);
      return prints.map((print) => {
        const row = statement.get(print);
        return row === undefined ? null : asParcel(row);
      });
    });
  }

  async parcelsOf(subject: number, most: number): Promise<readonly PartyParcel[]> {
    return reading(() => {
      const found = parcelParties.flatMap((party) =>
        this.#file.prepare(partyParcelsSql(party, 'parcels', ['?', '?'])).all(subject, most),
      );
      return newestParcels(found, most);
    });
  }

  async write(batch: DataWrite): Promise<boolean> {
    const { subjects, parcels, mark } = batch;
    return writing(() => {
      try {
        this.#file.transact(() => {
          for (const subject of subjects) this.#writeSubject(subject);
          for (const parcel of parcels) this.#writeParcel(parcel);
          if (mark !== null) this.#writeMark(mark);
          for (const [name, by] of Object.entries(countsOf(batch))) this.#count(name, by);
        });
        return true;
      } catch (error) {
        if (error === outdated || TAKEN.includes((error as { errcode?: number }).errcode ?? 0)) return false;
        throw error;
      }
    });
  }

  async remove(subjects: readonly number[]): Promise<void> {
    writing(() =>
      this.#file.transact(() => {
        for (const number of subjects) {
          const { changes } = this.#file.run('DELETE FROM subjects WHERE number = ?', number);
          this.#count('subjects', -Number(changes));
          for (const { subject, link } of Object.values(partyColumns))
            this.#file.run(
              `UPDATE parcels SET ${subject} = NULL, ${link} = NULL, revision = revision + 1 WHERE ${subject} = ?`,
              number,
            );
        }
        // No index leads there: one pass for all of them.
        const unsaid = this.#file.run(
          'DELETE FROM outbox WHERE subject IN (SELECT value FROM json_each(?))',
          JSON.stringify(subjects),
        );
        this.#count('unfed', -Number(unsaid.changes));
      }),
    );
  }

  async outbox(after: number, most: number): Promise<readonly OutboxRow[]> {
    return reading(() =>
      this.#file
        .prepare('SELECT * FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?')
        .all(after, most)
        .map((row) => ({
          sequence: Number(row.sequence),
          subject: Number(row.subject),
          closed: Number(row.closed),
          past: row.past as Uint8Array | null,
          parcel: row.parcel as Uint8Array | null,
        })),
    );
  }

  async fed(until: number): Promise<void> {
    for (let isMore = true; isMore; ) {
      // In small transactions: whoever writes meanwhile waits for one of them at most.
      isMore = writing(() =>
        this.#file.transact(() => {
          const { changes } = this.#file.run(
            'DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox WHERE sequence <= ? ORDER BY sequence LIMIT ?)',
            until,
            FED_AT_A_TIME,
          );
          this.#count('unfed', -Number(changes));
          return Number(changes) === FED_AT_A_TIME;
        }),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async importMark(source: Uint8Array): Promise<number> {
    return reading(() => Number(this.#file.get('SELECT rows FROM imports WHERE source = ?', source)?.rows ?? 0));
  }

  async unused(after: number, beforeMs: number, most: number) {
    return reading(() => {
      const rows = this.#file
        .prepare('SELECT number, changed_ms FROM subjects WHERE number > ? ORDER BY number LIMIT ?')
        .all(after, most);
      const recent = Object.values(partyColumns).map(({ subject }) =>
        this.#file.prepare(`SELECT 1 FROM parcels WHERE ${subject} = ? AND at_ms >= ? LIMIT 1`),
      );
      const numbers = rows
        .filter(({ number, changed_ms: changedMs }) => {
          if (Number(changedMs) >= beforeMs) return false;
          return recent.every((statement) => statement.get(Number(number), beforeMs) === undefined);
        })
        .map(({ number }) => Number(number));
      return { numbers, next: rows.length < most ? null : Number(rows.at(-1)?.number) };
    });
  }

  async numbers(after: number, most: number) {
    return reading(() => {
      const rows = this.#file
        .prepare('SELECT number FROM subjects WHERE number > ? ORDER BY number LIMIT ?')
        .all(after, most);
      const numbers = rows.map(({ number }) => Number(number));
      return { numbers, next: rows.length < most ? null : (numbers.at(-1) ?? null) };
    });
  }

  async recipientsAt(station: string, after: number, most: number) {
    return reading(() => {
      const sql = 'SELECT number, station, recipient FROM parcels WHERE number > ? ORDER BY number LIMIT ?';
      const rows = this.#file.prepare(sql).all(after, most);
      const there = rows.filter((row) => row.station === station && row.recipient !== null);
      const last = rows.at(-1)?.number ?? null;
      return {
        numbers: there.map(({ recipient }) => Number(recipient)),
        next: rows.length < most || last === null ? null : Number(last),
      };
    });
  }

  async lastNumber(): Promise<number> {
    return reading(() => Number(this.#file.get('SELECT max(number) AS last FROM subjects')?.last ?? 0));
  }

  async counts(): Promise<DataCounts> {
    return reading(() => {
      const facts = this.#file.prepare("SELECT name, value FROM facts WHERE name <> 'identity'").all();
      const of = (name: string): number => Number(facts.find((fact) => fact.name === name)?.value);
      const sizeBytes = this.#file.sizeBytes();
      return { subjects: of('subjects'), parcels: of('parcels'), unfed: of('unfed'), sizeBytes };
    });
  }

  async scrub(): Promise<void> {
    this.#file.scrub();
  }

  async close(): Promise<void> {
    this.#file.close();
  }

  #subjectsBy(
    column: 'print' | 'number',
    values: readonly (Uint8Array | number)[],
    slots: readonly SubjectSlot[],
  ): readonly (SubjectRow | null)[] {
    return reading(() => {
      // Not the print that we have: each value of a row costs as much as a step of the look-up.
      const columns = column === 'print' ? ['number', 'revision'] : ['number', 'revision', 'print'];
      for (const slot of slots) columns.push(slotColumns[slot]);
      const statement = this.#file.prepare(`SELECT ${columns.join()} FROM subjects WHERE ${column} = ?`);
      return values.map((value) => {
        const row = statement.get(value);
        if (row === undefined) return null;
        return typeof value === 'number' ? asSubject(row, slots) : asSubject(row, slots, value);
      });
    });
  }

  #writeSubject(subject: SubjectWrite): void {
    const { number, revision, print, news } = subject;
    this.#assign('subjects', revision === null ? { number, print } : { number }, revision, subjectAssigned(subject));
    if (news === null) return;
    const past = news.past.length === 0 ? null : news.past;
    this.#file.run('INSERT INTO outbox (subject, closed, past) VALUES (?, ?, ?)', number, news.closed, past);
  }

  #writeParcel(parcel: ParcelWrite): void {
    const { revision, print, newsOf } = parcel;
    this.#assign('parcels', { print }, revision, parcelAssigned(parcel));
    if (newsOf !== null) this.#file.run('INSERT INTO outbox (subject, closed, parcel) VALUES (?, 0, ?)', newsOf, print);
  }

  /** Makes a row, or changes the one with that key if it is still of that revision. */
  #assign(
    table: string,
    key: Readonly<Record<string, SQLInputValue>>,
    revision: number | null,
    assigned: Assigned,
  ): void {
    const columns = assigned.map(([column]) => column);
    const values = assigned.map(([, value]) => value);
    if (revision === null) {
      const names = [...Object.keys(key), 'revision', ...columns];
      const sql = `INSERT INTO ${table} (${names.join()}) VALUES (${names.map(() => '?').join()})`;
      this.#file.run(sql, ...Object.values(key), 1, ...values);
      return;
    }
    const [name] = Object.keys(key);
    const sql = `UPDATE ${table} SET revision = revision + 1, ${columns.map((column) => `${column} = ?`).join()} WHERE ${name} = ? AND revision = ?`;
    if (Number(this.#file.run(sql, ...values, ...Object.values(key), revision).changes) !== 1) throw outdated;
  }

  #writeMark({ source, rows }: ImportMark): void {
    this.#file.run('INSERT INTO imports VALUES (?, ?) ON CONFLICT DO UPDATE SET rows = excluded.rows', source, rows);
  }

  #count(name: string, by: number): void {
    if (by !== 0) this.#file.run('UPDATE facts SET value = value + ? WHERE name = ?', by, name);
  }
}
