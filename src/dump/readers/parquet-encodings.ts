import { ParquetDamage } from './parquet-thrift.ts';

/** Values of variable length: value `n` is `bytes` [starts[n], ends[n]). */
export interface ByteValues {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

const MAX_DELTA_BYTES = 268_435_456;

/** Reads the encodings of a page one after another (Encodings.md of the format). Every method fails with ParquetDamage when the page ends too early. */
export class EncodingReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.at = at;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new ParquetDamage('end');
    return byte;
  }

  length32(): number {
    this.#need(4);
    this.at += 4;
    return this.#view.getUint32(this.at - 4, true);
  }

  /** The next bytes as they are. */
  take(lengthBytes: number): Uint8Array {
    this.#need(lengthBytes);
    this.at += lengthBytes;
    return this.bytes.subarray(this.at - lengthBytes, this.at);
  }

  /** Fills `output` from runs (RLE/bit-packing hybrid) of `width` bits, at most 32. */
  hybrid(output: Uint8Array | Uint32Array, width: number): void {
    if (width > 32) throw new ParquetDamage('width');
    let filled = 0;
    while (filled < output.length) {
      const header = this.#varint();
      if (header % 2 === 0) {
        const count = Math.min(header / 2, output.length - filled);
        if (count === 0) throw new ParquetDamage('run');
        let value = 0;
        for (let at = 0; at < (width + 7) >> 3; at++) value += this.byte() * 256 ** at;
        output.fill(value, filled, filled + count);
        filled += count;
      } else {
        const groups = (header - 1) / 2;
        const count = Math.min(groups * 8, output.length - filled);
        if (count === 0) throw new ParquetDamage('run');
        // Writers may leave out the last bytes of the last group.
        const packed = this.bytes.subarray(this.at, this.at + groups * width);
        if (packed.length < Math.ceil((count * width) / 8)) throw new ParquetDamage('end');
        unpackBits(packed, width, output, filled, count);
        this.at = Math.min(this.bytes.length, this.at + groups * width);
        filled += count;
      }
    }
  }

  /** Lengths before each value (PLAIN). */
  plainBytes(count: number): ByteValues {
    const values = this.#allocate(count);
    const { bytes } = this;
    let { at } = this;
    for (let index = 0; index < count; index++) {
      if (at + 4 > bytes.length) throw new ParquetDamage('end');
      const length = this.#view.getUint32(at, true);
      at += 4;
      if (length > bytes.length - at) throw new ParquetDamage('end');
      values.starts[index] = at;
      at += length;
      values.ends[index] = at;
    }
    this.at = at;
    return values;
  }

  fixedBytes(count: number, width: number): ByteValues {
    this.#need(count * width);
    const values = this.#allocate(count);
    for (let index = 0; index < count; index++) {
      values.starts[index] = this.at + index * width;
      values.ends[index] = this.at + (index + 1) * width;
    }
    this.at += count * width;
    return values;
  }

  /** The bytes of all values lie by their place in the value (BYTE_STREAM_SPLIT); gives them in order again. */
  byteStreamSplit(count: number, width: number): Uint8Array {
    const split = this.take(count * width);
    const whole = new Uint8Array(count * width);
    for (let place = 0; place < width; place++) {
      for (let index = 0; index < count; index++) whole[index * width + place] = split[place * count + index] as number;
    }
    return whole;
  }

  /** DELTA_BINARY_PACKED, modulo 2^64 (and so modulo 2^32 for those who take the low half). */
  delta(count: number): BigInt64Array {
    const output = new BigInt64Array(count);
    const blockSize = this.#varint();
    const miniblocks = this.#varint();
    this.#varint();
    let value = this.#zigzag64();
    const perMiniblock = blockSize / miniblocks;
    if (!(Number.isInteger(perMiniblock) && perMiniblock > 0 && perMiniblock <= 1_048_576 && miniblocks <= 65_536)) {
      throw new ParquetDamage('delta');
    }
    if (count > 0) output[0] = value;
    for (let filled = 1; filled < count; ) {
      const least = this.#zigzag64();
      const widths = this.take(miniblocks);
      for (let block = 0; block < miniblocks && filled < count; block++) {
        const width = widths[block] as number;
        if (width > 64) throw new ParquetDamage('width');
        const packed = this.bytes.subarray(this.at, this.at + (perMiniblock / 8) * width);
        const here = Math.min(perMiniblock, count - filled);
        if (packed.length < Math.ceil((here * width) / 8)) throw new ParquetDamage('end');
        this.at = Math.min(this.bytes.length, this.at + Math.ceil((perMiniblock / 8) * width));
        if (width <= 32) {
          const bits = new Uint32Array(here);
          unpackBits(packed, width, bits, 0, here);
          for (let index = 0; index < here; index++) {
            value = BigInt.asIntN(64, value + least + BigInt(bits[index] as number));
            output[filled++] = value;
          }
        } else {
          for (let index = 0; index < here; index++) {
            value = BigInt.asIntN(64, value + least + bigBits(packed, index * width, width));
            output[filled++] = value;
          }
        }
      }
    }
    return output;
  }

  deltaLengthBytes(count: number): ByteValues {
    const lengths = this.delta(count);
    const values = this.#allocate(count);
    for (let index = 0; index < count; index++) {
      const length = Number(lengths[index]);
      if (length < 0) throw new ParquetDamage('length');
      this.#need(length);
      values.starts[index] = this.at;
      this.at += length;
      values.ends[index] = this.at;
    }
    return values;
  }

  /** Prefixes that are those of the value before (DELTA_BYTE_ARRAY). */
  deltaBytes(count: number): ByteValues {
    const prefixes = this.delta(count);
    const suffixes = this.deltaLengthBytes(count);
    let total = 0;
    let previous = 0;
    for (let index = 0; index < count; index++) {
      const prefix = Number(prefixes[index]);
      if (prefix < 0 || prefix > previous) throw new ParquetDamage('prefix');
      previous = prefix + (suffixes.ends[index] as number) - (suffixes.starts[index] as number);
      total += previous;
      // Prefixes of prefixes grow with the square of what is in the file.
      if (total > MAX_DELTA_BYTES) throw new ParquetDamage('prefix');
    }
    const bytes = new Uint8Array(total);
    const [starts, ends] = [new Uint32Array(count), new Uint32Array(count)];
    let to = 0;
    for (let index = 0; index < count; index++) {
      const before = starts[index - 1] ?? 0;
      starts[index] = to;
      bytes.copyWithin(to, before, before + Number(prefixes[index]));
      to += Number(prefixes[index]);
      const suffix = this.bytes.subarray(suffixes.starts[index], suffixes.ends[index]);
      bytes.set(suffix, to);
      to += suffix.length;
      ends[index] = to;
    }
    return { bytes, starts, ends };
  }

  #allocate(count: number): { bytes: Uint8Array; starts: Uint32Array; ends: Uint32Array } {
    return { bytes: this.bytes, starts: new Uint32Array(count), ends: new Uint32Array(count) };
  }

  #need(lengthBytes: number): void {
    if (lengthBytes > this.bytes.length - this.at) throw new ParquetDamage('end');
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 128 ** 5; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new ParquetDamage('number');
  }

  #zigzag64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return (value >> 1n) ^ -(value & 1n);
    }
    throw new ParquetDamage('number');
  }
}

/** Unpacks numbers of `width` bits, least significant bit first. */
function unpackBits(
  packed: Uint8Array,
  width: number,
  output: Uint8Array | Uint32Array,
  from: number,
  count: number,
): void {
  if (width === 0) {
    output.fill(0, from, from + count);
    return;
  }
  if (width === 1) {
    for (let index = 0; index < count; index++)
      output[from + index] = ((packed[index >> 3] as number) >> (index & 7)) & 1;
    return;
  }
  // Above 24 bits a value with its offset does not fit into 32 bits: then as floating point, exact up to 53.
  const wide = width > 24;
  const mask = wide ? 2 ** width : (1 << width) - 1;
  let held = 0;
  let bits = 0;
  let at = 0;
  for (let index = 0; index < count; index++) {
    while (bits < width) {
      const byte = packed[at++] as number;
      held = wide ? held + byte * 2 ** bits : held | (byte << bits);
      bits += 8;
    }
    if (wide) {
      output[from + index] = held % mask;
      held = Math.floor(held / mask);
    } else {
      output[from + index] = held & mask;
      held >>>= width;
    }
    bits -= width;
  }
}

function bigBits(packed: Uint8Array, fromBit: number, width: number): bigint {
  let value = 0n;
  const first = fromBit >> 3;
  const last = (fromBit + width - 1) >> 3;
  for (let at = last; at >= first; at--) value = (value << 8n) | BigInt(packed[at] as number);
  return (value >> BigInt(fromBit & 7)) & ((1n << BigInt(width)) - 1n);
}
