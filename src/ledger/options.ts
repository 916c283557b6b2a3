import { SEGMENT_BYTES } from './wal/segment.ts';

/** What can be set of a ledger's work; every value has its reason beside its default. */
export interface LedgerOptions {
  readonly segmentBytes: number;
  readonly spareSegments: number;
  readonly checkpointMs: number;
  readonly roundEntries: number;
  readonly queueEntries: number;
  readonly queueBytes: number;
  readonly backlogEntries: number;
  readonly idempotencyMs: number;
  readonly idempotencyRequests: number;
  readonly reserveBytes: number;
  readonly warnBytes: number;
  readonly takesNewSecondPlace: boolean;
}

/** The options of a ledger of which nothing else is said. */
export const defaultLedgerOptions: LedgerOptions = {
  segmentBytes: SEGMENT_BYTES,
  // A burst fills a segment in a tenth of a second, and to make one takes half of that.
  spareSegments: 2,
  checkpointMs: 1000,
  // Each round ends with about ten syncs of the file system's journal, however long it was, and appends wait behind those: at 10,000 entries a second one round of half
  // a second is better than three.
  roundEntries: 16_384,
  // A tenth of a second of the fastest appends: who waits longer is told to come back.
  queueEntries: 16_384,
  queueBytes: 16 * 1024 * 1024,
  // What is durable and not derived yet takes room of segments; 2^20 entries are about 400 MB.
  backlogEntries: 1 << 20,
  idempotencyMs: 10 * 60_000,
  // 40 bytes each.
  idempotencyRequests: 2_000_000,
  reserveBytes: 128 * 1024 * 1024,
  warnBytes: 2 * 1024 * 1024 * 1024,
  takesNewSecondPlace: false,
};
