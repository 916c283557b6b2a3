import { hash } from 'node:crypto';
import { equalBytes, toUtf8 } from '../../core/bytes.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import { IDEMPOTENCY_KEY_BYTES } from '../../core/ledger-entry/record.ts';
import { findEntry } from '../erasing/find-entry.ts';
import type { Instruction } from '../erasing/port.ts';
import { nodeFiles } from '../files/node-files.ts';
import { acquireLedgerLock } from '../lock.ts';
import { describeKeys } from '../shard-log.ts';
import type { Shard } from '../shards.ts';
import { createLogKeys, type LogKeys, rotationContent, verifierKeysOf } from '../signing/log-keys.ts';
import { signingKeysOf } from './identity.ts';
import { type OpenLedger, type OpenRequest, openLedger } from './open-ledger.ts';
import { findShard, searchedLogs } from './read-shard.ts';

/** What a rotation did. */
export interface Rotated {
  /** Of the keys that sign from now on. */
  readonly generation: number;
  /** The entry that names old and new keys. */
  readonly entry: EntryPlace;
}

/**
 * Makes new signing keys for the newest shard and those that follow: an entry names old and new keys, a checkpoint that the old ones signed covers it, and from then on the new ones sign.
 * Killed on the way, the old keys go on; called again it takes up the new ones that are there, and the entry that names them. Rejects as `openLedger`, and with LEDGER_QUORUM before the change.
 */
export async function rotateKeys(request: OpenRequest, { principal, basis }: Instruction): Promise<Rotated> {
  const { settings, nowMs } = request;
  const { keysFolder, ledgerFolder } = settings;
  const open = await openLedger(request);
  const rotation = await (async () => {
    const { identity, ledger } = open;
    const shard = findShard(settings, ledger.shard);
    const { origin } = shard.description;
    const from = signingKeysOf(identity, shard);
    const next = from.generation + 1;
    const begun = identity.generations.find(({ generation }) => generation === next) ?? null;
    // Durable before the entry that names them.
    const to = begun ?? createLogKeys(keysFolder, next);
    const said = begun === null ? null : await findRotation(open, shard, begun);
    if (said !== null) return { shard, to, entry: said };
    const name = hash('sha256', `boltseal ledger rotation 1\0${origin}\0${next}`, 'buffer');
    const order = { principal, basis, timeMs: nowMs(), request: name.subarray(0, IDEMPOTENCY_KEY_BYTES) };
    const { firstIndex, indices } = await ledger.append([rotationContent(origin, from, to, order)]);
    await ledger.checkpoint();
    return { shard, to, entry: { origin, index: indices?.[0] ?? firstIndex } };
  })().finally(() => open.close());
  const { shard, to, entry } = rotation;
  const lock = acquireLedgerLock(ledgerFolder);
  try {
    // The change itself: whoever opens the shard from here on signs with the new keys.
    describeKeys(nodeFiles, shard.folder, verifierKeysOf(to, entry.origin).split('\n'));
  } finally {
    lock.release();
  }
  return { generation: to.generation, entry };
}

/** The entry of a rotation that was cut off, under a checkpoint; null when it did not come to it. */
async function findRotation(
  { identity, ledger, keys }: OpenLedger,
  shard: Shard,
  to: LogKeys,
): Promise<EntryPlace | null> {
  await ledger.checkpoint();
  const newKeys = toUtf8(verifierKeysOf(to, shard.description.origin));
  return findEntry(searchedLogs({ identity, keys }, [shard], 0), {
    kind: entryKinds.keyRotation,
    hour: null,
    isIt: (told) =>
      told.some((field) => field.field.name === 'newKeys' && 'value' in field && equalBytes(field.value, newKeys)),
  });
}
