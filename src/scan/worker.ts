/* One scanning thread: a kernel instance with its own context over the memory that all share. */
import { parentPort, workerData } from 'node:worker_threads';
import { BoltsealError } from '../core/errors.ts';
import { stackFrames } from '../core/stack-frames.ts';
import type { RejectReason } from '../dump/port.ts';
import { instantiateKernel } from '../kernel/kernel.ts';
import {
  COUNTERS_BYTES,
  CTX_BYTES,
  CTX_COUNTERS,
  CTX_KINDS_WANTED,
  CTX_OUT_HASH,
  CTX_OUT_KINDS,
  CTX_OUT_ROWS,
  CTX_ROW_COUNTER,
  CTX_ROW_STATE,
  KINDS_CAPACITY,
} from '../kernel/layout.ts';
import { AddedRowsCollector } from './added-rows.ts';
import { BlockScanner } from './block-scanner.ts';
import { countDistinct, DistinctCollector } from './distinct.ts';
import type {
  BlockMessage,
  Collected,
  ConfigureMessage,
  FromWorker,
  RunMessage,
  ToWorker,
  WorkerStart,
} from './messages.ts';
import type { ScanPlan } from './plan.ts';
import { pickSamples } from './samples.ts';

const start = workerData as WorkerStart;
const { memory, context } = start;
const kernel = instantiateKernel(memory);
const words = new Uint32Array(memory.buffer, context, CTX_BYTES / 4);
const distinct = new DistinctCollector(start.distinct);

let plan: ScanPlan | null = null;
let scanner: BlockScanner | null = null;
let added: AddedRowsCollector | null = null;

function configure(message: ConfigureMessage): void {
  plan = message.plan;
  const collector =
    plan.mode === 'add'
      ? new AddedRowsCollector(kernel, memory, context, plan.controlsKey ?? new Uint8Array(32))
      : null;
  added = collector;
  scanner = new BlockScanner(kernel, memory, context, plan, collector === null ? drainHashes : () => collector.drain());
}

function drainHashes(): void {
  const rows = words[CTX_OUT_ROWS / 4]!;
  distinct.add(words.subarray(CTX_OUT_HASH / 4, CTX_OUT_HASH / 4 + rows * 2), rows);
  words[CTX_OUT_ROWS / 4] = 0;
}

function scanBlock(message: BlockMessage): FromWorker {
  if (scanner === null || plan === null) throw new Error('a block came before the plan');
  words[CTX_ROW_STATE / 4] = message.rowState;
  words[CTX_KINDS_WANTED / 4] = message.wantsSamples ? 1 : 0;
  const kinds = new Uint8Array(memory.buffer, context + CTX_OUT_KINDS, KINDS_CAPACITY);
  if (message.wantsSamples) kinds.fill(0);
  const collector = added;
  scanner.scan(message.at, message.length);
  const rows = words[CTX_ROW_COUNTER / 4]!;
  const samples = message.wantsSamples
    ? pickSamples(
        new Uint8Array(memory.buffer, message.at, message.length),
        kinds.slice(0, Math.min(rows, KINDS_CAPACITY)),
        plan,
      )
    : [];
  let rejected: ReadonlyMap<RejectReason, number> = new Map();
  if (collector !== null) {
    rejected = new Map(scanner.exact.rejected);
    scanner.exact.rejected.clear();
  }
  const { slot, sequence } = message;
  return { type: 'done', slot, sequence, rows, samples, added: collector?.take(rejected) ?? null };
}

function collect(): Collected {
  const counters = new BigUint64Array(memory.buffer, context + CTX_COUNTERS, COUNTERS_BYTES / 8).slice();
  return {
    type: 'collected',
    counters: new BigUint64Array(counters),
    rejected: new Map(scanner?.exact.rejected),
    exactRows: scanner?.exact.rows ?? 0,
  };
}

async function runTask({ module, name, input }: RunMessage): Promise<FromWorker> {
  const exported = (await import(module)) as Record<string, (input: unknown) => unknown>;
  return { type: 'ran', output: exported[name]?.(input) };
}

function answer(message: ToWorker): FromWorker | Promise<FromWorker> | null {
  switch (message.type) {
    case 'configure':
      configure(message);
      return null;
    case 'block':
      return scanBlock(message);
    case 'collect':
      return collect();
    case 'hashes':
      return { type: 'hashes', lists: distinct.lists() };
    case 'count':
      return {
        type: 'counted',
        distinct: countDistinct(start.distinct, message.lists, message.share, message.shares),
      };
    case 'run':
      return runTask(message);
  }
}

function transferables(message: FromWorker): ArrayBuffer[] {
  if (message.type !== 'done' || message.added === null) return [];
  return Object.values(message.added)
    .filter((value): value is Uint8Array<ArrayBuffer> => ArrayBuffer.isView(value))
    .map((value) => value.buffer);
}

function fail(error: unknown): void {
  // The message of an unexpected error may quote what it failed on: only its kind leaves the thread.
  const code = error instanceof BoltsealError ? error.code : 'INTERNAL';
  const kind = error instanceof Error ? error.name : typeof error;
  if (process.env.BOLTSEAL_DEBUG === '1') process.stderr.write(`${stackFrames(error).join('\n')}\n`);
  parentPort?.postMessage({ type: 'failed', code, kind } satisfies FromWorker);
}

async function reply(message: ToWorker): Promise<void> {
  const answered = await answer(message);
  if (answered !== null) parentPort?.postMessage(answered, transferables(answered));
}

/** The pool tells answers by their order alone, and tasks are asked for together: a module that takes a while to load must not be overtaken by the next question. */
let turn: Promise<void> = Promise.resolve();
parentPort?.on('message', (message: ToWorker) => {
  turn = turn.then(() => reply(message)).catch(fail);
});
