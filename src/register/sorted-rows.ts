/** Rows of the first and of the largest chunk of a partition: small registers stay small, large ones waste less than 1 %. */
const FIRST_CHUNK_ROWS = 64;
const MAX_CHUNK_ROWS = 8192;
/** Up to here insertion beats everything; most buckets hold one row or two. */
const INSERTION_ROWS = 32;

interface Partition {
  readonly chunks: Uint32Array[];
  tail: Uint32Array;
  /** Words used of the tail. */
  used: number;
  rows: number;
}

/**
 * Rows of 2 to 5 words (u32), collected in any order and then read in ascending order, all words compared, the first word first.
 *
 * Partitions by the top bits of word 0 make every sort fit the cache; a partition's rows are sorted within the chunks that they were collected in, so
 * that sorting needs no second copy of the whole. `shift` is the number of low bits of word 0 that a partition spans.
 */
export class SortedRows {
  readonly #stride: number;
  readonly #shift: number;
  readonly #partitions: (Partition | undefined)[];
  #count = 0;

  constructor(stride: number, shift: number) {
    this.#stride = stride;
    this.#shift = shift;
    this.#partitions = new Array<Partition | undefined>(2 ** (32 - shift)).fill(undefined);
  }

  get count(): number {
    return this.#count;
  }

  /** Adds a row; words beyond the stride are ignored. */
  append(w0: number, w1: number, w2: number, w3: number, w4: number): void {
    const stride = this.#stride;
    let partition = this.#partitions[w0 >>> this.#shift];
    if (partition === undefined || partition.used === partition.tail.length) partition = this.#grow(w0 >>> this.#shift);
    const { tail, used } = partition;
    tail[used] = w0;
    tail[used + 1] = w1;
    if (stride > 2) tail[used + 2] = w2;
    if (stride > 3) tail[used + 3] = w3;
    if (stride > 4) tail[used + 4] = w4;
    partition.used = used + stride;
    partition.rows++;
    this.#count++;
  }

  #grow(index: number): Partition {
    const old = this.#partitions[index];
    if (old === undefined) {
      const tail = new Uint32Array(FIRST_CHUNK_ROWS * this.#stride);
      const partition = { chunks: [tail], tail, used: 0, rows: 0 };
      this.#partitions[index] = partition;
      return partition;
    }
    old.tail = new Uint32Array(Math.min(MAX_CHUNK_ROWS, 2 * (old.tail.length / this.#stride)) * this.#stride);
    old.used = 0;
    old.chunks.push(old.tail);
    return old;
  }

  /** Sorts everything; to be called once, after the last row and before the first cursor. */
  sort(): void {
    let most = 0;
    for (const partition of this.#partitions) most = Math.max(most, partition?.rows ?? 0);
    const sorter = new PartitionSorter(this.#stride, this.#shift, most);
    for (const partition of this.#partitions) if (partition !== undefined) sorter.sort(partition);
  }

  /** Reads all rows from the smallest on. */
  cursor(): RowCursor {
    const chunks: Uint32Array[] = [];
    for (const partition of this.#partitions) {
      partition?.chunks.forEach((chunk, i) => {
        const isTail = i === partition.chunks.length - 1;
        if (!isTail) chunks.push(chunk);
        else if (partition.used > 0) chunks.push(chunk.subarray(0, partition.used));
      });
    }
    return new RowCursor(chunks, this.#stride);
  }
}

/** A place in sorted rows: the row stands in `words` from `at` on. */
export class RowCursor {
  words: Uint32Array = new Uint32Array(0);
  at = 0;
  readonly #chunks: readonly Uint32Array[];
  readonly #stride: number;
  #next = 0;

  constructor(chunks: readonly Uint32Array[], stride: number) {
    this.#chunks = chunks;
    this.#stride = stride;
    this.at = -stride;
  }

  /** Goes to the next row; false when there is none. */
  advance(): boolean {
    this.at += this.#stride;
    if (this.at < this.words.length) return true;
    const chunk = this.#chunks[this.#next];
    if (chunk === undefined) return false;
    this.words = chunk;
    this.at = 0;
    this.#next++;
    return true;
  }
}

class PartitionSorter {
  readonly #stride: number;
  readonly #shift: number;
  readonly #from: Uint32Array;
  readonly #to: Uint32Array;
  readonly #ends: Uint32Array;
  readonly #row: Uint32Array;

  constructor(stride: number, shift: number, mostRows: number) {
    this.#stride = stride;
    this.#shift = shift;
    this.#from = new Uint32Array(mostRows * stride);
    this.#to = new Uint32Array(mostRows * stride);
    this.#ends = new Uint32Array(2 ** bucketBits(mostRows, shift) + 1);
    this.#row = new Uint32Array(stride);
  }

  /** Counting sort into about as many buckets as rows, then each bucket by itself. */
  sort({ chunks, used, rows }: Partition): void {
    if (rows < 2) return;
    const stride = this.#stride;
    const words = rows * stride;
    const from = this.#from;
    const to = this.#to;
    let filled = 0;
    chunks.forEach((chunk, i) => {
      const part = i === chunks.length - 1 ? chunk.subarray(0, used) : chunk;
      from.set(part, filled);
      filled += part.length;
    });

    const bits = bucketBits(rows, this.#shift);
    const drop = this.#shift - bits;
    const mask = 2 ** this.#shift - 1;
    const buckets = 2 ** bits;
    const ends = this.#ends;
    ends.fill(0, 0, buckets + 1);
    for (let i = 0; i < words; i += stride) {
      const bucket = ((from[i]! & mask) >>> drop) + 1;
      ends[bucket] = ends[bucket]! + 1;
    }
    for (let bucket = 1; bucket < buckets; bucket++) ends[bucket] = ends[bucket]! + ends[bucket - 1]!;
    // Each bucket's start becomes its end while its rows arrive.
    for (let i = 0; i < words; i += stride) {
      const bucket = (from[i]! & mask) >>> drop;
      const place = ends[bucket]!;
      ends[bucket] = place + 1;
      let target = place * stride;
      for (let w = i; w < i + stride; w++) to[target++] = from[w]!;
    }
    let start = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      const end = ends[bucket]!;
      if (end - start > 1) this.#sortBucket(start, end);
      start = end;
    }

    filled = 0;
    chunks.forEach((chunk, i) => {
      const length = i === chunks.length - 1 ? used : chunk.length;
      chunk.set(to.subarray(filled, filled + length));
      filled += length;
    });
  }

  #sortBucket(start: number, end: number): void {
    const rows = this.#to;
    const stride = this.#stride;
    if (end - start > INSERTION_ROWS) {
      this.#sortLargeBucket(start, end);
      return;
    }
    const row = this.#row;
    for (let i = (start + 1) * stride; i < end * stride; i += stride) {
      // Nearly always the first word decides.
      if (rows[i - stride]! < rows[i]! || compareRows(rows, i - stride, rows, i, stride) <= 0) continue;
      for (let w = 0; w < stride; w++) row[w] = rows[i + w]!;
      let place = i;
      do {
        for (let w = 0; w < stride; w++) rows[place + w] = rows[place - stride + w]!;
        place -= stride;
      } while (place > start * stride && compareRows(rows, place - stride, row, 0, stride) > 0);
      for (let w = 0; w < stride; w++) rows[place + w] = row[w]!;
    }
  }

  /** One value that a great many subjects share: they mostly come in the order of their numbers already. */
  #sortLargeBucket(start: number, end: number): void {
    const rows = this.#to;
    const stride = this.#stride;
    let isSorted = true;
    for (let i = start + 1; i < end && isSorted; i++) {
      isSorted = compareRows(rows, (i - 1) * stride, rows, i * stride, stride) <= 0;
    }
    if (isSorted) return;
    const copy = rows.slice(start * stride, end * stride);
    const order = Uint32Array.from({ length: end - start }, (_, i) => i);
    order.sort((a, b) => compareRows(copy, a * stride, copy, b * stride, stride));
    for (let i = 0; i < order.length; i++) {
      const source = order[i]! * stride;
      for (let w = 0; w < stride; w++) rows[(start + i) * stride + w] = copy[source + w]!;
    }
  }
}

function bucketBits(rows: number, shift: number): number {
  return rows < 2 ? 0 : Math.min(shift, 32 - Math.clz32(rows - 1));
}

function compareRows(a: Uint32Array, atA: number, b: Uint32Array, atB: number, stride: number): number {
  for (let w = 0; w < stride; w++) {
    const x = a[atA + w]!;
    const y = b[atB + w]!;
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
