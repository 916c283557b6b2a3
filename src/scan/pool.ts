import { Worker } from 'node:worker_threads';
import { BoltsealError, type ErrorCode, errorRegistry } from '../core/errors.ts';
import type { DumpPart, RejectReason } from '../dump/port.ts';
import { instantiateKernel, type Kernel } from '../kernel/kernel.ts';
import { CTX_BYTES, CTX_SAMPLE_THRESHOLD, PADDING, ROW_STATE_BYTES } from '../kernel/layout.ts';
import type { Arena } from './arena.ts';
import { type ImageAddresses, type MarkAddresses, type PassInfo, writeContext } from './context.ts';
import { createDistinctState, distinctLevel } from './distinct.ts';
import { Feeder, SLOT_BYTES } from './feeder.ts';
import { createFiller, createStaging, type Staging } from './filler.ts';
import type { AddedRows, BlockDone, Collected, FromWorker, Ran, SampleRow, ToWorker, WorkerStart } from './messages.ts';
import type { ScanPlan } from './plan.ts';
import type { TaskRunner, ThreadTask } from './tasks.ts';

/** What a scan of one part counted. */
export interface PartCounts {
  /** Kernel counters, summed over the threads (layout.ts, COUNTER_*; index = offset / 8). */
  readonly counters: readonly number[];
  readonly rejected: ReadonlyMap<RejectReason, number>;
  readonly exactRows: number;
  readonly samples: readonly SampleRow[];
  readonly blocks: number;
}

export interface ScanRequest {
  readonly part: DumpPart;
  readonly plan: ScanPlan;
  readonly image: ImageAddresses;
  /** Bitmaps of each thread. */
  readonly marks: readonly MarkAddresses[];
  readonly pass: PassInfo;
  readonly wantsSamples: boolean;
  /** Bytes taken from disk. */
  onRead(bytes: number): void;
  /** The contexts are written and the first block is about to go out. */
  onStart?(): void;
  /** Add: a block of a customer table; called in any order of `sequence`. */
  onAdded?(sequence: number, rows: AddedRows): void;
  /** Verify in passes: loads the rows' states of a block into memory, and stores them. */
  readonly rowStates?: RowStates;
}

/** Keeps what is known of each row between passes. */
export interface RowStates {
  load(sequence: number, into: Uint8Array): void;
  save(sequence: number, states: Uint8Array): void;
}

/** Most bytes that the states of one block's rows take: a row has at least one byte and its end. */
const STATE_BYTES = (SLOT_BYTES / 2) * ROW_STATE_BYTES;

/**
 * The threads that scan, over one memory; `close` it whatever happens. Make it before the register is loaded: the threads' views of the memory cover what is
 * allocated by then, and only the kernel, which sees all of it, looks at the rest.
 */
export class ScanPool implements TaskRunner {
  readonly #arena: Arena;
  readonly #kernel: Kernel;
  readonly #workers: PoolWorker[] = [];
  readonly #distinct: SharedArrayBuffer;
  readonly #slots: number[] = [];
  readonly #states: number[] = [];
  readonly #ownContext: number;
  /** For the feeder of the part at hand. */
  readonly #carry = new Uint8Array(SLOT_BYTES);
  #staging: Staging | null = null;

  constructor(arena: Arena, threads: number, options: { readonly keepsRowStates?: boolean } = {}) {
    this.#arena = arena;
    this.#distinct = createDistinctState(threads);
    this.#ownContext = arena.allocate(CTX_BYTES);
    const contexts = Array.from({ length: threads }, () => arena.allocate(CTX_BYTES));
    for (let slot = 0; slot < threads + 2; slot++) {
      this.#slots.push(arena.allocate(SLOT_BYTES + PADDING));
      this.#states.push(options.keepsRowStates === true ? arena.allocate(STATE_BYTES) : 0);
    }
    this.#staging = createStaging(arena);
    this.#kernel = instantiateKernel(arena.memory);
    for (const context of contexts) {
      this.#workers.push(new PoolWorker({ memory: arena.memory, context, distinct: this.#distinct }));
    }
  }

  /** Scans a part. Fails with DUMP_* errors; the pool is not usable after a failure. */
  async scan(request: ScanRequest): Promise<PartCounts> {
    const { part, plan, image, marks, pass } = request;
    writeContext(this.#arena.memory, this.#ownContext, plan, image, marks[0]!, pass);
    this.#workers.forEach((worker, thread) => {
      writeContext(this.#arena.memory, worker.context, plan, image, marks[thread]!, pass);
      worker.isConfigured = false;
    });
    request.onStart?.();
    const filler = await createFiller(part, this.#arena, this.#staging, this.#kernel, request.onRead);
    const feeder = new Feeder(this.#arena, filler, this.#kernel, this.#ownContext, part, this.#carry);
    const samples: SampleRow[] = [];
    let blocks = 0;
    try {
      await this.#feed(feeder, request, (done) => {
        blocks++;
        samples.push(...done.samples);
        if (done.added !== null) request.onAdded?.(done.sequence, done.added);
      });
    } finally {
      await filler.close();
    }
    return { ...(await this.#collect(plan, feeder.tooLong)), samples, blocks };
  }

  /** Add: values of field `fieldId` whose fingerprints' high half is below the threshold are sampled for controls. */
  setSampleThreshold(fieldId: number, threshold: number): void {
    for (const worker of this.#workers) {
      this.#arena.words(worker.context + CTX_SAMPLE_THRESHOLD + 4 * fieldId, 1)[0] = threshold;
    }
  }

  get threads(): number {
    return this.#workers.length;
  }

  /** Runs a task in the threads; not while they scan. */
  async run<Input, Output>({ module, name }: ThreadTask<Input, Output>, inputs: readonly Input[]): Promise<Output[]> {
    const asked = inputs.map((input, thread) => this.#workers[thread]!.ask({ type: 'run', module, name, input }));
    const settled = await Promise.allSettled(asked);
    return settled.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return (result.value as Ran).output as Output;
    });
  }

  /** Number of different rows seen by all scans, and its relative standard error (0: exact). */
  async countDistinct(): Promise<{ distinct: number; error: number }> {
    const shares = this.#workers.length;
    const hashes = await Promise.all(this.#workers.map((worker) => worker.ask({ type: 'hashes' })));
    const lists = hashes.flatMap((reply) => (reply.type === 'hashes' ? [reply.lists] : []));
    const counts = await Promise.all(
      this.#workers.map(async (worker, share) => {
        const reply = await worker.ask({ type: 'count', lists, share, shares });
        return reply.type === 'counted' ? reply.distinct : 0;
      }),
    );
    const kept = counts.reduce((sum, count) => sum + count, 0);
    const level = distinctLevel(this.#distinct);
    if (level === 0) return { distinct: kept, error: 0 };
    const share = 2 ** -level;
    // Each different row is kept with probability `share`: a binomial count.
    return { distinct: Math.round(kept / share), error: Math.sqrt((1 - share) / Math.max(1, kept)) };
  }

  /** Shared memory that nothing needs once different rows are counted and scans are over: about 100 MB, whose pages are there already if there were many rows. */
  get spentMemory(): SharedArrayBuffer {
    return this.#distinct;
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close()));
  }

  async #feed(feeder: Feeder, request: ScanRequest, onDone: (done: BlockDone) => void): Promise<void> {
    const free = this.#slots.map((_at, slot) => slot);
    const idle = [...this.#workers];
    const running = new Set<Promise<void>>();
    let failure: unknown = null;
    try {
      for (;;) {
        while (free.length === 0 && failure === null) await Promise.race(running);
        if (failure !== null) break;
        const slot = free.pop()!;
        const block = await feeder.next(slot, this.#slots[slot]!);
        if (block === null) break;
        // A worker queues what it is given: the one with the least to do gets it.
        const worker = idle.reduce((best, other) => (other.pending < best.pending ? other : best));
        const stateAt = this.#loadStates(slot, block.sequence, request);
        worker.configure(request.plan);
        const task = worker
          .ask({
            type: 'block',
            slot,
            sequence: block.sequence,
            at: block.at,
            length: block.length,
            rowState: stateAt,
            wantsSamples: request.wantsSamples && block.sequence === 0,
          })
          .then((reply) => {
            if (reply.type !== 'done') return;
            if (stateAt !== 0 && request.rowStates !== undefined) {
              request.rowStates.save(block.sequence, this.#arena.bytes(stateAt, reply.rows * ROW_STATE_BYTES));
            }
            onDone(reply);
          })
          .catch((error: unknown) => {
            failure ??= error;
          })
          .finally(() => {
            free.push(slot);
            running.delete(task);
          });
        running.add(task);
      }
    } catch (error) {
      failure ??= error;
    }
    // Also after a failure: what still runs would write into what the caller is about to close.
    await Promise.all(running);
    if (failure !== null) throw failure;
  }

  #loadStates(slot: number, sequence: number, { rowStates, pass }: ScanRequest): number {
    const at = this.#states[slot]!;
    if (rowStates === undefined || at === 0) return 0;
    if (!pass.isFirst) rowStates.load(sequence, this.#arena.bytes(at, STATE_BYTES));
    return at;
  }

  async #collect(plan: ScanPlan, tooLong: number): Promise<Omit<PartCounts, 'samples' | 'blocks'>> {
    const [first] = this.#workers;
    if (!this.#workers.some(({ isConfigured }) => isConfigured)) first?.configure(plan);
    const asked = this.#workers.filter(({ isConfigured }) => isConfigured);
    const collected = await Promise.all(asked.map((worker) => worker.ask({ type: 'collect' })));
    const counters: number[] = [];
    const rejected = new Map<RejectReason, number>(tooLong > 0 ? [['too-long', tooLong]] : []);
    let exactRows = 0;
    for (const reply of collected) {
      const { counters: own, rejected: refused, exactRows: exact } = reply as Collected;
      own.forEach((value, index) => {
        counters[index] = (counters[index] ?? 0) + Number(value);
      });
      for (const [reason, count] of refused) rejected.set(reason, (rejected.get(reason) ?? 0) + count);
      exactRows += exact;
    }
    return { counters, rejected, exactRows };
  }
}

/** One thread and the questions it has been asked; it answers in order. */
class PoolWorker {
  readonly context: number;
  /** Whether it knows the plan of the part at hand: a part of one block is nothing to the other threads, and to wake each of them takes longer than to scan it. */
  isConfigured = false;
  readonly #worker: Worker;
  readonly #waiting: { resolve(reply: FromWorker): void; reject(error: unknown): void }[] = [];
  /** Why the thread answers no more. */
  #failure: BoltsealError | null = null;

  constructor(start: WorkerStart) {
    this.context = start.context;
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: start });
    this.#worker.on('message', (reply: FromWorker) => {
      const waiting = this.#waiting.shift();
      if (reply.type !== 'failed') waiting?.resolve(reply);
      else if (waiting !== undefined) waiting.reject(asError(reply.code, reply.kind));
      else this.#failure = asError(reply.code, reply.kind);
    });
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.#worker.on('exit', () => this.#fail(undefined));
  }

  #fail(cause: unknown): void {
    this.#failure ??= new BoltsealError('INTERNAL', { kind: 'a scanning thread stopped' }, { cause });
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failure);
  }

  get pending(): number {
    return this.#waiting.length;
  }

  /** Tells the plan of the part at hand, once. */
  configure(plan: ScanPlan): void {
    if (!this.isConfigured) this.#worker.postMessage({ type: 'configure', plan } satisfies ToWorker);
    this.isConfigured = true;
  }

  ask(message: ToWorker): Promise<FromWorker> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#worker.postMessage(message);
    });
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}

function asError(code: string, kind: string): BoltsealError {
  return code in errorRegistry && code !== 'INTERNAL'
    ? new BoltsealError(code as ErrorCode)
    : new BoltsealError('INTERNAL', { kind });
}
