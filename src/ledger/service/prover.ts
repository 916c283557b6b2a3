import { toBase64 } from '../../core/base64.ts';
import { equalBytes } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { type EntryKindName, entryKinds } from '../../core/ledger-entry/kinds.ts';
import { type EntryOpening, revealFields } from '../../core/ledger-entry/opening.ts';
import { verifyInclusion } from '../../core/merkle/inclusion.ts';
import { hashLeaf } from '../../core/merkle/tree-hash.ts';
import { parsePolicy } from '../../core/tlog/policy.ts';
import { formatLogProof } from '../../core/tlog/proof-file.ts';
import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import { verifyCheckpoint } from '../../core/tlog/verify-proof.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole } from '../files/whole-files.ts';
import { keysFile } from '../home-parts.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { makeOpeningsReader, type OpeningsReader } from '../openings/reader.ts';
import { type EntryRange, type OpenedEntry as ReadEntry, readEntries, readEntriesOfKind } from '../read-entries.ts';
import { sha256 } from '../sha256.ts';
import { checkpointFile, openingsFile, shardDamage } from '../shard-place.ts';
import { nodeVerifier } from '../signing/verifier.ts';
import { TreeReader } from '../tree-reader.ts';
import { type LedgerIdentity, readIdentity } from './identity.ts';
import { checkEntry, extraFormat, type ProveRequest } from './proof.ts';
import { findKeptShard, type PublishedShard, readPublishedShard, shardPolicyText } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/** A shard whose checkpoint was verified as an outsider would, witnesses aside. */
interface TrustedShard {
  readonly published: PublishedShard;
  readonly reader: OpeningsReader;
}

/** An entry, and what can be told of it: null when so much was erased that not even what is left can be proved. */
interface OpenedEntry extends TrustedShard {
  readonly tree: TreeReader;
  readonly entry: Uint8Array;
  readonly opened: EntryOpening | null;
}

/** Proves and tells entries of a ledger, as they are published at the moment, beside whoever appends; for one process that keeps it. Each checkpoint is verified once. */
export class Prover {
  readonly #settings: LedgerSettings;
  readonly #identity: LedgerIdentity;
  readonly #keys: KeyStore;
  readonly #trusted = new Map<string, TrustedShard>();

  constructor(settings: LedgerSettings, identity: LedgerIdentity, keys: KeyStore) {
    this.#settings = settings;
    this.#identity = identity;
    this.#keys = keys;
  }

  /**
   * Makes the proof of one entry: a C2SP tlog-proof with the entry and the opening of the named fields as its extra. What it shows was verified as an outsider would, witnesses aside.
   * Fails with LEDGER_SHARD, LEDGER_DROPPED, LEDGER_INDEX (also where no checkpoint covers the entry yet), LEDGER_REVEAL, LEDGER_DAMAGED.
   */
  prove({ shard, index, reveal }: ProveRequest): string {
    const { published, tree, entry, opened } = this.#open(shard, index);
    const [field] = reveal;
    if (opened === null && field !== undefined)
      throw new BoltsealError('LEDGER_REVEAL', { index, field, problem: 'was erased' });
    const opening = opened === null ? null : revealFields(sha256, index, opened, reveal);
    const extra = Buffer.from(JSON.stringify({ format: extraFormat, entry: toBase64(entry), opening }));
    const hashes = tree.inclusionProof(index);
    // Nothing leaves the house that does not hold: damaged tiles would make a proof that fails in court.
    const { size, root } = published.state;
    if (!verifyInclusion(sha256, { leafHash: hashLeaf(sha256, entry), index, size, root, proof: hashes }))
      throw new BoltsealError('LEDGER_PROOF', { index, size });
    checkEntry(index, entry, opening);
    return formatLogProof({ index, hashes, checkpoint: Buffer.from(published.note).toString('utf8'), extra });
  }

  /**
   * The value of a field of an entry; null when it is not there or was erased. It was checked against the entry.
   * Fails with LEDGER_SHARD, LEDGER_DROPPED, LEDGER_INDEX, LEDGER_DAMAGED.
   */
  valueOf(shard: string | null, index: number, field: string): Uint8Array | null {
    const { opened } = this.#open(shard, index);
    const told = opened?.fields.find((one) => one.field.name === field);
    return told !== undefined && 'value' in told ? told.value : null;
  }

  /** What can be told of an entry, checked against it; null when too much was erased. Fails as `valueOf`. */
  tell(shard: string, index: number): EntryOpening | null {
    return this.#open(shard, index).opened;
  }

  /** Entries of a shard that can be read. Fails with LEDGER_SHARD, LEDGER_DROPPED, LEDGER_DAMAGED. */
  sizeOf(shard: string): number {
    return this.#trust(shard).published.state.size;
  }

  /** Entries of a shard in order, what is told of each checked against it. Fails as `sizeOf`. */
  read(shard: string, range: EntryRange): Iterable<ReadEntry> {
    const { published, reader } = this.#trust(shard);
    return readEntries(published.place, reader, published.state.size, range);
  }

  /** Entries of a kind, in order or from the newest on. Fails as `sizeOf`. */
  readKind(
    shard: string,
    kind: EntryKindName,
    range: { readonly to?: number; readonly newestFirst?: boolean } = {},
  ): Iterable<ReadEntry> {
    const { published, reader } = this.#trust(shard);
    const { size } = published.state;
    const { to = size, newestFirst = false } = range;
    return readEntriesOfKind(published.place, reader, size, entryKinds[kind], {
      from: 0,
      to: Math.min(to, size),
      newestFirst,
    });
  }

  #open(name: string | null, index: number): OpenedEntry {
    const shard = this.#trust(name);
    const { place, state } = shard.published;
    const tree = new TreeReader(place, state.size);
    const entry = tree.entry(index);
    const bundle = Math.floor(index / TILE_WIDTH);
    const file = readWhole(nodeFiles, openingsFile(place.folder, bundle));
    if (file === null) throw shardDamage(`openings/${bundle}`, 'it is missing');
    return { ...shard, tree, entry, opened: shard.reader.openEntry(bundle, file, index % TILE_WIDTH, entry) };
  }

  #trust(name: string | null): TrustedShard {
    const shard = findKeptShard(this.#settings, name);
    const known = this.#trusted.get(shard.name);
    const note = readWhole(nodeFiles, checkpointFile(shard.folder));
    const isKnown = known !== undefined && note !== null && equalBytes(known.published.note, note);
    if (isKnown && known.published.description.keys.join('\n') === shard.description.keys.join('\n')) return known;
    const published = readPublishedShard(this.#identity, shard);
    const logLines = shardPolicyText(this.#settings, this.#identity, published)
      .split('\n')
      .filter((line) => line.startsWith('log '));
    const policy = parsePolicy(sha256, [...logLines, 'quorum none'].join('\n'));
    verifyCheckpoint(nodeVerifier, Buffer.from(published.note).toString('utf8'), policy);
    const { origin } = published.place;
    const reader = makeOpeningsReader({ origin, secrets: this.#identity.secrets, keys: this.#keys });
    const trusted = { published, reader };
    this.#trusted.set(shard.name, trusted);
    return trusted;
  }
}

/** As `Prover.prove`, once. Fails with LEDGER_NONE too. */
export function proveEntry(settings: LedgerSettings, request: ProveRequest): string {
  return withProver(settings, (prover) => prover.prove(request));
}

/** Reads a ledger beside whoever appends to it. Fails with LEDGER_NONE and as `work`. */
export function withProver<T>(settings: LedgerSettings, work: (prover: Prover) => T): T {
  const identity = readIdentity(settings);
  const database = new KeyDatabase(keysFile(settings.ledgerFolder));
  try {
    return work(new Prover(settings, identity, new KeyStore(database, identity.secrets)));
  } finally {
    database.close();
  }
}
