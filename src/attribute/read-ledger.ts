import { Worker } from 'node:worker_threads';
import { BoltsealError } from '../core/errors.ts';
import type { DisclosureReader } from '../disclosures/port.ts';
import type { SegmentSource } from '../disclosures/reader.ts';
import type { LedgerWorkerStart, SegmentAnswer } from './ledger-worker.ts';
import type { DumpSubjects, Sampling, WatchedReads } from './port.ts';
import { chooseWatched, joinReads, ReadCollector, type WatchList } from './watch.ts';

/** What one pass over all disclosures gave. */
export interface LedgerReads {
  readonly reads: WatchedReads;
  readonly sampling: Sampling;
  /** Rows of the ledger, watched or not. */
  readonly disclosures: number;
  readonly fromSeconds: number;
  readonly untilSeconds: number;
  readonly seconds: number;
}

/** How to read all disclosures once. */
export interface LedgerPass {
  readonly reader: DisclosureReader;
  readonly dump: DumpSubjects;
  /** Subjects in the register. */
  readonly registered: number;
  /** Where worker threads open the same disclosures; null: this thread reads them. */
  readonly source: SegmentSource | null;
  readonly threads: number;
  /** Called with disclosures read, as they are. */
  onRead(rows: number): void;
}

/** Fewer disclosures are read before a thread has started. */
const WORTH_THREADS = 1_000_000;

/**
 * Reads all disclosures once and keeps those about the subjects that are watched. Memory: what is kept, and one segment a thread.
 * Fails with DISCLOSURES_DAMAGED, and with what opening disclosures fails with.
 */
export async function readLedger(pass: LedgerPass): Promise<LedgerReads> {
  const started = performance.now();
  const segments = pass.reader.segments();
  const disclosures = segments.reduce((sum, { rows }) => sum + rows, 0);
  const watched = chooseWatched(pass.dump, pass.registered, disclosures);
  const threads = disclosures < WORTH_THREADS ? 1 : Math.min(pass.threads, segments.length);
  const pieces =
    pass.source === null || threads <= 1
      ? readHere(pass, watched)
      : await readInThreads(pass, watched, pass.source, threads);
  return {
    reads: joinReads(pieces),
    sampling: watched.sampling,
    disclosures,
    fromSeconds: segments.reduce((least, { fromSeconds }) => Math.min(least, fromSeconds), Number.POSITIVE_INFINITY),
    untilSeconds: segments.reduce((most, { untilSeconds }) => Math.max(most, untilSeconds), 0),
    seconds: (performance.now() - started) / 1000,
  };
}

function readHere({ reader, onRead }: LedgerPass, watched: WatchList): readonly WatchedReads[] {
  const collector = new ReadCollector(watched);
  reader.segments().forEach(({ rows }, index) => {
    collector.add(reader.openSegment(index));
    onRead(rows);
  });
  return collector.pieces();
}

/** Each thread takes the next segment when it is free; pieces are put back into the order of segments, so that answers do not depend on timing. */
async function readInThreads(
  { reader, onRead }: LedgerPass,
  { bits, subjects }: WatchList,
  source: SegmentSource,
  threads: number,
): Promise<readonly WatchedReads[]> {
  const segments = reader.segments();
  const pieces = new Array<WatchedReads>(segments.length);
  const workers: Worker[] = [];
  let next = 0;
  let done = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const give = (worker: Worker): void => {
        if (next < segments.length) worker.postMessage(next++);
      };
      for (let i = 0; i < threads; i++) {
        const workerData: LedgerWorkerStart = { source, bits, subjects };
        const worker = new Worker(new URL('./ledger-worker.ts', import.meta.url), { workerData });
        workers.push(worker);
        worker.on('error', reject);
        worker.on('message', (answer: SegmentAnswer) => {
          if (answer.kind === 'failed') {
            reject(
              answer.code === null ? new Error(answer.message) : new BoltsealError(answer.code, answer.parameters),
            );
            return;
          }
          pieces[answer.index] = answer.piece;
          onRead(segments[answer.index]!.rows);
          if (++done === segments.length) resolve();
          else give(worker);
        });
        give(worker);
      }
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return pieces;
}
