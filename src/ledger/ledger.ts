import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { entryKinds } from '../core/ledger-entry/kinds.ts';
import { parseEntryBundle } from '../core/tlog/entry-bundle.ts';
import { TILE_WIDTH } from '../core/tlog/tile-path.ts';
import type { Files } from './files/port.ts';
import type { LedgerLock } from './lock.ts';
import type { NewEntry, TreeState } from './port.ts';
import type { Appended } from './sequencer.ts';
import { describeSealed, type ShardLog, type ShardLogStatus } from './shard-log.ts';
import { readTile } from './shard-place.ts';
import { listShards, shardAfter, shardNameOf, shardOrigin, shardStartMs } from './shards.ts';

const ROLL_AGAIN_MS = 60_000;

/** What a ledger is opened with. */
export interface LedgerInput {
  readonly files: Files;
  /** Of the ledger; it must be there, durably. */
  readonly folder: string;
  /** Origin of the ledger, to which those of its shards are added. */
  readonly origin: string;
  readonly acquireLock: (folder: string) => LedgerLock;
  /** Opens the log of a shard with everything that it needs. */
  readonly openShard: (folder: string, origin: string) => Promise<ShardLog>;
  /** The entry that ends a shard which has this state; `next` is the origin of the shard that follows. */
  readonly sealEntry: (timeMs: number, state: TreeState, next: string) => NewEntry;
  readonly nowMs: () => number;
}

/** Where entries stand in the ledger. */
export interface LedgerAppended extends Appended {
  readonly shard: string;
}

/** The ledger of a home, open for writing: one log for each half year, the newest taking entries. */
export class Ledger {
  readonly #input: LedgerInput;
  readonly #lock: LedgerLock;
  #shard: string;
  #log: ShardLog;
  /** When the next append is to look for a new half year. */
  #rollAtMs: number;
  #rolling: Promise<void> | null = null;

  private constructor(input: LedgerInput, lock: LedgerLock, shard: string, log: ShardLog) {
    this.#input = input;
    this.#lock = lock;
    this.#shard = shard;
    this.#log = log;
    this.#rollAtMs = endOf(shard);
  }

  /** Takes the lock, seals what is left of earlier shards and opens the current one. Rejects with LEDGER_LOCKED and as `ShardLog.open`. */
  static async open(input: LedgerInput): Promise<Ledger> {
    const lock = input.acquireLock(input.folder);
    try {
      const current = nextShard(input);
      for (const shard of listShards(input.files, input.folder)) {
        if (shard.name >= current || shard.description.sealedMs !== null) continue;
        await seal(input, shard.name, await openShard(input, shard.name), current).catch(unlessPassing);
      }
      return new Ledger(input, lock, current, await openShard(input, current));
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Name of the shard that takes entries. */
  get shard(): string {
    return this.#shard;
  }

  /** The log that takes entries. */
  get log(): ShardLog {
    return this.#log;
  }

  /** As `Sequencer.append`. The first call in a new half year begins its shard; until that is there, entries go on to the old one. */
  async append(entries: readonly NewEntry[]): Promise<LedgerAppended> {
    if (this.#input.nowMs() >= this.#rollAtMs) this.#rollSoon();
    const shard = this.#shard;
    return { ...(await this.#log.append(entries)), shard };
  }

  /** As `ShardLog.checkpoint`. */
  checkpoint(): Promise<TreeState> {
    return this.#log.checkpoint();
  }

  status(): ShardLogStatus & { readonly shard: string } {
    return { ...this.#log.status(), shard: this.#shard };
  }

  /**
   * Begins the next shard when its time has come, and seals the one before; appends go on all the while, and call it by themselves.
   * Rejects as `ShardLog.open` and `ShardLog.close`.
   */
  rollOver(): Promise<void> {
    this.#rolling ??= this.#rollOver().finally(() => {
      this.#rolling = null;
    });
    return this.#rolling;
  }

  /** Closes everything and gives the lock back. Rejects as `ShardLog.close`; it is closed then too. */
  async close(): Promise<void> {
    try {
      await this.#rolling?.catch(() => {});
      await this.#log.close();
    } finally {
      this.#lock.release();
    }
  }

  #rollSoon(): void {
    // Not more often: what it failed for may last, and each try looks at every shard.
    this.#rollAtMs = this.#input.nowMs() + ROLL_AGAIN_MS;
    this.rollOver().catch(() => {
      // Entries go on to the shard that is there. What ends a log is heard through its own failure, and what keeps a new one from being begun is met again by the next start.
    });
  }

  async #rollOver(): Promise<void> {
    const name = nextShard(this.#input);
    if (name <= this.#shard) return;
    const log = await openShard(this.#input, name);
    const before = { name: this.#shard, log: this.#log };
    // From here on entries go to the new shard: nothing comes behind the seal of the old one.
    this.#shard = name;
    this.#log = log;
    this.#rollAtMs = endOf(name);
    await seal(this.#input, before.name, before.log, name);
  }
}

function endOf(shard: string): number {
  return shardStartMs(shardAfter(shard));
}

/** The shard of the time, but never one before a shard that is there, and none that is sealed: a clock that goes back opens nothing that was ended. */
function nextShard({ files, folder, nowMs }: LedgerInput): string {
  const newest = listShards(files, folder).at(-1);
  const byClock = shardNameOf(nowMs());
  if (newest === undefined || newest.name < byClock) return byClock;
  return newest.description.sealedMs === null ? newest.name : shardAfter(newest.name);
}

function openShard({ folder, origin, openShard: open }: LedgerInput, name: string): Promise<ShardLog> {
  return open(path.join(folder, name), shardOrigin(origin, name));
}

/** Ends a log with an entry that says so, a checkpoint over it, and its description. A crash on the way leaves a log that the next start seals. */
async function seal(input: LedgerInput, name: string, log: ShardLog, next: string): Promise<void> {
  const { files, nowMs, sealEntry, origin } = input;
  const folder = path.join(input.folder, name);
  try {
    const state = await log.drain();
    // It may stand there already, when a crash came before the description.
    if (!endsWithSeal(files, folder, state.size))
      await log.append([sealEntry(nowMs(), state, shardOrigin(origin, next))]);
  } catch (error) {
    await log.close().catch(() => {
      // The first error says why.
    });
    throw error;
  }
  await log.close();
  describeSealed(files, folder, nowMs());
}

/** What passes leaves a shard unsealed, for the next start: entries must not wait for a witness or a second place that is away just when the half year ends. */
function unlessPassing(error: unknown): void {
  const passing = ['LEDGER_QUORUM', 'LEDGER_SECOND_WRITE', 'LEDGER_DISK_FULL'];
  if (!(error instanceof BoltsealError) || !passing.includes(error.code)) throw error;
}

function endsWithSeal(files: Files, folder: string, size: number): boolean {
  if (size === 0) return false;
  const last = size - 1;
  const id = { level: 'entries', index: Math.floor(last / TILE_WIDTH), width: (last % TILE_WIDTH) + 1 } as const;
  const entry = parseEntryBundle(readTile({ files, folder }, id))?.at(-1);
  return entry?.[1] === entryKinds.seal;
}
