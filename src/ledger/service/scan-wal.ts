import { BoltsealError } from '../../core/errors.ts';
import { nodeFiles } from '../files/node-files.ts';
import { type LedgerSecrets, makeKeyWrap } from '../keys/wrapping.ts';
import { walFolder } from '../shard-place.ts';
import type { Shard } from '../shards.ts';
import { firstPosition } from '../wal/recover.ts';
import { listSegments, SEGMENT_BYTES, Segment, type WalPlace, walDamage } from '../wal/segment.ts';

/** What stands in a write-ahead log. */
export interface WalScan {
  /** The index behind its last entry; null when it has none. */
  readonly size: number | null;
  readonly segments: number;
  readonly sizeBytes: number;
}

/**
 * Reads the write-ahead log of a shard without changing anything: also beside a writer, which may remove segments meanwhile. A torn end is no damage.
 * Fails with LEDGER_DAMAGED.
 */
export function scanWal({ folder, description: { origin } }: Shard, secrets: LedgerSecrets): WalScan {
  const place: WalPlace = {
    files: nodeFiles,
    folder: walFolder(folder),
    origin,
    wrap: makeKeyWrap(secrets),
    segmentBytes: SEGMENT_BYTES,
  };
  const numbers = listSegments(place);
  let size: number | null = null;
  let previousTag: Uint8Array | null = null;
  let sizeBytes = 0;
  for (const number of numbers) {
    const segment = openSegment(place, number);
    if (segment === null) continue;
    try {
      sizeBytes += segment.sizeBytes;
      let position = firstPosition(size, previousTag);
      for (;;) {
        const look = segment.look(position);
        if (look.is === 'damaged') throw walDamage(place, number, 'a record is damaged');
        if (look.is !== 'record') break;
        position = look.next;
        size = look.firstIndex + look.count;
        ({ previousTag } = look.next);
      }
    } finally {
      segment.close();
    }
  }
  return { size, segments: numbers.length, sizeBytes };
}

function openSegment(place: WalPlace, number: number): Segment | null {
  try {
    return new Segment(place, number, 'read');
  } catch (error) {
    if (error instanceof BoltsealError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
