import { Worker } from 'node:worker_threads';
import { BoltsealError } from '../../core/errors.ts';
import type { TreeState } from '../port.ts';
import { type PostedStatus, receivedError, type WorkerCall, type WorkerMessage, type WorkerStart } from './messages.ts';
import type { Derivation, DerivationEvents, DerivationStatus } from './port.ts';

interface Waiting {
  readonly resolve: (state: TreeState | null) => void;
  readonly reject: (error: BoltsealError) => void;
}

/** Derivation in a thread of its own. */
export class WorkerDerivation implements Derivation {
  readonly #worker: Worker;
  readonly #events: DerivationEvents;
  readonly #durable: BigInt64Array;
  readonly #waiting = new Map<number, Waiting>();
  #nextId = 0;
  #status: DerivationStatus;
  #failure: BoltsealError | null = null;
  #isClosing = false;
  #hasEnded = false;

  private constructor(worker: Worker, durable: BigInt64Array, status: DerivationStatus, events: DerivationEvents) {
    this.#worker = worker;
    this.#durable = durable;
    this.#status = status;
    this.#events = events;
    worker.on('message', (message: WorkerMessage) => this.#hear(message));
    worker.on('error', () => this.#fail(threadEnded()));
    // A thread that ends by itself is a failure like any other: entries must not be taken that nobody derives.
    worker.on('exit', () => {
      this.#hasEnded = true;
      this.#fail(this.#isClosing ? new BoltsealError('LEDGER_CLOSED') : threadEnded());
    });
  }

  /** Starts the thread. Rejects with what the constructor of Deriver fails with. */
  static open(start: Omit<WorkerStart, 'progress'>, events: DerivationEvents): Promise<WorkerDerivation> {
    const progress = new SharedArrayBuffer(32);
    const durable = new BigInt64Array(progress);
    durable.set([BigInt(start.start.size), BigInt(start.segment), 0n, 0n]);
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { ...start, progress } satisfies WorkerStart,
    });
    return new Promise((resolve, reject) => {
      const onEnd = () => reject(threadEnded());
      worker.once('error', onEnd).once('exit', onEnd);
      worker.once('message', (message: WorkerMessage) => {
        worker.off('error', onEnd).off('exit', onEnd);
        // Its files are closed when it has ended.
        if (message.is === 'failed') worker.once('exit', () => reject(receivedError(message.error)));
        else if (message.is === 'ready')
          resolve(new WorkerDerivation(worker, durable, statusOf(message.status), events));
        else reject(threadEnded());
      });
    });
  }

  status(): DerivationStatus {
    return this.#status;
  }

  progress(size: number, segment: number): void {
    Atomics.store(this.#durable, 0, BigInt(size));
    Atomics.store(this.#durable, 1, BigInt(segment));
  }

  async needSegment(number: number): Promise<void> {
    // Nearly always it was made ahead; the thread is deaf for a round.
    if (Atomics.load(this.#durable, 2) >= BigInt(number)) return;
    await this.#call('needSegment', number);
  }

  async checkpoint(): Promise<TreeState> {
    return (await this.#call('checkpoint')) ?? this.#status.published;
  }

  async checkpointAndPause(): Promise<TreeState> {
    return (await this.#call('checkpointAndPause')) ?? this.#status.published;
  }

  async pause(): Promise<void> {
    await this.#call('pause');
  }

  resume(): void {
    this.#call('resume').catch(() => {
      // A derivation that failed has nothing to resume.
    });
  }

  async close(): Promise<void> {
    if (this.#hasEnded) return;
    this.#isClosing = true;
    const ended = new Promise((resolve) => this.#worker.once('exit', resolve));
    const closing: WorkerCall = { id: this.#nextId++, call: 'close', number: 0 };
    Atomics.add(this.#durable, 3, 1n);
    this.#worker.postMessage(closing);
    await ended;
  }

  #call(call: WorkerCall['call'], number = 0): Promise<TreeState | null> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      const asked: WorkerCall = { id: this.#nextId++, call, number };
      this.#waiting.set(asked.id, { resolve, reject });
      // Also the round that runs rests no more: the thread hears of the call behind it.
      Atomics.add(this.#durable, 3, 1n);
      this.#worker.postMessage(asked);
    });
  }

  #hear(message: WorkerMessage): void {
    if (message.is === 'failed') {
      this.#fail(receivedError(message.error));
      return;
    }
    if (message.status !== null) this.#status = statusOf(message.status);
    if (message.is === 'published') this.#events.onPublished?.(message.state);
    if (message.is !== 'done' && message.is !== 'refused') return;
    const waiting = this.#waiting.get(message.id);
    if (this.#waiting.delete(message.id)) Atomics.sub(this.#durable, 3, 1n);
    if (message.is === 'done') waiting?.resolve(message.state);
    else waiting?.reject(receivedError(message.error));
  }

  #fail(error: BoltsealError): void {
    if (this.#failure !== null) return;
    this.#failure = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
    if (error.code !== 'LEDGER_CLOSED') this.#events.onFailure(error);
  }
}

function threadEnded(): BoltsealError {
  return new BoltsealError('LEDGER_FAILED', { reason: 'the thread of derivation ended' });
}

function statusOf(status: PostedStatus): DerivationStatus {
  return { ...status, withheld: status.withheld === null ? null : receivedError(status.withheld) };
}
