const EMPTY = new Uint8Array(0);

/** Takes a stream of chunks apart by counts of bytes; `close` it whatever happens. */
export class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  #position = 0;
  #ended = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Bytes taken so far. */
  get position(): number {
    return this.#position;
  }

  /** One to `most` bytes, or null at the end. They stay unchanged until the next call. */
  async some(most: number): Promise<Uint8Array | null> {
    if (this.#at === this.#chunk.length && !(await this.#next())) return null;
    const part = this.#chunk.subarray(this.#at, this.#at + most);
    this.#at += part.length;
    this.#position += part.length;
    return part;
  }

  /** `count` bytes, or as many as there are before the end: a copy where they lie in several chunks. They stay unchanged until the next call. */
  async upTo(count: number): Promise<Uint8Array> {
    const first = (await this.some(count)) ?? EMPTY;
    if (first.length === count) return first;
    const all = new Uint8Array(count);
    let filled = first.length;
    all.set(first);
    while (filled < count) {
      const part = await this.some(count - filled);
      if (part === null) return all.subarray(0, filled);
      all.set(part, filled);
      filled += part.length;
    }
    return all;
  }

  /** Skips `count` bytes; false when the end comes first. */
  async skip(count: number): Promise<boolean> {
    for (let left = count; left > 0; ) {
      const part = await this.some(left);
      if (part === null) return false;
      left -= part.length;
    }
    return true;
  }

  /** Gives the last `count` bytes that `some` answered back: they are answered again. */
  unread(count: number): void {
    this.#at -= count;
    this.#position -= count;
  }

  /** Puts bytes before those that come next. */
  pushBack(bytes: Uint8Array): void {
    const rest = this.#chunk.subarray(this.#at);
    const all = new Uint8Array(bytes.length + rest.length);
    all.set(bytes);
    all.set(rest, bytes.length);
    this.#chunk = all;
    this.#at = 0;
    this.#position -= bytes.length;
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#chunk = EMPTY;
    this.#at = 0;
    await this.#chunks.return?.();
  }

  async #next(): Promise<boolean> {
    while (!this.#ended) {
      const { done, value } = await this.#chunks.next();
      if (done === true) this.#ended = true;
      else if (value.length > 0) {
        this.#chunk = value;
        this.#at = 0;
        return true;
      }
    }
    return false;
  }
}
