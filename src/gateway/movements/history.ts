import type { DatabaseSync } from 'node:sqlite';
import type { ParcelStatus } from '../../contract/api/words.ts';
import type { KeyedHash } from '../context/keyed-hash.ts';
import type { Transact } from '../context/state.ts';
import { advance, firstState, type Movement, type ParcelState } from './movement.ts';

/** So many movements of a parcel are kept; before that they are folded into one, and what is told of the time before is too late. */
const MOST_MOVEMENTS = 64;
const KEPT_MOVEMENTS = 32;

/** Names the movement that stands for everything before it: nothing is kept that happened earlier, and it sorts before what happened at the same time. */
const BASE = new Uint8Array(0);

/** A parcel as its movements tell it. */
export interface Fold {
  readonly state: ParcelState;
  /** Time of the newest movement, whether it counts or not: never decreases. */
  readonly newestMs: number;
}

/** What `add` did: a movement is new, or was there and is void from now on. */
export interface AddedMovement {
  readonly parcel: Uint8Array;
  readonly event: Uint8Array;
  readonly isNew: boolean;
}

/** Movements of parcels, so that events may come in any order, more than once, and be declared errors. Durable when a call returns. */
export interface MovementHistory {
  /** Whether anything is known of a parcel. */
  has(trackingNumber: string): boolean;
  /** What was known of a parcel before its movements were told here. */
  begin(trackingNumber: string, state: ParcelState, atMs: number): void;
  /** Adds movements and gives those that were not known. All or, when it throws, none. */
  add(movements: readonly Movement[]): readonly AddedMovement[];
  /** Takes back what `add` added. */
  undo(added: readonly AddedMovement[]): void;
  /** Folds what is too much of the history of a parcel. */
  compact(trackingNumber: string): void;
  /** Null: nothing is known. */
  fold(trackingNumber: string): Fold | null;
  /** Forgets a parcel and gives the number of movements. */
  forget(trackingNumber: string): number;
  /** Forgets parcels of which nothing was told since, and gives the number of movements. */
  prune(beforeMs: number): number;
}

/** In the order in which they happened; at the same millisecond in an order that is always the same. */
export const movementsQuery = `SELECT event, at_ms, status, station_says, station, due, next, is_void FROM movements
  WHERE parcel = ? ORDER BY at_ms, event`;

export function createMovementHistory(database: DatabaseSync, hash: KeyedHash, transact: Transact): MovementHistory {
  const exists = database.prepare('SELECT 1 FROM movements WHERE parcel = ? LIMIT 1');
  const find = database.prepare('SELECT is_void FROM movements WHERE parcel = ? AND event = ?');
  const insert = database.prepare(
    `INSERT INTO movements (parcel, event, at_ms, status, station_says, station, due, next, is_void)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const baseTime = database.prepare("SELECT at_ms FROM movements WHERE parcel = ? AND event = x''");
  const setVoid = database.prepare('UPDATE movements SET is_void = ? WHERE parcel = ? AND event = ?');
  const count = database.prepare('SELECT count(*) AS n FROM movements WHERE parcel = ?');
  const list = database.prepare(movementsQuery);
  const drop = database.prepare('DELETE FROM movements WHERE parcel = ? AND event = ?');
  const dropParcel = database.prepare('DELETE FROM movements WHERE parcel = ?');
  const dropOld = database.prepare(
    'DELETE FROM movements WHERE parcel IN (SELECT parcel FROM movements GROUP BY parcel HAVING max(at_ms) < ?)',
  );

  function addOne(movement: Movement): AddedMovement | null {
    const parcel = hash('parcel', movement.trackingNumber);
    const event = hash('event', movement.event);
    const known = find.get(parcel, event);
    if (known !== undefined) {
      if (!movement.isVoid || known.is_void === 1) return null;
      setVoid.run(1, parcel, event);
      return { parcel, event, isNew: false };
    }
    const base = baseTime.get(parcel);
    if (base !== undefined && movement.atMs < Number(base.at_ms)) return null;
    put(parcel, event, movement, movement.atMs, movement.isVoid);
    return { parcel, event, isNew: true };
  }

  function put(
    parcel: Uint8Array,
    event: Uint8Array,
    { status, station, due, next }: Pick<Movement, 'status' | 'station' | 'due' | 'next'>,
    atMs: number,
    isVoid: boolean,
  ): void {
    const says = station === undefined ? 0 : 1;
    insert.run(parcel, event, atMs, status, says, station ?? null, due && JSON.stringify(due), next, isVoid ? 1 : 0);
  }

  return {
    has: (trackingNumber) => exists.get(hash('parcel', trackingNumber)) !== undefined,
    begin(trackingNumber, state, atMs) {
      const parcel = hash('parcel', trackingNumber);
      if (exists.get(parcel) === undefined) put(parcel, BASE, { ...state, next: null }, atMs, false);
    },
    add: (movements) => transact(() => movements.map(addOne).filter((added) => added !== null)),
    undo: (added) =>
      transact(() => {
        for (const { parcel, event, isNew } of added) {
          if (isNew) drop.run(parcel, event);
          else setVoid.run(0, parcel, event);
        }
      }),
    compact(trackingNumber) {
      const parcel = hash('parcel', trackingNumber);
      if (Number(count.get(parcel)?.n) <= MOST_MOVEMENTS) return;
      const rows = list.all(parcel);
      const old = rows.slice(0, rows.length - KEPT_MOVEMENTS);
      transact(() => {
        for (const { event } of old) drop.run(parcel, event as Uint8Array);
        put(parcel, BASE, { ...foldRows(old).state, next: null }, Number(old.at(-1)?.at_ms), false);
      });
    },
    fold(trackingNumber) {
      const rows = list.all(hash('parcel', trackingNumber));
      return rows.length === 0 ? null : foldRows(rows);
    },
    forget: (trackingNumber) => Number(dropParcel.run(hash('parcel', trackingNumber)).changes),
    prune: (beforeMs) => Number(dropOld.run(beforeMs).changes),
  };
}

type Row = ReturnType<ReturnType<DatabaseSync['prepare']>['all']>[number];

function foldRows(rows: readonly Row[]): Fold {
  let state = firstState;
  for (const row of rows) {
    if (row.is_void === 1) continue;
    state = advance(state, {
      status: row.status as ParcelStatus | null,
      station: row.station_says === 0 ? undefined : (row.station as string | null),
      due: row.due === null ? null : (JSON.parse(String(row.due)) as string[]),
      next: row.next as string | null,
    });
  }
  return { state, newestMs: Number(rows.at(-1)?.at_ms) };
}
