import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import { readPublished } from '../derive/deriver.ts';
import type { OpeningsShelf } from '../erasing/port.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole, WholeFileWriter } from '../files/whole-files.ts';
import { openingsFile } from '../shard-place.ts';
import { listShards } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import type { LedgerIdentity } from './identity.ts';
import type { LedgerSettings } from './settings.ts';

/** The files of openings of every shard, as far as its published checkpoint goes. Fails with LEDGER_DAMAGED. */
export function listShelves({ ledgerFolder }: LedgerSettings, { generations }: LedgerIdentity): OpeningsShelf[] {
  const signer = makeCheckpointSigner({ signing: [], trusted: generations, now: Date.now });
  return listShards(nodeFiles, ledgerFolder).map(({ folder, description: { origin } }) => {
    const { size } = readPublished({ files: nodeFiles, folder, origin }, signer);
    return {
      origin,
      *bundles() {
        for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) yield bundle;
      },
      read: (bundle) => readWhole(nodeFiles, openingsFile(folder, bundle)),
      replace: (bundle, bytes) =>
        // Made each time: the deriver writes through the same folder `new`, and only one may at a time.
        new WholeFileWriter(nodeFiles, folder).write([{ path: openingsFile(folder, bundle), bytes }]),
    };
  });
}
