import { Worker } from 'node:worker_threads';
import { BoltsealError } from '../../core/errors.ts';
import type { Member, MemberFailure } from '../reader.ts';
import type { ExpansionBudget } from './budget.ts';
import type { EngineBatch, EngineEvent, EngineFailure, EngineStart } from './engine-messages.ts';

/** What 7-Zip may use, for the message (engine-worker.ts enforces it). */
const MEMORY_MB = 1_280;

/**
 * The members that 7-Zip finds in an archive, in order, in one pass, whether solid or not. 7-Zip runs in a thread of its own and waits when the reader is behind. Paths are as
 * 7-Zip would write them: without `..`, drive letters or a leading slash. Fails with DUMP_CORRUPT, DUMP_TRUNCATED, DUMP_PASSWORD, DUMP_FORMAT, DUMP_MEMORY, DUMP_BOMB.
 */
export async function* extractMembers(
  request: Omit<EngineStart, 'taken'>,
  name: string,
  budget: ExpansionBudget,
): AsyncGenerator<Member, void, undefined> {
  const events = runEngine(request, name);
  try {
    for (let event = await events.next(); event.done !== true; event = await events.next()) {
      if (event.value.kind === 'done') {
        if (event.value.failure !== null) throw failed(event.value.failure, name);
        return;
      }
      if (event.value.kind !== 'member') continue;
      budget.takeMember(name);
      const member = new EngineMember(event.value.path, events, name, budget);
      await member.begin();
      yield member;
      await member.leave();
    }
  } finally {
    await events.return();
  }
}

class EngineMember implements Member {
  readonly path: string;
  readonly sizeBytes = null;
  failure: MemberFailure | null = null;
  readonly #events: AsyncGenerator<EngineEvent, void, undefined>;
  readonly #name: string;
  readonly #budget: ExpansionBudget;
  #waiting: EngineEvent | null = null;
  #ended = false;

  constructor(
    path: string,
    events: AsyncGenerator<EngineEvent, void, undefined>,
    name: string,
    budget: ExpansionBudget,
  ) {
    this.path = path;
    this.#events = events;
    this.#name = name;
    this.#budget = budget;
  }

  /** Looks at what comes first: a member that fails without a byte is a failure from the start. */
  async begin(): Promise<void> {
    const { value } = await this.#events.next();
    this.#waiting = value ?? null;
    if (value?.kind === 'end') this.failure = memberFailure(value.failure);
  }

  async *stream(): AsyncGenerator<Uint8Array, void, undefined> {
    while (!this.#ended) {
      const event = this.#waiting ?? (await this.#events.next()).value;
      this.#waiting = null;
      if (event?.kind === 'data') {
        this.#budget.takeOut(event.bytes.length, this.#name);
        yield event.bytes;
        continue;
      }
      this.#ended = true;
      if (event?.kind !== 'end') throw failed('DUMP_CORRUPT', this.#name);
      if (event.failure !== null) throw failed(event.failure, `${this.#name} › ${this.path}`);
    }
  }

  /** Goes to the member's end; errors of what nobody reads count only when they end the archive. */
  async leave(): Promise<void> {
    try {
      for await (const _ of this.stream());
    } catch (error) {
      if (error instanceof BoltsealError && error.code === 'DUMP_BOMB') throw error;
    }
  }
}

function memberFailure(failure: EngineFailure | null): MemberFailure | null {
  if (failure === 'DUMP_TRUNCATED' || failure === 'DUMP_MEMORY') return 'DUMP_CORRUPT';
  return failure;
}

function failed(code: EngineFailure, name: string): BoltsealError {
  switch (code) {
    case 'DUMP_MEMORY':
      return new BoltsealError(code, { path: name, limitMb: MEMORY_MB });
    case 'DUMP_NOT_FILE':
      return new BoltsealError(code, { path: name, kind: 'link' });
    case 'DUMP_FORMAT':
      return new BoltsealError(code, { path: name, kind: 'a compression method of its own' });
    default:
      return new BoltsealError(code, { path: name });
  }
}

async function* runEngine(
  request: Omit<EngineStart, 'taken'>,
  name: string,
): AsyncGenerator<EngineEvent, void, undefined> {
  const taken = new SharedArrayBuffer(4);
  const counter = new Int32Array(taken);
  const workerData: EngineStart = { ...request, taken };
  const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { workerData, stdin: true });
  const batches: EngineBatch[] = [];
  let over: Error | null = null;
  let wake = (): void => {};
  worker.on('message', (batch: EngineBatch) => {
    batches.push(batch);
    wake();
  });
  const end = (error: Error): void => {
    over ??= error;
    wake();
  };
  worker.on('error', (cause) => end(new BoltsealError('DUMP_CORRUPT', { path: name }, { cause })));
  worker.on('exit', () => end(new BoltsealError('DUMP_CORRUPT', { path: name })));
  try {
    while (true) {
      const batch = batches.shift();
      if (batch !== undefined) {
        yield* batch;
        Atomics.add(counter, 0, 1);
        Atomics.notify(counter, 0);
      } else if (over !== null) throw over;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    await worker.terminate();
  }
}
