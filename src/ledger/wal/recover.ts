import { SECTOR_BYTES } from '../files/port.ts';
import { FIRST_RECORD_AT, hasRecordMagic, MAX_RECORD_BYTES, TAG_BYTES } from './layout.ts';
import { listSegments, type RecordPosition, Segment, type WalPlace, walDamage } from './segment.ts';

/** Where the write-ahead log ends. */
export interface WalTail {
  /** The segment that is written to next. */
  readonly segment: number;
  readonly at: number;
  readonly sequence: number;
  readonly previousTag: Uint8Array;
}

/** What a write-ahead log holds. */
export interface WalContents {
  /** Index of the first entry in it, and the one after the last; null when it holds none. */
  readonly range: { readonly from: number; readonly to: number } | null;
  readonly tail: WalTail;
  /** Whether a torn end was cut. */
  readonly wasTorn: boolean;
}

/** A record that recovery came by. */
export interface FoundRecord {
  readonly segment: number;
  readonly position: RecordPosition;
  readonly firstIndex: number;
  readonly writtenMs: number;
  readonly plain: Buffer;
}

/** The position of the first record of a segment. */
export function firstPosition(firstIndex: number | null, previousTag: Uint8Array | null): RecordPosition {
  return { at: FIRST_RECORD_AT, sequence: 0, firstIndex, previousTag };
}

/**
 * Reads all that a crash left and makes it fit to be written to again. `onRecord` hears of each record, in order, and where it stands.
 *
 * A torn end is cut: it was never acknowledged, since only one record at a time is written, and acknowledged after its sync. Everything else that does not fit is no
 * crash's work: LEDGER_DAMAGED. Time and memory are those of the segments that are there; the deriver keeps these few.
 */
export function recoverWal(place: WalPlace, onRecord: (record: FoundRecord) => void): WalContents {
  const numbers = listSegments(place);
  const [first] = numbers;
  if (first === undefined) throw walDamage(place, 1, 'there is no segment at all');
  let tail: WalTail = { segment: first, at: FIRST_RECORD_AT, sequence: 0, previousTag: new Uint8Array(TAG_BYTES) };
  let range = null as WalContents['range'];
  /** Behind what has been read nothing may have been written: nowhere, or in one place that was torn. */
  let isEnd = false;
  let wasTorn = false;
  for (const number of numbers) {
    const segment = new Segment(place, number, 'update');
    try {
      let position = firstPosition(range?.to ?? null, range === null ? null : tail.previousTag);
      for (;;) {
        const look = segment.look(position);
        if (look.is === 'damaged') throw walDamage(place, number, 'a record is damaged');
        if (look.is !== 'record') break;
        if (isEnd) throw walDamage(place, number, 'there are records behind the end');
        onRecord({
          segment: number,
          position,
          firstIndex: look.firstIndex,
          writtenMs: look.writtenMs,
          plain: look.plain,
        });
        range = { from: range?.from ?? look.firstIndex, to: look.firstIndex + look.count };
        position = look.next;
        tail = {
          segment: number,
          at: position.at,
          sequence: position.sequence,
          previousTag: position.previousTag ?? tail.previousTag,
        };
      }
      if (position.at === FIRST_RECORD_AT) isEnd = true;
      if (cutTorn(place, segment, position.at)) {
        if (wasTorn) throw walDamage(place, number, 'there are two torn ends');
        wasTorn = true;
        isEnd = true;
      }
    } finally {
      segment.close();
    }
  }
  return { range, tail, wasTorn };
}

/** Writes zeros over what a torn write left behind `at`; whether there was something. Fails with LEDGER_DAMAGED when it is more than one torn write leaves. */
function cutTorn(place: WalPlace, segment: Segment, at: number): boolean {
  const written = segment.findWritten(at);
  if (written === null) return false;
  const { from, to } = written;
  const isMore = to > at + MAX_RECORD_BYTES;
  if (isMore) throw walDamage(place, segment.number, 'there are records behind a damaged one');
  const bytes = segment.bytesBetween(from, to);
  // A torn record has its header at `at`, or not at all: a header elsewhere is that of a record which follows a lost one.
  for (let offset = 0; offset < bytes.length; offset += SECTOR_BYTES) {
    if (from + offset !== at && hasRecordMagic(bytes.subarray(offset, offset + SECTOR_BYTES))) {
      throw walDamage(place, segment.number, 'there are records behind a damaged one');
    }
  }
  // A crash on the way leaves a torn record with more zeros.
  segment.file.write(new Uint8Array(to - from), from);
  segment.file.sync();
  return true;
}
