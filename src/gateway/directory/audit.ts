import { randomBytes } from 'node:crypto';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { BoltsealError } from '../../core/errors.ts';
import type { AdministrationEntry, GovernanceLog } from '../port.ts';
import { type AuditRow, type KeptRow, objectInLedger, recordOf } from './audit-record.ts';
import type { AuditEntry, Change, DirectoryStore } from './port.ts';

/** Told of each change after it is durable; for a SIEM. It must not throw. */
export type AuditListener = (entry: AuditEntry) => void;

/** Entries of one append to the ledger. */
const AT_A_TIME = 256;

/** What `record` is told within `carryOut`, in turn: first what the change would be, then that it is the same. */
type Rehearsal = {
  readonly isReal: boolean;
  readonly rows: readonly KeptRow[];
  at: number;
  readonly wanted: AuditEntry[];
};

/**
 * Makes changes together with the record of them.
 *
 * `carryOut` is for what somebody asks of the gateway: the row is written as an intention, the ledger gets its hash, and then the change is made. What was cut off on the way is a row without a place, and no change.
 * `record` by itself is for commands on the home, which cannot have the ledger while a gateway is open: change and row are one transaction, and whoever has the ledger enters the row with `enterLate`.
 * Until then nobody is let in by what such a row gave (`isUnentered`).
 */
export class Audit {
  readonly #store: DirectoryStore;
  readonly #listener: AuditListener;
  readonly #ledger: GovernanceLog | null;
  readonly #statements: ReturnType<typeof prepare>;
  #pending: KeptRow[] = [];
  #rehearsal: Rehearsal | null = null;
  /** Everything up to it was entered, or never carried out. */
  #enteredUpto = 0;
  #unentered: ReadonlySet<string> = new Set();
  #turn: Promise<unknown> = Promise.resolve();

  /** `ledger` null: there is none at hand. */
  constructor(store: DirectoryStore, listener: AuditListener, ledger: GovernanceLog | null = null) {
    this.#store = store;
    this.#listener = listener;
    this.#ledger = ledger;
    this.#statements = prepare(store);
    this.lookForLate();
  }

  /**
   * Does the work and records it with the detail that it gives, or neither: durable when it returns, or when the change is that this one is a part of.
   * `work` throws to take everything back.
   */
  record<T>(
    { actor, nowMs, signature = null }: Change,
    action: string,
    object: string,
    work: () => { readonly result: T; readonly detail: AuditEntry['detail'] },
  ): T {
    return this.together(() => {
      const { result, detail } = work();
      const entry = { number: 0, timeMs: nowMs, actor, action, object, detail, signature };
      if (this.#rehearsal !== null) this.#rehearse(this.#rehearsal, entry);
      else this.#pending.push(this.#insert(entry, false));
      return result;
    });
  }

  /** Makes several changes one: all of them or none. */
  together<T>(work: () => T): T {
    if (this.#store.database.isTransaction) return work();
    this.#pending = [];
    const result = this.#store.transact(work);
    const made = this.#pending;
    if (this.#ledger === null) for (const row of made) this.#listener(toldOf(row));
    else this.noticeLate();
    return result;
  }

  /**
   * Makes the changes of `work` when the ledger has them durably. `work` is called twice, and does the same both times: what is random or of the clock comes from outside of it.
   * Rejects as `work`, with LEDGER_* (then nothing has changed), and with DIRECTORY_CHANGED when another process changed meanwhile what it depends on.
   */
  carryOut<T>(work: () => T): Promise<T> {
    if (this.#ledger === null) return Promise.resolve().then(() => this.together(work));
    return this.#inTurn(async () => {
      await this.#enterLate();
      const wanted = this.#whatWouldChange(work);
      const rows = this.#store.transact(() => wanted.map((entry) => this.#insert(entry, true)));
      const places = await this.#enter(rows);
      const result = this.#store.transact(() => {
        const rehearsal: Rehearsal = { isReal: true, rows, at: 0, wanted: [] };
        const given = this.#within(rehearsal, work);
        if (rehearsal.at !== rows.length) throw new BoltsealError('DIRECTORY_CHANGED');
        this.#place(rows, places);
        return given;
      });
      for (const row of rows) this.#listener(toldOf(row));
      return result;
    });
  }

  /** Enters into the ledger what commands on the home have changed. Rejects with LEDGER_*; then it is to be tried again. */
  enterLate(): Promise<void> {
    return this.#ledger === null ? Promise.resolve() : this.#inTurn(() => this.#enterLate());
  }

  /** Whether a change of this object is not in the ledger yet: nothing that it gives holds. */
  isUnentered(object: string): boolean {
    return this.#unentered.size > 0 && this.#unentered.has(object);
  }

  /** Whether anything is not in the ledger yet, as far as it was noticed. */
  get hasUnentered(): boolean {
    return this.#unentered.size > 0;
  }

  /** To be called when another process has written: from then on `isUnentered` knows what it changed, and it is on its way into the ledger. */
  noticeLate(): void {
    // Whoever calls `enterLate` now and then hears of what fails.
    if (this.lookForLate()) this.enterLate().catch(() => undefined);
  }

  /** Gives whether there is anything that the ledger does not have. */
  lookForLate(): boolean {
    if (this.#ledger !== null)
      this.#unentered = new Set(this.#lateRows(-1).flatMap(({ object, detail }) => [object, principalIn(detail)]));
    return this.#unentered.size > 0;
  }

  /** Entries behind a number (0: from the first), oldest first. */
  since(number: number, limit: number): readonly AuditEntry[] {
    return this.#statements.since.all(number, limit).map((row) => ({
      number: Number(row.number),
      timeMs: Number(row.time_ms),
      actor: String(row.actor),
      action: String(row.action),
      object: String(row.object),
      detail: JSON.parse(String(row.detail)) as Record<string, unknown>,
    }));
  }

  #rehearse(rehearsal: Rehearsal, entry: AuditEntry): void {
    if (!rehearsal.isReal) {
      rehearsal.wanted.push(entry);
      return;
    }
    const row = rehearsal.rows[rehearsal.at++];
    const isSame =
      row?.action === entry.action &&
      row.object === entry.object &&
      row.actor === entry.actor &&
      row.detailText === JSON.stringify(entry.detail);
    if (!isSame) throw new BoltsealError('DIRECTORY_CHANGED');
  }

  #whatWouldChange(work: () => unknown): readonly AuditEntry[] {
    const rehearsal: Rehearsal = { isReal: false, rows: [], at: 0, wanted: [] };
    const takeBack = new Error('a rehearsal');
    try {
      this.#store.transact(() => {
        this.#within(rehearsal, work);
        throw takeBack;
      });
    } catch (error) {
      if (error !== takeBack) throw error;
    }
    return rehearsal.wanted;
  }

  #within<T>(rehearsal: Rehearsal, work: () => T): T {
    this.#rehearsal = rehearsal;
    try {
      return work();
    } finally {
      this.#rehearsal = null;
    }
  }

  #insert(entry: AuditEntry, isIntended: boolean): KeptRow {
    const { timeMs, actor, action, object, detail, signature = null } = entry;
    const salt = randomBytes(16);
    const detailText = JSON.stringify(detail);
    const values = [timeMs, actor, action, object, detailText, salt, signature, Number(isIntended)] as const;
    const number = Number(this.#statements.insert.run(...values).lastInsertRowid);
    return { ...entry, number, salt, signature, detailText };
  }

  async #enterLate(): Promise<void> {
    for (;;) {
      // Before the rows are looked for: what another process adds meanwhile is for the next time.
      const upto = Number(this.#statements.newest.get()?.number ?? 0);
      const rows = this.#lateRows(AT_A_TIME);
      if (rows.length === 0) {
        this.#enteredUpto = upto;
        break;
      }
      const places = await this.#enter(rows);
      this.#store.transact(() => this.#place(rows, places));
      for (const row of rows) this.#listener(toldOf(row));
    }
    this.lookForLate();
  }

  /** Rows of changes that were made without the ledger, oldest first. */
  #lateRows(limit: number): readonly KeptRow[] {
    return this.#statements.late.all(this.#enteredUpto, limit).map(readAuditRow);
  }

  async #enter(rows: readonly KeptRow[]): Promise<readonly { readonly shard: string; readonly index: number }[]> {
    const places: { readonly shard: string; readonly index: number }[] = [];
    for (let i = 0; i < rows.length; i += AT_A_TIME)
      places.push(...((await this.#ledger?.administration(rows.slice(i, i + AT_A_TIME).map(entryOf))) ?? []));
    return places;
  }

  #place(rows: readonly AuditRow[], places: readonly { readonly shard: string; readonly index: number }[]): void {
    for (const [i, { number }] of rows.entries()) {
      const place = places[i];
      if (place === undefined) throw new RangeError('the ledger answered with fewer places than there are entries');
      this.#statements.place.run(number, place.shard, place.index);
    }
  }

  /** One after the other: what one was based on must not change before it is made. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work, work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }
}

/** A row as it stands in the table. */
export function readAuditRow(row: Record<string, SQLOutputValue>): KeptRow {
  const detailText = String(row.detail);
  return {
    number: Number(row.number),
    timeMs: Number(row.time_ms),
    actor: String(row.actor),
    action: String(row.action),
    object: String(row.object),
    detail: JSON.parse(detailText) as Record<string, unknown>,
    detailText,
    salt: row.salt instanceof Uint8Array ? row.salt : new Uint8Array(0),
    signature: row.signature instanceof Uint8Array ? row.signature : null,
  };
}

function entryOf(row: KeptRow): AdministrationEntry {
  const { actor: principal, action, timeMs, signature } = row;
  const record = recordOf(row);
  return {
    principal,
    action,
    object: objectInLedger(row),
    record,
    timeMs,
    requestSignature: signature,
    // A kill between the ledger and the row's place makes the same entry again.
    idempotencyKey: record.subarray(0, 16),
  };
}

function toldOf({ number, timeMs, actor, action, object, detail }: KeptRow): AuditEntry {
  return { number, timeMs, actor, action, object, detail };
}

function principalIn({ principal }: AuditEntry['detail']): string {
  return typeof principal === 'string' ? principal : '';
}

function prepare({ database }: DirectoryStore) {
  const sql = (text: string): StatementSync => database.prepare(text);
  return {
    insert: sql(
      `INSERT INTO audit (time_ms, actor, action, object, detail, salt, signature, intended) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    newest: sql('SELECT max(number) AS number FROM audit'),
    since: sql('SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?'),
    late: sql(
      `SELECT * FROM audit WHERE number > ? AND intended = 0 AND number NOT IN (SELECT number FROM audit_places)
       ORDER BY number LIMIT ?`,
    ),
    place: sql('INSERT INTO audit_places (number, shard, entry) VALUES (?, ?, ?)'),
  };
}
