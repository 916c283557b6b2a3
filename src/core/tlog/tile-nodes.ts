import type { Sha256 } from '../bytes.ts';
import type { TreeNode } from '../merkle/proof-nodes.ts';
import { HASH_BYTES, hashNode } from '../merkle/tree-hash.ts';
import { TILE_HEIGHT, TILE_WIDTH, type TileId, tilesOf } from './tile-path.ts';

/** Where the hash of a perfect subtree is: in a tile, as one hash or as the several below it. */
export interface NodePlace {
  readonly tile: TileId;
  /** First hash in the tile. */
  readonly first: number;
  /** Hashes to be joined: a power of two. */
  readonly count: number;
}

/** Finds a perfect subtree of a log of `size` entries. */
export function placeOf({ level, index }: TreeNode, size: number): NodePlace {
  const tileLevel = Math.floor(level / TILE_HEIGHT);
  const count = 2 ** (level % TILE_HEIGHT);
  const first = index * count;
  const tileIndex = Math.floor(first / TILE_WIDTH);
  const { full, partialWidth } = tilesOf(tileLevel, size);
  const width = tileIndex < full ? TILE_WIDTH : partialWidth;
  return { tile: { level: tileLevel, index: tileIndex, width }, first: first % TILE_WIDTH, count };
}

/** The hash of a subtree from the bytes of its tile. `bytes` holds at least `first + count` hashes. */
export function nodeFromTile(sha256: Sha256, bytes: Uint8Array, { first, count }: NodePlace): Uint8Array {
  let hashes = Array.from({ length: count }, (_, i) => hashAt(bytes, first + i));
  while (hashes.length > 1) {
    hashes = hashes.flatMap((left, i) => {
      const right = hashes[i + 1];
      return i % 2 === 0 && right !== undefined ? [hashNode(sha256, left, right)] : [];
    });
  }
  const [hash] = hashes;
  if (hash === undefined) throw new RangeError('"count" is at least 1');
  return hash;
}

/** Hash number `at` of a tile. */
export function hashAt(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
}
