/** Leaves, or hashes, that a full tile or bundle holds: tiles are 8 levels high (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;
export const TILE_HEIGHT = 8;

/** A tile of hashes, or a bundle of entries. */
export interface TileId {
  /** Level of tiles, from 0, or `entries`. */
  readonly level: number | 'entries';
  readonly index: number;
  /** Hashes or entries in it: 256, or 1 to 255 for the last of its level. */
  readonly width: number;
}

/** Where a tile is, below the log's prefix: `tile/0/x001/234`, `tile/entries/000.p/7` (C2SP tlog-tiles, "Merkle Tree"). */
export function tilePath({ level, index, width }: TileId): string {
  const groups: string[] = [];
  for (let rest = index, isLast = true; isLast || rest > 0; isLast = false) {
    groups.unshift(`${isLast ? '' : 'x'}${String(rest % 1000).padStart(3, '0')}`);
    rest = Math.floor(rest / 1000);
  }
  const partial = width === TILE_WIDTH ? '' : `.p/${width}`;
  return `tile/${level}/${groups.join('/')}${partial}`;
}

const pathPattern = /^tile\/(entries|0|[1-9][0-9]?)\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** The tile of a path, or null: there is one spelling for each. */
export function parseTilePath(text: string): TileId | null {
  const [, level = '', groups = '', width] = pathPattern.exec(text) ?? [];
  if (level === '') return null;
  const id: TileId = {
    level: level === 'entries' ? 'entries' : Number(level),
    index: Number(groups.replace(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  return Number.isSafeInteger(id.index) && (width === undefined || id.width < TILE_WIDTH) && tilePath(id) === text
    ? id
    : null;
}

/** Tiles of a level that a log of `size` entries has: full ones, and the width of the partial one behind them (0: none). */
export function tilesOf(
  level: number | 'entries',
  size: number,
): { readonly full: number; readonly partialWidth: number } {
  const hashes = level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
  return { full: Math.floor(hashes / TILE_WIDTH), partialWidth: hashes % TILE_WIDTH };
}

/** Every tile and bundle that a log of `size` entries has at this moment: all full ones, and the partial ones at the right edge. */
export function* allTiles(size: number): Generator<TileId> {
  for (const level of ['entries', ...levelsOf(size)] as const) {
    const { full, partialWidth } = tilesOf(level, size);
    for (let index = 0; index < full; index++) yield { level, index, width: TILE_WIDTH };
    if (partialWidth > 0) yield { level, index: full, width: partialWidth };
  }
}

/** Levels of tiles that have any hash. */
export function levelsOf(size: number): number[] {
  const levels: number[] = [];
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / TILE_WIDTH)) levels.push(levels.length);
  return levels;
}
