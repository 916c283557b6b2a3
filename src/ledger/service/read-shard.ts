import { BoltsealError } from '../../core/errors.ts';
import { parseVerifierKey } from '../../core/note/verifier-key.ts';
import { type LogPolicy, parsePolicy } from '../../core/tlog/policy.ts';
import { readPublished } from '../derive/deriver.ts';
import type { SearchedLog } from '../erasing/find-entry.ts';
import { makeShelf } from '../erasing/ledger-places.ts';
import type { OpeningsShelf } from '../erasing/port.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole } from '../files/whole-files.ts';
import type { KeyStore } from '../keys/key-store.ts';
import { makeOpeningsReader } from '../openings/reader.ts';
import type { TreeState } from '../port.ts';
import { sha256 } from '../sha256.ts';
import { checkpointFile, type ShardPlace } from '../shard-place.ts';
import { isDropped, listShards, type Shard } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { verifierKeysOf } from '../signing/log-keys.ts';
import type { LedgerIdentity } from './identity.ts';
import type { LedgerSettings } from './settings.ts';

/** A shard as it is published at one moment. Nothing of it is locked: a writer may go on meanwhile. */
export interface PublishedShard extends Shard {
  readonly place: ShardPlace;
  readonly state: TreeState;
  /** The checkpoint's signed note. */
  readonly note: Uint8Array;
}

/** Finds a shard by name; null: the newest. Fails with LEDGER_SHARD. */
export function findShard({ ledgerFolder }: LedgerSettings, name: string | null): Shard {
  const shards = listShards(nodeFiles, ledgerFolder);
  const shard = name === null ? shards.at(-1) : shards.find((known) => known.name === name);
  if (shard === undefined)
    throw new BoltsealError('LEDGER_SHARD', {
      shard: name ?? '',
      shards: shards.map((known) => known.name).join(', '),
    });
  return shard;
}

/** `findShard`, one that was not dropped. Fails with LEDGER_DROPPED too. */
export function findKeptShard(settings: LedgerSettings, name: string | null): Shard {
  const shard = findShard(settings, name);
  if (isDropped(shard)) throw new BoltsealError('LEDGER_DROPPED', { shard: shard.name });
  return shard;
}

/** Reads what a shard publishes. Fails with LEDGER_DAMAGED. */
export function readPublishedShard({ generations }: LedgerIdentity, shard: Shard): PublishedShard {
  const place = { files: nodeFiles, folder: shard.folder, origin: shard.description.origin };
  const note = readWhole(nodeFiles, checkpointFile(shard.folder));
  const signer = makeCheckpointSigner({ signing: [], trusted: generations, now: Date.now });
  // The note that is handed out is the one that was checked, whatever a writer does in between.
  const state = note === null ? readPublished(place, signer) : signer.open(place.origin, note);
  return { ...shard, place, state, note: note ?? new Uint8Array(0) };
}

/** The files of openings of shards as they are published. Fails with LEDGER_DAMAGED. */
export function keptShelves(identity: LedgerIdentity, shards: readonly Shard[]): OpeningsShelf[] {
  return shards.map((shard) => {
    const { place, state } = readPublishedShard(identity, shard);
    return makeShelf(nodeFiles, place, state.size);
  });
}

/** The shards that may have an entry of that time or later, as they are published, to be searched. Fails with LEDGER_DAMAGED. */
export function searchedLogs(
  { identity, keys }: { readonly identity: LedgerIdentity; readonly keys: KeyStore },
  shards: readonly Shard[],
  fromMs: number,
): SearchedLog[] {
  return shards
    .filter((shard) => !isDropped(shard) && (shard.description.sealedMs ?? Number.POSITIVE_INFINITY) >= fromMs)
    .map((shard) => {
      const { place, state } = readPublishedShard(identity, shard);
      const reader = makeOpeningsReader({ origin: place.origin, secrets: identity.secrets, keys });
      return { place, size: state.size, reader };
    });
}

/**
 * The policy by which others check a shard: its keys of every generation, and the witnesses and quorum of the configuration. One for each shard: keys stand in a policy once, and
 * shards sign with the same keys under different names.
 */
export function shardPolicyText(
  settings: LedgerSettings,
  { generations }: LedgerIdentity,
  { description }: Shard,
): string {
  const { origin } = description;
  const isUsed = new Set(description.keys);
  const newest = generations.findLastIndex((keys) =>
    verifierKeysOf(keys, origin)
      .split('\n')
      .some((key) => isUsed.has(key)),
  );
  const logs = generations
    .slice(0, newest + 1)
    .flatMap((keys) => verifierKeysOf(keys, origin).split('\n'))
    .map((key) => `log ${key}`);
  const witnessLines = (settings.witnesses ?? 'quorum none')
    .split('\n')
    .filter((line) => /^[ \t]*(?:witness|group|quorum)[ \t]/.test(line));
  return `${[...logs, ...witnessLines].join('\n')}\n`;
}

/** `shardPolicyText`, read. */
export function shardPolicy(settings: LedgerSettings, identity: LedgerIdentity, shard: Shard): LogPolicy {
  return parsePolicy(sha256, shardPolicyText(settings, identity, shard));
}

/** Keys of a shard's log as a policy lists them. */
export function logKeysOf(identity: LedgerIdentity, { description }: Shard): LogPolicy['logs'] {
  return identity.generations
    .flatMap((keys) => verifierKeysOf(keys, description.origin).split('\n'))
    .map((text) => ({ key: parseVerifierKey(sha256, text), url: null }));
}
