import { BoltsealError } from '../../core/errors.ts';

/** A block of 900,000 symbols with codes of 20 bits, its selectors (18,002 of up to 6 bits) and tables take less. */
const BLOCK_BYTES_MOST = 2_500_000;
const INPUT_BYTES = 2 * BLOCK_BYTES_MOST;
const OUTPUT_BYTES = 262_144;
const GROUP_SYMBOLS = 50;
const CODE_BITS_MOST = 20;
const ALPHABET_MOST = 258;
const FAST_BITS = 10;

/**
 * bzip2's blocks, one at a time. There is no specification but the program (bzip2 1.0.8) and Tsai, "BZIP2 format specification" (2016). Give bytes with `take` until
 * `isFull`, or `end`; then `decodeBlock` and `output`. About 15 MB of memory.
 */
export class Bunzip2 {
  readonly #name: string;
  readonly #input = new Uint8Array(INPUT_BYTES);
  #bit = 0;
  #filled = 0;
  #lastInput = false;
  #ended = false;
  #streams = 0;
  #blockSize = 0;
  #streamCrc = 0;
  #inStream = false;

  readonly #out = new Uint8Array(OUTPUT_BYTES);
  readonly #chain = new Uint32Array(900_000);
  #count = 0;
  #origin = 0;
  #blockCrc = 0;
  readonly #selectors = new Uint8Array(18_002);
  readonly #tables: CodeTable[] = Array.from({ length: 6 }, () => new CodeTable());

  constructor(name: string) {
    this.#name = name;
  }

  /** Nothing more is wanted: the streams are over and something else follows. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Whether a whole block must be there. */
  get isFull(): boolean {
    return !this.#ended && this.#filled - (this.#bit >> 3) >= BLOCK_BYTES_MOST;
  }

  /** Copies bytes; answers how many. */
  take(bytes: Uint8Array): number {
    const used = this.#bit >> 3;
    if (used > INPUT_BYTES / 2 || this.#filled === INPUT_BYTES) {
      this.#input.copyWithin(0, used, this.#filled);
      this.#filled -= used;
      this.#bit &= 7;
    }
    const part = bytes.subarray(0, INPUT_BYTES - this.#filled);
    this.#input.set(part, this.#filled);
    this.#filled += part.length;
    return part.length;
  }

  /** No bytes follow those taken. */
  end(): void {
    this.#lastInput = true;
  }

  /** Decodes the next block, so that `output` gives it; false at the end of everything. */
  decodeBlock(): boolean {
    while (!this.#ended) {
      if (!this.#inStream && !this.#startStream()) {
        this.#ended = true;
        break;
      }
      const high = this.#bits(24);
      const low = this.#bits(24);
      if (high === 0x314159 && low === 0x265359) {
        this.#readBlock();
        return true;
      }
      if (high !== 0x177245 || low !== 0x385090) throw this.#corrupt();
      if (((this.#bits(16) << 16) | this.#bits(16)) !== this.#streamCrc) throw this.#corrupt();
      this.#bit = (this.#bit + 7) & ~7;
      this.#inStream = false;
      this.#streams++;
      // The next stream may lie beyond what was taken.
      if (!this.#lastInput && !this.isFull) return false;
    }
    return false;
  }

  /** The bytes of the block, in pieces that stay unchanged until the next one is asked for. */
  *output(): Generator<Uint8Array, void, undefined> {
    const walk: Walk = {
      entry: this.#chain[this.#origin] ?? 0,
      left: this.#count,
      run: 0,
      previous: -1,
      crc: -1,
    };
    while (walk.left > 0) {
      const filled = fillOutput(this.#chain, walk, this.#out);
      if (filled > 0) yield this.#out.subarray(0, filled);
    }
    if (~walk.crc !== this.#blockCrc) throw this.#corrupt();
    this.#streamCrc = ((this.#streamCrc << 1) | (this.#streamCrc >>> 31)) ^ ~walk.crc;
  }

  /** Reads a stream's header; false when there is no further stream. */
  #startStream(): boolean {
    const at = this.#bit >> 3;
    const input = this.#input;
    const level = (input[at + 3] ?? 0) - 0x30;
    const isStream =
      at + 4 <= this.#filled &&
      input[at] === 0x42 &&
      input[at + 1] === 0x5a &&
      input[at + 2] === 0x68 &&
      level >= 1 &&
      level <= 9;
    if (!isStream) {
      if (this.#streams > 0) return false;
      throw at + 4 > this.#filled ? this.#truncated() : this.#corrupt();
    }
    this.#bit += 32;
    this.#blockSize = level * 100_000;
    this.#streamCrc = 0;
    this.#inStream = true;
    return true;
  }

  #readBlock(): void {
    this.#blockCrc = (this.#bits(16) << 16) | this.#bits(16);
    // Randomised blocks have not been written since version 0.9.5 of 1999.
    if (this.#bits(1) === 1) throw this.#corrupt();
    this.#origin = this.#bits(24);
    const { symbols, used } = this.#readAlphabet();
    const tables = this.#bits(3);
    if (tables < 2 || tables > 6) throw this.#corrupt();
    const selectors = this.#readSelectors(tables);
    for (let t = 0; t < tables; t++) this.#readTable(t, used + 2);
    this.#readSymbols(symbols, used, selectors);
    if (this.#origin >= this.#count) throw this.#corrupt();
  }

  #readAlphabet(): { symbols: Uint8Array; used: number } {
    const symbols = new Uint8Array(256);
    let used = 0;
    const groups = this.#bits(16);
    for (let group = 0; group < 16; group++) {
      if ((groups & (0x8000 >> group)) === 0) continue;
      const members = this.#bits(16);
      for (let k = 0; k < 16; k++) if ((members & (0x8000 >> k)) !== 0) symbols[used++] = group * 16 + k;
    }
    if (used === 0) throw this.#corrupt();
    return { symbols, used };
  }

  #readSelectors(tables: number): number {
    const count = this.#bits(15);
    if (count === 0) throw this.#corrupt();
    const order = Uint8Array.of(0, 1, 2, 3, 4, 5);
    for (let i = 0; i < count; i++) {
      let rank = 0;
      while (this.#bits(1) === 1) if (++rank >= tables) throw this.#corrupt();
      const table = order[rank] ?? 0;
      order.copyWithin(1, 0, rank);
      order[0] = table;
      // Some writers give more selectors than a block can use; bzip2 1.0.8 skips them.
      if (i < this.#selectors.length) this.#selectors[i] = table;
    }
    return Math.min(count, this.#selectors.length);
  }

  #readTable(index: number, size: number): void {
    const lengths = new Uint8Array(ALPHABET_MOST);
    let length = this.#bits(5);
    for (let symbol = 0; symbol < size; symbol++) {
      while (true) {
        if (length < 1 || length > CODE_BITS_MOST) throw this.#corrupt();
        if (this.#bits(1) === 0) break;
        length += this.#bits(1) === 0 ? 1 : -1;
      }
      lengths[symbol] = length;
    }
    if (!this.#tables[index]?.build(lengths, size)) throw this.#corrupt();
  }

  /** Huffman codes, move to front and runs; then the chain of the inverse Burrows-Wheeler transform. */
  #readSymbols(symbols: Uint8Array, used: number, selectors: number): void {
    const chain = this.#chain;
    const most = this.#blockSize;
    const counts = new Int32Array(256);
    const endSymbol = used + 1;
    const input = this.#input;
    const bitEnd = this.#filled * 8;
    let bit = this.#bit;
    let count = 0;
    let runLength = 0;
    let runBit = 1;
    let selector = 0;
    let left = 0;
    let table = this.#tables[0] as CodeTable;
    let fast = table.fast;
    while (true) {
      if (left === 0) {
        if (selector >= selectors || bit > bitEnd) throw bit > bitEnd ? this.#truncated() : this.#corrupt();
        table = this.#tables[this.#selectors[selector++] ?? 0] as CodeTable;
        fast = table.fast;
        left = GROUP_SYMBOLS;
      }
      left--;
      const byteAt = bit >> 3;
      const window =
        ((((input[byteAt] ?? 0) << 24) |
          ((input[byteAt + 1] ?? 0) << 16) |
          ((input[byteAt + 2] ?? 0) << 8) |
          (input[byteAt + 3] ?? 0)) <<
          (bit & 7)) >>>
        0;
      let code = fast[window >>> (32 - FAST_BITS)] ?? 0;
      // 32 bits less up to 7 leave 25, and a code has at most 20.
      if (code === 0) code = table.decodeSlow(window);
      if (code === 0) throw bit + CODE_BITS_MOST > bitEnd ? this.#truncated() : this.#corrupt();
      bit += code & 31;
      const symbol = code >>> 5;
      if (symbol <= 1) {
        // A run in bijective base 2; beyond the block's size it is wrong anyway.
        runLength += runBit << symbol;
        runBit <<= 1;
        if (runLength > most) throw this.#corrupt();
        continue;
      }
      if (runLength > 0) {
        if (runLength > most - count) throw this.#corrupt();
        const byte = symbols[0] ?? 0;
        counts[byte] = (counts[byte] ?? 0) + runLength;
        chain.fill(byte, count, count + runLength);
        count += runLength;
        runLength = 0;
        runBit = 1;
      }
      if (symbol === endSymbol) break;
      if (count >= most) throw this.#corrupt();
      const rank = symbol - 1;
      const byte = symbols[rank] ?? 0;
      if (rank < 24) for (let k = rank; k > 0; k--) symbols[k] = symbols[k - 1] ?? 0;
      else symbols.copyWithin(1, 0, rank);
      symbols[0] = byte;
      counts[byte] = (counts[byte] ?? 0) + 1;
      chain[count++] = byte;
    }
    if (bit > bitEnd) throw this.#truncated();
    this.#bit = bit;
    this.#count = count;
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const here = counts[byte] ?? 0;
      counts[byte] = sum;
      sum += here;
    }
    for (let i = 0; i < count; i++) {
      const byte = (chain[i] ?? 0) & 0xff;
      const place = counts[byte] ?? 0;
      counts[byte] = place + 1;
      chain[place] = (chain[place] ?? 0) | (i << 8);
    }
  }

  #bits(count: number): number {
    let value = 0;
    for (let left = count; left > 0; ) {
      const at = this.#bit >> 3;
      if (at >= this.#filled) throw this.#truncated();
      const free = 8 - (this.#bit & 7);
      const taken = Math.min(free, left);
      value = (value << taken) | (((this.#input[at] ?? 0) >> (free - taken)) & ((1 << taken) - 1));
      this.#bit += taken;
      left -= taken;
    }
    return value;
  }

  #truncated(): BoltsealError {
    return new BoltsealError('DUMP_TRUNCATED', { path: this.#name });
  }

  #corrupt(): BoltsealError {
    return new BoltsealError('DUMP_CORRUPT', { path: this.#name });
  }
}

/** How far a block's chain has been followed. */
interface Walk {
  entry: number;
  left: number;
  run: number;
  previous: number;
  crc: number;
}

/** Follows the chain until `out` has no room for another run, and undoes the runs; answers how many bytes it wrote. */
function fillOutput(chain: Uint32Array, walk: Walk, out: Uint8Array): number {
  const room = OUTPUT_BYTES - 255;
  let { entry, left, run, previous, crc } = walk;
  let filled = 0;
  while (left > 0 && filled < room) {
    left--;
    entry = chain[entry >>> 8] ?? 0;
    const byte = entry & 0xff;
    if (run === 4) {
      // After four equal bytes comes the count of those that follow.
      run = 0;
      for (let k = 0; k < byte; k++) {
        out[filled++] = previous;
        crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ previous] ?? 0);
      }
      previous = -1;
    } else {
      run = byte === previous ? run + 1 : 1;
      previous = byte;
      out[filled++] = byte;
      crc = (crc << 8) ^ (crcTable[(crc >>> 24) ^ byte] ?? 0);
    }
  }
  walk.entry = entry;
  walk.left = left;
  walk.run = run;
  walk.previous = previous;
  walk.crc = crc;
  return filled;
}

/** A Huffman code: `symbol << 5 | bits` by the next FAST_BITS bits, or 0 for codes that are longer. */
class CodeTable {
  readonly fast = new Uint16Array(1 << FAST_BITS);
  readonly #limit = new Uint32Array(CODE_BITS_MOST + 1);
  readonly #base = new Int32Array(CODE_BITS_MOST + 1);
  readonly #symbols = new Uint16Array(ALPHABET_MOST);
  #longest = 0;

  /** False when no code has these lengths. */
  build(lengths: Uint8Array, size: number): boolean {
    this.fast.fill(0);
    let code = 0;
    let filled = 0;
    this.#longest = 0;
    for (let length = 1; length <= CODE_BITS_MOST; length++) {
      code <<= 1;
      this.#base[length] = filled - code;
      for (let symbol = 0; symbol < size; symbol++) {
        if (lengths[symbol] !== length) continue;
        if (code >= 2 ** length) return false;
        if (length <= FAST_BITS) {
          const from = code << (FAST_BITS - length);
          this.fast.fill((symbol << 5) | length, from, from + (1 << (FAST_BITS - length)));
        }
        this.#symbols[filled++] = symbol;
        code++;
        this.#longest = length;
      }
      this.#limit[length] = code;
    }
    return true;
  }

  /** `symbol << 5 | bits` for the code at the top of `window`, or 0 when there is none. */
  decodeSlow(window: number): number {
    for (let length = FAST_BITS + 1; length <= this.#longest; length++) {
      const code = window >>> (32 - length);
      if (code < (this.#limit[length] ?? 0)) {
        return ((this.#symbols[code + (this.#base[length] ?? 0)] ?? 0) << 5) | length;
      }
    }
    return 0;
  }
}

/** CRC-32 with the most significant bit first, polynomial 04C11DB7. */
const crcTable = new Int32Array(256).map((_, byte) => {
  let crc = byte << 24;
  for (let k = 0; k < 8; k++) crc = (crc << 1) ^ (crc < 0 ? 0x04c11db7 : 0);
  return crc;
});
