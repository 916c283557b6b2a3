import fs from 'node:fs';
import path from 'node:path';
import { parsePolicy } from '../../core/tlog/policy.ts';
import { nodeFiles } from '../files/node-files.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { defaultLedgerOptions } from '../options.ts';
import { FolderSecondPlace } from '../second-place.ts';
import { sha256 } from '../sha256.ts';
import { isDropped, listShards } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { findCosigners } from '../witness/cosigner.ts';
import { dueMsOf } from './drop-shard.ts';
import { readIdentity, signingKeysOf } from './identity.ts';
import { logKeysOf, readPublishedShard } from './read-shard.ts';
import { scanWal } from './scan-wal.ts';
import type { LedgerSettings } from './settings.ts';

/** How a ledger is. */
export interface LedgerOverview {
  readonly origin: string;
  readonly shards: readonly ShardOverview[];
  /** Entries of all shards that are kept and durable. */
  readonly durable: number;
  readonly secondPlace: {
    readonly folder: string;
    /** Whether it lies on the volume of the ledger, and so is lost with it. */
    readonly isSameVolume: boolean;
  };
  readonly witnesses: WitnessOverview | null;
  readonly holds: number;
  /** Days that shards are kept from their seal on; null: for ever. */
  readonly retentionDays: number | null;
  readonly freeBytes: number;
  /** Whether the operator should make room. */
  readonly isLow: boolean;
}

/** How a shard is. */
export interface ShardOverview {
  readonly name: string;
  readonly origin: string;
  /** Entries under the published checkpoint. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** Entries that are durable. */
  readonly durable: number;
  readonly isSealed: boolean;
  /** When it was dropped: milliseconds since 1970; null: it was not. */
  readonly droppedMs: number | null;
  /** When its time is over; null while it takes entries, when it was dropped, or where no time is configured. */
  readonly dueMs: number | null;
  /** Generation of the keys that sign. */
  readonly generation: number;
  readonly walSegments: number;
  /** Entries of the checkpoint in the second place; null: it has none. */
  readonly secondPlaceSize: number | null;
}

/** What the newest checkpoint has of witnesses. */
export interface WitnessOverview {
  readonly configured: number;
  readonly cosigned: readonly string[];
  readonly isQuorum: boolean;
  readonly onMissingQuorum: LedgerSettings['onMissingQuorum'];
}

/** Looks at a ledger, also beside a writer. Fails with LEDGER_NONE, LEDGER_KEY, LEDGER_ORIGIN, LEDGER_POLICY, LEDGER_DAMAGED. */
export function readOverview(settings: LedgerSettings): LedgerOverview {
  const identity = readIdentity(settings);
  const { ledgerFolder, secondPlaceFolder, witnesses } = settings;
  const secondPlace = new FolderSecondPlace(nodeFiles, secondPlaceFolder);
  const signer = makeCheckpointSigner({ signing: [], trusted: identity.generations, now: Date.now });
  const published = listShards(nodeFiles, ledgerFolder).map((shard) => readPublishedShard(identity, shard));
  const shards = published.map((shard): ShardOverview => {
    const { name, description, state } = shard;
    const wal = scanWal(shard, identity.secrets);
    const second = secondPlace.read(description.origin);
    return {
      name,
      origin: description.origin,
      size: state.size,
      root: Buffer.from(state.root).toString('base64'),
      durable: Math.max(wal.size ?? 0, state.size),
      isSealed: description.sealedMs !== null,
      droppedMs: description.droppedMs ?? null,
      dueMs: isDropped(shard) ? null : dueMsOf(settings, shard),
      generation: signingKeysOf(identity, shard).generation,
      walSegments: wal.segments,
      secondPlaceSize: second === null ? null : signer.open(description.origin, second).size,
    };
  });
  const newest = published.at(-1);
  const freeBytes = nodeFiles.freeBytes(ledgerFolder);
  return {
    origin: identity.origin,
    shards,
    durable: shards.reduce((sum, { durable, droppedMs }) => sum + (droppedMs === null ? durable : 0), 0),
    secondPlace: { folder: secondPlaceFolder, isSameVolume: isSameVolume(ledgerFolder, secondPlaceFolder) },
    witnesses:
      witnesses === null || newest === undefined
        ? null
        : witnessesOf(settings, witnesses, newest.note, logKeysOf(identity, newest)),
    holds: countHolds(ledgerFolder),
    retentionDays: settings.retentionDays,
    freeBytes,
    isLow: freeBytes < defaultLedgerOptions.warnBytes,
  };
}

function witnessesOf(
  { onMissingQuorum }: LedgerSettings,
  text: string,
  note: Uint8Array,
  logKeys: ReturnType<typeof logKeysOf>,
): WitnessOverview {
  const policy = parsePolicy(sha256, text);
  const { names, isQuorum } = findCosigners(note, logKeys, policy);
  return { configured: policy.witnesses.length, cosigned: names, isQuorum, onMissingQuorum };
}

function countHolds(ledgerFolder: string): number {
  const file = path.join(ledgerFolder, 'keys.sqlite');
  if (!fs.existsSync(file)) return 0;
  const database = new KeyDatabase(file);
  try {
    return Number(database.prepare('SELECT count(*) AS holds FROM holds').get()?.holds);
  } finally {
    database.close();
  }
}

/** Whether both lie on one volume; a folder that is not there lies where it would be made. */
function isSameVolume(one: string, other: string): boolean {
  const deviceOf = (folder: string): number => {
    for (let at = folder; ; at = path.dirname(at)) {
      const found = fs.statSync(at, { throwIfNoEntry: false });
      if (found !== undefined || at === path.dirname(at)) return found?.dev ?? -1;
    }
  };
  return deviceOf(one) === deviceOf(other);
}
