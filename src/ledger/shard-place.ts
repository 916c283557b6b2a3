import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { HASH_BYTES } from '../core/merkle/tree-hash.ts';
import { TILE_WIDTH, type TileId, tilePath } from '../core/tlog/tile-path.ts';
import type { Files } from './files/port.ts';
import { readWhole } from './files/whole-files.ts';

/** Where the files of a shard are. */
export interface ShardPlace {
  readonly files: Files;
  readonly folder: string;
  readonly origin: string;
}

/** Bytes of every entry of the ledger (docs/spec/ledger-entry.md), and of an entry with its length in a bundle. */
export const ENTRY_BYTES = 48;
export const BUNDLED_BYTES = 2 + ENTRY_BYTES;

export function walFolder(folder: string): string {
  return path.join(folder, 'wal');
}

export function requestsFolder(folder: string): string {
  return path.join(folder, 'requests');
}

export function checkpointFile(folder: string): string {
  return path.join(folder, 'checkpoint');
}

/** The file of a tile or entry bundle. */
export function tileFile(folder: string, id: TileId): string {
  return path.join(folder, tilePath(id));
}

/** The file of the openings of a bundle: numbered as bundles are, and one for each, full or not. */
export function openingsFile(folder: string, bundle: number): string {
  const name = tilePath({ level: 'entries', index: bundle, width: TILE_WIDTH }).slice('tile/entries/'.length);
  return path.join(folder, 'openings', name);
}

/** Reads a tile or bundle; where a partial one is gone, the full one that took its place. Fails with LEDGER_DAMAGED when it is missing or too short. */
export function readTile({ files, folder }: Pick<ShardPlace, 'files' | 'folder'>, id: TileId): Uint8Array {
  const size = id.width * (id.level === 'entries' ? BUNDLED_BYTES : HASH_BYTES);
  const bytes =
    readWhole(files, tileFile(folder, id)) ?? readWhole(files, tileFile(folder, { ...id, width: TILE_WIDTH }));
  if (bytes === null) throw shardDamage(tilePath(id), 'it is missing');
  if (bytes.length < size) throw shardDamage(tilePath(id), 'it is too short');
  return bytes.subarray(0, size);
}

/** Something is wrong with a file of a shard. */
export function shardDamage(file: string, problem: string): BoltsealError {
  return new BoltsealError('LEDGER_DAMAGED', { file, problem });
}
