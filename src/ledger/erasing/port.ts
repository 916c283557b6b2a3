import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import type { EntryContent } from '../../core/ledger-entry/record.ts';

/** What erasing and holding need of the ledger. */
export interface ErasingLog {
  /** Appends an entry and waits until it is durable. The same idempotency key again gives the place of the first. */
  append(content: EntryContent): Promise<EntryPlace>;
  /**
   * Derives all that was acknowledged when it was called, publishes a checkpoint over it and removes every write-ahead segment that holds any of it; then runs `work`
   * before anything more is derived, while nothing is derived that no published checkpoint covers and that would therefore be derived again after a crash.
   */
  drained<T>(work: () => T): Promise<T>;
  /** Runs `work` while nothing is derived: no file of openings changes and no key is made meanwhile. */
  atRest<T>(work: () => T): Promise<T>;
}

/** The files of openings of one log. */
export interface OpeningsShelf {
  readonly origin: string;
  /** Bundles that have a file, ascending. */
  bundles(): Iterable<number>;
  /** The file; null when there is none any more. */
  read(bundle: number): Uint8Array | null;
  /** Puts another file in its place, by rename; durable on return. */
  replace(bundle: number, file: Uint8Array): void;
}

/** Everything that was derived from entries and can be opened. */
export interface ErasingPlaces {
  /** Of all logs that are kept. */
  shelves(): readonly OpeningsShelf[];
  /** Removes what columns have of these entries, wherever they are kept; durable on return. Removing what is gone already is no failure. */
  removeRows(places: readonly EntryPlace[]): Promise<void>;
}

/** Who asks for an erasure, a hold or its end, and with what right. */
export interface Instruction {
  readonly principal: string;
  /** Legal basis or order. */
  readonly basis: string;
}
