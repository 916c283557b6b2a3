import type { RejectReason } from '../dump/port.ts';
import type { ScanPlan } from './plan.ts';

/** What a thread gets when it starts. */
export interface WorkerStart {
  readonly memory: WebAssembly.Memory;
  /** Address of the thread's context. */
  readonly context: number;
  readonly distinct: SharedArrayBuffer;
}

/** A part (or a pass over it) begins; the pool has written the thread's context anew, counters and all. */
export interface ConfigureMessage {
  readonly type: 'configure';
  readonly plan: ScanPlan;
}

/** Whole rows at [at, at + length) are to be scanned. */
export interface BlockMessage {
  readonly type: 'block';
  readonly slot: number;
  readonly sequence: number;
  readonly at: number;
  readonly length: number;
  /** Address of the rows' states, when verify works in passes; 0 otherwise. */
  readonly rowState: number;
  readonly wantsSamples: boolean;
}

/** The counters of everything since `configure` are wanted. */
export interface CollectMessage {
  readonly type: 'collect';
}

/** Where the hashes of all rows since the thread began stand is wanted. */
export interface HashesMessage {
  readonly type: 'hashes';
}

/** One of `shares` shares of all threads' row hashes is to be counted. */
export interface CountMessage {
  readonly type: 'count';
  readonly lists: readonly HashLists[];
  readonly share: number;
  readonly shares: number;
}

/** A task is to be run (tasks.ts). */
export interface RunMessage {
  readonly type: 'run';
  readonly module: string;
  readonly name: string;
  readonly input: unknown;
}

export type ToWorker = ConfigureMessage | BlockMessage | CollectMessage | HashesMessage | CountMessage | RunMessage;

/** Lists of row hashes in the state that the threads share (distinct.ts). */
export interface HashLists {
  /** Last piece of each list plus one, 0 when it is empty. */
  readonly heads: Uint32Array;
  /** Hashes in each list's last piece. */
  readonly fills: Uint32Array;
}

/** A masked row for the report. */
export interface SampleRow {
  readonly kind: 'strong' | 'weak' | 'chimera' | 'none';
  readonly cells: readonly string[];
}

export interface BlockDone {
  readonly type: 'done';
  readonly slot: number;
  readonly sequence: number;
  /** Rows of the block, rejected ones among them. */
  readonly rows: number;
  readonly samples: readonly SampleRow[];
  readonly added: AddedRows | null;
}

/** Copy of what the kernel sends out of a block of a customer table (see register/port.ts). */
export interface AddedRows {
  readonly rows: number;
  readonly subject: Uint32Array;
  readonly idLo: Uint32Array;
  readonly idHi: Uint32Array;
  readonly idBytes: Uint8Array;
  readonly idOffsets: Uint32Array;
  readonly created: Uint32Array;
  readonly validFrom: Uint32Array;
  readonly validUntil: Uint32Array;
  /** Pairs (lo, hi), none when the plan has no key for them. */
  readonly prints: Uint32Array;
  /** Rows that are those of the register; nothing else is known of them here. */
  readonly unchanged: number;
  readonly novelRow: Uint32Array;
  readonly novelField: Uint8Array;
  readonly novelLo: Uint32Array;
  readonly novelHi: Uint32Array;
  readonly controls: readonly { readonly field: number; readonly sampleHi: number; readonly neighbours: Uint32Array }[];
  readonly rejected: ReadonlyMap<RejectReason, number>;
}

export interface Collected {
  readonly type: 'collected';
  /** The kernel's counters (layout.ts, COUNTER_*). */
  readonly counters: BigUint64Array;
  readonly rejected: ReadonlyMap<RejectReason, number>;
  readonly exactRows: number;
}

export interface Hashes {
  readonly type: 'hashes';
  readonly lists: HashLists;
}

export interface Counted {
  readonly type: 'counted';
  readonly distinct: number;
}

/** What a task came to. */
export interface Ran {
  readonly type: 'ran';
  readonly output: unknown;
}

/** Something failed in the thread; the code and no value. */
export interface Failed {
  readonly type: 'failed';
  readonly code: string;
  readonly kind: string;
}

export type FromWorker = BlockDone | Collected | Hashes | Counted | Ran | Failed;
