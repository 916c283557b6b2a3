import type { DatabaseSync } from 'node:sqlite';
import { type CaptureJobs, createCaptureJobs } from '../epcis/jobs.ts';
import { type Containers, createContainers } from '../movements/containers.ts';
import { createMovementHistory, type MovementHistory } from '../movements/history.ts';
import { keyedHash } from './keyed-hash.ts';
import { createTicketStore, type TicketStore } from './tickets.ts';
import { createTourStore, type TourStore } from './tours.ts';

/** Runs work in one transaction that is taken back when it throws. */
export type Transact = <T>(work: () => T) => T;

/** What the context remembers. */
export interface ContextState {
  readonly tours: TourStore;
  readonly tickets: TicketStore;
  readonly movements: MovementHistory;
  readonly containers: Containers;
  readonly jobs: CaptureJobs;
}

/** Over a database that has the tables of `migrations`; `key`: at least 32 bytes, for the hashes that stand for tracking numbers and subject ids. */
export function createContextState(database: DatabaseSync, key: Uint8Array, transact: Transact): ContextState {
  const hash = keyedHash(key);
  return {
    tours: createTourStore(database, hash, transact),
    tickets: createTicketStore(database, hash),
    movements: createMovementHistory(database, hash, transact),
    containers: createContainers(database, hash, transact),
    jobs: createCaptureJobs(database),
  };
}
