import type { DatabaseSync } from 'node:sqlite';
import type { KeyedHash } from './keyed-hash.ts';
import type { Transact } from './state.ts';

/** A tour of a courier. */
export interface Tour {
  readonly id: string;
  /** Principal. */
  readonly courier: string;
  /** `YYYY-MM-DD` where the company is. */
  readonly day: string;
  readonly isOpen: boolean;
  readonly parcels: number;
}

/** What makes or replaces a tour. */
export interface TourChange {
  readonly id: string;
  readonly courier: string;
  readonly day: string;
  readonly isOpen: boolean;
  readonly trackingNumbers: readonly string[];
  /** Principal that changed it. */
  readonly by: string;
  readonly nowMs: number;
}

/** Tours. Durable when a call returns. */
export interface TourStore {
  /** Gives whether it was made. */
  put(change: TourChange): boolean;
  get(id: string): Tour | null;
  /** Gives whether there was one. */
  remove(id: string): boolean;
  /** The tour of a courier that is open and of this day and has the parcel; null: none. */
  findOpen(trackingNumber: string, courier: string, day: string): string | null;
  /** Takes a parcel off all tours and gives their number. */
  removeParcel(trackingNumber: string): number;
  /** Takes tours of earlier days than this away and gives their number. */
  prune(firstDay: string): number;
}

/** CROSS JOIN keeps SQLite from going through all tours of the day. */
export const openTourQuery = `SELECT id FROM tour_parcels CROSS JOIN tours ON id = tour
  WHERE parcel = ? AND courier = ? AND day = ? AND is_open = 1 ORDER BY tour LIMIT 1`;

export function createTourStore(database: DatabaseSync, hash: KeyedHash, transact: Transact): TourStore {
  const upsert = database.prepare(
    `INSERT INTO tours (id, courier, day, is_open, changed_by, changed_ms) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET courier = excluded.courier, day = excluded.day, is_open = excluded.is_open,
       changed_by = excluded.changed_by, changed_ms = excluded.changed_ms`,
  );
  const find = database.prepare(
    `SELECT id, courier, day, is_open AS isOpen, (SELECT count(*) FROM tour_parcels WHERE tour = id) AS parcels
     FROM tours WHERE id = ?`,
  );
  const exists = database.prepare('SELECT 1 FROM tours WHERE id = ?');
  const clear = database.prepare('DELETE FROM tour_parcels WHERE tour = ?');
  const add = database.prepare('INSERT OR IGNORE INTO tour_parcels (parcel, tour) VALUES (?, ?)');
  const drop = database.prepare('DELETE FROM tours WHERE id = ?');
  const dropParcel = database.prepare('DELETE FROM tour_parcels WHERE parcel = ?');
  const dropOld = database.prepare('DELETE FROM tours WHERE day < ?');
  const open = database.prepare(openTourQuery);
  return {
    put: ({ id, courier, day, isOpen, trackingNumbers, by, nowMs }) =>
      transact(() => {
        const isNew = exists.get(id) === undefined;
        upsert.run(id, courier, day, isOpen ? 1 : 0, by, nowMs);
        clear.run(id);
        for (const trackingNumber of trackingNumbers) add.run(hash('parcel', trackingNumber), id);
        return isNew;
      }),
    get(id) {
      const row = find.get(id);
      return row === undefined
        ? null
        : {
            id: String(row.id),
            courier: String(row.courier),
            day: String(row.day),
            isOpen: row.isOpen === 1,
            parcels: Number(row.parcels),
          };
    },
    remove: (id) => drop.run(id).changes > 0,
    findOpen(trackingNumber, courier, day) {
      const row = open.get(hash('parcel', trackingNumber), courier, day);
      return row === undefined ? null : String(row.id);
    },
    removeParcel: (trackingNumber) => Number(dropParcel.run(hash('parcel', trackingNumber)).changes),
    prune: (firstDay) => Number(dropOld.run(firstDay).changes),
  };
}
