import { randomBytes } from 'node:crypto';
import { BoltsealError } from '../../core/errors.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { IDEMPOTENCY_KEY_BYTES, makeContent } from '../../core/ledger-entry/record.ts';
import type { KeyDatabase, Row, Statement } from '../keys/key-database.ts';
import { NumberSet } from '../keys/number-set.ts';
import { BUNDLE_ENTRIES, parseOpenings } from '../openings/layout.ts';
import type { TreeState } from '../port.ts';
import type { ErasedHalf } from './erased-halves.ts';
import type { HoldContext, Holds } from './holds.ts';
import { sealContent } from './pending-content.ts';
import type { ErasingLog, Instruction, OpeningsShelf } from './port.ts';
import { ANNOUNCED, announce, BEGUN, DESTROYED, DONE, eachFile, RETIRED, unlessDamaged } from './steps.ts';

/** A sealed shard whose time is over. */
export interface OldShard {
  readonly shelf: OpeningsShelf;
  /** Of its last checkpoint. */
  readonly state: TreeState;
  /** Whether its description says that it was dropped. */
  readonly isMarked: boolean;
  /** Takes what the columns have of its entries out; durable on return. Rejects with HOME_LOCKED while an import of logs runs. */
  removeRows(): Promise<void>;
  /** Says in its description that it was dropped, behind what it leaves of erasures; durable on return. */
  mark(left: readonly ErasedHalf[]): void;
  /** Removes everything but its description, its last checkpoint and what it leaves; durable on return. */
  removeFiles(): void;
}

/** What dropping works with. */
export interface DropContext extends HoldContext {
  readonly log: ErasingLog;
  readonly holds: Holds;
  /** The files of openings of every shard that is kept, as it is published. */
  readonly shelves: () => readonly OpeningsShelf[];
  /** A shard by name; it must be sealed. */
  readonly shard: (name: string) => OldShard;
}

/** What dropping a shard did. */
export interface Dropped {
  /** Its entry in the log that goes on. */
  readonly tombstone: EntryPlace;
  /** Keys that opened nothing but entries of the shard. */
  readonly keys: number;
}

/** Ends of the retention of whole shards. */
export class ShardDrops {
  readonly #context: DropContext;
  readonly #insert: Statement;
  readonly #setRetired: Statement;
  readonly #setAnnounced: Statement;
  readonly #setDestroyed: Statement;
  readonly #setStep: Statement;
  readonly #delete: Statement;
  readonly #find: Statement;
  readonly #unfinished: Statement;
  readonly #pending: Statement;

  constructor(context: DropContext) {
    this.#context = context;
    const { database } = context;
    this.#insert = database.prepare(
      `INSERT INTO erasures (step, owner, request, content, shard) VALUES (${BEGUN}, zeroblob(16), ?, ?, ?)`,
    );
    this.#setRetired = database.prepare(`UPDATE erasures SET step = ${RETIRED}, count = ? WHERE number = ?`);
    this.#setAnnounced = database.prepare(
      `UPDATE erasures SET step = ${ANNOUNCED}, origin = ?, entry = ? WHERE number = ?`,
    );
    this.#setDestroyed = database.prepare(
      `UPDATE erasures SET step = ${DESTROYED}, request = x'', content = x'' WHERE number = ?`,
    );
    this.#setStep = database.prepare('UPDATE erasures SET step = ? WHERE number = ?');
    this.#delete = database.prepare('DELETE FROM erasures WHERE number = ?');
    this.#find = database.prepare('SELECT * FROM erasures WHERE number = ?');
    this.#unfinished = database.prepare(
      `SELECT number FROM erasures WHERE step < ${DONE} AND shard <> '' ORDER BY number`,
    );
    this.#pending = database.prepare(`SELECT number FROM erasures WHERE step < ${DONE} AND shard = ?`);
  }

  /**
   * Drops a sealed shard: openings, entries, tiles, rows in the columns, and the keys that open nothing else; its last checkpoint stays, and an entry in the log that goes
   * on says so. That it is time, and that no older shard is left, is for the caller to know.
   *
   * Fails with LEDGER_HELD when a legal hold is on anybody in it, LEDGER_DAMAGED when it cannot be told which keys other shards need; then nothing has happened. After
   * another failure, or a crash, `resume` finishes it.
   */
  drop(shard: string, instruction: Instruction): Promise<Dropped> {
    return this.#context.holds.turns.take(() => this.#begin(shard, instruction));
  }

  /** Finishes what was begun, unless a hold forbids it. To be called after `Holds.resume` and `Erasures.resume`, before anything else. */
  resume(): Promise<void> {
    return this.#context.holds.turns.take(() => this.#finishAll());
  }

  async #begin(name: string, { principal, basis }: Instruction): Promise<Dropped> {
    const { database, secrets, shard, now } = this.#context;
    const pending = this.#pending.get(name);
    if (pending !== undefined) return this.#goOn(Number(pending.number), true);
    const { state, shelf } = shard(name);
    const request = randomBytes(IDEMPOTENCY_KEY_BYTES);
    const values = { principal, basis, size: String(state.size), root: state.root, log: shelf.origin };
    const content = sealContent(secrets, makeContent('drop', now(), values, request));
    const number = database.transact(() => this.#insert.run(request, content, name).lastNumber);
    return this.#goOn(number, false);
  }

  async #finishAll(): Promise<void> {
    for (const row of this.#unfinished.all()) {
      try {
        await this.#goOn(Number(row.number), true);
      } catch (error) {
        const isRefused = this.#find.get(Number(row.number)) === undefined;
        // While an import of logs has the columns, entries must be taken all the same: the next start goes on.
        const isPassing = error instanceof BoltsealError && error.code === 'HOME_LOCKED';
        if (!isRefused && !isPassing) throw error;
      }
    }
  }

  async #goOn(number: number, isAgain: boolean): Promise<Dropped> {
    const { database, keys, log } = this.#context;
    const step = (): number => Number(this.#row(number).step);
    const old = this.#context.shard(String(this.#row(number).shard));
    if (step() === BEGUN) await this.#retire(number, old);
    if (step() === RETIRED) await this.#announce(number, isAgain);
    if (step() === ANNOUNCED) {
      if (!old.isMarked) {
        // While its entries can be opened: they say which rows are theirs.
        await old.removeRows();
        old.mark(await this.#listErased(old.shelf));
      }
      // From here on nobody looks for what is removed now.
      old.removeFiles();
      database.transact(() => {
        keys.destroy(number);
        this.#setDestroyed.run(number);
      });
    }
    if (step() === DESTROYED) {
      await log.atRest(() => database.scrub());
      database.transact(() => this.#setStep.run(DONE, number));
    }
    const row = this.#row(number);
    return { tombstone: { origin: String(row.origin), index: Number(row.entry) }, keys: Number(row.count) };
  }

  /** Takes the keys that only the shard needs out of use, while nothing is derived that could begin to need them. */
  async #retire(number: number, old: OldShard): Promise<void> {
    const { database, keys, secrets, log, holds } = this.#context;
    try {
      await log.drained(async () => {
        const { own, isHeld } = await ownKeys(secrets, holds.heldKeys(), this.#context.shelves(), old.shelf.origin);
        if (isHeld) throw new BoltsealError('LEDGER_HELD', { owner: 'shard' });
        database.transact(() => this.#setRetired.run(keys.retireNumbers(own, number), number));
      });
    } catch (error) {
      const isUntouched = Number(this.#row(number).step) === BEGUN;
      if (isUntouched && error instanceof BoltsealError && ['LEDGER_HELD', 'LEDGER_DAMAGED'].includes(error.code))
        database.transact(() => this.#delete.run(number));
      throw error;
    }
  }

  async #announce(number: number, isAgain: boolean): Promise<void> {
    const { database } = this.#context;
    const { origin, index } = await announce(this.#context, this.#row(number), isAgain);
    database.transact(() => this.#setAnnounced.run(origin, index, number));
  }

  async #listErased(shelf: OpeningsShelf): Promise<ErasedHalf[]> {
    const { secrets, keys } = this.#context;
    const erased: ErasedHalf[] = [];
    await eachFile([shelf], ({ origin }, bundle, file) => {
      const openings = unlessDamaged(() => parseOpenings(secrets, { origin, bundle }, file ?? new Uint8Array(0))) ?? [];
      for (const [at, { matter, principal }] of openings.entries())
        for (const half of [matter, principal]) {
          const erasure = half.isErased ? keys.erasureOf(half.keyNumber) : null;
          if (erasure !== null) erased.push({ erasure, index: bundle * BUNDLE_ENTRIES + at });
        }
    });
    return erased;
  }

  #row(number: number): Row {
    return this.#find.get(number) ?? {};
  }
}

/** Whether a shard is being dropped and a crash, or an import of logs, came between. */
export function isDropPending(database: KeyDatabase, shard: string): boolean {
  return database.prepare(`SELECT 1 FROM erasures WHERE step < ${DONE} AND shard = ?`).get(shard) !== undefined;
}

type KeyNumbering = Parameters<typeof parseOpenings>[0];

/** The keys that only one shard of all that are kept needs, and whether one of the held ones is in it. Fails with LEDGER_DAMAGED. */
async function ownKeys(
  secrets: KeyNumbering,
  heldKeys: readonly number[],
  shelves: readonly OpeningsShelf[],
  origin: string,
): Promise<{ readonly own: NumberSet; readonly isHeld: boolean }> {
  const [old, others] = [
    shelves.filter((shelf) => shelf.origin === origin),
    shelves.filter((shelf) => shelf.origin !== origin),
  ];
  const numbers = await keysOf(secrets, old, true);
  const isHeld = heldKeys.some((key) => numbers.has(key));
  return { own: numbers.without(await keysOf(secrets, others, false)), isHeld };
}

/** How many keys a drop would destroy, those among them that were destroyed before, and whether a hold forbids it. Fails with LEDGER_DAMAGED. */
export async function countOwnKeys(
  secrets: KeyNumbering,
  heldKeys: readonly number[],
  shelves: readonly OpeningsShelf[],
  origin: string,
): Promise<{ readonly keys: number; readonly isHeld: boolean }> {
  const { own, isHeld } = await ownKeys(secrets, heldKeys, shelves, origin);
  return { keys: own.size, isHeld };
}

/**
 * Keys that files name. One that is damaged or missing in a shard that goes keeps nobody from dropping it, its keys staying; in one that is kept it does: what it needs would be
 * destroyed, and it can perhaps be restored.
 */
async function keysOf(
  secrets: KeyNumbering,
  shelves: readonly OpeningsShelf[],
  passesDamaged: boolean,
): Promise<NumberSet> {
  const numbers = new NumberSet();
  await eachFile(shelves, ({ origin }, bundle, file) => {
    const openings = passesDamaged
      ? unlessDamaged(() => parseOpenings(secrets, { origin, bundle }, file ?? new Uint8Array(0)))
      : parseOpenings(secrets, { origin, bundle }, file ?? new Uint8Array(0));
    for (const { matter, principal } of openings ?? []) {
      numbers.add(matter.keyNumber);
      numbers.add(principal.keyNumber);
    }
  });
  return numbers;
}
