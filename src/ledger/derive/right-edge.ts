import type { Sha256 } from '../../core/bytes.ts';
import { Frontier } from '../../core/merkle/frontier.ts';
import { perfectNodes } from '../../core/merkle/proof-nodes.ts';
import { HASH_BYTES } from '../../core/merkle/tree-hash.ts';
import { nodeFromTile, placeOf } from '../../core/tlog/tile-nodes.ts';
import { levelsOf, TILE_HEIGHT, TILE_WIDTH, type TileId, tilesOf } from '../../core/tlog/tile-path.ts';

/** A tile and its bytes. */
export interface Tile {
  readonly id: TileId;
  readonly bytes: Uint8Array;
}

/** Gives the bytes of a tile, at least `width` hashes. Fails with LEDGER_DAMAGED. */
export type TileReader = (id: TileId) => Uint8Array;

interface EdgeTile {
  readonly index: number;
  readonly bytes: Uint8Array;
  width: number;
}

/**
 * The right edge of the tree of the first `size` leaves, read from the tiles of a log that has `logSize`: one tile a level, however large the log is.
 * Whether its root is the right one is for the caller to compare.
 */
export function readFrontier(
  sha256: Sha256,
  { size, logSize }: { readonly size: number; readonly logSize: number },
  readTile: TileReader,
): Frontier {
  const nodes = perfectNodes({ start: 0, end: size }).map((node) => {
    const place = placeOf(node, logSize);
    return nodeFromTile(sha256, readTile(place.tile), place);
  });
  return new Frontier(sha256, size, nodes);
}

/** A growing tree with the unfinished tiles at its right edge. */
export class RightEdge {
  readonly #frontier: Frontier;
  readonly #sha256: Sha256;
  readonly #levels: EdgeTile[];
  #full: Tile[] = [];

  private constructor(sha256: Sha256, frontier: Frontier, levels: EdgeTile[]) {
    this.#sha256 = sha256;
    this.#frontier = frontier;
    this.#levels = levels;
  }

  /** The edge of a tree of `size` leaves. Whether its root is the right one is for the caller to compare. */
  static read(sha256: Sha256, size: number, readTile: TileReader): RightEdge {
    const levels = levelsOf(size).map((level): EdgeTile => {
      const { full, partialWidth } = tilesOf(level, size);
      const bytes = new Uint8Array(TILE_WIDTH * HASH_BYTES);
      if (partialWidth > 0) {
        const stored = readTile({ level, index: full, width: partialWidth });
        bytes.set(stored.subarray(0, partialWidth * HASH_BYTES));
      }
      return { index: full, bytes, width: partialWidth };
    });
    return new RightEdge(sha256, readFrontier(sha256, { size, logSize: size }, readTile), levels);
  }

  get size(): number {
    return this.#frontier.size;
  }

  root(): Uint8Array {
    return this.#frontier.root();
  }

  /** A copy that grows by itself. */
  clone(): RightEdge {
    const frontier = new Frontier(this.#sha256, this.size, this.#frontier.nodes);
    return new RightEdge(
      this.#sha256,
      frontier,
      this.#levels.map(({ index, bytes, width }) => ({ index, bytes: bytes.slice(), width })),
    );
  }

  append(leafHash: Uint8Array): void {
    this.#frontier.append(leafHash, (level, _index, hash) => {
      if (level % TILE_HEIGHT === 0) this.#add(level / TILE_HEIGHT, hash);
    });
  }

  /** The tiles that were completed since the last time, and the unfinished ones as they are now. */
  takeTiles(): Tile[] {
    const partial = this.#levels.flatMap(({ index, bytes, width }, level): Tile[] =>
      width === 0 ? [] : [{ id: { level, index, width }, bytes: bytes.slice(0, width * HASH_BYTES) }],
    );
    const full = this.#full;
    this.#full = [];
    return [...full, ...partial];
  }

  #add(level: number, hash: Uint8Array): void {
    const tile = this.#levels[level] ?? { index: 0, bytes: new Uint8Array(TILE_WIDTH * HASH_BYTES), width: 0 };
    tile.bytes.set(hash, tile.width * HASH_BYTES);
    tile.width++;
    this.#levels[level] = tile;
    if (tile.width < TILE_WIDTH) return;
    this.#full.push({ id: { level, index: tile.index, width: TILE_WIDTH }, bytes: tile.bytes });
    this.#levels[level] = { index: tile.index + 1, bytes: new Uint8Array(TILE_WIDTH * HASH_BYTES), width: 0 };
  }
}
