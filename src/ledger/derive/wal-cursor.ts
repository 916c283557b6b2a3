import { firstPosition } from '../wal/recover.ts';
import { type RecordPosition, Segment, type WalPlace, walDamage } from '../wal/segment.ts';

/** A place in the write-ahead log between two records. */
export interface WalPosition {
  readonly segment: number;
  readonly position: RecordPosition;
}

/** Reads acknowledged records in order. */
export class WalCursor {
  readonly #place: WalPlace;
  #segment: Segment | null = null;
  #at: WalPosition;

  /** `at` must say the index that is expected there. */
  constructor(place: WalPlace, at: WalPosition) {
    this.#place = place;
    this.#at = at;
  }

  get at(): WalPosition {
    return this.#at;
  }

  /** The next record, which must be there: it was acknowledged. Fails with LEDGER_DAMAGED. */
  read(): { readonly plain: Buffer; readonly count: number } {
    let { segment, position } = this.#at;
    let look = this.#open(segment).look(position);
    if (look.is === 'none') {
      // The writer went on in the next segment because the record did not fit into this one.
      segment++;
      position = firstPosition(position.firstIndex, position.previousTag);
      look = this.#open(segment).look(position);
    }
    if (look.is !== 'record') throw walDamage(this.#place, segment, 'an acknowledged record is not there any more');
    this.#at = { segment, position: look.next };
    return { plain: look.plain, count: look.count };
  }

  /** Goes back to a place, or on to one that the writer said. */
  moveTo(at: WalPosition): void {
    this.#at = at;
  }

  close(): void {
    this.#segment?.close();
    this.#segment = null;
  }

  #open(number: number): Segment {
    if (this.#segment?.number !== number) {
      this.close();
      this.#segment = new Segment(this.#place, number, 'read');
    }
    return this.#segment as Segment;
  }
}
