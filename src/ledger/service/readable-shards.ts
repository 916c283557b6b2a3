import { nodeFiles } from '../files/node-files.ts';
import { keysFile } from '../home-parts.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { makeOpeningsReader } from '../openings/reader.ts';
import { type OpenedEntry, readEntries } from '../read-entries.ts';
import { isDropped, listShards } from '../shards.ts';
import { readIdentity } from './identity.ts';
import { readPublishedShard } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/** A shard whose entries can be read up to its checkpoint. */
export interface ReadableShard {
  readonly name: string;
  readonly size: number;
  read(from: number, to: number): Iterable<OpenedEntry>;
}

/** Gives `work` the shards of a ledger that were not dropped, oldest first. Fails with LEDGER_NONE, LEDGER_KEY, LEDGER_DAMAGED, and as `work`. */
export function withReadableShards<T>(settings: LedgerSettings, work: (shards: readonly ReadableShard[]) => T): T {
  const identity = readIdentity(settings);
  const { secrets } = identity;
  const database = new KeyDatabase(keysFile(settings.ledgerFolder));
  try {
    const keys = new KeyStore(database, secrets);
    const kept = listShards(nodeFiles, settings.ledgerFolder).filter((shard) => !isDropped(shard));
    const shards = kept.map((shard): ReadableShard => {
      const { name, place, state } = readPublishedShard(identity, shard);
      const reader = makeOpeningsReader({ origin: place.origin, secrets, keys });
      return { name, size: state.size, read: (from, to) => readEntries(place, reader, state.size, { from, to }) };
    });
    return work(shards);
  } finally {
    database.close();
  }
}
