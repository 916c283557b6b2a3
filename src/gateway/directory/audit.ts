import type { StatementSync } from 'node:sqlite';
import type { AuditEntry, Change, DirectoryStore } from './port.ts';

/** Told of each change after it is durable; for the ledger and for a SIEM. It must not throw. */
export type AuditListener = (entry: AuditEntry) => void;

/** Makes changes together with the record of them. */
export class Audit {
  readonly #store: DirectoryStore;
  readonly #listener: AuditListener;
  readonly #insert: StatementSync;
  readonly #select: StatementSync;
  #pending: AuditEntry[] = [];

  constructor(store: DirectoryStore, listener: AuditListener) {
    this.#store = store;
    this.#listener = listener;
    this.#insert = store.database.prepare(
      'INSERT INTO audit (time_ms, actor, action, object, detail) VALUES (?, ?, ?, ?, ?)',
    );
    this.#select = store.database.prepare('SELECT * FROM audit WHERE number > ? ORDER BY number LIMIT ?');
  }

  /**
   * Does the work and records it with the detail that it gives, or neither: durable when it returns, or when the change is that this one is a part of.
   * `work` throws to take everything back.
   */
  record<T>(
    { actor, nowMs }: Change,
    action: string,
    object: string,
    work: () => { readonly result: T; readonly detail: AuditEntry['detail'] },
  ): T {
    return this.together(() => {
      const { result, detail } = work();
      const { lastInsertRowid } = this.#insert.run(nowMs, actor, action, object, JSON.stringify(detail));
      this.#pending.push({ number: Number(lastInsertRowid), timeMs: nowMs, actor, action, object, detail });
      return result;
    });
  }

  /** Makes several changes one: all of them or none. */
  together<T>(work: () => T): T {
    if (this.#store.database.isTransaction) return work();
    this.#pending = [];
    const result = this.#store.transact(work);
    for (const entry of this.#pending) this.#listener(entry);
    return result;
  }

  /** Entries behind a number (0: from the first), oldest first. */
  since(number: number, limit: number): readonly AuditEntry[] {
    return this.#select.all(number, limit).map((row) => ({
      number: Number(row.number),
      timeMs: Number(row.time_ms),
      actor: String(row.actor),
      action: String(row.action),
      object: String(row.object),
      detail: JSON.parse(String(row.detail)) as Record<string, unknown>,
    }));
  }
}
