import { BoltsealError } from '../../core/errors.ts';
import { parseEntry } from '../../core/ledger-entry/entry.ts';
import { entryKinds } from '../../core/ledger-entry/kinds.ts';
import { type LogPolicy, parsePolicy } from '../../core/tlog/policy.ts';
import { readSecondPlace } from '../derive/places.ts';
import { nodeFiles } from '../files/node-files.ts';
import { checkLog } from '../fsck/check-log.ts';
import { type LogSource, openLogFolder, openLogUrl } from '../fsck/log-source.ts';
import { acquireLedgerLock } from '../lock.ts';
import { FolderSecondPlace } from '../second-place.ts';
import { sha256 } from '../sha256.ts';
import { isDropped, listShards, type Shard } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import { nodeVerifier } from '../signing/verifier.ts';
import { TreeReader } from '../tree-reader.ts';
import {
  type ExportManifest,
  exportManifestName,
  MOST_MANIFEST_BYTES,
  parseExportManifest,
} from './export-manifest.ts';
import { checkDropped, checkMissing } from './fsck-dropped.ts';
import { checkOpenings } from './fsck-openings.ts';
import { type EntriesListener, type FsckReport, Report } from './fsck-report.ts';
import { type LedgerIdentity, readIdentity, signingKeysOf } from './identity.ts';
import { type PublishedShard, readPublishedShard, shardPolicy } from './read-shard.ts';
import { scanWal } from './scan-wal.ts';
import type { LedgerSettings } from './settings.ts';

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
  const dropped: PublishedShard[] = [];
  const all = listShards(nodeFiles, settings.ledgerFolder);
  report.part('second place', () => checkMissing(report, settings, identity, all));
  for (const shard of all) {
    report.part(shard.name, () => void signingKeysOf(identity, shard));
    if (isDropped(shard)) {
      report.part(shard.name, () => {
        const published = readPublishedShard(identity, shard);
        dropped.push(published);
        checkDropped(settings, report, identity, published);
      });
      continue;
    }
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
  report.part('keys.sqlite', () => checkOpenings(report, settings, identity, shards, dropped));
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

/**
 * Checks a log in a folder, or at an address that begins with http. A part of a log says itself which part it is: who expects a whole one must not take it for that, and who expects a part
 * says so. Fails with LEDGER_POLICY, LEDGER_SOURCE.
 */
export async function fsckLog(
  source: string,
  { policy: policyText, isPart }: { readonly policy: string; readonly isPart: boolean },
  onEntries: EntriesListener,
): Promise<FsckReport> {
  const report = new Report();
  const log = /^https?:\/\//.test(source) ? openLogUrl(source) : openLogFolder(source);
  const policy = parsePolicy(sha256, policyText);
  const exported = await readExported(log, report);
  await checkServed(report, 'log', log, policy, onEntries, exported);
  if (exported !== null && !isPart)
    report.add('export-part', 'log', 'it is a part of a log; say --part if that is what you were given');
  if (exported === null && isPart) report.notes.push('it does not say that it is a part, and was checked as a whole');
  return report;
}

/** What an export says of itself; null for a whole log. */
async function readExported(log: LogSource, report: Report): Promise<ExportManifest | null> {
  const bytes = await log.read(exportManifestName, MOST_MANIFEST_BYTES);
  if (bytes === null) return null;
  const manifest = parseExportManifest(bytes);
  if (manifest === null) report.add('export-malformed', 'log', `${exportManifestName} is none`);
  return manifest;
}

async function checkServed(
  report: Report,
  place: string,
  source: LogSource,
  policy: LogPolicy,
  onEntries: EntriesListener,
  exported: ExportManifest | null = null,
): Promise<void> {
  const { checkpoint, entries, faults, faultCount } = await checkLog({
    source,
    range: exported,
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
  if (exported !== null) {
    const { from, to, origin, size } = exported;
    if (origin !== checkpoint.origin || size !== checkpoint.size)
      report.add('export-differs', place, `${exportManifestName} is of another log or size`);
    report.notes.push(
      `a part of the log: entries ${from} to ${to} of ${size} must be there; of the others the hashes were checked`,
    );
  }
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
