import { randomFillSync } from 'node:crypto';
import { BoltsealError } from '../core/errors.ts';
import type { RecentRequests, RequestFingerprint } from './idempotency.ts';
import type { NewEntry, RecordCodec } from './port.ts';
import { reasonOf } from './reason.ts';
import { MAX_GROUP_ENTRIES } from './wal/layout.ts';
import type { WalWriter } from './wal/writer.ts';

/** Where the entries of one `append` stand. */
export interface Appended {
  /** Of the first entry. */
  readonly firstIndex: number;
  /** The index of each, in order, when some were known already; null: they follow each other from `firstIndex` on. */
  readonly indices: readonly number[] | null;
}

/** What waits for the disk at most, and what is one group at most. */
export interface QueueLimits {
  readonly groupBytes: number;
  readonly entries: number;
  readonly bytes: number;
}

/** What a sequencer is made of. */
export interface SequencerInput {
  readonly codec: RecordCodec;
  readonly wal: WalWriter;
  /** Entries that are durable already. */
  readonly size: number;
  readonly requests: RecentRequests;
  readonly fingerprint: RequestFingerprint;
  readonly limits: QueueLimits;
  readonly nowMs: () => number;
  /** Why nothing is queued now, for lack of room; null: it is. `size`: entries that are durable. */
  readonly refusal: (size: number) => BoltsealError | null;
  /** Hears after each group how many entries are durable, before anybody who waits. */
  readonly onDurable: (size: number) => void;
  /** Hears once of the error after which nothing more is accepted. */
  readonly onFailure: (error: BoltsealError) => void;
}

interface Waiter {
  readonly answer: Appended;
  readonly resolve: (answer: Appended) => void;
  readonly reject: (error: BoltsealError) => void;
}

interface Group {
  buffer: Uint8Array;
  bytes: number;
  count: number;
  readonly firstIndex: number;
  readonly waiters: Waiter[];
}

interface RollWaiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const FIRST_BUFFER_BYTES = 1 << 16;
const SPARE_BUFFERS = 3;
const SEED_BYTES = 64;
const SEED_BLOCK = 512;

/**
 * Gives entries their indices and makes them durable, in groups: all that comes while one group is synced is the next group (design/ledger.md, order of commit 1 to 4).
 */
export class Sequencer {
  readonly #input: SequencerInput;
  readonly #queue: Group[] = [];
  readonly #spareBuffers: Uint8Array[] = [];
  readonly #rolls: RollWaiter[] = [];
  readonly #seeds = new Uint8Array(SEED_BLOCK * SEED_BYTES);
  #seedsUsed = SEED_BLOCK;
  #inFlight: Group | null = null;
  #queuedEntries = 0;
  #queuedBytes = 0;
  #size: number;
  #nextIndex: number;
  #isRunning = false;
  #running: Promise<void> = Promise.resolve();
  #refusesWith: BoltsealError | null = null;
  /** Milliseconds that a group takes, smoothed. */
  #groupMs = 1;

  constructor(input: SequencerInput) {
    this.#input = input;
    this.#size = input.size;
    this.#nextIndex = input.size;
  }

  /** Entries that are durable. */
  get size(): number {
    return this.#size;
  }

  get queuedEntries(): number {
    return this.#queuedEntries;
  }

  /**
   * Appends 1 to 1,024 entries, next to each other and all or none. The promise resolves when they are durable.
   *
   * Rejects with LEDGER_BUSY (`retryAfterMs`) when the queue is full, LEDGER_DISK_FULL, LEDGER_ENTRY, LEDGER_BATCH, LEDGER_CLOSED; then none is in the log.
   * Rejects with LEDGER_FAILED when the disk failed: the next start finds out which are in the log.
   */
  append(entries: readonly NewEntry[]): Promise<Appended> {
    try {
      return this.#queueEntries(entries);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Resolves when what is durable now lies in segments that are not written to any more. Rejects with LEDGER_DISK_FULL, LEDGER_FAILED or LEDGER_CLOSED. */
  roll(): Promise<void> {
    if (this.#refusesWith !== null) return Promise.reject(this.#refusesWith);
    return new Promise((resolve, reject) => {
      this.#rolls.push({ resolve, reject });
      this.#start();
    });
  }

  /** Refuses what comes from now on; resolves when all that was queued is durable or refused. */
  async close(): Promise<void> {
    this.#refusesWith ??= new BoltsealError('LEDGER_CLOSED');
    await this.#running;
  }

  /** Fails closed: nobody in the queue is acknowledged, and nothing is accepted any more. */
  fail(cause: unknown): BoltsealError {
    if (this.#refusesWith?.code === 'LEDGER_FAILED') return this.#refusesWith;
    const failure =
      cause instanceof BoltsealError && cause.code === 'LEDGER_FAILED'
        ? cause
        : new BoltsealError('LEDGER_FAILED', { reason: reasonOf(cause) }, { cause });
    this.#refusesWith = failure;
    this.#refuseQueued(failure);
    for (const { reject } of this.#rolls.splice(0)) reject(failure);
    this.#input.onFailure(failure);
    return failure;
  }

  #queueEntries(entries: readonly NewEntry[]): Promise<Appended> {
    const refusal = this.#refusesWith ?? this.#input.refusal(this.#size);
    if (refusal !== null) throw refusal;
    const { codec, limits } = this.#input;
    let bytes = 0;
    for (const entry of entries) bytes += codec.sizeOf(entry);
    if (entries.length === 0 || entries.length > MAX_GROUP_ENTRIES || bytes > limits.groupBytes) {
      throw new BoltsealError('LEDGER_BATCH', { most: MAX_GROUP_ENTRIES, mostBytes: limits.groupBytes });
    }
    if (this.#queuedEntries + entries.length > limits.entries || this.#queuedBytes + bytes > limits.bytes) {
      throw new BoltsealError('LEDGER_BUSY', { retryAfterMs: Math.ceil(this.#groupMs * (this.#queue.length + 1)) });
    }
    // Nothing below may fail: entries that have got an index are written.
    const answer = this.#encodeNew(entries, bytes);
    const last = answer.indices === null ? answer.firstIndex + entries.length - 1 : Math.max(...answer.indices);
    if (last < this.#size) return Promise.resolve(answer);
    const group = this.#groupOf(last);
    return new Promise((resolve, reject) => {
      group.waiters.push({ answer, resolve, reject });
      this.#start();
    });
  }

  /** Gives indices, and writes into a group those entries that are new. */
  #encodeNew(entries: readonly NewEntry[], bytes: number): Appended {
    const { codec, requests, fingerprint, nowMs } = this.#input;
    const group = this.#groupWithRoom(entries.length, bytes);
    const start = this.#nextIndex;
    const startBytes = group.bytes;
    let indices: number[] | null = null;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      const request = fingerprint(entry);
      const known = request === null ? null : requests.find(request);
      if (known !== null) {
        indices ??= Array.from({ length: i }, (_, j) => start + j);
        indices.push(known);
        continue;
      }
      group.bytes = codec.encode(entry, this.#takeSeeds(), group.buffer, group.bytes);
      if (request !== null) requests.note(request, this.#nextIndex, nowMs());
      indices?.push(this.#nextIndex);
      this.#nextIndex++;
      group.count++;
    }
    this.#queuedEntries += this.#nextIndex - start;
    this.#queuedBytes += group.bytes - startBytes;
    return { firstIndex: indices?.[0] ?? start, indices };
  }

  #groupWithRoom(count: number, bytes: number): Group {
    let group = this.#queue.at(-1);
    if (
      group === undefined ||
      group.count + count > MAX_GROUP_ENTRIES ||
      group.bytes + bytes > this.#input.limits.groupBytes
    ) {
      const buffer = this.#spareBuffers.pop() ?? new Uint8Array(FIRST_BUFFER_BYTES);
      group = { buffer, bytes: 0, count: 0, firstIndex: this.#nextIndex, waiters: [] };
      this.#queue.push(group);
    }
    if (group.bytes + bytes > group.buffer.length) {
      const larger = new Uint8Array(
        Math.min(this.#input.limits.groupBytes, Math.max(2 * group.buffer.length, group.bytes + bytes)),
      );
      larger.set(group.buffer.subarray(0, group.bytes));
      group.buffer = larger;
    }
    return group;
  }

  #groupOf(index: number): Group {
    const inFlight = this.#inFlight;
    if (inFlight !== null && index < inFlight.firstIndex + inFlight.count) return inFlight;
    const group = this.#queue.find(({ firstIndex, count }) => index < firstIndex + count);
    if (group === undefined) throw new RangeError('an index that nobody gave');
    return group;
  }

  /** 64 bytes that are used for one entry; valid until the next call. Drawn in blocks: one call an entry costs as much as hashing it. */
  #takeSeeds(): Uint8Array {
    if (this.#seedsUsed === SEED_BLOCK) {
      randomFillSync(this.#seeds);
      this.#seedsUsed = 0;
    }
    const at = SEED_BYTES * this.#seedsUsed++;
    return this.#seeds.subarray(at, at + SEED_BYTES);
  }

  #start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    // A step later: what else is appended in the same step shares the group.
    this.#running = Promise.resolve().then(() => this.#run());
  }

  async #run(): Promise<void> {
    while (this.#rolls.length > 0 || this.#queue.length > 0) {
      if (this.#rolls.length > 0) await this.#rollNow();
      const group = this.#queue.shift();
      if (group === undefined) continue;
      // An empty group is left by requests that were all known.
      if (group.count > 0) await this.#commit(group);
    }
    this.#isRunning = false;
  }

  async #commit(group: Group): Promise<void> {
    this.#inFlight = group;
    const startedMs = performance.now();
    try {
      await this.#input.wal.write(group.firstIndex, group.count, group.buffer.subarray(0, group.bytes));
    } catch (error) {
      if (error instanceof BoltsealError && error.code === 'LEDGER_DISK_FULL') this.#refuseForRoom(error);
      // Fail closed: after a write or sync that failed nobody knows what is on the disk, and the kernel may have dropped the pages: the file is never synced again.
      else this.fail(error);
      return;
    } finally {
      this.#groupMs += (performance.now() - startedMs - this.#groupMs) / 8;
    }
    // What else failed meanwhile has refused this group already.
    if (this.#refusesWith?.code === 'LEDGER_FAILED') return;
    // Only here, behind the sync, does anybody hear of the entries.
    this.#inFlight = null;
    this.#size = group.firstIndex + group.count;
    this.#queuedEntries -= group.count;
    this.#queuedBytes -= group.bytes;
    this.#input.onDurable(this.#size);
    for (const { resolve, answer } of group.waiters) resolve(answer);
    if (this.#spareBuffers.length < SPARE_BUFFERS) this.#spareBuffers.push(group.buffer);
  }

  async #rollNow(): Promise<void> {
    const waiters = this.#rolls.splice(0);
    try {
      await this.#input.wal.roll();
    } catch (error) {
      const isRoom = error instanceof BoltsealError && error.code === 'LEDGER_DISK_FULL';
      const failure = isRoom ? error : this.fail(error);
      for (const { reject } of waiters) reject(failure);
      return;
    }
    for (const { resolve } of waiters) resolve();
  }

  /** Nothing was written: indices that were given are taken back, since nobody has heard of them. */
  #refuseForRoom(error: BoltsealError): void {
    this.#refuseQueued(error);
    this.#nextIndex = this.#size;
    this.#input.requests.dropFrom(this.#size);
  }

  #refuseQueued(error: BoltsealError): void {
    const groups = this.#inFlight === null ? this.#queue.splice(0) : [this.#inFlight, ...this.#queue.splice(0)];
    this.#inFlight = null;
    this.#queuedEntries = 0;
    this.#queuedBytes = 0;
    for (const { waiters } of groups) for (const { reject } of waiters) reject(error);
  }
}
