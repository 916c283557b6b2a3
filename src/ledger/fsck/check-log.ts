import { equalBytes, type Sha256 } from '../../core/bytes.ts';
import { BoltsealError } from '../../core/errors.ts';
import { Frontier } from '../../core/merkle/frontier.ts';
import { HASH_BYTES, hashLeaf } from '../../core/merkle/tree-hash.ts';
import type { SignatureVerifier } from '../../core/note/verify-note.ts';
import { MAX_ENTRY_BYTES, parseEntryBundle } from '../../core/tlog/entry-bundle.ts';
import type { LogPolicy } from '../../core/tlog/policy.ts';
import { TILE_HEIGHT, TILE_WIDTH, type TileId, tilePath } from '../../core/tlog/tile-path.ts';
import { type TrustedCheckpoint, verifyCheckpoint } from '../../core/tlog/verify-proof.ts';
import type { LogSource } from './log-source.ts';

/** What can be wrong with a log. */
export type LogFaultKind =
  | 'checkpoint-missing'
  | 'checkpoint-malformed'
  | 'checkpoint-untrusted'
  | 'bundle-missing'
  | 'bundle-malformed'
  | 'entry-malformed'
  | 'tile-missing'
  | 'tile-differs'
  | 'root-differs';

/** One thing that is wrong. */
export interface LogFault {
  readonly kind: LogFaultKind;
  /** Below the log's prefix. */
  readonly path: string;
  /** Index of the entry, where it is about one; else null. */
  readonly index: number | null;
}

/** What a check of a whole log found. */
export interface LogCheck {
  /** Null when it is not there or not believed: then nothing else was looked at. */
  readonly checkpoint: TrustedCheckpoint | null;
  /** Entries whose bundles could be read. */
  readonly entries: number;
  /** The first ones; `faultCount` counts all. */
  readonly faults: readonly LogFault[];
  readonly faultCount: number;
}

export interface LogCheckRequest {
  readonly source: LogSource;
  readonly policy: LogPolicy;
  readonly sha256: Sha256;
  readonly verifier: SignatureVerifier;
  /** Entries whose bundles must be there, `to` among them; of the others the hashes in the tiles are believed as far as the root bears them out. Null: all. */
  readonly range: CheckedRange | null;
  /** Whether the bytes are an entry of a kind that is known. */
  isEntry(entry: Uint8Array): boolean;
  /** Entries checked since the last call. */
  onEntries(count: number): void;
}

/** Entries by their indices, from the first to the last. */
export interface CheckedRange {
  readonly from: number;
  readonly to: number;
}

/** One checkpoint with 100 signatures by ML-DSA-44 is 330 kB. */
const MOST_CHECKPOINT_BYTES = 512 * 1024;
const MOST_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES);
const MOST_FAULTS = 100;

/**
 * Checks every bundle, entry, tile and the checkpoint of a log: entries hash to the leaves in the tiles, tiles to those above them, all of it to the root that was signed.
 *
 * One bundle is held at a time; time is linear in the entries. Fails with LEDGER_SOURCE when the source cannot be read; what is wrong with the log is a fault, not a failure.
 */
export async function checkLog(request: LogCheckRequest): Promise<LogCheck> {
  const faults = new Faults();
  const checkpoint = await readCheckpoint(request, faults);
  if (checkpoint === null) return { checkpoint, entries: 0, ...faults.result };
  const walk = new LogWalk(request, checkpoint.size, faults);
  const hashed = await walk.run();
  // A bundle that could not be read has been told already, and makes every root wrong.
  if (hashed === checkpoint.size && !equalBytes(walk.root(), checkpoint.root)) faults.add('root-differs', 'checkpoint');
  return { checkpoint, entries: walk.entries, ...faults.result };
}

async function readCheckpoint(
  { source, policy, verifier }: LogCheckRequest,
  faults: Faults,
): Promise<TrustedCheckpoint | null> {
  const bytes = await source.read('checkpoint', MOST_CHECKPOINT_BYTES);
  if (bytes === null) {
    faults.add('checkpoint-missing', 'checkpoint');
    return null;
  }
  try {
    return verifyCheckpoint(verifier, new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), policy);
  } catch (error) {
    const isKnown = error instanceof BoltsealError && error.code !== 'LEDGER_NOTE';
    if (!isKnown && !(error instanceof BoltsealError) && !(error instanceof TypeError)) throw error;
    faults.add(isKnown ? 'checkpoint-untrusted' : 'checkpoint-malformed', 'checkpoint');
    return null;
  }
}

class Faults {
  readonly #faults: LogFault[] = [];
  #count = 0;

  add(kind: LogFaultKind, path: string, index: number | null = null): void {
    this.#count++;
    if (this.#faults.length < MOST_FAULTS) this.#faults.push({ kind, path, index });
  }

  get result(): { readonly faults: readonly LogFault[]; readonly faultCount: number } {
    return { faults: this.#faults, faultCount: this.#count };
  }
}

/** Goes through the bundles in order and holds each tile, once its last hash is known, against the file. */
class LogWalk {
  readonly #request: LogCheckRequest;
  readonly #size: number;
  readonly #faults: Faults;
  readonly #frontier: Frontier;
  /** Per level of tiles, the hashes of the tile that is being filled. */
  readonly #tiles: { index: number; readonly hashes: Uint8Array[] }[] = [];
  /** Entries read. */
  entries = 0;
  readonly #complete: { readonly id: TileId; readonly hashes: readonly Uint8Array[] }[] = [];

  constructor(request: LogCheckRequest, size: number, faults: Faults) {
    this.#request = request;
    this.#size = size;
    this.#faults = faults;
    this.#frontier = new Frontier(request.sha256);
  }

  /** Entries whose hashes are in the tree. */
  async run(): Promise<number> {
    for (let first = 0; first < this.#size; first += TILE_WIDTH) {
      const width = Math.min(TILE_WIDTH, this.#size - first);
      const index = first / TILE_WIDTH;
      const hashes = this.#isWanted(index)
        ? await this.#hashEntries(index, width)
        : await this.#readHashes(index, width);
      // Without these hashes nothing behind them can be placed in the tree.
      if (hashes === null) return first;
      for (const hash of hashes) this.#frontier.append(hash, (level, at, node) => this.#keep(level, at, node));
      await this.#compare();
    }
    for (const [level, { index, hashes }] of this.#tiles.entries()) {
      if (hashes.length > 0) this.#complete.push({ id: { level, index, width: hashes.length }, hashes });
    }
    await this.#compare();
    return this.#size;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  #isWanted(bundle: number): boolean {
    const { range } = this.#request;
    return range === null || ((bundle + 1) * TILE_WIDTH > range.from && bundle * TILE_WIDTH <= range.to);
  }

  /** Hashes of the entries of a bundle; null when it cannot be read. */
  async #hashEntries(index: number, width: number): Promise<readonly Uint8Array[] | null> {
    const { sha256, onEntries, isEntry } = this.#request;
    const id: TileId = { level: 'entries', index, width };
    const entries = await this.#readBundle(id);
    if (entries === null) return null;
    for (const [at, entry] of entries.entries())
      if (!isEntry(entry)) this.#faults.add('entry-malformed', tilePath(id), index * TILE_WIDTH + at);
    this.entries += width;
    onEntries(width);
    return entries.map((entry) => hashLeaf(sha256, entry));
  }

  /** Hashes that a tile has of entries which are not there; null when it cannot be read. */
  async #readHashes(index: number, width: number): Promise<readonly Uint8Array[] | null> {
    const { path, bytes } = await this.#readTile({ level: 0, index, width }, TILE_WIDTH * HASH_BYTES);
    const isFull = path !== tilePath({ level: 0, index, width });
    const isWhole = bytes !== null && bytes.length === (isFull ? TILE_WIDTH : width) * HASH_BYTES;
    if (!isWhole) {
      this.#faults.add(bytes === null ? 'tile-missing' : 'tile-differs', path);
      return null;
    }
    return Array.from({ length: width }, (_, at) => bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));
  }

  async #readBundle(id: TileId): Promise<readonly Uint8Array[] | null> {
    const { path, bytes } = await this.#readTile(id, MOST_BUNDLE_BYTES);
    if (bytes === null) {
      this.#faults.add('bundle-missing', path);
      return null;
    }
    const entries = parseEntryBundle(bytes);
    const isFull = path !== tilePath(id);
    if (entries === null || entries.length < id.width || (!isFull && entries.length > id.width)) {
      this.#faults.add('bundle-malformed', path);
      return null;
    }
    return entries.slice(0, id.width);
  }

  #keep(level: number, index: number, hash: Uint8Array): void {
    if (level % TILE_HEIGHT !== 0) return;
    const tileLevel = level / TILE_HEIGHT;
    this.#tiles[tileLevel] ??= { index: 0, hashes: [] };
    const tile = this.#tiles[tileLevel];
    tile.hashes.push(hash);
    if (tile.hashes.length < TILE_WIDTH) return;
    this.#complete.push({
      id: { level: tileLevel, index: Math.floor(index / TILE_WIDTH), width: TILE_WIDTH },
      hashes: tile.hashes.splice(0),
    });
    tile.index++;
  }

  async #compare(): Promise<void> {
    for (const { id, hashes } of this.#complete.splice(0)) {
      // What was read from the tile itself.
      if (id.level === 0 && !this.#isWanted(id.index)) continue;
      const { path, bytes } = await this.#readTile(id, TILE_WIDTH * HASH_BYTES);
      if (bytes === null) this.#faults.add('tile-missing', path);
      else {
        const expected = Buffer.concat(hashes);
        const isFull = path !== tilePath(id);
        const compared =
          isFull && bytes.length === TILE_WIDTH * HASH_BYTES ? bytes.subarray(0, expected.length) : bytes;
        if (!equalBytes(compared, expected)) this.#faults.add('tile-differs', path);
      }
    }
  }

  /** A tile's file; where a partial one has been removed, the full one that replaced it (C2SP tlog-tiles, "Partial tiles"). */
  async #readTile(
    id: TileId,
    mostBytes: number,
  ): Promise<{ readonly path: string; readonly bytes: Uint8Array | null }> {
    const path = tilePath(id);
    const bytes = await this.#request.source.read(path, mostBytes);
    if (bytes !== null || id.width === TILE_WIDTH) return { path, bytes };
    const full = tilePath({ ...id, width: TILE_WIDTH });
    const fullBytes = await this.#request.source.read(full, mostBytes);
    return fullBytes === null ? { path, bytes } : { path: full, bytes: fullBytes };
  }
}
