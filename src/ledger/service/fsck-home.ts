import { BoltsealError } from '../../core/errors.ts';
import { type Entry, parseEntry } from '../../core/ledger-entry/entry.ts';
import type { EntryPlace } from '../../core/ledger-entry/erased-entries.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import { type LogPolicy, parsePolicy } from '../../core/tlog/policy.ts';
import { TILE_WIDTH } from '../../core/tlog/tile-path.ts';
import { readSecondPlace } from '../derive/places.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole } from '../files/whole-files.ts';
import { checkLog } from '../fsck/check-log.ts';
import { type LogSource, openLogFolder, openLogUrl } from '../fsck/log-source.ts';
import { keysFile } from '../home-parts.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { KeyStore } from '../keys/key-store.ts';
import { acquireLedgerLock } from '../lock.ts';
import { OpeningsCheck } from '../openings/check-openings.ts';
import { FolderSecondPlace } from '../second-place.ts';
import { sha256 } from '../sha256.ts';
import { openingsFile } from '../shard-place.ts';
import { listShards, type Shard } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { nodeVerifier } from '../signing/verifier.ts';
import { TreeReader } from '../tree-reader.ts';
import { type LedgerIdentity, readIdentity, signingKeysOf } from './identity.ts';
import { type PublishedShard, readPublishedShard, shardPolicy } from './read-shard.ts';
import { scanWal } from './scan-wal.ts';
import type { LedgerSettings } from './settings.ts';

/** One thing that is wrong. */
export interface Finding {
  /** What is wrong, in kebab-case (docs/spec/ledger.md, "What fsck finds"), or the code of an error. */
  readonly code: string;
  /** Of a shard, or of what stands beside the shards. */
  readonly place: string;
  /** In words; never with a value of an entry. */
  readonly detail: string;
}

/** What a check found. */
export interface FsckReport {
  /** Entries that were checked. */
  readonly entries: number;
  readonly logs: readonly CheckedLog[];
  /** The first ones; `findingCount` counts all. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** What could not be looked at, and why. */
  readonly notes: readonly string[];
}

/** A log that was checked. */
export interface CheckedLog {
  readonly origin: string;
  readonly size: number;
  readonly cosigned: readonly string[];
}

/** How a check goes on. */
export type EntriesListener = (count: number) => void;

class Report {
  readonly findings: Finding[] = [];
  readonly logs: CheckedLog[] = [];
  readonly notes: string[] = [];
  findingCount = 0;
  entries = 0;

  add(code: string, place: string, detail: string, count = 1): void {
    this.findingCount += count;
    if (this.findings.length < 100) this.findings.push({ code, place, detail });
  }

  /** Runs a part of the check: what it fails with is a finding, and the other parts are looked at all the same. */
  part(place: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof BoltsealError)) throw error;
      this.add(error.code, place, error.message);
    }
  }
}

/**
 * Checks all that belongs to a ledger: of each shard its keys, checkpoint, second place, write-ahead log, every bundle, tile, entry and opening; and that what was erased was announced.
 * `countMissing`: disclosures that the columns lack. What is wrong is a finding; fails with LEDGER_NONE and LEDGER_KEY where there is nothing to check with.
 */
export async function fsckHome(
  settings: LedgerSettings,
  countMissing: () => Promise<number>,
  onEntries: EntriesListener,
): Promise<FsckReport> {
  const identity = readIdentity(settings);
  const report = new Report();
  const shards: PublishedShard[] = [];
  for (const shard of listShards(nodeFiles, settings.ledgerFolder)) {
    report.part(shard.name, () => void signingKeysOf(identity, shard));
    // Without its witnesses: whether enough cosigned is for the status to say, the log is no worse for it.
    const policy = { ...shardPolicy({ ...settings, witnesses: null }, identity, shard), quorum: null };
    await checkServed(report, shard.name, openLogFolder(shard.folder), policy, onEntries);
    let published: PublishedShard | null = null;
    report.part(shard.name, () => {
      published = readPublishedShard(identity, shard);
    });
    report.part(shard.name, () => checkWal(report, settings, identity, shard, published));
    if (published === null) continue;
    const there: PublishedShard = published;
    report.part(shard.name, () => checkSecondPlace(settings, identity, there));
    report.part(shard.name, () => checkSeal(report, there));
    shards.push(there);
  }
  report.part('keys.sqlite', () => checkOpenings(report, settings, identity, shards));
  // What columns lack can only be counted where checkpoints can be read; that they cannot has been told.
  const missing = report.findingCount > 0 ? 0 : await countMissing();
  if (missing > 0)
    report.add(
      'columns-behind',
      'disclosures',
      `${missing} disclosures are missing; \`boltseal ledger rebuild-columns\` adds them`,
    );
  return report;
}

/** Checks a log in a folder, or at an address that begins with http. Fails with LEDGER_POLICY, LEDGER_SOURCE. */
export async function fsckLog(source: string, policyText: string, onEntries: EntriesListener): Promise<FsckReport> {
  const report = new Report();
  const log = /^https?:\/\//.test(source) ? openLogUrl(source) : openLogFolder(source);
  await checkServed(report, 'log', log, parsePolicy(sha256, policyText), onEntries);
  return report;
}

async function checkServed(
  report: Report,
  place: string,
  source: LogSource,
  policy: LogPolicy,
  onEntries: EntriesListener,
): Promise<void> {
  const { checkpoint, entries, faults, faultCount } = await checkLog({
    source,
    policy,
    sha256,
    verifier: nodeVerifier,
    isEntry: (entry) => parseEntry(entry) !== null,
    onEntries,
  });
  for (const { kind, path, index } of faults)
    report.add(kind, place, index === null ? path : `${path}, entry ${index}`);
  report.findingCount += faultCount - faults.length;
  report.entries += entries;
  if (checkpoint === null) return;
  const cosigned = checkpoint.cosigned.map(({ name }) => name);
  report.logs.push({ origin: checkpoint.origin, size: checkpoint.size, cosigned });
}

/** The write-ahead log touches what is published, and all of it can be read. */
function checkWal(
  report: Report,
  { ledgerFolder }: LedgerSettings,
  identity: LedgerIdentity,
  shard: Shard,
  published: PublishedShard | null,
): void {
  const lock = lockIfFree(ledgerFolder);
  if (lock === null) {
    report.notes.push(`${shard.name}: a process writes, so the write-ahead log was not checked`);
    return;
  }
  try {
    const { size, segments } = scanWal(shard, identity.secrets);
    const isOpen = shard.description.sealedMs === null;
    if (segments === 0 && isOpen) report.add('wal-missing', shard.name, 'there is no segment at all');
    if (size !== null && published !== null && size < published.state.size)
      report.add('wal-behind', shard.name, `it ends at ${size} entries, the checkpoint has ${published.state.size}`);
  } finally {
    lock.release();
  }
}

function lockIfFree(folder: string): { release(): void } | null {
  try {
    return acquireLedgerLock(folder);
  } catch (error) {
    if (error instanceof BoltsealError && error.code === 'LEDGER_LOCKED') return null;
    throw error;
  }
}

function checkSecondPlace(settings: LedgerSettings, { generations }: LedgerIdentity, published: PublishedShard): void {
  const { place, state, durable } = { ...published, durable: published.state.size };
  const signer = makeCheckpointSigner({ signing: [], trusted: generations, now: Date.now });
  const secondPlace = new FolderSecondPlace(nodeFiles, settings.secondPlaceFolder);
  const input = { place, signer, secondPlace };
  // A crash between the two places leaves the second one ahead, by what the write-ahead log still has.
  readSecondPlace(input, state, { size: Math.max(durable, walSize(published)), takesNewSecondPlace: false });

  function walSize(shard: Shard): number {
    try {
      return scanWal(shard, readIdentity(settings).secrets).size ?? 0;
    } catch {
      // Told by the check of the write-ahead log.
      return 0;
    }
  }
}

/** A sealed shard ends with the entry that says so. */
function checkSeal(report: Report, { name, description, place, state }: PublishedShard): void {
  if (description.sealedMs === null) return;
  const last = state.size === 0 ? null : parseEntry(new TreeReader(place, state.size).entry(state.size - 1));
  if (last?.kind !== entryKinds.seal)
    report.add('seal-missing', name, 'the shard is sealed, and its last entry is no seal');
}

/** Everything that the logs commit to can be opened, but for what tombstones say; no key is destroyed without one. */
function checkOpenings(
  report: Report,
  { ledgerFolder }: LedgerSettings,
  { secrets }: LedgerIdentity,
  shards: readonly PublishedShard[],
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
    for (const { name, place, state } of shards) {
      const tree = new TreeReader(place, state.size);
      for (let bundle = 0; bundle * TILE_WIDTH < state.size; bundle++)
        report.part(name, () => {
          const file = readWhole(nodeFiles, openingsFile(place.folder, bundle));
          check.addBundle(place.origin, bundle, file, tree.entries(bundle));
        });
    }
    for (const { kind, place } of check.finish()) report.add(kind, place.origin, `entry ${place.index}`);
    for (const { number, keys: count } of destroyedKeys(database)) {
      const place = tombstoneOf(number);
      const tombstone = place === null ? null : readEntry(shards, place);
      if (tombstone?.kind !== entryKinds.erasure)
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
