/** A value of the Thrift compact protocol; a struct is a map by field number. */
export type ThriftValue = number | boolean | Uint8Array | ThriftList | ThriftStruct;
type ThriftList = readonly ThriftValue[];
export type ThriftStruct = ReadonlyMap<number, ThriftValue>;

/** What is wrong with a Parquet file or a part of it; it never leaves the reader. */
export class ParquetDamage extends Error {}

const MAX_DEPTH = 32;

/** Reads one struct of the Thrift compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md) from bytes at a time. */
export class ThriftReader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Fails with ParquetDamage when it is none, or is not whole. */
  readStruct(depth = 0): ThriftStruct {
    if (depth > MAX_DEPTH) throw new ParquetDamage('depth');
    const fields = new Map<number, ThriftValue>();
    let id = 0;
    while (true) {
      const header = this.#byte();
      const type = header & 0x0f;
      if (type === 0) return fields;
      id = header >> 4 === 0 ? this.#zigzag() : id + (header >> 4);
      fields.set(id, this.#readValue(type, depth));
    }
  }

  #readValue(type: number, depth: number): ThriftValue {
    switch (type) {
      case 1:
        return true;
      case 2:
        return false;
      case 3:
        return (this.#byte() << 24) >> 24;
      case 4:
      case 5:
      case 6:
        return this.#zigzag();
      case 7:
        return this.#binary(8);
      case 8:
        return this.#binary(this.#varint());
      case 9:
      case 10:
        return this.#readList(depth);
      case 12:
        return this.readStruct(depth + 1);
      default:
        throw new ParquetDamage('type');
    }
  }

  #readList(depth: number): ThriftList {
    if (depth > MAX_DEPTH) throw new ParquetDamage('depth');
    const header = this.#byte();
    const size = header >> 4 === 15 ? this.#varint() : header >> 4;
    const type = header & 0x0f;
    // Every element takes a byte at least.
    if (size > this.#bytes.length - this.at) throw new ParquetDamage('list');
    const values: ThriftValue[] = [];
    for (let index = 0; index < size; index++) {
      values.push(type === 1 || type === 2 ? this.#byte() === 1 : this.#readValue(type, depth + 1));
    }
    return values;
  }

  #byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new ParquetDamage('end');
    return byte;
  }

  #binary(lengthBytes: number): Uint8Array {
    const from = this.at;
    this.at += lengthBytes;
    if (this.at > this.#bytes.length) throw new ParquetDamage('end');
    return this.#bytes.subarray(from, this.at);
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let count = 0; count < 10; count++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new ParquetDamage('number');
  }

  /** Exact up to 2^52; statistics, of which nothing is read, hold larger ones. */
  #zigzag(): number {
    const value = this.#varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

/** A whole number of a struct, or null when there is none. */
export function numberOf(struct: ThriftStruct | null, id: number): number | null {
  const value = struct?.get(id);
  return typeof value === 'number' ? value : null;
}

/** A size, count or place: fails with ParquetDamage when it is missing, negative or larger than `most`. */
export function sizeOf(struct: ThriftStruct, id: number, most: number): number {
  const value = numberOf(struct, id);
  if (value === null || value < 0 || value > most) throw new ParquetDamage('size');
  return value;
}

export function structOf(struct: ThriftStruct | null, id: number): ThriftStruct | null {
  const value = struct?.get(id);
  return value instanceof Map ? value : null;
}

/** The structs of a list; what else it holds is left out. */
export function structsOf(struct: ThriftStruct, id: number): ThriftStruct[] {
  const value = struct.get(id);
  return Array.isArray(value) ? value.filter((item): item is ThriftStruct => item instanceof Map) : [];
}

export function textOf(struct: ThriftStruct, id: number): string {
  const value = struct.get(id);
  return value instanceof Uint8Array ? new TextDecoder().decode(value) : '';
}
