import path from 'node:path';
import { equalBytes } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { parseCheckpoint } from '../../core/note/checkpoint.ts';
import { parseNote } from '../../core/note/signed-note.ts';
import { keptFiles } from '../erasing/old-shard.ts';
import { isDropPending } from '../erasing/shard-drops.ts';
import { nodeFiles } from '../files/node-files.ts';
import { readWhole } from '../files/whole-files.ts';
import { keysFile } from '../home-parts.ts';
import { KeyDatabase } from '../keys/key-database.ts';
import { FolderSecondPlace } from '../second-place.ts';
import type { Shard } from '../shards.ts';
import { makeCheckpointSigner } from '../signing/checkpoint-signer.ts';
import type { Report } from './fsck-report.ts';
import type { LedgerIdentity } from './identity.ts';
import type { PublishedShard } from './read-shard.ts';
import type { LedgerSettings } from './settings.ts';

/** Of a shard that was dropped its last checkpoint is there, the same as in the second place, and nothing else. */
export function checkDropped(
  settings: LedgerSettings,
  report: Report,
  { generations }: LedgerIdentity,
  shard: PublishedShard,
): void {
  const { name, folder, state, place } = shard;
  const signer = makeCheckpointSigner({ signing: [], trusted: generations, now: Date.now });
  const note = new FolderSecondPlace(nodeFiles, settings.secondPlaceFolder).read(place.origin);
  if (note === null) throw new BoltsealError('LEDGER_SECOND_PLACE', { origin: place.origin, size: state.size });
  const second = signer.open(place.origin, note);
  if (second.size !== state.size || !equalBytes(second.root, state.root))
    throw new BoltsealError('LEDGER_BEHIND', { origin: place.origin, problem: 'its last checkpoint is another' });
  const kept = new Set(keptFiles(folder));
  if (isPending(settings, name)) {
    report.notes.push(`${name}: is being dropped; the next command that writes to the ledger finishes it`);
    return;
  }
  const back = nodeFiles.list(folder).filter((file) => !kept.has(path.join(folder, file)));
  if (back.length > 0) report.add('dropped-back', name, `it was dropped, and has files again: ${back.length}`);
  report.notes.push(`${name}: dropped; its last checkpoint has ${state.size} entries`);
}

/** A shard that the second place remembers is there. */
export function checkMissing(
  report: Report,
  { secondPlaceFolder }: LedgerSettings,
  { origin, generations }: LedgerIdentity,
  shards: readonly Shard[],
): void {
  const signer = makeCheckpointSigner({ signing: [], trusted: generations, now: Date.now });
  const known = new Set(shards.map(({ description }) => description.origin));
  for (const folder of nodeFiles.list(secondPlaceFolder)) {
    if (!/^[0-9a-f]{64}$/.test(folder)) continue;
    const note = readWhole(nodeFiles, path.join(secondPlaceFolder, folder, 'checkpoint'));
    const log = note === null ? null : originOf(note);
    if (note === null || log === null || known.has(log) || !log.startsWith(`${origin}/`)) continue;
    const { size } = signer.open(log, note);
    // A crash while a shard is begun leaves the checkpoint of an empty log: the next start begins it again.
    if (size > 0)
      report.add(
        'shard-missing',
        log,
        `the second place has a checkpoint of ${size} entries, and the log is not there`,
      );
  }
}

function originOf(note: Uint8Array): string | null {
  try {
    return parseCheckpoint(parseNote(Buffer.from(note).toString('utf8')).text).origin;
  } catch {
    // Found where its own log is compared with it.
    return null;
  }
}

function isPending({ ledgerFolder }: LedgerSettings, shard: string): boolean {
  const database = new KeyDatabase(keysFile(ledgerFolder));
  try {
    return isDropPending(database, shard);
  } finally {
    database.close();
  }
}
