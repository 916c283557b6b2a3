/* One thread that reads segments of the ledger and keeps what is watched. */
import { parentPort, workerData } from 'node:worker_threads';
import { BoltsealError, type ErrorCode, type ErrorParameters } from '../core/errors.ts';
import { openSegmentOf, type SegmentSource } from '../disclosures/reader.ts';
import type { WatchedReads } from './port.ts';
import { ReadCollector } from './watch.ts';

/** What a thread begins with. */
export interface LedgerWorkerStart {
  readonly source: SegmentSource;
  readonly bits: Uint32Array;
  readonly subjects: number;
}

/** Answer to the number of a segment. */
export type SegmentAnswer =
  | { readonly kind: 'read'; readonly index: number; readonly piece: WatchedReads }
  | {
      readonly kind: 'failed';
      /** Null: not one of ours. */
      readonly code: ErrorCode | null;
      readonly parameters: ErrorParameters;
      readonly message: string;
    };

const start = workerData as LedgerWorkerStart;

function readOne(index: number): SegmentAnswer {
  try {
    const collector = new ReadCollector(start);
    collector.add(openSegmentOf(start.source, index));
    return { kind: 'read', index, piece: collector.pieces()[0]! };
  } catch (error) {
    if (error instanceof BoltsealError) {
      return { kind: 'failed', code: error.code, parameters: error.parameters, message: error.message };
    }
    return { kind: 'failed', code: null, parameters: {}, message: error instanceof Error ? error.message : 'unknown' };
  }
}

parentPort?.on('message', (index: number) => parentPort?.postMessage(readOne(index)));
