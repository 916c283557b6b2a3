import type { DatabaseSync } from 'node:sqlite';
import type { KeyedHash } from './keyed-hash.ts';

/** A ticket of customer service. */
export interface Ticket {
  readonly id: string;
  readonly about: 'subject' | 'parcel';
  readonly group: string | null;
  readonly agent: string | null;
  readonly reason: string;
  readonly openedMs: number;
  /** Null: open. */
  readonly closedMs: number | null;
}

/** What makes or replaces a ticket. */
export interface TicketChange extends Omit<Ticket, 'about'> {
  readonly about: { readonly subject: string } | { readonly trackingNumber: string };
  /** Principal that changed it. */
  readonly by: string;
  readonly nowMs: number;
}

/** A ticket that is open, and whom or what it is about. */
export interface OpenTicket {
  readonly group: string | null;
  readonly agent: string | null;
  isAboutSubject(subject: string): boolean;
  isAboutParcel(trackingNumber: string): boolean;
}

/** Tickets. Durable when a call returns. */
export interface TicketStore {
  /** Gives whether it was made. */
  put(change: TicketChange): boolean;
  get(id: string): Ticket | null;
  /** Gives whether there was one. */
  remove(id: string): boolean;
  /** A ticket that was opened from `sinceMs` to `nowMs` and is not closed at `nowMs`; null: none. */
  findOpen(id: string, sinceMs: number, nowMs: number): OpenTicket | null;
  /** Takes what is about a subject or a parcel away and gives the number. */
  removeOf(about: TicketChange['about']): number;
  /** Takes tickets that were opened before away and gives their number. */
  prune(openedBeforeMs: number): number;
}

export const openTicketQuery = `SELECT subject, parcel, team, agent FROM tickets
  WHERE id = ?1 AND opened_ms BETWEEN ?2 AND ?3 AND (closed_ms IS NULL OR closed_ms > ?3)`;

export function createTicketStore(database: DatabaseSync, hash: KeyedHash): TicketStore {
  const upsert = database.prepare(
    `INSERT INTO tickets (id, subject, parcel, team, agent, reason, opened_ms, closed_ms, changed_by, changed_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET subject = excluded.subject, parcel = excluded.parcel, team = excluded.team,
       agent = excluded.agent, reason = excluded.reason, opened_ms = excluded.opened_ms, closed_ms = excluded.closed_ms,
       changed_by = excluded.changed_by, changed_ms = excluded.changed_ms`,
  );
  const exists = database.prepare('SELECT 1 FROM tickets WHERE id = ?');
  const find = database.prepare(
    `SELECT subject IS NOT NULL AS isSubject, team, agent, reason, opened_ms, closed_ms FROM tickets WHERE id = ?`,
  );
  const drop = database.prepare('DELETE FROM tickets WHERE id = ?');
  const dropOfSubject = database.prepare('DELETE FROM tickets WHERE subject = ?');
  const dropOfParcel = database.prepare('DELETE FROM tickets WHERE parcel = ?');
  const dropOld = database.prepare('DELETE FROM tickets WHERE opened_ms < ?');
  const open = database.prepare(openTicketQuery);
  return {
    put({ id, about, group, agent, reason, openedMs, closedMs, by, nowMs }) {
      const isNew = exists.get(id) === undefined;
      const subject = 'subject' in about ? hash('subject', about.subject) : null;
      const parcel = 'trackingNumber' in about ? hash('parcel', about.trackingNumber) : null;
      upsert.run(id, subject, parcel, group, agent, reason, openedMs, closedMs, by, nowMs);
      return isNew;
    },
    get(id) {
      const row = find.get(id);
      return row === undefined
        ? null
        : {
            id,
            about: row.isSubject === 1 ? 'subject' : 'parcel',
            group: textOf(row.team),
            agent: textOf(row.agent),
            reason: String(row.reason),
            openedMs: Number(row.opened_ms),
            closedMs: row.closed_ms === null ? null : Number(row.closed_ms),
          };
    },
    remove: (id) => drop.run(id).changes > 0,
    findOpen(id, sinceMs, nowMs) {
      const row = open.get(id, sinceMs, nowMs);
      if (row === undefined) return null;
      return {
        group: textOf(row.team),
        agent: textOf(row.agent),
        isAboutSubject: (subject) => isSame(row.subject, hash('subject', subject)),
        isAboutParcel: (trackingNumber) => isSame(row.parcel, hash('parcel', trackingNumber)),
      };
    },
    removeOf: (about) =>
      'subject' in about
        ? Number(dropOfSubject.run(hash('subject', about.subject)).changes)
        : Number(dropOfParcel.run(hash('parcel', about.trackingNumber)).changes),
    prune: (openedBeforeMs) => Number(dropOld.run(openedBeforeMs).changes),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function isSame(held: unknown, hash: Uint8Array): boolean {
  return held instanceof Uint8Array && Buffer.compare(held, hash) === 0;
}
