import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { makeContent } from '../../../src/core/ledger-entry/record.ts';
import { BackgroundDerivation } from '../../../src/ledger/derive/background.ts';
import { entryMaker, recordCodec } from '../../../src/ledger/entry-coding.ts';
import { Erasures } from '../../../src/ledger/erasing/erasures.ts';
import { entryWith, findEntry } from '../../../src/ledger/erasing/find-entry.ts';
import { Holds } from '../../../src/ledger/erasing/holds.ts';
import { makeErasingLog, makeShelf } from '../../../src/ledger/erasing/ledger-places.ts';
import { makeOldShard } from '../../../src/ledger/erasing/old-shard.ts';
import { ShardDrops } from '../../../src/ledger/erasing/shard-drops.ts';
import { readWhole } from '../../../src/ledger/files/whole-files.ts';
import { makeRequestFingerprint } from '../../../src/ledger/idempotency.ts';
import { KeyDatabase } from '../../../src/ledger/keys/key-database.ts';
import { KeyStore } from '../../../src/ledger/keys/key-store.ts';
import { makeKeyWrap, secretsOf } from '../../../src/ledger/keys/wrapping.ts';
import { Ledger } from '../../../src/ledger/ledger.ts';
import { makeOpeningsReader } from '../../../src/ledger/openings/reader.ts';
import { makeOpeningsWriter } from '../../../src/ledger/openings/writer.ts';
import { defaultLedgerOptions } from '../../../src/ledger/options.ts';
import type { TreeState } from '../../../src/ledger/port.ts';
import { FolderSecondPlace } from '../../../src/ledger/second-place.ts';
import { ShardLog } from '../../../src/ledger/shard-log.ts';
import { checkpointFile } from '../../../src/ledger/shard-place.ts';
import { isDropped, listShards, type Shard } from '../../../src/ledger/shards.ts';
import { countingSeed } from '../../core/ledger-entry/samples.ts';
import { type Chooser, ModelDisk } from '../crash/model-disk.ts';
import { stubSigner } from '../support/stubs.ts';

export const ledgerOrigin = 'ledger.example/company';
export const ledgerFolder = '/home/ledger';
export const secondFolder = '/home/second';
export const secrets = secretsOf(countingSeed(3));
export const HALF_YEAR_MS = 184 * 86_400_000;

/** A machine: a disk that keeps what was synced, a store of keys that keeps what was committed, columns, and a clock. It outlasts its processes. */
export class Machine {
  disk = new ModelDisk();
  nowMs = Date.UTC(2026, 2, 10, 12);
  readonly keysFile: string;
  /** What the columns were told. */
  readonly removedPeople: string[] = [];
  readonly removedShards: string[] = [];
  /** Checkpoints that somebody may have seen. */
  readonly published = new Map<string, TreeState[]>();

  constructor(t: Pick<TestContext, 'after'>) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'boltseal-machine-'));
    t.after(() => fs.rmSync(folder, { recursive: true, force: true }));
    this.keysFile = path.join(folder, 'keys.sqlite');
    this.disk.makeFolder(ledgerFolder);
    this.disk.syncFolder('/');
    this.disk.syncFolder('/home');
  }

  /** Starts a process: what the one before had begun is finished when it resolves. */
  async start(): Promise<Process> {
    const process = this.begin();
    try {
      await process.open();
      return process;
    } catch (error) {
      process.end();
      throw error;
    }
  }

  /** A process that is yet to be opened. */
  begin(): Process {
    return new Process(this);
  }

  /** Loses power for so long: `keeps` says what of that which was not synced is kept. Whoever ran is told by errors alone. */
  crash(keeps: Chooser, forMs: number): void {
    const before = this.disk;
    this.disk = before.crashed(keeps);
    this.nowMs += forMs;
    before.onOperation = () => {
      throw Object.assign(new Error('there is no power'), { code: 'EIO' });
    };
  }
}

/** What a shard publishes. */
export function stateOf(disk: ModelDisk, { folder, description }: Shard): TreeState {
  return stubSigner.open(description.origin, readWhole(disk, checkpointFile(folder)) ?? new Uint8Array(0));
}

/** One process on a machine. */
export class Process {
  readonly machine: Machine;
  /** The one that it was started with: what is left of a process that lost its power does not reach the next one's. */
  readonly disk: ModelDisk;
  readonly database: KeyDatabase;
  readonly keys: KeyStore;
  readonly holds: Holds;
  readonly erasures: Erasures;
  readonly drops: ShardDrops;
  readonly #databases: KeyDatabase[] = [];
  #ledger: Ledger | null = null;

  constructor(machine: Machine) {
    this.machine = machine;
    this.disk = machine.disk;
    this.database = this.#openDatabase();
    this.keys = new KeyStore(this.database, secrets);
    const { database, disk, keys } = this;
    const now = (): number => machine.nowMs;
    const log = makeErasingLog(
      () => ({ origin: `${ledgerOrigin}/${this.ledger.shard}`, log: this.ledger.log }),
      (content) => findEntry(this.searched(), entryWith(content)),
    );
    const context = { database, keys, secrets, log, now };
    const shelves = () =>
      this.keptShards().map((shard) =>
        makeShelf(disk, { folder: shard.folder, origin: shard.description.origin }, stateOf(disk, shard).size),
      );
    this.holds = new Holds(context);
    const removePerson = async (kind: string, id: string): Promise<void> => {
      machine.removedPeople.push(`${kind} ${id}`);
    };
    this.erasures = new Erasures({ ...context, holds: this.holds, places: { shelves, removePerson } });
    this.drops = new ShardDrops({
      ...context,
      holds: this.holds,
      shelves,
      shard: (name) => {
        const shard = this.shards().find((known) => known.name === name);
        if (shard === undefined) throw new RangeError('there is such a shard');
        const removeRows = async (): Promise<void> => {
          machine.removedShards.push(name);
        };
        return makeOldShard(disk, shard, { state: stateOf(disk, shard), nowMs: now, removeRows });
      },
    });
  }

  get ledger(): Ledger {
    if (this.#ledger === null) throw new RangeError('it is open');
    return this.#ledger;
  }

  async open(): Promise<void> {
    const { disk, machine } = this;
    this.#ledger = await Ledger.open({
      files: disk,
      folder: ledgerFolder,
      origin: ledgerOrigin,
      acquireLock: () => ({ release: () => {} }),
      openShard: (folder, origin) => this.#openShard(folder, origin),
      sealEntry: (timeMs, { size, root }, next) => makeContent('seal', timeMs, { size: String(size), root, next }),
      nowMs: () => machine.nowMs,
    });
    await this.holds.resume();
    await this.erasures.resume();
    await this.drops.resume();
  }

  shards(): Shard[] {
    return listShards(this.disk, ledgerFolder);
  }

  keptShards(): Shard[] {
    return this.shards().filter((shard) => !isDropped(shard));
  }

  /** The logs that are kept, as they are published, for whoever reads. */
  searched() {
    const { disk, keys } = this;
    return this.keptShards().map((shard) => {
      const { origin } = shard.description;
      const place = { files: disk, folder: shard.folder, origin };
      return { place, size: stateOf(disk, shard).size, reader: makeOpeningsReader({ origin, secrets, keys }) };
    });
  }

  /** Ends in order. */
  async close(): Promise<void> {
    await this.ledger.close();
    this.end();
  }

  /** Ends at once: what was not committed is gone. */
  end(): void {
    for (const database of this.#databases) {
      database.rollback();
      database.close();
    }
  }

  #openDatabase(): KeyDatabase {
    const database = new WatchedDatabase(this.machine.keysFile, this.disk);
    this.#databases.push(database);
    return database;
  }

  #openShard(folder: string, origin: string): Promise<ShardLog> {
    const { disk, machine } = this;
    // As the thread of derivation: a connection and a cache of its own.
    const keys = new KeyStore(this.#openDatabase(), secrets);
    const options = {
      ...defaultLedgerOptions,
      segmentBytes: 16 * 1024,
      spareSegments: 1,
      checkpointMs: 1e9,
      roundEntries: 64,
    };
    const parts = {
      files: disk,
      wrap: makeKeyWrap(secrets),
      codec: recordCodec,
      fingerprint: makeRequestFingerprint(secrets.requests),
      entries: entryMaker,
      openings: makeOpeningsWriter({ origin, secrets, keys }),
      signer: stubSigner,
      secondPlace: new FolderSecondPlace(disk, secondFolder),
      cosign: null,
      refresh: () => keys.refresh(),
      nowMs: () => machine.nowMs,
    };
    const onPublished = (state: TreeState): void => {
      const seen = machine.published.get(origin) ?? [];
      machine.published.set(origin, [...seen, state]);
    };
    return ShardLog.open({
      ...parts,
      folder,
      origin,
      keys: ['key'],
      options,
      onFailure: () => {},
      derive: async (start, events) =>
        new BackgroundDerivation({ ...parts, ...options, ...start }, { ...events, onPublished }),
    });
  }
}

/** A store of keys whose transactions are moments at which power can be lost, as operations of the disk are. */
class WatchedDatabase extends KeyDatabase {
  readonly #disk: ModelDisk;

  constructor(file: string, disk: ModelDisk) {
    super(file);
    this.#disk = disk;
  }

  override transact<T>(work: () => T): T {
    this.#disk.onOperation?.();
    const result = super.transact(work);
    this.#disk.onOperation?.();
    return result;
  }
}
