import { randomBytes } from 'node:crypto';
import type { ExportRequest, ExportState } from '../../contract/api/exports.ts';
import { BoltsealError } from '../../core/errors.ts';
import { sealText, unsealText } from '../sealed-text.ts';
import type { OpenDatabase } from '../stores.ts';
import type { ExportRecord, KeptSelection } from './port.ts';

/**
 * Steps of `<home>/gateway/exports.sqlite`. What was asked lies sealed: it may name people. Approvals are only ever added, and no export is removed.
 * `is_told`: 0 while the ledger has not heard how it ended.
 */
export const exportMigrations: readonly string[] = [
  `CREATE TABLE exports (
     number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, state TEXT NOT NULL, sealed BLOB NOT NULL, most INTEGER NOT NULL,
     requested_by TEXT NOT NULL, requested_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, approvals INTEGER NOT NULL, refused_by TEXT,
     began_ms INTEGER, ended_ms INTEGER, people INTEGER NOT NULL DEFAULT 0, lines INTEGER NOT NULL DEFAULT 0,
     is_whole INTEGER NOT NULL DEFAULT 0, is_told INTEGER NOT NULL DEFAULT 1
   ) STRICT;
   CREATE INDEX exports_by_state ON exports (state);
   CREATE INDEX exports_by_beginning ON exports (began_ms) WHERE began_ms IS NOT NULL;
   CREATE INDEX exports_untold ON exports (number) WHERE is_told = 0;
   CREATE TABLE approvals (
     number INTEGER PRIMARY KEY AUTOINCREMENT, export INTEGER NOT NULL REFERENCES exports (number),
     principal TEXT NOT NULL, at_ms INTEGER NOT NULL, UNIQUE (export, principal)
   ) STRICT;
   CREATE TRIGGER exports_are_kept BEFORE DELETE ON exports BEGIN SELECT RAISE(ABORT, 'exports'); END;
   CREATE TRIGGER exports_are_used_once BEFORE UPDATE OF state ON exports
     WHEN OLD.state IN ('given', 'broken', 'refused', 'expired') BEGIN SELECT RAISE(ABORT, 'exports'); END;
   CREATE TRIGGER approvals_stay BEFORE UPDATE ON approvals BEGIN SELECT RAISE(ABORT, 'approvals'); END;
   CREATE TRIGGER approvals_are_kept BEFORE DELETE ON approvals BEGIN SELECT RAISE(ABORT, 'approvals'); END;`,
];

/** Exports within this time count together. */
export const MONTH_MS = 30 * 86_400_000;

interface Sealed {
  readonly request: Omit<ExportRequest, 'selection'>;
  readonly selection: KeptSelection;
}

/** What a new export is kept with. */
export interface NewExport {
  readonly request: ExportRequest;
  readonly by: string;
  readonly nowMs: number;
  readonly expiresMs: number;
  readonly approvals: number;
}

export type EndState = Extract<ExportState, 'given' | 'broken' | 'refused' | 'expired'>;

/** How an export ended. */
export interface ExportEnd {
  readonly state: EndState;
  readonly nowMs: number;
  /** Who refused it. */
  readonly by?: string;
  readonly isWhole?: boolean;
}

/** The exports of a gateway, in a database of their own. Each call is one durable step; all of them fail with EXPORT_WRITE. */
export class ExportBook {
  readonly #store: OpenDatabase;
  readonly #key: Uint8Array;
  readonly #sql: ReturnType<typeof prepare>;

  constructor(store: OpenDatabase, key: Uint8Array) {
    this.#store = store;
    this.#key = key;
    this.#sql = prepare(store);
  }

  /** A name for a new one, such as `e-9f2c…`: 64 random bits. */
  newId(): string {
    return `e-${randomBytes(8).toString('hex')}`;
  }

  add(id: string, { request, by, nowMs, expiresMs, approvals }: NewExport): ExportRecord {
    const { selection, ...rest } = request;
    const kept: Sealed = {
      request: rest,
      selection: selection.kind === 'subjects' ? { ...selection, count: selection.subjects.length } : selection,
    };
    guard(() => this.#sql.insert.run(id, this.#seal(id, kept), request.people, by, nowMs, expiresMs, approvals));
    return this.needed(id);
  }

  /** Null: there is none. */
  find(id: string): ExportRecord | null {
    const row = guard(() => this.#sql.find.get(id));
    return row === undefined ? null : this.#toRecord(row);
  }

  /** Fails with GATEWAY_NOT_FOUND. */
  needed(id: string): ExportRecord {
    const found = this.find(id);
    if (found === null) throw new BoltsealError('GATEWAY_NOT_FOUND');
    return found;
  }

  /** The newest first, below a number (null: all). */
  list(before: number | null, most: number): readonly ExportRecord[] {
    return guard(() => this.#sql.list.all(before ?? Number.MAX_SAFE_INTEGER, most)).map((row) => this.#toRecord(row));
  }

  /** Exports of somebody that are neither over nor running. */
  countOpen(by: string): number {
    return Number(guard(() => this.#sql.countOpen.get(by))?.count);
  }

  /** Adds an approval; with the last one that is needed it is `approved`. */
  approve({ number, approvals, approvalsNeeded }: ExportRecord, by: string, nowMs: number): void {
    guard(() =>
      this.#store.transact(() => {
        this.#sql.approve.run(number, by, nowMs);
        if (approvals.length + 1 >= approvalsNeeded) this.#sql.setState.run('approved', number);
      }),
    );
  }

  /** Room that exports of the last 30 days leave of a limit: those that are running count with all that they may give. */
  roomLeft(limit: number, nowMs: number): number {
    return limit - Number(guard(() => this.#sql.used.get(nowMs - MONTH_MS))?.used ?? 0);
  }

  /** Uses the export up; false when it is not `approved` any more. */
  begin(number: number, nowMs: number): boolean {
    return guard(() => this.#sql.begin.run(nowMs, number)).changes === 1;
  }

  /** Nothing of it left: it can be begun again. */
  takeBack(number: number): void {
    guard(() => this.#sql.takeBack.run(number));
  }

  count(number: number, people: number, rows: number): void {
    guard(() => this.#sql.count.run(people, rows, number));
  }

  /** Ends it, and forgets who was named. False when it was over already. */
  end(record: Pick<ExportRecord, 'id' | 'number' | 'request' | 'selection'>, end: ExportEnd): boolean {
    const { id, number, request, selection } = record;
    const kept: Sealed = {
      request,
      selection: selection.kind === 'subjects' ? { ...selection, subjects: [] } : selection,
    };
    const { state, nowMs, by = null, isWhole = false } = end;
    return (
      guard(() => this.#sql.end.run(state, nowMs, by, Number(isWhole), this.#seal(id, kept), number)).changes === 1
    );
  }

  /** Those that nobody may use any more at that time. */
  due(nowMs: number): readonly ExportRecord[] {
    return guard(() => this.#sql.due.all(nowMs)).map((row) => this.#toRecord(row));
  }

  running(): readonly ExportRecord[] {
    return guard(() => this.#sql.running.all()).map((row) => this.#toRecord(row));
  }

  /** Those that ended and of which the ledger has not heard. */
  untold(): readonly ExportRecord[] {
    return guard(() => this.#sql.untold.all()).map((row) => this.#toRecord(row));
  }

  told(number: number): void {
    guard(() => this.#sql.told.run(number));
  }

  #seal(id: string, kept: Sealed): Uint8Array {
    return sealText(this.#key, Buffer.from(id), JSON.stringify(kept));
  }

  #toRecord(row: Record<string, unknown>): ExportRecord {
    const id = String(row.id);
    const number = Number(row.number);
    const { request, selection } = JSON.parse(
      unsealText(this.#key, Buffer.from(id), row.sealed as Uint8Array),
    ) as Sealed;
    return {
      number,
      id,
      state: row.state as ExportState,
      request,
      selection,
      requestedBy: String(row.requested_by),
      requestedMs: Number(row.requested_ms),
      expiresMs: Number(row.expires_ms),
      approvalsNeeded: Number(row.approvals),
      approvals: this.#sql.approvalsOf
        .all(number)
        .map((approval) => ({ by: String(approval.principal), atMs: Number(approval.at_ms) })),
      refusedBy: row.refused_by === null ? null : String(row.refused_by),
      beganMs: row.began_ms === null ? null : Number(row.began_ms),
      endedMs: row.ended_ms === null ? null : Number(row.ended_ms),
      people: Number(row.people),
      rows: Number(row.lines),
      isWhole: row.is_whole === 1,
    };
  }
}

function prepare({ database }: OpenDatabase) {
  const sql = (text: string) => database.prepare(text);
  return {
    insert: sql(
      `INSERT INTO exports (id, state, sealed, most, requested_by, requested_ms, expires_ms, approvals)
       VALUES (?, 'requested', ?, ?, ?, ?, ?, ?)`,
    ),
    find: sql('SELECT * FROM exports WHERE id = ?'),
    list: sql('SELECT * FROM exports WHERE number < ? ORDER BY number DESC LIMIT ?'),
    countOpen: sql(
      "SELECT count(*) AS count FROM exports WHERE requested_by = ? AND state IN ('requested', 'approved')",
    ),
    approve: sql('INSERT INTO approvals (export, principal, at_ms) VALUES (?, ?, ?)'),
    approvalsOf: sql('SELECT principal, at_ms FROM approvals WHERE export = ? ORDER BY number'),
    setState: sql("UPDATE exports SET state = ? WHERE number = ? AND state = 'requested'"),
    used: sql(
      "SELECT sum(CASE state WHEN 'running' THEN most ELSE people END) AS used FROM exports WHERE began_ms > ?",
    ),
    begin: sql("UPDATE exports SET state = 'running', began_ms = ? WHERE number = ? AND state = 'approved'"),
    takeBack: sql("UPDATE exports SET state = 'approved', began_ms = NULL WHERE number = ? AND state = 'running'"),
    count: sql('UPDATE exports SET people = ?, lines = ? WHERE number = ?'),
    end: sql(
      `UPDATE exports SET state = ?, ended_ms = ?, refused_by = ?, is_whole = ?, sealed = ?, is_told = 0
       WHERE number = ? AND state IN ('requested', 'approved', 'running')`,
    ),
    due: sql("SELECT * FROM exports WHERE state IN ('requested', 'approved') AND expires_ms <= ? ORDER BY number"),
    running: sql("SELECT * FROM exports WHERE state = 'running' ORDER BY number"),
    untold: sql('SELECT * FROM exports WHERE is_told = 0 ORDER BY number LIMIT 100'),
    told: sql('UPDATE exports SET is_told = 1 WHERE number = ?'),
  };
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const number = typeof cause === 'object' && cause !== null && 'errcode' in cause ? cause.errcode : null;
    if (typeof number !== 'number') throw cause;
    throw new BoltsealError('EXPORT_WRITE', { reason: `SQLite ${number}` }, { cause });
  }
}
