import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { parcelParties } from '../../contract/api/words.ts';
import { inTransaction, openSqlite } from '../../store/sqlite.ts';
import { type SearchedField, type SubjectSlot, searchedFields, subjectSlots } from '../slots.ts';
import { parcelColumns, partyColumns, printColumns, slotColumns } from './columns.ts';
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
import { asParcel, asSubject, newestParcels, type Row } from './rows.ts';
import { reading, scrubFile, sizeOf, writing } from './sqlite-guard.ts';

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
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  /** Opens the file; `:memory:` is gone when it is closed. Fails with STORE_OPEN, STORE_FORMAT. */
  constructor(file: string) {
    this.#database = openSqlite(file, { migrations, durability: 'full' });
  }

  async identity(proposed: Uint8Array): Promise<Uint8Array> {
    return writing(() => {
      this.#run("INSERT OR IGNORE INTO facts VALUES ('identity', ?)", proposed);
      return this.#get("SELECT value FROM facts WHERE name = 'identity'")?.value as Uint8Array;
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
      this.#prepare(
        `SELECT number, revision, print, id, ${slotColumns[field]} FROM subjects WHERE ${printColumns[field]} = ? LIMIT ?`,
      )
        .all(print, most)
        .map((row) => asSubject(row, ['id', field])),
    );
  }

  async parcels(prints: readonly Uint8Array[]): Promise<readonly (ParcelRow | null)[]> {
    return reading(() => {
      const statement = this.#prepare(`SELECT ${parcelColumns} FROM parcels WHERE print = ?`);
      return prints.map((print) => {
        const row = statement.get(print);
        return row === undefined ? null : asParcel(row);
      });
    });
  }

  async parcelsOf(subject: number, most: number): Promise<readonly PartyParcel[]> {
    return reading(() => {
      const found = parcelParties.flatMap((party) => {
        const { subject: column, link } = partyColumns[party];
        const sql = `SELECT number, print, '${party}' AS party, ${link} AS link FROM parcels WHERE ${column} = ? ORDER BY number DESC LIMIT ?`;
        return this.#prepare(sql).all(subject, most);
      });
      return newestParcels(found, most);
    });
  }

  async write({ subjects, parcels, mark }: DataWrite): Promise<boolean> {
    return writing(() => {
      try {
        inTransaction(this.#database, () => {
          for (const subject of subjects) this.#writeSubject(subject);
          for (const parcel of parcels) this.#writeParcel(parcel);
          if (mark !== null) this.#writeMark(mark);
          this.#count('subjects', subjects.filter(({ revision }) => revision === null).length);
          this.#count('parcels', parcels.filter(({ revision }) => revision === null).length);
          const news =
            subjects.filter((subject) => subject.news !== null).length +
            parcels.filter(({ newsOf }) => newsOf !== null).length;
          this.#count('unfed', news);
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
      inTransaction(this.#database, () => {
        for (const number of subjects) {
          const { changes } = this.#run('DELETE FROM subjects WHERE number = ?', number);
          this.#count('subjects', -Number(changes));
          for (const { subject, link } of Object.values(partyColumns))
            this.#run(
              `UPDATE parcels SET ${subject} = NULL, ${link} = NULL, revision = revision + 1 WHERE ${subject} = ?`,
              number,
            );
        }
        // No index leads there: one pass for all of them.
        const unsaid = this.#run(
          'DELETE FROM outbox WHERE subject IN (SELECT value FROM json_each(?))',
          JSON.stringify(subjects),
        );
        this.#count('unfed', -Number(unsaid.changes));
      }),
    );
  }

  async outbox(after: number, most: number): Promise<readonly OutboxRow[]> {
    return reading(() =>
      this.#prepare('SELECT * FROM outbox WHERE sequence > ? ORDER BY sequence LIMIT ?')
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
        inTransaction(this.#database, () => {
          const { changes } = this.#run(
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
    return reading(() => Number(this.#get('SELECT rows FROM imports WHERE source = ?', source)?.rows ?? 0));
  }

  async unused(after: number, beforeMs: number, most: number) {
    return reading(() => {
      const rows = this.#prepare(
        'SELECT number, changed_ms FROM subjects WHERE number > ? ORDER BY number LIMIT ?',
      ).all(after, most);
      const recent = Object.values(partyColumns).map(({ subject }) =>
        this.#prepare(`SELECT 1 FROM parcels WHERE ${subject} = ? AND at_ms >= ? LIMIT 1`),
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

  async lastNumber(): Promise<number> {
    return reading(() => Number(this.#get('SELECT max(number) AS last FROM subjects')?.last ?? 0));
  }

  async counts(): Promise<DataCounts> {
    return reading(() => {
      const facts = this.#prepare("SELECT name, value FROM facts WHERE name <> 'identity'").all();
      const of = (name: string): number => Number(facts.find((fact) => fact.name === name)?.value);
      const sizeBytes = sizeOf(this.#database);
      return { subjects: of('subjects'), parcels: of('parcels'), unfed: of('unfed'), sizeBytes };
    });
  }

  async scrub(): Promise<void> {
    scrubFile(this.#database);
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close();
  }

  #subjectsBy(
    column: 'print' | 'number',
    values: readonly SQLInputValue[],
    slots: readonly SubjectSlot[],
  ): readonly (SubjectRow | null)[] {
    return reading(() => {
      const columns = slots.map((slot) => `, ${slotColumns[slot]}`).join('');
      const statement = this.#prepare(`SELECT number, revision, print${columns} FROM subjects WHERE ${column} = ?`);
      return values.map((value) => {
        const row = statement.get(value);
        return row === undefined ? null : asSubject(row, slots);
      });
    });
  }

  #writeSubject({ number, revision, print, changedMs, sealed, prints, news }: SubjectWrite): void {
    if (revision === null) {
      const columns = ['number', 'revision', 'changed_ms', 'print'];
      const values: SQLInputValue[] = [number, 1, changedMs, print];
      for (const slot of subjectSlots) {
        columns.push(slotColumns[slot]);
        values.push(sealed[slot] ?? null);
      }
      for (const field of searchedFields) {
        columns.push(printColumns[field]);
        values.push(prints[field] ?? null);
      }
      this.#run(`INSERT INTO subjects (${columns.join()}) VALUES (${columns.map(() => '?').join()})`, ...values);
    } else {
      const columns: string[] = [];
      const values: SQLInputValue[] = [];
      for (const slot of subjectSlots) {
        const envelope = sealed[slot];
        if (envelope === undefined) continue;
        columns.push(`${slotColumns[slot]} = ?`);
        values.push(envelope);
      }
      for (const field of searchedFields) {
        const searched = prints[field];
        if (searched === undefined) continue;
        columns.push(`${printColumns[field]} = ?`);
        values.push(searched);
      }
      const sql = `UPDATE subjects SET ${['revision = revision + 1', 'changed_ms = ?', ...columns].join()} WHERE number = ? AND revision = ?`;
      if (Number(this.#run(sql, changedMs, ...values, number, revision).changes) !== 1) throw outdated;
    }
    if (news === null) return;
    const past = news.past.length === 0 ? null : news.past;
    this.#run('INSERT INTO outbox (subject, closed, past) VALUES (?, ?, ?)', number, news.closed, past);
  }

  #writeParcel({ revision, print, parties, status, station, due, atMs, newsOf }: ParcelWrite): void {
    const columns = ['status', 'station', 'due', 'at_ms'];
    const values: SQLInputValue[] = [status, station, JSON.stringify(due), atMs];
    for (const party of parcelParties) {
      const given = parties[party];
      const { subject, link } = partyColumns[party];
      columns.push(subject);
      values.push(given?.subject ?? null);
      // Unchanged when the party is; a party that goes takes its half along.
      if (given !== null && given.link === null) continue;
      columns.push(link);
      values.push(given?.link ?? null);
    }
    if (revision === null) {
      const sql = `INSERT INTO parcels (revision, print, ${columns.join()}) VALUES (1, ?, ${columns.map(() => '?').join()})`;
      this.#run(sql, print, ...values);
    } else {
      const assigned = columns.map((column) => `${column} = ?`).join();
      const sql = `UPDATE parcels SET revision = revision + 1, ${assigned} WHERE print = ? AND revision = ?`;
      if (Number(this.#run(sql, ...values, print, revision).changes) !== 1) throw outdated;
    }
    if (newsOf !== null) this.#run('INSERT INTO outbox (subject, closed, parcel) VALUES (?, 0, ?)', newsOf, print);
  }

  #writeMark({ source, rows }: ImportMark): void {
    this.#run('INSERT INTO imports VALUES (?, ?) ON CONFLICT DO UPDATE SET rows = excluded.rows', source, rows);
  }

  #count(name: string, by: number): void {
    if (by !== 0) this.#run('UPDATE facts SET value = value + ? WHERE name = ?', by, name);
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#prepare(sql).get(...values);
  }

  #run(sql: string, ...values: SQLInputValue[]) {
    return this.#prepare(sql).run(...values);
  }
}
