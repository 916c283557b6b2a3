import path from 'node:path';
import type { Files } from '../files/port.ts';
import { WholeFileWriter } from '../files/whole-files.ts';
import type { TreeState } from '../port.ts';
import { describeDropped } from '../shard-log.ts';
import { checkpointFile } from '../shard-place.ts';
import type { Shard } from '../shards.ts';
import { erasedHalvesFile, formatErasedHalves } from './erased-halves.ts';
import { makeShelf } from './ledger-places.ts';
import type { OldShard } from './shard-drops.ts';

/** What stays of a shard that was dropped. */
export function keptFiles(folder: string): readonly string[] {
  return [path.join(folder, 'log.json'), checkpointFile(folder), erasedHalvesFile(folder)];
}

/** A sealed shard in its folder, to be dropped. Only under the ledger's lock. */
export function makeOldShard(
  files: Files,
  { folder, description }: Shard,
  {
    state,
    nowMs,
    removeRows,
  }: { readonly state: TreeState; readonly nowMs: () => number; readonly removeRows: () => Promise<void> },
): OldShard {
  return {
    shelf: makeShelf(files, { folder, origin: description.origin }, state.size),
    state,
    isMarked: description.droppedMs !== undefined,
    removeRows,
    mark(left) {
      const bytes = formatErasedHalves(left);
      new WholeFileWriter(files, folder).write([{ path: erasedHalvesFile(folder), bytes }]);
      // Behind it: a description that says "dropped" promises that the list is whole.
      describeDropped(files, folder, nowMs());
    },
    removeFiles() {
      const kept = new Set(keptFiles(folder));
      for (const name of files.list(folder)) {
        const file = path.join(folder, name);
        if (kept.has(file)) continue;
        files.removeTree(file);
      }
      files.syncFolder(folder);
    },
  };
}
