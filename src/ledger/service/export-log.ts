import fs from 'node:fs';
import path from 'node:path';
import { BoltsealError } from '../../core/errors.ts';
import { allTiles, TILE_WIDTH, tilePath } from '../../core/tlog/tile-path.ts';
import { nodeFiles } from '../files/node-files.ts';
import { reasonOf } from '../reason.ts';
import { readTile } from '../shard-place.ts';
import { exportManifestName, formatExportManifest } from './export-manifest.ts';
import { readIdentity } from './identity.ts';
import { findKeptShard, readPublishedShard, shardPolicyText } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/** What is exported. */
export interface ExportRequest {
  /** Null: the newest. */
  readonly shard: string | null;
  /** Entries that are wanted; null: from the first, to the last. Bundles have 256 entries, and are given whole. */
  readonly from: number | null;
  readonly to: number | null;
  /** Absolute; must not be there, or be empty. */
  readonly folder: string;
}

/** What was exported. */
export interface ExportSummary {
  readonly origin: string;
  readonly size: number;
  readonly bundles: number;
  readonly tiles: number;
}

/**
 * Writes a shard as a static folder that any client of tlog-tiles reads: checkpoint, all tiles of hashes, the bundles of the wanted entries, the policy and, for a part, what part it is. Nothing of a person is in
 * it: openings stay. Fails with LEDGER_NONE, LEDGER_SHARD, LEDGER_DROPPED, LEDGER_INDEX, LEDGER_EXISTS, LEDGER_FILE, LEDGER_DAMAGED.
 */
export function exportLog(settings: LedgerSettings, request: ExportRequest): ExportSummary {
  const { folder } = request;
  const identity = readIdentity(settings);
  const shard = readPublishedShard(identity, findKeptShard(settings, request.shard));
  const { state, place, note } = shard;
  const [from, to] = [request.from ?? 0, request.to ?? state.size - 1];
  if (to >= state.size && request.to !== null) throw new BoltsealError('LEDGER_INDEX', { index: to, size: state.size });
  if (nodeFiles.list(folder).length > 0) throw new BoltsealError('LEDGER_EXISTS', { path: folder });
  let bundles = 0;
  let tiles = 0;
  const write = (file: string, bytes: Uint8Array | string): void => {
    const target = path.join(folder, file);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, bytes, { flag: 'wx' });
  };
  try {
    for (const id of allTiles(state.size)) {
      const isBundle = id.level === 'entries';
      if (isBundle && (id.index * TILE_WIDTH > to || (id.index + 1) * TILE_WIDTH <= from)) continue;
      write(tilePath(id), readTile(place, id));
      if (isBundle) bundles++;
      else tiles++;
    }
    if (bundles < Math.ceil(state.size / TILE_WIDTH))
      write(exportManifestName, formatExportManifest({ origin: place.origin, size: state.size, from, to }));
    write('policy', shardPolicyText(settings, identity, shard));
    // Last: a folder without it is an export that was broken off.
    write('checkpoint', note);
  } catch (cause) {
    if (cause instanceof BoltsealError) throw cause;
    throw new BoltsealError('LEDGER_FILE', { path: folder, reason: reasonOf(cause) }, { cause });
  }
  return { origin: place.origin, size: state.size, bundles, tiles };
}
