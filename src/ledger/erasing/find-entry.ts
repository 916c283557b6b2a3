import { equalBytes } from '../../core/bytes.ts';
import { HOUR_MS, parseEntry } from '../../core/ledger-entry/entry.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import type { FieldOpening } from '../../core/ledger-entry/opening.ts';
import type { EntryContent } from '../../core/ledger-entry/record.ts';
import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import { readWhole } from '../files/whole-files.ts';
import type { OpeningsReader } from '../openings/reader.ts';
import { openingsFile, type ShardPlace } from '../shard-place.ts';
import { TreeReader } from '../tree-reader.ts';

/** A log as it is searched. */
export interface SearchedLog {
  readonly place: ShardPlace;
  /** Of its published checkpoint. */
  readonly size: number;
  readonly reader: OpeningsReader;
}

/** Which entry is looked for. */
export interface SoughtEntry {
  readonly kind: number;
  /** Hours since 1970; null: any. */
  readonly hour: number | null;
  isIt(fields: readonly FieldOpening[]): boolean;
}

/** The newest entry that is the sought one; null when there is none. `logs`: oldest first. Reads every bundle until it is found, and opens what could be it. Fails with LEDGER_DAMAGED. */
export function findEntry(logs: readonly SearchedLog[], sought: SoughtEntry): EntryPlace | null {
  for (const log of logs.toReversed()) {
    const tree = new TreeReader(log.place, log.size);
    for (let bundle = Math.ceil(log.size / TILE_WIDTH) - 1; bundle >= 0; bundle--) {
      const at = findInBundle(log, bundle, tree.entries(bundle), sought);
      if (at !== null) return { origin: log.place.origin, index: bundle * TILE_WIDTH + at };
    }
  }
  return null;
}

/** An entry that was made from this content. */
export function entryWith({ kind, timeMs, fields }: EntryContent): SoughtEntry {
  return {
    kind,
    hour: Math.floor(timeMs / HOUR_MS),
    isIt: (told) =>
      told.every((field, i) => 'value' in field && equalBytes(field.value, fields[i] ?? new Uint8Array(0))),
  };
}

function findInBundle(
  { place, reader }: SearchedLog,
  bundle: number,
  entries: readonly Uint8Array[],
  { kind, hour, isIt }: SoughtEntry,
): number | null {
  let file: Uint8Array | null = null;
  for (let at = entries.length - 1; at >= 0; at--) {
    const bytes = entries[at] ?? new Uint8Array(0);
    const entry = parseEntry(bytes);
    if (entry?.kind !== kind || (hour !== null && entry.hour !== hour)) continue;
    file ??= readWhole(place.files, openingsFile(place.folder, bundle));
    const told = file === null ? null : reader.openEntry(bundle, file, at, bytes);
    if (told !== null && isIt(told.fields)) return at;
  }
  return null;
}
