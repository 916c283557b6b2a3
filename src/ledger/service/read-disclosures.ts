import path from 'node:path';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import type { EntryOpening } from '../../core/ledger-entry/opening.ts';
import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole } from '../files/whole-files.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { makeOpeningsReader } from '../openings/reader.ts';
import { openingsFile, shardDamage } from '../shard-place.ts';
import { listShards } from '../shards.ts';
import { TreeReader } from '../tree-reader.ts';
import { readIdentity } from './identity.ts';
import { readPublishedShard } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/** A disclosure of the ledger that can be read as a whole. */
export interface ReadDisclosure {
  readonly timeMs: number;
  readonly principal: string;
  readonly subject: string;
  readonly fields: string;
  readonly purpose: string;
}

/** Up to which entry of each log, by origin, something was read. */
export type LedgerCursor = Readonly<Record<string, number>>;

/** How far the ledger is published. Fails with LEDGER_NONE, LEDGER_DAMAGED. */
export function publishedCursor(settings: LedgerSettings): LedgerCursor {
  const identity = readIdentity(settings);
  return Object.fromEntries(
    listShards(nodeFiles, settings.ledgerFolder).map((shard) => {
      const { place, state } = readPublishedShard(identity, shard);
      return [place.origin, state.size];
    }),
  );
}

/**
 * The disclosures from one cursor to another, in the order of the log; what was erased or denied is left out. Each was checked against its entry.
 * Fails with LEDGER_NONE, LEDGER_DAMAGED.
 */
export function* readDisclosures(
  settings: LedgerSettings,
  { from, to }: { readonly from: LedgerCursor; readonly to: LedgerCursor },
  onEntries: (count: number) => void,
): Generator<ReadDisclosure> {
  const { secrets } = readIdentity(settings);
  const database = new KeyDatabase(path.join(settings.ledgerFolder, 'keys.sqlite'));
  try {
    const keys = new KeyStore(database, secrets);
    for (const { folder, description } of listShards(nodeFiles, settings.ledgerFolder)) {
      const { origin } = description;
      const [first, end] = [from[origin] ?? 0, to[origin] ?? 0];
      const tree = new TreeReader({ files: nodeFiles, folder }, end);
      const reader = makeOpeningsReader({ origin, secrets, keys });
      for (let bundle = Math.floor(first / TILE_WIDTH); bundle * TILE_WIDTH < end; bundle++) {
        const file = readWhole(nodeFiles, openingsFile(folder, bundle));
        if (file === null) throw shardDamage(`openings/${bundle}`, 'it is missing');
        const opened = reader.openBundle(bundle, file, tree.entries(bundle));
        for (const opening of opened.slice(Math.max(0, first - bundle * TILE_WIDTH))) {
          const disclosure = opening === null ? null : disclosureOf(opening);
          if (disclosure !== null) yield disclosure;
        }
        onEntries(opened.length);
      }
    }
  } finally {
    database.close();
  }
}

function disclosureOf({ kind, fields }: EntryOpening): ReadDisclosure | null {
  if (kind !== entryKinds.disclosure) return null;
  const values = new Map(
    fields.flatMap((opened) =>
      'value' in opened ? [[opened.field.name, Buffer.from(opened.value).toString('utf8')] as const] : [],
    ),
  );
  const [time, principal, subject] = [values.get('time'), values.get('principal'), values.get('subject')];
  if (time === undefined || principal === undefined || subject === undefined) return null;
  // What was denied was not disclosed.
  if (values.get('decision') === 'deny') return null;
  return {
    timeMs: Number(time),
    principal,
    subject,
    fields: values.get('fields') ?? '',
    purpose: values.get('purpose') ?? '',
  };
}
