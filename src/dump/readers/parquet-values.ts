import { isUtf8 } from 'node:buffer';
import type { RowWriter } from '../reader.ts';
import type { ByteValues, EncodingReader } from './parquet-encodings.ts';
import { type Leaf, PhysicalType, type ValueFormat } from './parquet-schema.ts';
import { clockText, decimalText, floatText, hex, isoDay, textOfBytes, timestampText } from './parquet-text.ts';
import { ParquetDamage } from './parquet-thrift.ts';

/** The values of a page, ready to be written; `write` answers the size of the cell in bytes. */
export interface PageValues {
  readonly count: number;
  write(index: number, writer: RowWriter): number;
}

const Encoding = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  delta: 5,
  deltaLength: 6,
  deltaBytes: 7,
  dictionary: 8,
  split: 9,
};
const MAX_DICTIONARY_TEXT_BYTES = 268_435_456;

/** A dictionary: its values as the UTF-8 text of cells. */
export type Dictionary = ByteValues;

/** Reads the values of a data page that are there (Encodings.md); fails with ParquetDamage. */
export function readValues(
  reader: EncodingReader,
  leaf: Leaf,
  encoding: number,
  count: number,
  dictionary: Dictionary | null,
): PageValues {
  if (encoding === Encoding.dictionary || encoding === Encoding.plainDictionary) {
    if (dictionary === null) throw new ParquetDamage('dictionary');
    return readIndexes(reader, count, dictionary);
  }
  switch (leaf.type) {
    case PhysicalType.boolean:
      return readBooleans(reader, encoding, count);
    case PhysicalType.byteArray:
    case PhysicalType.fixed:
    case PhysicalType.int96:
      return formatBytes(readBytes(reader, leaf, encoding, count), leaf.format);
    default:
      return formatNumbers(readNumbers(reader, leaf.type, encoding, count), leaf);
  }
}

/** Reads a dictionary page, whose values are always plain. */
export function readDictionary(reader: EncodingReader, leaf: Leaf, count: number): Dictionary {
  if (leaf.type === PhysicalType.byteArray && leaf.format.kind === 'text') {
    const values = reader.plainBytes(count);
    if (isAllUtf8(values)) return values;
  }
  reader.at = 0;
  const values = readValues(reader, leaf, Encoding.plain, count, null);
  const [starts, ends] = [new Uint32Array(count), new Uint32Array(count)];
  let bytes = new Uint8Array(1_024);
  let to = 0;
  const put = (source: Uint8Array) => {
    if (to + source.length > MAX_DICTIONARY_TEXT_BYTES) throw new ParquetDamage('dictionary');
    if (to + source.length > bytes.length) {
      const larger = new Uint8Array(Math.max(bytes.length * 2, to + source.length));
      larger.set(bytes);
      bytes = larger;
    }
    bytes.set(source, to);
    to += source.length;
  };
  const nothing = () => {};
  const collector: RowWriter = {
    text: (value) => put(Buffer.from(value)),
    bytes: (source, from, end) => put(source.subarray(from, end)),
    empty: nothing,
    end: nothing,
    drop: nothing,
  };
  for (let index = 0; index < count; index++) {
    starts[index] = to;
    values.write(index, collector);
    ends[index] = to;
  }
  return { bytes, starts, ends };
}

function readIndexes(reader: EncodingReader, count: number, dictionary: Dictionary): PageValues {
  const indexes = new Uint32Array(count);
  if (count > 0) {
    const width = reader.byte();
    if (width > 0) reader.hybrid(indexes, width);
  }
  const known = dictionary.starts.length;
  for (let at = 0; at < count; at++) if ((indexes[at] as number) >= known) throw new ParquetDamage('index');
  const { bytes, starts, ends } = dictionary;
  return {
    count,
    write: (at, writer) => {
      const index = indexes[at] as number;
      const [from, to] = [starts[index] as number, ends[index] as number];
      writer.bytes(bytes, from, to);
      return to - from;
    },
  };
}

function readBooleans(reader: EncodingReader, encoding: number, count: number): PageValues {
  const bits = new Uint8Array(count);
  if (encoding === Encoding.plain) {
    const packed = reader.take(Math.ceil(count / 8));
    for (let at = 0; at < count; at++) bits[at] = ((packed[at >> 3] as number) >> (at & 7)) & 1;
  } else if (encoding === Encoding.rle) {
    reader.length32();
    reader.hybrid(bits, 1);
  } else throw new ParquetDamage('encoding');
  return { count, write: (at, writer) => writeText(writer, bits[at] === 1 ? 'true' : 'false') };
}

function readBytes(reader: EncodingReader, leaf: Leaf, encoding: number, count: number): ByteValues {
  const { type, typeLength } = leaf;
  switch (encoding) {
    case Encoding.plain:
      return type === PhysicalType.byteArray ? reader.plainBytes(count) : reader.fixedBytes(count, typeLength);
    case Encoding.deltaLength:
      return reader.deltaLengthBytes(count);
    case Encoding.deltaBytes: {
      const values = reader.deltaBytes(count);
      if (type !== PhysicalType.byteArray) {
        for (let at = 0; at < count; at++) {
          if ((values.ends[at] as number) - (values.starts[at] as number) !== typeLength)
            throw new ParquetDamage('length');
        }
      }
      return values;
    }
    case Encoding.split: {
      if (type !== PhysicalType.fixed) throw new ParquetDamage('encoding');
      const bytes = reader.byteStreamSplit(count, typeLength);
      const starts = Uint32Array.from({ length: count }, (_, at) => at * typeLength);
      return { bytes, starts, ends: starts.map((start) => start + typeLength) };
    }
    default:
      throw new ParquetDamage('encoding');
  }
}

type Numbers = Int32Array | BigInt64Array | Float32Array | Float64Array;

function readNumbers(reader: EncodingReader, type: number, encoding: number, count: number): Numbers {
  const wide = type === PhysicalType.int64 || type === PhysicalType.double;
  if (encoding === Encoding.delta && (type === PhysicalType.int64 || type === PhysicalType.int32)) {
    const values = reader.delta(count);
    return type === PhysicalType.int64 ? values : Int32Array.from(values, (value) => Number(BigInt.asIntN(32, value)));
  }
  const width = wide ? 8 : 4;
  let bytes: Uint8Array;
  // Pages lie anywhere, typed arrays have to lie even: a copy (`slice` of a Buffer would be none).
  if (encoding === Encoding.plain) bytes = new Uint8Array(reader.take(count * width));
  else if (encoding === Encoding.split) bytes = reader.byteStreamSplit(count, width);
  else throw new ParquetDamage('encoding');
  const { buffer } = bytes;
  switch (type) {
    case PhysicalType.int32:
      return new Int32Array(buffer, 0, count);
    case PhysicalType.int64:
      return new BigInt64Array(buffer, 0, count);
    case PhysicalType.float:
      return new Float32Array(buffer, 0, count);
    case PhysicalType.double:
      return new Float64Array(buffer, 0, count);
    default:
      throw new ParquetDamage('type');
  }
}

function writeText(writer: RowWriter, text: string): number {
  writer.text(text);
  return text.length;
}

/** Whether each value is UTF-8: where no length has a byte above 127, the whole page tells. */
function isAllUtf8({ bytes, starts, ends }: ByteValues): boolean {
  const count = starts.length;
  if (count === 0) return true;
  let short = true;
  for (let at = 0; at < count && short; at++) short = (ends[at] as number) - (starts[at] as number) < 128;
  if (short && isUtf8(bytes.subarray(starts[0], ends[count - 1]))) return true;
  for (let at = 0; at < count; at++) if (!isUtf8(bytes.subarray(starts[at], ends[at]))) return false;
  return true;
}

function formatBytes(values: ByteValues, format: ValueFormat): PageValues {
  const { bytes, starts, ends } = values;
  const count = starts.length;
  const sound = (format.kind === 'text' || format.kind === 'bytes') && isAllUtf8(values);
  if (sound) {
    return {
      count,
      write: (at, writer) => {
        const [from, to] = [starts[at] as number, ends[at] as number];
        if (format.kind === 'bytes' && bytes.subarray(from, to).includes(0))
          return writeText(writer, hex(bytes, from, to));
        writer.bytes(bytes, from, to);
        return to - from;
      },
    };
  }
  return {
    count,
    write: (at, writer) => writeText(writer, textOfBytes(bytes, starts[at] as number, ends[at] as number, format)),
  };
}

function formatNumbers(numbers: Numbers, leaf: Leaf): PageValues {
  const { format, type } = leaf;
  let text: (value: number | bigint) => string;
  switch (format.kind) {
    case 'decimal':
      text = (value) => decimalText(BigInt(value), format.scale);
      break;
    case 'date':
      text = (value) => isoDay(Number(value)) ?? String(value);
      break;
    case 'time':
      text = (value) => clockText(BigInt(value), format.unit);
      break;
    case 'timestamp':
      text = (value) => timestampText(BigInt(value), format.unit, format.utc);
      break;
    case 'unsigned':
      text = (value) => String(typeof value === 'bigint' ? BigInt.asUintN(64, value) : value >>> 0);
      break;
    default:
      text = type === PhysicalType.float ? (value) => floatText(Number(value)) : String;
  }
  return { count: numbers.length, write: (at, writer) => writeText(writer, text(numbers[at] as number | bigint)) };
}
