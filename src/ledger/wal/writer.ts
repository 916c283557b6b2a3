import { randomBytes } from 'node:crypto';
import { recordBytes, sealRecord } from './layout.ts';
import type { WalTail } from './recover.ts';
import { firstPosition } from './recover.ts';
import { Segment, type WalPlace } from './segment.ts';

/** Makes sure that a segment is there. Rejects with LEDGER_DISK_FULL when there is no room for it; then it may be asked again later. */
export type SegmentSource = (number: number) => Promise<void>;

/** Writes groups behind the end of a write-ahead log. One call at a time. */
export class WalWriter {
  readonly #place: WalPlace;
  readonly #needSegment: SegmentSource;
  readonly #nowMs: () => number;
  /**
   * First bytes of this writer's nonces. After a torn end was cut a sequence number is used again, for other bytes under the same key: with 64 random bits for each
   * opening of the log the nonce is another one.
   */
  readonly #run = randomBytes(8);
  #segment: Segment;
  #tail: WalTail;
  /** The record that is written: a new array for each would cost as much as sealing it. */
  #sealed = Buffer.alloc(1 << 14);

  constructor(place: WalPlace, tail: WalTail, needSegment: SegmentSource, nowMs: () => number) {
    this.#place = place;
    this.#tail = tail;
    this.#needSegment = needSegment;
    this.#nowMs = nowMs;
    this.#segment = new Segment(place, tail.segment, 'update');
  }

  /** The segment that is written to. */
  get segment(): number {
    return this.#tail.segment;
  }

  /**
   * Returns when the group is durable: one write and one sync, unless the segment is full.
   * Rejects with LEDGER_DISK_FULL before anything was written; after any other error nobody knows what is on the disk, and the writer must not be used again.
   */
  async write(firstIndex: number, count: number, plain: Uint8Array): Promise<void> {
    if (!this.#fits(plain.length)) await this.roll();
    if (!this.#fits(plain.length)) throw new RangeError('a group is larger than a segment');
    const { segment, at, sequence, previousTag } = this.#tail;
    const nonce = Buffer.alloc(12);
    this.#run.copy(nonce);
    nonce.writeUInt32BE(sequence, 8);
    const writtenSeconds = Math.floor(this.#nowMs() / 1000) % 2 ** 32;
    const header = {
      plainBytes: plain.length,
      sequence,
      firstIndex,
      count,
      segment,
      nonce,
      writtenSeconds,
      previousTag,
    };
    const size = recordBytes(plain.length);
    if (this.#sealed.length < size) this.#sealed = Buffer.alloc(2 * size);
    const tag = sealRecord(this.#segment.key, header, plain, this.#sealed);
    this.#segment.file.write(this.#sealed.subarray(0, size), at);
    await this.#segment.file.syncLater();
    this.#tail = { segment, at: at + size, sequence: sequence + 1, previousTag: tag };
  }

  /** Goes on in the next segment, unless this one is empty. Rejects as `write`. */
  async roll(): Promise<void> {
    const { segment, previousTag, sequence } = this.#tail;
    if (sequence === 0) return;
    await this.#needSegment(segment + 1);
    const next = new Segment(this.#place, segment + 1, 'update');
    this.#segment.close();
    this.#segment = next;
    this.#tail = { segment: segment + 1, at: firstPosition(null, null).at, sequence: 0, previousTag };
  }

  close(): void {
    this.#segment.close();
  }

  #fits(plainBytes: number): boolean {
    return this.#tail.at + recordBytes(plainBytes) <= this.#segment.sizeBytes;
  }
}
