import { equalBytes } from '../../core/bytes.ts';
import { type Entry, parseEntry } from '../../core/ledger-entry/entry.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import { readErasedHalves } from '../erasing/erased-halves.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole } from '../files/whole-files.ts';
import { keysFile } from '../home-parts.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { OpeningsCheck } from '../openings/check-openings.ts';
import { openingsFile } from '../shard-place.ts';
import { TreeReader } from '../tree-reader.ts';
import type { Report } from './fsck-report.ts';
import type { LedgerIdentity } from './identity.ts';
import type { PublishedShard } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/**
 * Everything that the logs commit to can be opened, but for what tombstones say; no key is destroyed without one; what was dropped was announced, the newest of it in a log that is
 * kept: shards are dropped oldest first, so that it bears out those before it.
 */
export function checkOpenings(
  report: Report,
  { ledgerFolder }: LedgerSettings,
  { secrets }: LedgerIdentity,
  shards: readonly PublishedShard[],
  dropped: readonly PublishedShard[],
): void {
  const database = new KeyDatabase(keysFile(ledgerFolder));
  try {
    const keys = new KeyStore(database, secrets);
    const find = database.prepare('SELECT origin, entry FROM erasures WHERE number = ? AND entry >= 0');
    const tombstoneOf = (erasure: number): EntryPlace | null => {
      const row = find.get(erasure);
      return row === undefined ? null : { origin: String(row.origin), index: Number(row.entry) };
    };
    const check = new OpeningsCheck({ secrets, keys, tombstoneOf });
    for (const { name, folder, place } of dropped)
      report.part(name, () => {
        const halves = readErasedHalves(nodeFiles, folder);
        if (halves === null) report.add('erased-missing', name, 'what the dropped shard had left of erasures is gone');
        check.addDropped(place.origin, halves ?? []);
      });
    for (const { name, place, state } of shards) {
      const tree = new TreeReader(place, state.size);
      for (let bundle = 0; bundle * TILE_WIDTH < state.size; bundle++)
        report.part(name, () => {
          const file = readWhole(nodeFiles, openingsFile(place.folder, bundle));
          check.addBundle(place.origin, bundle, file, tree.entries(bundle));
        });
    }
    for (const { kind, place } of check.finish()) report.add(kind, place.origin, `entry ${place.index}`);
    for (const [at, { name, place, state }] of dropped.entries()) {
      const said = check.dropOf(place.origin);
      if (said === null && at === dropped.length - 1)
        report.add('drop-unannounced', name, 'it was dropped, and no entry says so');
      else if (said !== null && (said.size !== state.size || !equalBytes(said.root, state.root)))
        report.add('drop-differs', name, `entry ${said.place.index} of ${said.place.origin} speaks of another log`);
    }
    for (const { number, keys: count } of destroyedKeys(database)) {
      const place = tombstoneOf(number);
      if (place !== null && dropped.some((shard) => shard.place.origin === place.origin)) continue;
      const kind = place === null ? undefined : readEntry(shards, place)?.kind;
      if (kind !== entryKinds.erasure && kind !== entryKinds.drop)
        report.add('erasure-unannounced', 'keys.sqlite', `${count} keys were destroyed, and no entry says so`);
    }
  } finally {
    database.close();
  }
}

function destroyedKeys(database: KeyDatabase): { readonly number: number; readonly keys: number }[] {
  const query = 'SELECT erasure, count(*) AS keys FROM keys WHERE wrapped = zeroblob(60) GROUP BY erasure';
  const rows = database.prepare(query).all();
  return rows.map(({ erasure, keys }) => ({ number: Number(erasure), keys: Number(keys) }));
}

function readEntry(shards: readonly PublishedShard[], { origin, index }: EntryPlace): Entry | null {
  const shard = shards.find(({ place }) => place.origin === origin);
  if (shard === undefined || index >= shard.state.size) return null;
  return parseEntry(new TreeReader(shard.place, shard.state.size).entry(index));
}
