import { BoltsealError } from '../../core/errors.ts';
import { isSameHash } from '../../core/merkle/tree-hash.ts';
import type { CheckpointSigner, SecondPlace, TreeState } from '../port.ts';
import { sha256 } from '../sha256.ts';
import { readTile, type ShardPlace } from '../shard-place.ts';
import { readFrontier } from './right-edge.ts';

/**
 * Compares a log with its checkpoint in the second place, before anything is written. Gives that checkpoint when it was written and a crash came before it was
 * published: the log must come by it, with that root.
 *
 * Fails with LEDGER_BEHIND when the log has fewer entries or another root, LEDGER_SECOND_PLACE when there is none.
 */
export function readSecondPlace(
  { place, signer, secondPlace }: { place: ShardPlace; signer: CheckpointSigner; secondPlace: SecondPlace },
  published: TreeState,
  { size, takesNewSecondPlace }: { readonly size: number; readonly takesNewSecondPlace: boolean },
): { readonly state: TreeState; readonly note: Uint8Array } | null {
  const { origin } = place;
  const note = secondPlace.read(origin);
  if (note === null) {
    if (published.size > 0 && !takesNewSecondPlace) {
      throw new BoltsealError('LEDGER_SECOND_PLACE', { origin, size: published.size });
    }
    return null;
  }
  const state = signer.open(origin, note);
  if (state.size > size) {
    throw new BoltsealError('LEDGER_BEHIND', { origin, problem: `it has ${size} entries, and had ${state.size}` });
  }
  if (state.size > published.size) return { state, note };
  const root = readFrontier(sha256, { size: state.size, logSize: published.size }, (id) => readTile(place, id)).root();
  if (!isSameHash(root, state.root)) {
    throw new BoltsealError('LEDGER_BEHIND', { origin, problem: `its root at ${state.size} entries is another` });
  }
  return null;
}
