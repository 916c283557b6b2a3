import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { heldKeysIn } from '../erasing/holds.ts';
import type { Instruction } from '../erasing/port.ts';
import { countOwnKeys } from '../erasing/shard-drops.ts';
import { nodeFiles } from '../files/node-files.ts';
import { keysFile } from '../home-parts.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { isDropped, listShards, type Shard } from '../shards.ts';
import { readIdentity } from './identity.ts';
import type { OpenLedger } from './open-ledger.ts';
import type { DropPlan, DroppedSummary } from './port.ts';
import { findKeptShard, keptShelves, readPublishedShard } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

const DAY_MS = 86_400_000;

/** When a shard may be dropped: milliseconds since 1970; null where it still takes entries or no time of retention is configured. */
export function dueMsOf({ retentionDays }: LedgerSettings, { description }: Pick<Shard, 'description'>): number | null {
  const { sealedMs } = description;
  return sealedMs === null || retentionDays === null ? null : sealedMs + retentionDays * DAY_MS;
}

/**
 * What dropping a shard would do; changes nothing, also beside a writer. Fails with LEDGER_NONE, LEDGER_SHARD, LEDGER_DROPPED, LEDGER_RETENTION, LEDGER_DAMAGED.
 */
export async function planDrop(settings: LedgerSettings, name: string, nowMs: number): Promise<DropPlan> {
  const shard = findDueShard(settings, name, nowMs);
  const identity = readIdentity(settings);
  const { state, place } = readPublishedShard(identity, shard);
  const database = new KeyDatabase(keysFile(settings.ledgerFolder));
  try {
    const kept = listShards(nodeFiles, settings.ledgerFolder).filter((one) => !isDropped(one));
    const shelves = keptShelves(identity, kept);
    const { keys, isHeld } = await countOwnKeys(identity.secrets, heldKeysIn(database), shelves, place.origin);
    return { shard: name, entries: state.size, keys, isHeld, sizeBytes: sizeOf(shard.folder) };
  } finally {
    database.close();
  }
}

/** Drops a shard whose time is over. Rejects as `planDrop` and `ShardDrops.drop`. */
export async function dropShard(
  settings: LedgerSettings,
  { ledger, drops }: OpenLedger,
  order: { readonly shard: string; readonly instruction: Instruction; readonly nowMs: number },
): Promise<DroppedSummary> {
  findDueShard(settings, order.shard, order.nowMs);
  // While the shard before is being sealed, entries of it are derived that may need the keys of another one.
  await ledger.rollOver();
  return drops.drop(order.shard, order.instruction);
}

/** Whether a shard may be dropped now. Fails with LEDGER_NONE, LEDGER_SHARD, LEDGER_DROPPED, LEDGER_RETENTION. */
export function findDueShard(settings: LedgerSettings, name: string, nowMs: number): Shard {
  readIdentity(settings);
  const shard = findKeptShard(settings, name);
  const refuse = (problem: string): BoltsealError => new BoltsealError('LEDGER_RETENTION', { shard: name, problem });
  if (shard.description.sealedMs === null) throw refuse('it still takes entries');
  const dueMs = dueMsOf(settings, shard);
  if (dueMs === null) throw refuse('no time of retention is configured');
  if (nowMs < dueMs) throw refuse(`its time is over on ${new Date(dueMs).toISOString().slice(0, 10)}`);
  // Tombstones stand behind what they speak of: dropped in this order, none is gone of which something is left.
  const older = listShards(nodeFiles, settings.ledgerFolder).find((one) => one.name < name && !isDropped(one));
  if (older !== undefined) throw refuse(`an older one, ${older.name}, comes first`);
  return shard;
}

function sizeOf(folder: string): number {
  let bytes = 0;
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true }))
    if (entry.isFile())
      bytes += fs.statSync(path.join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0;
  return bytes;
}
