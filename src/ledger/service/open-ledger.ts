import path from 'node:path';
import { toUtf8 } from '../../core/bytes.ts';
import type { BoltsealError } from '../../core/errors.ts';
import { makeContent } from '../../core/ledger-entry/record.ts';
import { parsePolicy } from '../../core/tlog/policy.ts';
import { WorkerDerivation } from '../derive/worker-derivation.ts';
import { recordCodec } from '../entry-coding.ts';
import { Erasures } from '../erasing/erasures.ts';
import { entryWith, findEntry } from '../erasing/find-entry.ts';
import { Holds } from '../erasing/holds.ts';
import { makeErasingLog } from '../erasing/ledger-places.ts';
import { makeOldShard } from '../erasing/old-shard.ts';
import type { ErasingPlaces, OpeningsShelf } from '../erasing/port.ts';
import { ShardDrops } from '../erasing/shard-drops.ts';
import { nodeFiles } from '../files/node-files.ts';
import { type HomePartsOptions, keysFile } from '../home-parts.ts';
import { makeRequestFingerprint } from '../idempotency.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { makeKeyWrap } from '../keys/wrapping.ts';
import { Ledger } from '../ledger.ts';
import { acquireLedgerLock, type LedgerLock } from '../lock.ts';
import { defaultLedgerOptions, type LedgerOptions } from '../options.ts';
import { FolderSecondPlace } from '../second-place.ts';
import { sha256 } from '../sha256.ts';
import { ShardLog } from '../shard-log.ts';
import { isDropped, listShards, type Shard, shardOrigin } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { type LogKeys, verifierKeysOf } from '../signing/log-keys.ts';
import { keysForNewShard, type LedgerIdentity, makeIdentity, signingKeysOf } from './identity.ts';
import { Prover } from './prover.ts';
import { findShard, keptShelves, readPublishedShard, searchedLogs } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/** How a ledger is opened for writing. */
export interface OpenRequest {
  readonly settings: LedgerSettings;
  readonly nowMs: () => number;
  readonly options?: Partial<LedgerOptions>;
  /** Takes who is erased out of the columns. */
  readonly removePerson: ErasingPlaces['removePerson'];
  /** Takes what the columns have of a shard's entries out of them. */
  readonly removeShardRows: (shard: string) => Promise<void>;
  /** Hears once of the error after which nothing more is accepted. */
  readonly onFailure: (error: BoltsealError) => void;
}

/** A ledger that is open for writing, with everything that belongs to it. */
export interface OpenLedger {
  readonly identity: LedgerIdentity;
  readonly keys: KeyStore;
  readonly ledger: Ledger;
  readonly holds: Holds;
  readonly erasures: Erasures;
  readonly drops: ShardDrops;
  /** Proves entries that are under a checkpoint: `ledger.checkpoint()` waits for one over all that was acknowledged. */
  readonly prover: Prover;
  /** Whether a legal hold forbids to erase a subject. */
  isHeld(subject: string): boolean;
  /** Publishes what was appended and closes all files. */
  close(): Promise<void>;
}

/**
 * Opens the ledger of a home for writing; the first time makes its folder and keys. What holds and erasures had begun is finished first.
 *
 * Rejects with LEDGER_LOCKED, LEDGER_KEY, LEDGER_ORIGIN, LEDGER_POLICY, and as `Ledger.open`.
 */
export async function openLedger(request: OpenRequest): Promise<OpenLedger> {
  const { settings, nowMs } = request;
  const { ledgerFolder } = settings;
  if (settings.witnesses !== null) parsePolicy(sha256, settings.witnesses);
  nodeFiles.makeFolder(ledgerFolder);
  nodeFiles.syncFolder(path.dirname(ledgerFolder));
  const lock = acquireLedgerLock(ledgerFolder);
  let database: KeyDatabase | null = null;
  let ledger: Ledger | null = null;
  try {
    const identity = makeIdentity(settings);
    database = new KeyDatabase(keysFile(ledgerFolder));
    ledger = await openLogs(request, identity, lock);
    const erasing = await resumeErasing(request, identity, database, ledger);
    const { holds, keys } = erasing;
    const isHeld = (subject: string): boolean => holds.isHeld(keys.ownerOf('subject', toUtf8(subject)));
    const prover = new Prover(settings, identity, keys);
    return { identity, ledger, ...erasing, prover, isHeld, close: () => closeAll(ledger, database, lock) };
  } catch (error) {
    await closeAll(ledger, database, lock).catch(() => {
      // The first error is the one that says why.
    });
    throw error;
  }

  async function closeAll(opened: Ledger | null, keys: KeyDatabase | null, held: LedgerLock): Promise<void> {
    try {
      await opened?.close();
    } finally {
      keys?.close();
      held.release();
    }
  }

  function openLogs({ onFailure, options }: OpenRequest, identity: LedgerIdentity, held: LedgerLock): Promise<Ledger> {
    const { origin } = identity;
    return Ledger.open({
      files: nodeFiles,
      folder: ledgerFolder,
      origin,
      acquireLock: () => held,
      openShard: (folder, shardOriginText) =>
        openShard({ settings, identity, folder, origin: shardOriginText, nowMs, onFailure, options: options ?? {} }),
      sealEntry: (timeMs, { size, root }, next) => makeContent('seal', timeMs, { size: String(size), root, next }),
      nowMs,
    });
  }
}

interface ShardRequest {
  readonly settings: LedgerSettings;
  readonly identity: LedgerIdentity;
  readonly folder: string;
  readonly origin: string;
  readonly nowMs: () => number;
  readonly onFailure: (error: BoltsealError) => void;
  readonly options: Partial<LedgerOptions>;
}

function openShard({ settings, identity, folder, origin, ...rest }: ShardRequest): Promise<ShardLog> {
  const keys = keysOfShard(settings, identity, origin);
  const options: LedgerOptions = { ...defaultLedgerOptions, ...rest.options };
  const { ledgerFolder, keysFolder, secondPlaceFolder, witnesses, onMissingQuorum } = settings;
  const partsOptions: HomePartsOptions = {
    origin,
    ledgerFolder,
    keysFolder,
    secondFolder: secondPlaceFolder,
    signing: [keys.generation],
    trusted: identity.generations.map(({ generation }) => generation),
    witnesses:
      witnesses === null ? null : { folder, policy: witnesses, publishesWithoutQuorum: onMissingQuorum === 'publish' },
  };
  return ShardLog.open({
    ...rest,
    files: nodeFiles,
    folder,
    origin,
    keys: verifierKeysOf(keys, origin).split('\n'),
    wrap: makeKeyWrap(identity.secrets),
    codec: recordCodec,
    fingerprint: makeRequestFingerprint(identity.secrets.requests),
    signer: makeCheckpointSigner({ signing: [keys], trusted: identity.generations, now: rest.nowMs }),
    secondPlace: new FolderSecondPlace(nodeFiles, secondPlaceFolder),
    options,
    derive: ({ start, segment }, events) =>
      WorkerDerivation.open(
        {
          partsModule: new URL('../home-parts.ts', import.meta.url).href,
          partsOptions,
          settings: { ...options, folder, origin },
          start,
          segment,
        },
        events,
      ),
  });
}

function keysOfShard({ ledgerFolder }: LedgerSettings, identity: LedgerIdentity, origin: string): LogKeys {
  const shards = listShards(nodeFiles, ledgerFolder);
  const shard = shards.find(({ description }) => description.origin === origin);
  return shard === undefined ? keysForNewShard(identity, shards) : signingKeysOf(identity, shard);
}

async function resumeErasing(
  { settings, nowMs, removePerson, removeShardRows }: OpenRequest,
  identity: LedgerIdentity,
  database: KeyDatabase,
  ledger: Ledger,
): Promise<{ holds: Holds; erasures: Erasures; drops: ShardDrops; keys: KeyStore }> {
  const { secrets, origin } = identity;
  const keys = new KeyStore(database, secrets);
  const shards = (): Shard[] => listShards(nodeFiles, settings.ledgerFolder);
  const log = makeErasingLog(
    () => ({ origin: shardOrigin(origin, ledger.shard), log: ledger.log }),
    (content) => findEntry(searchedLogs({ identity, keys }, shards(), content.timeMs), entryWith(content)),
  );
  const context = { database, keys, secrets, log, now: nowMs };
  const holds = new Holds(context);
  const shelves = (): OpeningsShelf[] =>
    keptShelves(
      identity,
      shards().filter((shard) => !isDropped(shard)),
    );
  const erasures = new Erasures({ ...context, holds, places: { shelves, removePerson } });
  const drops = new ShardDrops({
    ...context,
    holds,
    shelves,
    shard: (name) => {
      const { state, ...shard } = readPublishedShard(identity, findShard(settings, name));
      return makeOldShard(nodeFiles, shard, { state, nowMs, removeRows: () => removeShardRows(name) });
    },
  });
  await holds.resume();
  await erasures.resume();
  await drops.resume();
  return { holds, erasures, drops, keys };
}
