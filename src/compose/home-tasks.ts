import { Worker } from 'node:worker_threads';
import { BoltsealError, type ErrorCode, type ErrorParameters } from '../core/errors.ts';
import type { ErasedKind } from '../ledger/erasing/port.ts';
import type { ExportCanariesTask } from './export-canaries-task.ts';

/** Work on what is derived from ledger and vault, under the home's lock, that takes too long for the thread that answers. */
export type HomeTask =
  | { readonly task: 'feed columns' }
  | { readonly task: 'feed register' }
  | { readonly task: 'erase in register'; readonly subject: string }
  | { readonly task: 'remove person'; readonly kind: ErasedKind; readonly id: string }
  | { readonly task: 'remove shard'; readonly shard: string }
  | ({ readonly task: 'make canaries' } & ExportCanariesTask);

/** What the thread of a task is started with. */
export interface HomeTaskStart {
  readonly home: string;
  readonly task: HomeTask;
}

/** What it ends with; null: done. */
export type HomeTaskEnd = { readonly code: ErrorCode | null; readonly parameters: ErrorParameters } | null;

/** How long stopping waits for what is running; then it is cut off, as a kill would, and the next start does it again. */
const STOP_MS = 5000;

/** Tasks of one home, one after the other, each in a thread of its own. */
export class HomeTasks {
  readonly #home: string;
  #last: Promise<unknown> = Promise.resolve();
  #worker: Worker | null = null;
  #pauses = 0;
  #isStopped = false;

  constructor(home: string) {
    this.#home = home;
  }

  /** Rejects as the task does, with HOME_LOCKED while another process has the home, and with HOME_TASK when its thread ended by itself. */
  run(task: HomeTask): Promise<void> {
    const result = this.#last.then(() => this.#start(task));
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Brings the columns up to what the ledger has published, and the register up to the vault. Rejects as `run`. */
  async feed(): Promise<void> {
    for (const task of ['feed columns', 'feed register'] as const)
      if (this.#pauses === 0 && !this.#isStopped) await this.run({ task });
  }

  /** Runs `work` while nothing is fed: what is being erased must not be read back from the ledger before its keys are gone. */
  async withoutFeeds<T>(work: () => Promise<T>): Promise<T> {
    this.#pauses++;
    try {
      await this.#last;
      return await work();
    } finally {
      this.#pauses--;
    }
  }

  /** Nothing is begun any more, and nothing runs when it resolves. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    const timer = setTimeout(() => this.#worker?.terminate(), STOP_MS);
    await this.#last;
    clearTimeout(timer);
  }

  #start(task: HomeTask): Promise<void> {
    if (this.#isStopped) return Promise.reject(new BoltsealError('HOME_TASK', { task: task.task }));
    return new Promise((resolve, reject) => {
      const workerData: HomeTaskStart = { home: this.#home, task };
      const worker = new Worker(new URL('./home-task-worker.ts', import.meta.url), { workerData });
      this.#worker = worker;
      let end: HomeTaskEnd | undefined;
      worker.on('message', (message: HomeTaskEnd) => {
        end = message;
      });
      // What it is told of says nothing that a caller could use: the end without a message is what counts.
      worker.on('error', () => undefined);
      worker.on('exit', () => {
        this.#worker = null;
        if (end === null) resolve();
        else if (end?.code) reject(new BoltsealError(end.code, end.parameters));
        else reject(new BoltsealError('HOME_TASK', { task: task.task }));
      });
    });
  }
}
