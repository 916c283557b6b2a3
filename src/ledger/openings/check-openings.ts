import { BoltsealError } from '../../core/errors.ts';
import { type EntryPlace, erasedEntriesHash } from '../../core/ledger-entry/erased-entries.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import type { EntryOpening } from '../../core/ledger-entry/opening.ts';
import type { ErasedHalf } from '../erasing/erased-halves.ts';
import { sha256 } from '../sha256.ts';
import { BUNDLE_ENTRIES, type OpeningPart, parseOpenings, type SealedOpening } from './layout.ts';
import { makeOpeningsReader } from './reader.ts';
import type { OpeningsContext } from './writer.ts';

/**
 * What can be wrong with openings: a file that is gone or was changed; an opening that is not what the entry commits to, or that no key opens; a half that is gone
 * without an erasure; an erasure whose tombstone is missing, or names other entries than those that lack a half.
 */
export type OpeningsFaultKind =
  | 'openings-missing'
  | 'openings-damaged'
  | 'opening-differs'
  | 'half-gone'
  | 'tombstone-missing'
  | 'tombstone-differs';

/** One thing that is wrong, and where: an entry, or the first of a bundle. */
export interface OpeningsFault {
  readonly kind: OpeningsFaultKind;
  readonly place: EntryPlace;
}

/** What the check works with. */
export interface OpeningsCheckContext extends Omit<OpeningsContext, 'origin'> {
  /** The entry of an erasure (`Erasures.tombstoneOf`). */
  readonly tombstoneOf: (erasure: number) => EntryPlace | null;
}

/**
 * Checks that everything that the logs commit to can be opened, but for what tombstones say. Bundles are added one by one, of all logs that are kept; one is held at a time,
 * and the places of what was erased.
 */
export class OpeningsCheck {
  readonly #context: OpeningsCheckContext;
  readonly #faults: OpeningsFault[] = [];
  /** Entries that lack a half, by erasure. */
  readonly #gone = new Map<number, EntryPlace[]>();
  /** Logs that were dropped: of what tombstones in them said only their places are left. */
  readonly #dropped = new Set<string>();
  readonly #drops = new Map<string, DropAnnouncement>();
  /** What tombstones say: hash of the entries. */
  readonly #tombstones = new Map<string, { readonly place: EntryPlace; readonly hash: Uint8Array }>();

  constructor(context: OpeningsCheckContext) {
    this.#context = context;
  }

  /** Looks at the openings of a bundle: `file` is null when there is none, `entries` are those that the log has. */
  addBundle(origin: string, bundle: number, file: Uint8Array | null, entries: readonly Uint8Array[]): void {
    const first = { origin, index: bundle * BUNDLE_ENTRIES };
    if (file === null) {
      this.#add('openings-missing', first);
      return;
    }
    const openings = unlessDamaged(() => parseOpenings(this.#context.secrets, { origin, bundle }, file));
    if (openings === null) {
      this.#add('openings-damaged', first);
      return;
    }
    const reader = makeOpeningsReader({ ...this.#context, origin });
    // One that is damaged fails all; then each is tried by itself.
    const opened =
      unlessDamaged(() => reader.openBundle(bundle, file, entries).map((told) => ({ told }))) ??
      entries.map((entry, place) => unlessDamaged(() => ({ told: reader.openEntry(bundle, file, place, entry) })));
    for (const [i, one] of opened.entries()) this.#addEntry({ origin, index: first.index + i }, openings[i], one);
  }

  /** Takes what a dropped log has left of its openings. */
  addDropped(origin: string, halves: readonly ErasedHalf[]): void {
    this.#dropped.add(origin);
    for (const { erasure, index } of halves) this.#addGoneBy(erasure, { origin, index });
  }

  /** The entry that says that a log was dropped; null when there is none. To be called behind the last bundle. */
  dropOf(origin: string): DropAnnouncement | null {
    return this.#drops.get(origin) ?? null;
  }

  /** What was wrong. To be called once, behind the last bundle. */
  finish(): readonly OpeningsFault[] {
    const nothing = nameOfHash(erasedEntriesHash(sha256, []));
    // By hash, not by place: an erasure that was cut off for longer than requests are remembered has two tombstones that say the same.
    const known = new Set([nothing]);
    for (const [erasure, places] of this.#gone) {
      const hash = nameOfHash(erasedEntriesHash(sha256, places));
      known.add(hash);
      const place = this.#context.tombstoneOf(erasure);
      const said = place === null ? undefined : this.#tombstones.get(nameOf(place));
      const isPast =
        place !== null && this.#dropped.has(place.origin) && places.every((gone) => this.#dropped.has(gone.origin));
      if (isPast) continue;
      if (said === undefined) this.#add('tombstone-missing', place ?? places[0] ?? { origin: '', index: 0 });
      else if (nameOfHash(said.hash) !== hash) this.#add('tombstone-differs', said.place);
    }
    // Erased halves that came back, with an older file: their tombstone speaks of nothing that is gone.
    for (const { place, hash } of this.#tombstones.values())
      if (!known.has(nameOfHash(hash)) && !this.#isTold(place)) this.#add('tombstone-differs', place);
    return this.#faults;
  }

  #addEntry(place: EntryPlace, sealed: SealedOpening | undefined, opened: Opened | null): void {
    if (sealed === undefined) {
      this.#add('opening-differs', place);
      return;
    }
    const halves = [sealed.matter, sealed.principal].filter(({ isErased }) => isErased);
    for (const half of halves) this.#addGone(place, half);
    // With both halves gone there may be nothing left to be proved; with one there is.
    if (opened === null || (opened.told === null && halves.length < 2)) this.#add('opening-differs', place);
    const told = opened?.told ?? null;
    if (told !== null && sealed.kind === entryKinds.erasure) {
      const hash = revealed(told, 'entries');
      if (hash !== null) this.#tombstones.set(nameOf(place), { place, hash });
    }
    if (told !== null && sealed.kind === entryKinds.drop) {
      const [log, size, root] = [revealed(told, 'log'), revealed(told, 'size'), revealed(told, 'root')];
      if (log === null || size === null || root === null) return;
      this.#drops.set(Buffer.from(log).toString('utf8'), { place, size: Number(Buffer.from(size)), root });
    }
  }

  #addGone(place: EntryPlace, { keyNumber }: OpeningPart): void {
    const erasure = this.#context.keys.erasureOf(keyNumber);
    if (erasure === null) {
      this.#add('half-gone', place);
      return;
    }
    this.#addGoneBy(erasure, place);
  }

  #addGoneBy(erasure: number, place: EntryPlace): void {
    const places = this.#gone.get(erasure);
    if (places === undefined) this.#gone.set(erasure, [place]);
    else places.push(place);
  }

  #isTold({ origin, index }: EntryPlace): boolean {
    return this.#faults.some(
      ({ kind, place }) => kind === 'tombstone-differs' && place.origin === origin && place.index === index,
    );
  }

  #add(kind: OpeningsFaultKind, place: EntryPlace): void {
    this.#faults.push({ kind, place });
  }
}

/** What an entry says of a log that was dropped: its last checkpoint. */
export interface DropAnnouncement {
  readonly place: EntryPlace;
  readonly size: number;
  readonly root: Uint8Array;
}

function revealed({ fields }: EntryOpening, name: string): Uint8Array | null {
  const found = fields.find(({ field }) => field.name === name);
  return found !== undefined && 'value' in found ? found.value : null;
}

/** What could be told of an entry whose opening is sound; null when it is not. */
interface Opened {
  readonly told: EntryOpening | null;
}

function nameOfHash(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}

function nameOf({ origin, index }: EntryPlace): string {
  return `${origin} ${index}`;
}

function unlessDamaged<T>(work: () => T): T | null {
  try {
    return work();
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'LEDGER_DAMAGED') return null;
    throw error;
  }
}
