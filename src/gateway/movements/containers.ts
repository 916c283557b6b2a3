import type { DatabaseSync } from 'node:sqlite';
import type { ParcelStatus } from '../../contract/api/words.ts';
import type { Parcel, Vault } from '../../vault/port.ts';
import type { KeyedHash } from '../context/keyed-hash.ts';
import type { Transact } from '../context/state.ts';
import { movementsQuery } from './history.ts';
import { advance, firstState, type Packing, type ParcelState } from './movement.ts';

/** What `add` did: a packing is new, or was there and is void from now on. */
export interface AddedPacking {
  readonly item: Uint8Array;
  readonly container: Uint8Array;
  readonly event: Uint8Array;
  readonly isNew: boolean;
}

/**
 * What was in what. Parcels are not moved when their container is: their numbers would have to be readable here. Whoever asks for a parcel has its number, and the way of its containers is put
 * together with its own then. Durable when a call returns.
 */
export interface Containers {
  /** Adds packings and gives those that were not known. All or, when it throws, none. */
  add(packings: readonly Packing[]): readonly AddedPacking[];
  /** Takes back what `add` added. */
  undo(added: readonly AddedPacking[]): void;
  /** A parcel as it is with the ways of what it was in. */
  locate(parcel: Parcel): Parcel;
  /** Forgets what a parcel was in, and gives the number of packings. */
  forget(trackingNumber: string): number;
  /** Forgets packings of before, and gives their number. */
  prune(beforeMs: number): number;
}

/** Stands for everything that is in a container. */
const ALL = new Uint8Array(0);
/** Of each thing so many packings are kept, the newest. */
const MOST_PACKINGS = 64;
/** A parcel in a bag in a cage in a container in a lorry. */
const MOST_LEVELS = 5;
/** Containers whose ways are looked at for one parcel: the newest. Each has at most 64 movements. */
const MOST_CONTAINERS = 24;
/** What a container does, and what is in it with it. A cage that is made, scrapped or lost says nothing of parcels. */
const carries: ReadonlySet<ParcelStatus> = new Set(['at-station', 'in-transit', 'out-for-delivery', 'delivered']);
/** Who has arrived for good is in nothing any more. */
const ends: ReadonlySet<unknown> = new Set<ParcelStatus>(['delivered', 'returned', 'lost']);

type Change = Parameters<typeof advance>[1];

interface Step extends Change {
  readonly atMs: number;
}

/** From, exclusive, to, inclusive: the event that ends a stay still moves both. */
interface Stay {
  readonly container: Uint8Array;
  readonly fromMs: number;
  readonly toMs: number;
}

type Row = ReturnType<ReturnType<DatabaseSync['prepare']>['all']>[number];

export function createContainers(database: DatabaseSync, hash: KeyedHash, transact: Transact): Containers {
  const find = database.prepare('SELECT is_void FROM packings WHERE item = ? AND container = ? AND event = ?');
  const insert = database.prepare(
    'INSERT INTO packings (item, container, event, at_ms, is_in, is_void) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const setVoid = database.prepare('UPDATE packings SET is_void = ? WHERE item = ? AND container = ? AND event = ?');
  const drop = database.prepare('DELETE FROM packings WHERE item = ? AND container = ? AND event = ?');
  const list = database.prepare(
    'SELECT container, event, at_ms, is_in, is_void FROM packings WHERE item = ? ORDER BY at_ms, is_in, event',
  );
  const listEmptyings = database.prepare(
    'SELECT container, event, at_ms, is_in, is_void FROM packings WHERE item = ? AND container = ? ORDER BY at_ms, event',
  );
  const exists = database.prepare('SELECT 1 FROM packings WHERE item = ? LIMIT 1');
  const dropItem = database.prepare('DELETE FROM packings WHERE item = ?');
  const dropOld = database.prepare('DELETE FROM packings WHERE at_ms < ?');
  const movements = database.prepare(movementsQuery);
  // Who packs nothing pays nothing for it.
  let isUsed = database.prepare('SELECT 1 FROM packings LIMIT 1').get() !== undefined;

  function addOne({ item, container, event, atMs, isIn, isVoid }: Packing): AddedPacking | null {
    const place = {
      item: item === null ? ALL : hash('parcel', item),
      container: hash('parcel', container),
      event: hash('event', event),
    };
    const known = find.get(place.item, place.container, place.event);
    if (known === undefined) {
      insert.run(place.item, place.container, place.event, atMs, isIn ? 1 : 0, isVoid ? 1 : 0);
      isUsed = true;
      return { ...place, isNew: true };
    }
    if (!isVoid || known.is_void === 1) return null;
    setVoid.run(1, place.item, place.container, place.event);
    return { ...place, isNew: false };
  }

  function dropTooMany({ item, container }: AddedPacking): void {
    const rows = item.length === 0 ? listEmptyings.all(item, container) : list.all(item);
    for (const row of rows.slice(0, Math.max(0, rows.length - MOST_PACKINGS)))
      drop.run(item, row.container as Uint8Array, row.event as Uint8Array);
  }

  /** Where a thing was, by turns, the oldest first: what is packed again has left where it was. */
  function staysOf(item: Uint8Array, own: readonly Row[]): readonly Stay[] {
    const packings = list.all(item).filter((row) => row.is_void === 0);
    const containers = new Map(packings.map((row) => [keyOf(row), row.container as Uint8Array]));
    for (const container of containers.values())
      packings.push(...listEmptyings.all(ALL, container).filter((row) => row.is_void === 0));
    packings.sort((a, b) => Number(a.at_ms) - Number(b.at_ms) || Number(a.is_in) - Number(b.is_in));
    const stays: Stay[] = [];
    let current: Stay | null = null;
    const close = (toMs: number): void => {
      if (current !== null) stays.push({ ...current, toMs: Math.min(toMs, endOf(own, current.fromMs)) });
      current = null;
    };
    for (const row of packings) {
      const container = row.container as Uint8Array;
      const isThere: boolean = current !== null && Buffer.compare((current as Stay).container, container) === 0;
      if (row.is_in === 1 ? isThere : !isThere) continue;
      close(Number(row.at_ms));
      if (row.is_in === 1) current = { container, fromMs: Number(row.at_ms), toMs: Number.POSITIVE_INFINITY };
    }
    close(Number.POSITIVE_INFINITY);
    return stays;
  }

  /** What the containers of a thing did while it was in them, and theirs. `left`: containers that may still be looked at. */
  function carriedOf(
    item: Uint8Array,
    own: readonly Row[],
    within: Omit<Stay, 'container'>,
    left: { n: number },
    level = 1,
  ) {
    const steps: Step[] = [];
    for (const stay of staysOf(item, own).toReversed()) {
      const fromMs = Math.max(stay.fromMs, within.fromMs);
      const toMs = Math.min(stay.toMs, within.toMs);
      if (fromMs >= toMs || left.n-- <= 0) continue;
      const rows = movements.all(stay.container);
      const baseMs = rows[0] !== undefined && isBase(rows[0]) ? Number(rows[0].at_ms) : 0;
      // Nothing is remembered of that time any more: it is somewhere, and nobody has it.
      if (toMs < baseMs) steps.push({ atMs: toMs, status: 'in-transit', station: null, due: null, next: null });
      for (const row of rows) {
        const atMs = Number(row.at_ms);
        if (row.is_void === 0 && atMs > fromMs && atMs <= toMs && mayCarry(row)) steps.push(carriedStep(row));
      }
      if (level < MOST_LEVELS) steps.push(...carriedOf(stay.container, rows, { fromMs, toMs }, left, level + 1));
    }
    return steps;
  }

  return {
    add: (packings) =>
      transact(() => {
        const added = packings.map(addOne).filter((one) => one !== null);
        for (const one of added) if (one.isNew) dropTooMany(one);
        return added;
      }),
    undo: (added) =>
      transact(() => {
        for (const { item, container, event, isNew } of added) {
          if (isNew) drop.run(item, container, event);
          else setVoid.run(0, item, container, event);
        }
      }),
    locate(parcel) {
      if (!isUsed) return parcel;
      const item = hash('parcel', parcel.trackingNumber);
      if (exists.get(item) === undefined) return parcel;
      const rows = movements.all(item);
      const always = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };
      const carried = carriedOf(item, rows, always, { n: MOST_CONTAINERS });
      if (carried.length === 0) return parcel;
      const own = rows.filter((row) => row.is_void === 0).map(stepOf);
      // By another way than events it came into the vault later, or without any.
      if (parcel.atMs > Number(rows.at(-1)?.at_ms ?? -1)) own.push({ ...parcel, next: null });
      const steps = [...carried, ...own].sort((a, b) => a.atMs - b.atMs);
      const state = steps.reduce<ParcelState>(advance, firstState);
      return { ...parcel, ...state, atMs: Math.max(parcel.atMs, steps.at(-1)?.atMs ?? 0) };
    },
    forget: (trackingNumber) => Number(dropItem.run(hash('parcel', trackingNumber)).changes),
    prune: (beforeMs) => Number(dropOld.run(beforeMs).changes),
  };
}

/** Parcels of the vault where their containers have brought them. */
export function locatedParcels(vault: Pick<Vault, 'parcels'>, containers: Containers): Pick<Vault, 'parcels'> {
  return {
    async parcels(trackingNumbers) {
      const found = await vault.parcels(trackingNumbers);
      return found.map((parcel) => (parcel === null ? null : containers.locate(parcel)));
    },
  };
}

function keyOf(row: Row): string {
  return Buffer.from(row.container as Uint8Array).toString('latin1');
}

/** When a thing arrived for good, from a time on; never: infinite. */
function endOf(own: readonly Row[], fromMs: number): number {
  const end = own.find((row) => row.is_void === 0 && Number(row.at_ms) >= fromMs && ends.has(row.status));
  return end === undefined ? Number.POSITIVE_INFINITY : Number(end.at_ms);
}

function isBase(row: Row): boolean {
  return (row.event as Uint8Array).length === 0;
}

function mayCarry({ status }: Row): boolean {
  return status === null || carries.has(status as ParcelStatus);
}

function stepOf(row: Row): Step {
  return {
    atMs: Number(row.at_ms),
    status: row.status as ParcelStatus | null,
    station: row.station_says === 0 ? undefined : (row.station as string | null),
    due: row.due === null ? null : (JSON.parse(String(row.due)) as string[]),
    next: row.next as string | null,
  };
}

/** A container's plan is its own; where it goes next, what is in it goes too. */
function carriedStep(row: Row): Step {
  const step = stepOf(row);
  return { ...step, due: null, next: step.next ?? step.due?.[0] ?? null };
}
