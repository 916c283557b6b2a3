/** Longest record, line or value that is kept in memory; a longer one is given up. */
export const MAX_RECORD_BYTES = 16 * 1_048_576;

/** The bytes of a stream that have been read and not yet used up: what is incomplete waits here for the next chunk. */
export class RecordWindow {
  bytes = new Uint8Array(1 << 17);
  /** The first byte not used up, and one past the last that is there. */
  at = 0;
  limit = 0;
  #wanted = 0;

  push(chunk: Uint8Array): void {
    if (this.limit + chunk.length > this.bytes.length) {
      const needed = this.limit - this.at + chunk.length;
      if (needed > this.bytes.length) {
        const larger = new Uint8Array(2 * needed);
        larger.set(this.bytes.subarray(this.at, this.limit));
        this.bytes = larger;
      } else this.bytes.copyWithin(0, this.at, this.limit);
      this.limit -= this.at;
      this.at = 0;
    }
    this.bytes.set(chunk, this.limit);
    this.limit += chunk.length;
  }

  /** Whether it is worth a new look: what was found incomplete is read anew only when twice as much is there, which keeps the whole linear. */
  get ready(): boolean {
    return this.limit - this.at >= this.#wanted;
  }

  /** What is there was not enough. */
  wait(): void {
    this.#wanted = 2 * (this.limit - this.at);
  }
}

const decoder = new TextDecoder();

/** Cuts a text into lines (LF, CR LF); null stands for a line that was too long to keep. */
export class LineCutter {
  readonly #window = new RecordWindow();
  readonly #take: (line: string | null) => void;
  /** Up to here there is no line's end. */
  #seen = 0;
  #dropping = false;

  constructor(take: (line: string | null) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    const window = this.#window;
    const before = window.at;
    window.push(chunk);
    // The window may have moved its bytes to the front.
    this.#seen = Math.max(window.at, this.#seen - (before - window.at));
    for (;;) {
      const end = window.bytes.subarray(0, window.limit).indexOf(0x0a, this.#seen);
      if (end < 0) break;
      this.#line(end);
      window.at = end + 1;
      this.#seen = window.at;
    }
    this.#seen = window.limit;
    if (window.limit - window.at > MAX_RECORD_BYTES) {
      this.#dropping = true;
      window.at = window.limit;
    }
  }

  finish(): void {
    if (this.#window.at < this.#window.limit || this.#dropping) this.#line(this.#window.limit);
  }

  #line(end: number): void {
    const { bytes, at } = this.#window;
    const to = end > at && bytes[end - 1] === 0x0d ? end - 1 : end;
    const tooLong = this.#dropping || to - at > MAX_RECORD_BYTES;
    this.#dropping = false;
    this.#take(tooLong ? null : decoder.decode(bytes.subarray(at, to)));
  }
}

/** The lines of a head, without the last when it is cut off. */
export function linesOf(head: Uint8Array, whole: boolean, bytes = 65_536): string[] {
  const lines = decoder.decode(head.subarray(0, bytes)).split(/\r?\n/);
  if (!whole || head.length > bytes) lines.pop();
  return lines;
}
