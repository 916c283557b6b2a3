import { BoltsealError } from '../../core/errors.ts';
import type { ByteInput, ReadContext, ReadLimits } from '../reader.ts';

/**
 * What one input on disk may unpack to, over all containers within it: bytes against `limits.expansion`, members against `limits.members`, spooled bytes against
 * `limits.scratchBytes`. Every container takes what it gives from here, whether anybody reads it or not.
 */
export class ExpansionBudget {
  readonly #limits: ReadLimits;
  #bytesIn = 0;
  #bytesOut = 0;
  #members = 0;
  #scratchBytes = 0;

  constructor(limits: ReadLimits) {
    this.#limits = limits;
  }

  /** Counts bytes on disk. */
  takeIn(bytes: number): void {
    this.#bytesIn += bytes;
  }

  /** Counts decompressed bytes of `name`; fails with DUMP_BOMB when they are too many for the bytes on disk. */
  takeOut(bytes: number, name: string): void {
    this.#bytesOut += bytes;
    const most = Math.max(this.#limits.expansionFreeBytes, this.#bytesIn * this.#limits.expansion);
    if (this.#bytesOut > most) throw new BoltsealError('DUMP_BOMB', { path: name, times: this.#limits.expansion });
  }

  /** Counts one member of `name`; fails with DUMP_MEMBERS. */
  takeMember(name: string): void {
    this.#members++;
    if (this.#members > this.#limits.members) {
      throw new BoltsealError('DUMP_MEMBERS', { path: name, limit: this.#limits.members });
    }
  }

  /** Counts bytes written to the scratch folder (negative when they are removed); fails with DUMP_SCRATCH. */
  takeScratch(bytes: number, name: string): void {
    this.#scratchBytes += bytes;
    if (this.#scratchBytes > this.#limits.scratchBytes) {
      throw new BoltsealError('DUMP_SCRATCH', { path: name, reason: `more than ${this.#limits.scratchBytes} bytes` });
    }
  }
}

const budgets = new WeakMap<ReadContext, ExpansionBudget>();

/**
 * The budget that all containers opened with this context share. The walk makes one context for each file on disk: the first container that is opened with it is
 * that file, and its size is what everything within is measured against. A size that is not known is counted by `meterInput`.
 */
export function budgetOf(input: ByteInput, context: ReadContext): ExpansionBudget {
  let budget = budgets.get(context);
  if (budget === undefined) {
    budget = new ExpansionBudget(context.limits);
    budgets.set(context, budget);
    if (input.sizeBytes === null) unsized.set(budget, input);
    else budget.takeIn(input.sizeBytes);
  }
  return budget;
}

/** The outermost input of a budget, while its size is not known. */
const unsized = new WeakMap<ExpansionBudget, ByteInput>();

/** The input's bytes; those of an outermost input of unknown size are counted as bytes on disk. */
export function meterInput(input: ByteInput, budget: ExpansionBudget): AsyncIterable<Uint8Array> {
  return unsized.get(budget) === input ? countIn(input.stream(), budget) : input.stream();
}

async function* countIn(
  chunks: AsyncIterable<Uint8Array>,
  budget: ExpansionBudget,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    budget.takeIn(chunk.length);
    yield chunk;
  }
}

/** Passes decompressed bytes on and takes them from the budget. */
export async function* meterOutput(
  chunks: AsyncIterable<Uint8Array>,
  budget: ExpansionBudget,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const chunk of chunks) {
    budget.takeOut(chunk.length, name);
    yield chunk;
  }
}
