import type { EntryOpening } from '../core/ledger-entry/opening.ts';
import { parseEntryBundle } from '../core/tlog/entry-bundle.ts';
import { TILE_WIDTH } from '../core/tlog/tile-path.ts';
import { readWhole } from './files/whole-files.ts';
import type { OpeningsReader } from './openings/reader.ts';
import { openingsFile, readTile, type ShardPlace, shardDamage } from './shard-place.ts';

/** An entry of a log and what can still be told of it; null: nothing. */
export interface OpenedEntry {
  readonly index: number;
  readonly entry: Uint8Array;
  readonly opening: EntryOpening | null;
}

/** Entries by their indices, `to` not among them. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
}

/**
 * Reads entries in order, one bundle in memory at a time; `to` is at most the size of the published checkpoint, `size`. What is told has been checked against the entry; the
 * entries themselves against nothing. Fails with LEDGER_DAMAGED.
 */
export function* readEntries(
  place: ShardPlace,
  reader: OpeningsReader,
  size: number,
  { from, to }: EntryRange,
): Generator<OpenedEntry> {
  for (let bundle = Math.floor(from / TILE_WIDTH); bundle * TILE_WIDTH < to; bundle++) {
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, size - first);
    const entries = parseEntryBundle(readTile(place, { level: 'entries', index: bundle, width }));
    if (entries === null) throw shardDamage(`bundle ${bundle}`, 'it is none');
    const file = readWhole(place.files, openingsFile(place.folder, bundle));
    // Where retention has taken the openings away the entries stay.
    const openings = file === null ? [] : reader.openBundle(bundle, file, entries);
    for (const [i, entry] of entries.entries()) {
      const index = first + i;
      if (index >= from && index < to) yield { index, entry, opening: openings[i] ?? null };
    }
  }
}

/** As `readEntries`, those of one kind alone: other bundles are looked at, and not opened. `newestFirst` goes from the end to the beginning. */
export function* readEntriesOfKind(
  place: ShardPlace,
  reader: OpeningsReader,
  size: number,
  kind: number,
  { from, to, newestFirst }: EntryRange & { readonly newestFirst: boolean },
): Generator<OpenedEntry> {
  const [firstBundle, lastBundle] = [Math.floor(from / TILE_WIDTH), Math.ceil(to / TILE_WIDTH) - 1];
  for (let turn = 0; turn <= lastBundle - firstBundle; turn++) {
    const bundle = newestFirst ? lastBundle - turn : firstBundle + turn;
    const first = bundle * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, size - first);
    const entries = parseEntryBundle(readTile(place, { level: 'entries', index: bundle, width }));
    if (entries === null) throw shardDamage(`bundle ${bundle}`, 'it is none');
    const found = [...entries.entries()].filter(
      ([i, entry]) => entry[1] === kind && first + i >= from && first + i < to,
    );
    if (found.length === 0) continue;
    const file = readWhole(place.files, openingsFile(place.folder, bundle));
    for (const [i, entry] of newestFirst ? found.reverse() : found)
      yield { index: first + i, entry, opening: file === null ? null : reader.openEntry(bundle, file, i, entry) };
  }
}
