import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import type { Files } from '../files/port.ts';
import { readWhole, WholeFileWriter } from '../files/whole-files.ts';
import type { NewEntry } from '../port.ts';
import { openingsFile, type ShardPlace } from '../shard-place.ts';
import type { ErasingLog, OpeningsShelf } from './port.ts';

/** A log that takes entries, as `ShardLog` is one. */
export interface OpenLog {
  append(
    entries: readonly NewEntry[],
  ): Promise<{ readonly firstIndex: number; readonly indices: readonly number[] | null }>;
  drained<T>(work: () => Promise<T> | T): Promise<T>;
  atRest<T>(work: () => Promise<T> | T): Promise<T>;
}

/** The log that takes entries, as erasing needs it. `current` is asked each time: shards change. */
export function makeErasingLog(
  current: () => { readonly origin: string; readonly log: OpenLog },
  find: ErasingLog['find'],
): ErasingLog {
  return {
    find,
    async append(content): Promise<EntryPlace> {
      const { origin, log } = current();
      const { firstIndex, indices } = await log.append([content]);
      return { origin, index: indices?.[0] ?? firstIndex };
    },
    drained: (work) => current().log.drained(work),
    atRest: (work) => current().log.atRest(work),
  };
}

/** The files of openings of a shard in `folder`, of whose entries `size` are published. `replace` is for when nothing is derived: writing whole files goes through one folder. */
export function makeShelf(files: Files, { folder, origin }: Omit<ShardPlace, 'files'>, size: number): OpeningsShelf {
  const read = (bundle: number): Uint8Array | null => readWhole(files, openingsFile(folder, bundle));
  return {
    origin,
    *bundles() {
      // Not those that are there: one that was taken away would hide all behind it.
      for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) yield bundle;
    },
    read,
    replace: (bundle, file) =>
      new WholeFileWriter(files, folder).write([{ path: openingsFile(folder, bundle), bytes: file }]),
  };
}
