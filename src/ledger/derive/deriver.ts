import path from 'node:path';
import { equalBytes } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { hashLeaf, isSameHash } from '../../core/merkle/tree-hash.ts';
import { TILE_WIDTH, tilePath } from '../../core/tlog/tile-path.ts';
import { readWhole, type WholeFile, WholeFileWriter } from '../files/whole-files.ts';
import type { RequestFingerprint } from '../idempotency.ts';
import type {
  CheckpointSigner,
  DisclosureRecord,
  EntryMaker,
  OpeningsWriter,
  RecordCodec,
  SecondPlace,
  TreeState,
} from '../port.ts';
import { reasonOf } from '../reason.ts';
import { sha256 } from '../sha256.ts';
import {
  BUNDLED_BYTES,
  checkpointFile,
  ENTRY_BYTES,
  openingsFile,
  readTile,
  type ShardPlace,
  shardDamage,
  tileFile,
} from '../shard-place.ts';
import { firstPosition } from '../wal/recover.ts';
import { segmentPath, type WalPlace } from '../wal/segment.ts';
import { readSecondPlace } from './places.ts';
import { keepRequests, removeOldRequests } from './request-files.ts';
import { RightEdge, type Tile } from './right-edge.ts';
import { WalCursor, type WalPosition } from './wal-cursor.ts';

/** What a deriver works with. */
export interface DeriverInput {
  readonly place: ShardPlace;
  readonly wal: WalPlace;
  readonly codec: RecordCodec;
  readonly fingerprint: RequestFingerprint;
  readonly entries: EntryMaker;
  readonly openings: OpeningsWriter;
  readonly signer: CheckpointSigner;
  readonly secondPlace: SecondPlace;
  /** Most entries of one round; a round ends at the end of a group. */
  readonly roundEntries: number;
  readonly idempotencyMs: number;
  readonly nowMs: () => number;
  /** Called after each bundle of a round: what must not wait for the end of it. What it fails with, the round fails with. */
  readonly onBundle?: () => void;
}

/** Where derivation begins, as recovery found it. */
export interface DeriverStart {
  /** Where the first record that no checkpoint covers stands, or will stand. */
  readonly at: WalPosition;
  /** The segment that is there first. */
  readonly firstSegment: number;
  /** Entries that are durable. */
  readonly size: number;
  /** Whether an empty second place is to be taken. */
  readonly takesNewSecondPlace: boolean;
}

/** What is durable in the write-ahead log, and the segment that is written to next. */
export interface WalProgress {
  readonly size: number;
  readonly segment: number;
}

/** A round that is in the second place and not published yet. */
export interface Draft {
  readonly state: TreeState;
  readonly note: Uint8Array;
  readonly edge: RightEdge;
  readonly bundle: Uint8Array;
  /** Tiles and bundles that this round completed. */
  readonly completed: readonly Tile['id'][];
}

/**
 * Makes everything that the log serves from the write-ahead log: bundles, tiles, openings, checkpoints (design/ledger.md, order of commit 5 to 8).
 * Blocks its thread but for the syncs of what it derives; one call at a time. When a call fails with LEDGER_DISK_FULL or LEDGER_SECOND_WRITE it may be called again; after any other error not.
 */
export class Deriver {
  readonly #input: DeriverInput;
  readonly #writer: WholeFileWriter;
  readonly #cursor: WalCursor;
  #published: TreeState;
  #edge: RightEdge;
  /** The unfinished bundle at the right edge. */
  #bundle: Uint8Array;
  #firstSegment: number;
  /** A checkpoint that reached the second place, and then there was a crash: the log must come by it. */
  #promised: { readonly state: TreeState; readonly note: Uint8Array } | null;

  /** Fails with LEDGER_DAMAGED, LEDGER_BEHIND, LEDGER_SECOND_PLACE. */
  constructor(input: DeriverInput, start: DeriverStart) {
    this.#input = input;
    const { place } = input;
    this.#published = readPublished(place, input.signer);
    const { size, root } = this.#published;
    this.#edge = RightEdge.read(sha256, size, (id) => readTile(place, id));
    if (!isSameHash(this.#edge.root(), root))
      throw shardDamage('tile', 'the tiles do not have the root of the checkpoint');
    this.#bundle = this.#readEdgeBundle(size);
    this.#promised = readSecondPlace(input, this.#published, start);
    this.#writer = new WholeFileWriter(place.files, place.folder);
    this.#cursor = new WalCursor(input.wal, start.at);
    this.#firstSegment = start.firstSegment;
  }

  get published(): TreeState {
    return this.#published;
  }

  /** Whether the second place is ahead: the next round ends there. */
  get isBound(): boolean {
    return this.#promised !== null;
  }

  /** Derives a round of what is durable, up to the signed checkpoint in the second place; gives null when there is nothing to derive. `pace` is called between small pieces of work. */
  async derive(progress: WalProgress, pace: () => void = () => {}): Promise<Draft | null> {
    const { size } = this.#published;
    // Never beyond what is durable: `progress` is what was acknowledged, and the segment may hold more.
    const target = Math.min(this.#promised?.state.size ?? Number.POSITIVE_INFINITY, progress.size);
    if (target <= size) return null;
    const start = this.#cursor.at;
    try {
      return await this.#derive(target, pace);
    } catch (error) {
      this.#cursor.moveTo(start);
      throw errorOfWrite(error);
    }
  }

  /**
   * Makes a draft the log's checkpoint, with whatever signatures `note` got in addition. Then partial tiles whose full ones are there are removed.
   */
  publish(draft: Draft, note: Uint8Array): void {
    const { place } = this.#input;
    try {
      this.#writer.write([{ path: checkpointFile(place.folder), bytes: note }]);
    } catch (error) {
      throw errorOfWrite(error);
    }
    this.#published = draft.state;
    this.#edge = draft.edge;
    this.#bundle = draft.bundle;
    this.#promised = null;
    for (const id of draft.completed) this.#removePartials(id);
  }

  /** Removes the segments that a published checkpoint covers as a whole. */
  removeSegments({ size, segment }: WalProgress): void {
    const { idempotencyMs, nowMs, place, wal } = this.#input;
    const { at } = this.#cursor;
    if (at.position.firstIndex !== this.#published.size) return;
    // Everything is derived, and the writer is further: nothing will come in the segment where the cursor stands.
    if (this.#published.size === size && at.segment < segment) {
      this.#cursor.moveTo({ segment, position: firstPosition(size, at.position.previousTag) });
    }
    const window = { nowMs: nowMs(), windowMs: idempotencyMs };
    const first = this.#firstSegment;
    try {
      for (; this.#firstSegment < this.#cursor.at.segment; this.#firstSegment++) {
        keepRequests(this.#input, this.#writer, this.#firstSegment, window);
        // Only now: a crash here leaves the segment, which the next start removes after the next checkpoint.
        place.files.remove(segmentPath(wal, this.#firstSegment));
        // One after the other: a gap would look like damage, and whoever erases counts on it that what was removed stays so.
        place.files.syncFolder(wal.folder);
      }
    } catch (error) {
      throw errorOfWrite(error);
    }
    if (this.#firstSegment > first) removeOldRequests(place, window.nowMs);
  }

  close(): void {
    this.#cursor.close();
  }

  async #derive(target: number, pace: () => void): Promise<Draft> {
    const { place, openings, signer, secondPlace } = this.#input;
    const { bundles, sealed } = this.#makeBundles(target, pace);
    // Keys before what is sealed under them: a file must never need a key that a crash could take away.
    openings.commit();
    const edge = this.#edge.clone();
    for (const { bytes, from } of bundles) {
      appendLeaves(edge, bytes, from);
      pace();
    }
    const tiles = edge.takeTiles();
    const bundleTiles = bundles.map(({ id, bytes }): Tile => ({ id, bytes }));
    const derived = [...bundleTiles, ...tiles].map(({ id, bytes }) => ({ path: tileFile(place.folder, id), bytes }));
    await this.#writer.writeLater([...derived, ...sealed], pace);
    const state = { size: edge.size, root: edge.root() };
    this.#readBack([...derived, ...sealed], bundles, state.root, pace);
    // What is signed from here on has been durable, read back and hashed twice.
    const note = this.#promisedNote(state) ?? signer.sign(place.origin, state);
    // The second place first: a log that is restored to an older state must find a checkpoint that it is behind of, whatever was published.
    try {
      secondPlace.write(place.origin, note);
    } catch (cause) {
      throw new BoltsealError('LEDGER_SECOND_WRITE', { reason: reasonOf(cause) }, { cause });
    }
    const completed = [...bundleTiles, ...tiles].flatMap(({ id }) => (id.width === TILE_WIDTH ? [id] : []));
    const last = bundles.at(-1)?.bytes ?? new Uint8Array(0);
    return {
      state,
      note,
      edge,
      bundle: last.length < TILE_WIDTH * BUNDLED_BYTES ? last : new Uint8Array(0),
      completed,
    };
  }

  /** The bundles of a round, with those entries of its first one that were there before, and the files of openings beside them. */
  #makeBundles(target: number, pace: () => void): { bundles: NewBundle[]; sealed: WholeFile[] } {
    const { place, openings, onBundle } = this.#input;
    const bundles: NewBundle[] = [];
    const sealed: WholeFile[] = [];
    let at = this.#published.size;
    for (const records of this.#readRecords(at, target)) {
      const index = Math.floor(at / TILE_WIDTH);
      const first = at % TILE_WIDTH;
      bundles.push(this.#makeBundle(index, first, records, pace));
      const file = openingsFile(place.folder, index);
      const existing = first === 0 ? null : readWhole(place.files, file);
      sealed.push({ path: file, bytes: openings.extend(index, existing, first, records, pace) });
      at += records.length;
      onBundle?.();
    }
    return { bundles, sealed };
  }

  /**
   * Records of a round, in parts of which each ends with a bundle or the round. Never all at once: they are 200,000 small objects, and those that live through a collection of garbage
   * are copied, on the processors that appends need.
   */
  *#readRecords(from: number, target: number): Generator<DisclosureRecord[], void> {
    const { codec, roundEntries } = this.#input;
    const most = this.#promised === null ? roundEntries : Number.POSITIVE_INFINITY;
    let at = from;
    let part: DisclosureRecord[] = [];
    while (at < target && at - from < most) {
      const { plain, count } = this.#cursor.read();
      for (let i = 0, offset = 0; i < count; i++) {
        const { record, end } = codec.decode(plain, offset);
        offset = end;
        part.push(record);
        if (++at % TILE_WIDTH > 0) continue;
        yield part;
        part = [];
      }
    }
    if (part.length > 0) yield part;
  }

  #makeBundle(index: number, first: number, records: readonly DisclosureRecord[], pace: () => void): NewBundle {
    const from = first * BUNDLED_BYTES;
    const bytes = new Uint8Array(from + records.length * BUNDLED_BYTES);
    if (first > 0) bytes.set(this.#bundle);
    let end = from;
    for (const record of records) {
      bytes[end + 1] = ENTRY_BYTES;
      bytes.set(this.#input.entries.entryOf(record), end + 2);
      end += BUNDLED_BYTES;
      pace();
    }
    return { id: { level: 'entries', index, width: first + records.length }, bytes, from };
  }

  /** Reads what was written and hashes it once more. Fails with LEDGER_FAILED when it is not what was written. */
  #readBack(wholes: readonly WholeFile[], bundles: readonly NewBundle[], root: Uint8Array, pace: () => void): void {
    const { place } = this.#input;
    for (const whole of wholes) {
      const bytes = readWhole(place.files, whole.path);
      if (bytes === null || !Buffer.from(whole.bytes).equals(bytes)) throw unfaithful();
      pace();
    }
    const again = this.#edge.clone();
    for (const { id, from } of bundles) {
      appendLeaves(again, readTile(place, id), from);
      pace();
    }
    if (!equalBytes(again.root(), root)) throw unfaithful();
  }

  #promisedNote({ size, root }: TreeState): Uint8Array | null {
    if (this.#promised === null) return null;
    const { state, note } = this.#promised;
    if (size === state.size && isSameHash(root, state.root)) return note;
    const { origin } = this.#input.place;
    throw new BoltsealError('LEDGER_BEHIND', { origin, problem: `its root at ${state.size} entries is another` });
  }

  #readEdgeBundle(size: number): Uint8Array {
    const width = size % TILE_WIDTH;
    if (width === 0) return new Uint8Array(0);
    const id = { level: 'entries', index: Math.floor(size / TILE_WIDTH), width } as const;
    const bytes = readTile(this.#input.place, id);
    // The rest of the bundle is served from these bytes: they must be those that the tile has the hashes of.
    const hashes = readTile(this.#input.place, { ...id, level: 0 });
    for (let i = 0; i < width; i++) {
      const entry = bytes.subarray(i * BUNDLED_BYTES + 2, (i + 1) * BUNDLED_BYTES);
      if (!isSameHash(hashLeaf(sha256, entry), hashes.subarray(32 * i, 32 * (i + 1)))) {
        throw shardDamage(tilePath(id), 'its entries do not have the hashes of the tile');
      }
    }
    return bytes;
  }

  /** Partial tiles may go once the full one is there (C2SP tlog-tiles, "Partial Tiles"). What a crash leaves of them does no harm. */
  #removePartials(id: Tile['id']): void {
    const { files, folder } = this.#input.place;
    const partials = `${tileFile(folder, id)}.p`;
    for (const name of files.list(partials)) files.remove(path.join(partials, name));
    files.removeFolder(partials);
    this.#writer.forget(partials);
  }
}

interface NewBundle extends Tile {
  readonly from: number;
}

/** The checkpoint that the log publishes. Fails with LEDGER_DAMAGED. */
export function readPublished({ files, folder, origin }: ShardPlace, signer: CheckpointSigner): TreeState {
  const note = readWhole(files, checkpointFile(folder));
  if (note === null) throw shardDamage('checkpoint', 'it is missing');
  return signer.open(origin, note);
}

function appendLeaves(edge: RightEdge, bundle: Uint8Array, from: number): void {
  for (let at = from; at < bundle.length; at += BUNDLED_BYTES) {
    edge.append(hashLeaf(sha256, bundle.subarray(at + 2, at + BUNDLED_BYTES)));
  }
}

function unfaithful(): BoltsealError {
  return new BoltsealError('LEDGER_FAILED', { reason: 'what was written is not what is read' });
}

/** A disk without room is something to wait for: what was written of a round is written again, and nothing of it counts yet. */
function errorOfWrite(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOSPC' || code === 'EDQUOT' ? new BoltsealError('LEDGER_DISK_FULL', {}, { cause: error }) : error;
}
