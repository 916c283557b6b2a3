import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import type { EntryContent } from '../../core/ledger-entry/record.ts';

/** Who is erased. */
export type ErasedKind = 'subject' | 'principal';

/** What erasing and holding need of the ledger. */
export interface ErasingLog {
  /** Appends an entry and waits until it is durable. The same idempotency key again gives the place of the first, for some minutes. */
  append(content: EntryContent): Promise<EntryPlace>;
  /** Where an entry with this content stands that was published before the process started; null when there is none. Reads the whole log: for what a crash cut off. */
  find(content: EntryContent): EntryPlace | null;
  /**
   * Derives all that was acknowledged when it was called, publishes a checkpoint over it and removes every write-ahead segment that holds any of it; then runs `work`
   * before anything more is derived, while nothing is derived that no published checkpoint covers and that would therefore be derived again after a crash.
   */
  drained<T>(work: () => Promise<T> | T): Promise<T>;
  /** Runs `work` while nothing is derived: no file of openings changes and no key is made meanwhile. */
  atRest<T>(work: () => Promise<T> | T): Promise<T>;
}

/** The files of openings of one log. */
export interface OpeningsShelf {
  readonly origin: string;
  /** Bundles of the entries that are published, ascending: each must have its file. */
  bundles(): Iterable<number>;
  /** The file; null when it is missing. */
  read(bundle: number): Uint8Array | null;
  /** Puts another file in its place, by rename; durable on return. */
  replace(bundle: number, file: Uint8Array): void;
}

/** Everything that was derived from entries and can be opened. */
export interface ErasingPlaces {
  /** Of all logs that are kept. */
  shelves(): readonly OpeningsShelf[];
  /**
   * Takes a person out of the columns, wherever what they have came from: a subject's rows; a principal's name, while the rows stay, under no name. Durable on return;
   * what was done already is no failure. Rejects with HOME_LOCKED while an import of logs runs.
   */
  removePerson(kind: ErasedKind, id: string): Promise<void>;
}

/** Who asks for an erasure, a hold or its end, and with what right. */
export interface Instruction {
  readonly principal: string;
  /** Legal basis or order. */
  readonly basis: string;
}
