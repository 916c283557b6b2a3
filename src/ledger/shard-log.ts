import path from 'node:path';
import { BoltsealError } from '../core/errors.ts';
import { entryKinds } from '../core/ledger-entry/kinds.ts';
import { emptyRoot } from '../core/merkle/tree-hash.ts';
import { type DeriverStart, readPublished } from './derive/deriver.ts';
import type { Derivation, DerivationEvents, DerivationStatus } from './derive/port.ts';
import { readRequests } from './derive/request-files.ts';
import type { Files } from './files/port.ts';
import { readWhole, WholeFileWriter } from './files/whole-files.ts';
import { RecentRequests, type RequestFingerprint } from './idempotency.ts';
import type { LedgerOptions } from './options.ts';
import type { CheckpointSigner, KeyWrap, NewEntry, RecordCodec, SecondPlace, TreeState } from './port.ts';
import { reasonOf } from './reason.ts';
import { type Appended, Sequencer } from './sequencer.ts';
import { sha256 } from './sha256.ts';
import { checkpointFile, requestsFolder, type ShardPlace, shardDamage, walFolder } from './shard-place.ts';
import { mostGroupBytes } from './wal/layout.ts';
import { recoverWal } from './wal/recover.ts';
import { createSegment, listSegments, type WalPlace } from './wal/segment.ts';
import { WalWriter } from './wal/writer.ts';

/** What a shard says of itself, in `log.json`. */
export interface ShardDescription {
  readonly format: typeof shardFormat;
  readonly origin: string;
  /** Verifier keys of the log's signatures, as policies have them. */
  readonly keys: readonly string[];
  readonly begunMs: number;
  /** When it was sealed: nothing is appended any more. Null: it is open. */
  readonly sealedMs: number | null;
  /** When it was dropped: only its last checkpoint is left. Absent: it was not. */
  readonly droppedMs?: number;
}

export const shardFormat = 'boltseal-ledger-1';

/** What a shard's log is opened with. */
export interface ShardLogInput {
  readonly files: Files;
  /** Of the shard; the folder above must be there, durably. */
  readonly folder: string;
  readonly origin: string;
  readonly keys: readonly string[];
  readonly wrap: KeyWrap;
  readonly codec: RecordCodec;
  readonly fingerprint: RequestFingerprint;
  readonly signer: CheckpointSigner;
  readonly secondPlace: SecondPlace;
  readonly options: LedgerOptions;
  readonly nowMs: () => number;
  /** Starts the derivation, in whatever thread; rejects with what the constructor of Deriver fails with. */
  readonly derive: (start: DerivationStart, events: DerivationEvents) => Promise<Derivation>;
  /** Hears once of the error after which the log accepts nothing more: the process is to end. */
  readonly onFailure: (error: BoltsealError) => void;
}

/** What a derivation begins with. */
export interface DerivationStart {
  readonly place: ShardPlace;
  readonly wal: WalPlace;
  readonly start: DeriverStart;
  readonly segment: number;
}

/** How a log is. */
export interface ShardLogStatus extends DerivationStatus {
  /** Entries that are durable. */
  readonly size: number;
  readonly queuedEntries: number;
}

/** One append-only log: durable appends in front, derivation behind. Only under the ledger's lock. */
export class ShardLog {
  readonly #sequencer: Sequencer;
  readonly #derivation: Derivation;
  readonly #wal: WalWriter;

  private constructor(sequencer: Sequencer, derivation: Derivation, wal: WalWriter) {
    this.#sequencer = sequencer;
    this.#derivation = derivation;
    this.#wal = wal;
  }

  /**
   * Opens a log, or begins it: reads back what a crash left, compares with the second place, and goes on with the derivation. Its time does not grow with the log.
   * Rejects with LEDGER_DAMAGED, LEDGER_BEHIND, LEDGER_SECOND_PLACE, LEDGER_FORMAT, LEDGER_DISK_FULL, LEDGER_READ.
   */
  static async open(input: ShardLogInput): Promise<ShardLog> {
    try {
      return await openLog(input, (sequencer, derivation, wal) => new ShardLog(sequencer, derivation, wal));
    } catch (cause) {
      if (cause instanceof BoltsealError) throw cause;
      const reason = reasonOf(cause);
      if (reason === 'unknown') throw cause;
      if (reason === 'ENOSPC') throw new BoltsealError('LEDGER_DISK_FULL', {}, { cause });
      throw new BoltsealError('LEDGER_READ', { reason }, { cause });
    }
  }

  /** As `Sequencer.append`. */
  append(entries: readonly NewEntry[]): Promise<Appended> {
    return this.#sequencer.append(entries);
  }

  /** Resolves when all that was durable is under a published checkpoint. Rejects as `Derivation.checkpoint`. */
  checkpoint(): Promise<TreeState> {
    return this.#derivation.checkpoint();
  }

  /** As `checkpoint`, and nothing of it is left in a segment of the write-ahead log. Rejects also as `Sequencer.roll`. */
  async drain(): Promise<TreeState> {
    await this.#roll();
    return this.#derivation.checkpoint();
  }

  /** As `drain`; then runs `work` before anything more is derived, while nothing is derived that no published checkpoint covers. Appends go on. */
  async drained<T>(work: () => Promise<T> | T): Promise<T> {
    await this.#roll();
    await this.#derivation.checkpointAndPause();
    return this.#untilResumed(work);
  }

  /** Runs `work` while nothing is derived, so that it may change openings and keys. Appends go on. */
  async atRest<T>(work: () => Promise<T> | T): Promise<T> {
    await this.#derivation.pause();
    return this.#untilResumed(work);
  }

  status(): ShardLogStatus {
    const { size, queuedEntries } = this.#sequencer;
    return { ...this.#derivation.status(), size, queuedEntries };
  }

  /** Waits for what was appended, publishes a last checkpoint and closes all files. Rejects as `checkpoint`; it is closed then too. */
  async close(): Promise<void> {
    await this.#sequencer.close();
    try {
      await this.#derivation.checkpoint();
    } finally {
      await this.#derivation.close();
      this.#wal.close();
    }
  }

  async #roll(): Promise<void> {
    await this.#sequencer.roll();
    this.#derivation.progress(this.#sequencer.size, this.#wal.segment);
  }

  async #untilResumed<T>(work: () => Promise<T> | T): Promise<T> {
    try {
      return await work();
    } finally {
      this.#derivation.resume();
    }
  }
}

async function openLog(
  input: ShardLogInput,
  make: (sequencer: Sequencer, derivation: Derivation, wal: WalWriter) => ShardLog,
): Promise<ShardLog> {
  const { files, folder, origin, options, codec, fingerprint, nowMs } = input;
  const place: ShardPlace = { files, folder, origin };
  const wal: WalPlace = {
    files,
    folder: walFolder(folder),
    origin,
    wrap: input.wrap,
    segmentBytes: options.segmentBytes,
  };
  const isNew = readDescription(files, folder) === null;
  if (isNew) beginLog(input, wal);
  const published = readPublished(place, input.signer);
  const requests = new RecentRequests(
    { windowMs: options.idempotencyMs, mostRequests: options.idempotencyRequests },
    nowMs(),
  );
  readRequests(place, nowMs(), (request, index) => requests.note(request, index, nowMs()));
  const { start, tail } = recover(input, wal, { published, isNew, requests });
  if (isNew) describeLog(input, { sealedMs: null, begunMs: nowMs() });

  // The derivation needs the sequencer to fail with it, and the sequencer the derivation to make segments.
  let sequencer: Sequencer | null = null;
  const derivation = await input.derive(
    { place, wal, start, segment: tail.segment },
    { onFailure: (error) => sequencer?.fail(error) },
  );
  try {
    if (derivation.status().isBound) await comeByPromise(derivation);
    const writer = new WalWriter(wal, tail, (number) => derivation.needSegment(number), nowMs);
    sequencer = new Sequencer({
      codec,
      wal: writer,
      size: start.size,
      requests,
      fingerprint,
      limits: {
        groupBytes: mostGroupBytes(options.segmentBytes),
        entries: options.queueEntries,
        bytes: options.queueBytes,
      },
      nowMs,
      refusal: (size) => refusalOf(derivation.status(), size, options),
      onDurable: (size) => derivation.progress(size, writer.segment),
      onFailure: input.onFailure,
    });
    return make(sequencer, derivation, writer);
  } catch (error) {
    await derivation.close();
    throw error;
  }
}

/** What is refused before it is queued: when the disk is nearly full, and when derivation is far behind, so that segments do not fill the disk. */
function refusalOf(
  { isFull, published }: DerivationStatus,
  size: number,
  options: LedgerOptions,
): BoltsealError | null {
  if (isFull) return new BoltsealError('LEDGER_DISK_FULL');
  const isBehind = size - published.size > options.backlogEntries;
  return isBehind ? new BoltsealError('LEDGER_BUSY', { retryAfterMs: options.checkpointMs }) : null;
}

/** Publishes the checkpoint that the second place has already: a log that has another root there must not start. What passes is tried again later. */
async function comeByPromise(derivation: Derivation): Promise<void> {
  try {
    await derivation.checkpoint();
  } catch (error) {
    const passing = ['LEDGER_DISK_FULL', 'LEDGER_SECOND_WRITE', 'LEDGER_QUORUM'];
    if (!(error instanceof BoltsealError) || !passing.includes(error.code)) throw error;
  }
}

/** Reads the write-ahead log back; what it holds must touch what is published. */
function recover(
  input: ShardLogInput,
  wal: WalPlace,
  { published, isNew, requests }: { published: TreeState; isNew: boolean; requests: RecentRequests },
) {
  const { codec, fingerprint, options, nowMs } = input;
  let at: DeriverStart['at'] | null = null;
  const contents = recoverWal(wal, ({ segment, position, firstIndex, writtenMs, plain }) => {
    if (firstIndex === published.size) at = { segment, position: { ...position, firstIndex } };
    for (let offset = 0, index = firstIndex; offset < plain.length; index++) {
      const { record, end } = codec.decode(plain, offset);
      offset = end;
      // From when it was recorded: an import of old disclosures that was killed is repeated now.
      // What is not a disclosure is always known: what appends it again after a crash finds only what was published.
      if (record.kind === entryKinds.disclosure && writtenMs + options.idempotencyMs <= nowMs()) continue;
      const request = fingerprint(record);
      if (request !== null) requests.note(request, index, nowMs());
    }
  });
  const { range, tail } = contents;
  const size = range?.to ?? published.size;
  if (range !== null && isNew) throw shardDamage('log.json', 'it is missing');
  if (range !== null && range.from > published.size)
    throw shardDamage('wal', 'entries between it and the checkpoint are missing');
  if (size < published.size) throw shardDamage('wal', 'entries that the checkpoint has are missing at its end');
  if (size > published.size && at === null) throw shardDamage('wal', 'the checkpoint ends within a group');
  const end = { at: tail.at, sequence: tail.sequence, firstIndex: size, previousTag: tail.previousTag };
  const start: DeriverStart = {
    at: at ?? { segment: tail.segment, position: end },
    firstSegment: listSegments(wal)[0] ?? tail.segment,
    size,
    takesNewSecondPlace: options.takesNewSecondPlace,
  };
  return { start, tail };
}

/**
 * Makes what a log must have: a first segment and the checkpoint of the empty log, in the second place first. `log.json` comes last and makes it a log;
 * a crash before leaves what the next call takes up.
 */
function beginLog(input: ShardLogInput, wal: WalPlace): void {
  const { files, folder, origin, signer, secondPlace } = input;
  const known = secondPlace.read(origin);
  if (known !== null && signer.open(origin, known).size > 0) {
    throw new BoltsealError('LEDGER_BEHIND', { origin, problem: 'it is not there at all' });
  }
  files.makeFolder(folder);
  files.syncFolder(path.dirname(folder));
  const writer = new WholeFileWriter(files, folder);
  writer.makeFolder(wal.folder);
  writer.makeFolder(requestsFolder(folder));
  if (listSegments(wal).length === 0) createSegment(wal, 1);
  const note = readWhole(files, checkpointFile(folder));
  if (note !== null && signer.open(origin, note).size > 0) throw shardDamage('log.json', 'it is missing');
  const empty = signer.sign(origin, { size: 0, root: emptyRoot(sha256) });
  secondPlace.write(origin, empty);
  writer.write([{ path: checkpointFile(folder), bytes: empty }]);
}

/** Says in `log.json` that nothing is appended any more. Only under the ledger's lock, when the log is closed. Fails with LEDGER_DAMAGED. */
export function describeSealed(files: Files, folder: string, sealedMs: number): void {
  const description = readDescription(files, folder);
  if (description === null) throw shardDamage('log.json', 'it is missing');
  describeLog({ files, folder, ...description }, { begunMs: description.begunMs, sealedMs });
}

/** Says in `log.json` that other keys sign from now on. Only under the ledger's lock, when the log is closed. Fails with LEDGER_DAMAGED. */
export function describeKeys(files: Files, folder: string, keys: readonly string[]): void {
  const description = readDescription(files, folder);
  if (description === null) throw shardDamage('log.json', 'it is missing');
  const { origin, begunMs, sealedMs } = description;
  describeLog({ files, folder, origin, keys }, { begunMs, sealedMs });
}

/** Says in `log.json` that the shard was dropped. Only under the ledger's lock, when the log is sealed. Fails with LEDGER_DAMAGED. */
export function describeDropped(files: Files, folder: string, droppedMs: number): void {
  const description = readDescription(files, folder);
  if (description === null) throw shardDamage('log.json', 'it is missing');
  const { begunMs, sealedMs } = description;
  describeLog({ files, folder, ...description }, { begunMs, sealedMs, droppedMs });
}

function describeLog(
  { files, folder, origin, keys }: Pick<ShardLogInput, 'files' | 'folder' | 'origin' | 'keys'>,
  times: Pick<ShardDescription, 'begunMs' | 'sealedMs' | 'droppedMs'>,
): void {
  const description: ShardDescription = { format: shardFormat, origin, keys, ...times };
  const bytes = Buffer.from(`${JSON.stringify(description, null, 2)}\n`);
  new WholeFileWriter(files, folder).write([{ path: path.join(folder, 'log.json'), bytes }]);
}

/** What a shard says of itself; null when it has not been begun. Fails with LEDGER_DAMAGED or LEDGER_FORMAT. */
export function readDescription(files: Files, folder: string): ShardDescription | null {
  const bytes = readWhole(files, path.join(folder, 'log.json'));
  if (bytes === null) return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    throw shardDamage('log.json', 'it is no JSON');
  }
  if (typeof value !== 'object' || value === null) throw shardDamage('log.json', 'it is no description of a log');
  if (!('format' in value) || value.format !== shardFormat) throw new BoltsealError('LEDGER_FORMAT', { path: folder });
  return value as ShardDescription;
}
