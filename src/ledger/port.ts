/*
 * What the parts of the ledger give each other. Formats: docs/spec/ledger-entry.md, docs/spec/ledger.md.
 */

import type { EntryContent, EntryRecord } from '../core/ledger-entry/record.ts';

/** What is to be appended; the same idempotency key with the same fields again, within the configured time, is the same entry. */
export type NewEntry = EntryContent;
/** An opening in the clear, as it lies in the write-ahead log and nowhere else. */
export type DisclosureRecord = EntryRecord;

/** How a record lies in the write-ahead log. It says its own length. */
export interface RecordCodec {
  /** Bytes that `encode` will write. Fails with LEDGER_ENTRY when a value or their number is not what the kind has, or is too long. */
  sizeOf(entry: NewEntry): number;
  /** Writes the record at `at`; the seeds are the 64 bytes of `seeds` (subject, principal). Gives where it ends. */
  encode(entry: NewEntry, seeds: Uint8Array, into: Uint8Array, at: number): number;
  /** Fails with LEDGER_DAMAGED. The record's arrays may be views of `bytes`. */
  decode(bytes: Uint8Array, at: number): { readonly record: DisclosureRecord; readonly end: number };
}

/** Makes the entry (48 bytes) of a record, the same one each time. */
export interface EntryMaker {
  entryOf(record: DisclosureRecord): Uint8Array;
}

/**
 * Makes the files of openings, one for each bundle of 256 entries. Called by the deriver alone, one call at a time, before the file is written:
 * keys that it makes are durable when `extend` or `commit` returns, so that no file is ever sealed under a key that a crash could lose.
 */
export interface OpeningsWriter {
  /**
   * The whole new file of openings of a bundle. `existing` is what lies there, or null; its openings from place `first` on are dropped (a crash may have left
   * openings of entries that are derived again), those before are kept as they are, and `records` follow them.
   * `pace` is called after each record. Fails with LEDGER_DAMAGED when `existing` is no such file or holds fewer than `first`.
   */
  extend(
    bundle: number,
    existing: Uint8Array | null,
    first: number,
    records: readonly DisclosureRecord[],
    pace?: () => void,
  ): Uint8Array;
  /** Makes durable whatever keys were made since the last time: called once before a round's files are written. */
  commit(): void;
  /** Entries that a file has. Fails with LEDGER_DAMAGED. */
  countOf(file: Uint8Array): number;
}

/** Wraps keys of write-ahead segments under the home's key-wrapping key. */
export interface KeyWrap {
  /** Seals 32 bytes into exactly 60: nonce, ciphertext, tag (AES-256-GCM). `context` must be the same when it is opened. */
  wrap(key: Uint8Array, context: Uint8Array): Uint8Array;
  /** Fails with LEDGER_DAMAGED when it is no such key, or of another context. */
  unwrap(wrapped: Uint8Array, context: Uint8Array): Uint8Array;
}

/** What a checkpoint says. */
export interface TreeState {
  readonly size: number;
  /** 32 bytes. */
  readonly root: Uint8Array;
}

/** Signs and reads the log's own checkpoints, which are signed notes. */
export interface CheckpointSigner {
  /** The whole note with the log's signatures. */
  sign(origin: string, state: TreeState): Uint8Array;
  /** What a note says. Fails with LEDGER_DAMAGED when it is of another origin or not signed by this log. */
  open(origin: string, note: Uint8Array): TreeState;
}

/**
 * The second place of checkpoints: on another volume, so that a restored backup of the log is noticed.
 * `write` returns when the checkpoint is durable; a crash leaves the old or the new one.
 */
export interface SecondPlace {
  /** The last checkpoint of a log; null when there has been none. */
  read(origin: string): Uint8Array | null;
  write(origin: string, note: Uint8Array): void;
}
