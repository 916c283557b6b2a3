import { BoltsealError } from '../core/errors.ts';
import { consistencyRanges, hashRange, inclusionRanges, type LeafRange } from '../core/merkle/proof-nodes.ts';
import { nodeFromTile, placeOf } from '../core/tlog/tile-nodes.ts';
import { TILE_WIDTH } from '../core/tlog/tile-path.ts';
import { sha256 } from './sha256.ts';
import { BUNDLED_BYTES, readTile, type ShardPlace } from './shard-place.ts';

/** Reads entries and proofs of the first `size` entries of a log from its files: some tiles for each, however large it is. Fails with LEDGER_DAMAGED. */
export class TreeReader {
  readonly #place: Pick<ShardPlace, 'files' | 'folder'>;
  readonly size: number;

  constructor(place: Pick<ShardPlace, 'files' | 'folder'>, size: number) {
    this.#place = place;
    this.size = size;
  }

  /** The 48 bytes of an entry. Fails with LEDGER_INDEX. */
  entry(index: number): Uint8Array {
    const { size } = this;
    if (index >= size) throw new BoltsealError('LEDGER_INDEX', { index, size });
    const at = index % TILE_WIDTH;
    return this.bundle((index - at) / TILE_WIDTH).subarray(at * BUNDLED_BYTES + 2, (at + 1) * BUNDLED_BYTES);
  }

  /** The bundle with that number as far as the log goes: entries of 48 bytes, each behind its length. */
  bundle(number: number): Uint8Array {
    const width = Math.min(TILE_WIDTH, this.size - number * TILE_WIDTH);
    return readTile(this.#place, { level: 'entries', index: number, width });
  }

  /** The entries of a bundle as far as the log goes. */
  entries(number: number): Uint8Array[] {
    const bytes = this.bundle(number);
    return Array.from({ length: bytes.length / BUNDLED_BYTES }, (_, i) =>
      bytes.subarray(i * BUNDLED_BYTES + 2, (i + 1) * BUNDLED_BYTES),
    );
  }

  /** RFC 6962, section 2.1.1. */
  inclusionProof(index: number): Uint8Array[] {
    return inclusionRanges(index, this.size).map((range) => this.#hash(range));
  }

  /** That the first `oldSize` entries are the beginning of these (RFC 6962, section 2.1.2). */
  consistencyProof(oldSize: number): Uint8Array[] {
    return consistencyRanges(oldSize, this.size).map((range) => this.#hash(range));
  }

  #hash(range: LeafRange): Uint8Array {
    return hashRange(sha256, range, (node) => {
      const place = placeOf(node, this.size);
      return nodeFromTile(sha256, readTile(this.#place, place.tile), place);
    });
  }
}
