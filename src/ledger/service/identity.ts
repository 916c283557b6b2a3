import { createPublicKey } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { parseCheckpoint } from '../../core/note/checkpoint.ts';
import { parseNote } from '../../core/note/signed-note.ts';
import { nodeFiles } from '../files/node-files.ts';
import { createWrappingKey, type LedgerSecrets, readWrappingKey } from '../keys/wrapping.ts';
import { sha256 } from '../sha256.ts';
import { listShards, type Shard, shardOrigin } from '../shards.ts';
import { createLogKeys, type LogKeys, listGenerations, readLogKeys, verifierKeysOf } from '../signing/log-keys.ts';
import { rawPublicKey } from '../signing/verifier.ts';
import type { LedgerSettings } from './settings.ts';

/** Who a ledger is: its name and its keys. */
export interface LedgerIdentity {
  readonly origin: string;
  readonly secrets: LedgerSecrets;
  /** Every generation of signing keys, ascending; at least one. The last may not be in use yet. */
  readonly generations: readonly LogKeys[];
}

/** Reads the keys of a ledger. Fails with LEDGER_NONE when there is no ledger yet, LEDGER_KEY, LEDGER_ORIGIN, LEDGER_DAMAGED. */
export function readIdentity(settings: LedgerSettings): LedgerIdentity {
  if (listShards(nodeFiles, settings.ledgerFolder).length === 0)
    throw new BoltsealError('LEDGER_NONE', { path: settings.ledgerFolder });
  return identityOf(settings);
}

/**
 * Reads the keys of a ledger, or makes them when it has none. Only under the ledger's lock. A ledger whose keys are gone gets no new ones: it fails with LEDGER_KEY, and one
 * of which only the second place is left with LEDGER_BEHIND.
 */
export function makeIdentity(settings: LedgerSettings): LedgerIdentity {
  const { keysFolder, ledgerFolder } = settings;
  if (!hasKeys(keysFolder) && listShards(nodeFiles, ledgerFolder).length === 0) {
    refuseOrphan(settings.secondPlaceFolder);
    // The key that everything else is sealed with first: a crash between the two leaves what the next call takes up.
    if (!fs.existsSync(wrappingKeyFile(keysFolder))) createWrappingKey(wrappingKeyFile(keysFolder));
    createLogKeys(keysFolder, 1);
  }
  return identityOf(settings);
}

/** The generation that signs for a shard: the one that its description names. Fails with LEDGER_KEY when its file is gone. */
export function signingKeysOf({ generations }: LedgerIdentity, { description }: Shard): LogKeys {
  const named = description.keys.join('\n');
  const keys = generations.find((generation) => verifierKeysOf(generation, description.origin) === named);
  if (keys === undefined) throw new BoltsealError('LEDGER_KEY', { file: 'ledger-signing-….key' });
  return keys;
}

/** The generation that a shard is begun with: the one of the newest shard; the first when there is none. */
export function keysForNewShard(identity: LedgerIdentity, shards: readonly Shard[]): LogKeys {
  const newest = shards.at(-1);
  const [first] = identity.generations;
  if (newest !== undefined) return signingKeysOf(identity, newest);
  if (first === undefined) throw new BoltsealError('LEDGER_KEY', { file: 'ledger-signing-1.key' });
  return first;
}

function wrappingKeyFile(keysFolder: string): string {
  return path.join(keysFolder, 'ledger-wrap.key');
}

function hasKeys(keysFolder: string): boolean {
  return listGenerations(keysFolder).length > 0;
}

function identityOf(settings: LedgerSettings): LedgerIdentity {
  const { keysFolder, ledgerFolder } = settings;
  const secrets = readWrappingKey(wrappingKeyFile(keysFolder));
  const generations = listGenerations(keysFolder).map((generation) => readLogKeys(keysFolder, generation));
  const first = generations.find(({ generation }) => generation === 1);
  if (first === undefined) throw new BoltsealError('LEDGER_KEY', { file: 'ledger-signing-1.key' });
  const origin = settings.origin ?? defaultOrigin(first);
  for (const { name, description } of listShards(nodeFiles, ledgerFolder)) {
    if (description.origin !== shardOrigin(origin, name)) throw new BoltsealError('LEDGER_ORIGIN', { origin });
  }
  return { origin, secrets, generations };
}

/** A name that nobody else has, for logs whose operator gave none. */
function defaultOrigin({ ed25519 }: LogKeys): string {
  const key = rawPublicKey('ed25519', createPublicKey(ed25519));
  return `boltseal-ledger-${Buffer.from(sha256(key)).toString('hex').slice(0, 16)}`;
}

/** A second place that remembers a log while home and keys have none: the ledger was deleted, and must not begin anew as if it had never been. */
function refuseOrphan(secondPlaceFolder: string): void {
  for (const name of nodeFiles.list(secondPlaceFolder)) {
    const file = path.join(secondPlaceFolder, name, 'checkpoint');
    if (!/^[0-9a-f]{64}$/.test(name) || !fs.existsSync(file)) continue;
    let origin = '?';
    try {
      ({ origin } = parseCheckpoint(parseNote(fs.readFileSync(file, 'utf8')).text));
    } catch {
      // What cannot be read was still a checkpoint's place.
    }
    throw new BoltsealError('LEDGER_BEHIND', { origin, problem: 'it is not there at all, nor are its keys' });
  }
}
