import { BoltsealError } from '../../core/errors.ts';
import { nodeFiles } from '../files/node-files.ts';
import { WholeFileWriter } from '../files/whole-files.ts';
import { makeHomeCosigner } from '../home-parts.ts';
import { acquireLedgerLock } from '../lock.ts';
import { FolderSecondPlace } from '../second-place.ts';
import { checkpointFile } from '../shard-place.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { readIdentity, signingKeysOf } from './identity.ts';
import { findShard, readPublishedShard } from './read-shard.ts';
import type { LedgerSettings, MissingQuorum } from './settings.ts';

/**
 * Signs the newest checkpoint once more, with the keys of today, and asks the witnesses for it: after a rotation, or when witnesses were added or came back. Its size and root stay.
 * The ledger must be closed. Rejects with LEDGER_LOCKED, LEDGER_QUORUM (then the checkpoint stays as it was), LEDGER_DAMAGED.
 */
export async function republish(settings: LedgerSettings, nowMs: () => number): Promise<void> {
  const { ledgerFolder, secondPlaceFolder, witnesses, onMissingQuorum } = settings;
  const lock = acquireLedgerLock(ledgerFolder);
  try {
    const identity = readIdentity(settings);
    const shard = readPublishedShard(identity, findShard(settings, null));
    const { place, state } = shard;
    const signing = [signingKeysOf(identity, shard)];
    const signed = makeCheckpointSigner({ signing, trusted: identity.generations, now: nowMs }).sign(
      place.origin,
      state,
    );
    // Never without quorum: what is published may have more cosignatures than could be got now.
    const cosign =
      witnesses === null
        ? null
        : makeHomeCosigner({ folder: place.folder, policy: witnesses, publishesWithoutQuorum: false });
    const note = cosign === null ? signed : await cosign(signed, state).catch(keepOr(onMissingQuorum));
    if (note === null) return;
    // The same order as always: the second place first.
    new FolderSecondPlace(nodeFiles, secondPlaceFolder).write(place.origin, note);
    new WholeFileWriter(nodeFiles, place.folder).write([{ path: checkpointFile(place.folder), bytes: note }]);
  } finally {
    lock.release();
  }
}

/** What a missed quorum means: an error, or, where checkpoints are published without one, that this one stays as it is. */
function keepOr(onMissingQuorum: MissingQuorum): (error: unknown) => null {
  return (error) => {
    if (onMissingQuorum === 'publish' && error instanceof BoltsealError && error.code === 'LEDGER_QUORUM') return null;
    throw error;
  };
}
