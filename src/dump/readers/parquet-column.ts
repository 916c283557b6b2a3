import { crc32 } from 'node:zlib';
import { BoltsealError } from '../../core/errors.ts';
import type { RandomFile } from '../random-file.ts';
import type { RowWriter } from '../reader.ts';
import type { ExpansionMeter } from './expansion-meter.ts';
import { unpackPage } from './parquet-codecs.ts';
import { EncodingReader } from './parquet-encodings.ts';
import type { Leaf } from './parquet-schema.ts';
import { numberOf, ParquetDamage, sizeOf, structOf, ThriftReader, type ThriftStruct } from './parquet-thrift.ts';
import { type Dictionary, type PageValues, readDictionary, readValues } from './parquet-values.ts';

const MAX_PAGE_BYTES = 268_435_456;
const MAX_PAGE_VALUES = 16_777_216;
const MAX_HEADER_BYTES = 16_777_216;
const FIRST_HEADER_BYTES = 4_096;
const PageType = { data: 0, index: 1, dictionary: 2, dataV2: 3 };

/** Bytes of pages that are held at a time, over all columns. */
export class PageMemory {
  static readonly limitBytes = 536_870_912;
  readonly #path: string;
  #bytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** Fails with DUMP_MEMORY beyond the limit. */
  exchange(oldBytes: number, newBytes: number): void {
    this.#bytes += newBytes - oldBytes;
    if (this.#bytes > PageMemory.limitBytes) {
      throw new BoltsealError('DUMP_MEMORY', { path: this.#path, limitMb: PageMemory.limitBytes / 1_048_576 });
    }
  }
}

/** What all columns of a file share. */
export interface ColumnContext {
  readonly file: RandomFile;
  readonly memory: PageMemory;
  /** Counts unpacked bytes. */
  readonly unpacked: ExpansionMeter;
}

interface Page {
  readonly count: number;
  /** Levels of each entry, or null when all are the greatest (definition) or 0 (repetition). */
  readonly definitions: Uint8Array | null;
  readonly repetitions: Uint8Array | null;
  readonly values: PageValues;
}

/** Goes through the column chunk of a row group, one page in memory at a time. Every method fails with ParquetDamage, DUMP_MEMORY, DUMP_BOMB. */
export class ColumnCursor {
  readonly #leaf: Leaf;
  readonly #context: ColumnContext;
  readonly #codec: number;
  #place: number;
  /** Entries of the chunk in pages to come. */
  #left: number;
  #dictionary: Dictionary | null = null;
  #dictionaryBytes = 0;
  #page: Page | null = null;
  #pageBytes = 0;
  /** Places in the page: of the next entry and of the next value. */
  #entry = 0;
  #value = 0;

  /** `chunk` is a ColumnChunk of parquet.thrift. */
  constructor(leaf: Leaf, chunk: ThriftStruct, context: ColumnContext) {
    const data = structOf(chunk, 3);
    if (data === null || chunk.has(1) || chunk.has(8)) throw new ParquetDamage('chunk');
    this.#leaf = leaf;
    this.#context = context;
    this.#codec = numberOf(data, 4) ?? -1;
    this.#left = sizeOf(data, 5, Number.MAX_SAFE_INTEGER);
    const first = sizeOf(data, 9, context.file.sizeBytes);
    const dictionary = numberOf(data, 11) ?? 0;
    // Some writers leave out where the dictionary stands, others write 0; it comes before the first page of data.
    this.#place = dictionary > 0 && dictionary < first ? dictionary : first;
  }

  /** Gives the memory back. */
  close(): void {
    this.#context.memory.exchange(this.#pageBytes + this.#dictionaryBytes, 0);
    this.#pageBytes = 0;
    this.#dictionaryBytes = 0;
    this.#page = null;
    this.#dictionary = null;
  }

  /** Writes the cells of the next row and answers their size in bytes. */
  writeRow(writer: RowWriter): number {
    const page = this.#pageAtHand();
    if (page === null) throw new ParquetDamage('rows');
    if (this.#leaf.maxRepetition > 0) return this.#writeList(writer);
    const { definitions } = page;
    if (definitions !== null && definitions[this.#entry++] !== this.#leaf.maxDefinition) {
      writer.empty();
      return 0;
    }
    return page.values.write(this.#value++, writer);
  }

  #writeList(writer: RowWriter): number {
    const { maxDefinition, elementDefinition, names } = this.#leaf;
    let bytes = 0;
    let element = 0;
    for (let first = true; ; first = false) {
      const page = this.#pageAtHand();
      const repetition = page?.repetitions?.[this.#entry] ?? 0;
      if (first && repetition !== 0) throw new ParquetDamage('repetition');
      if (page === null || (!first && repetition === 0)) break;
      const definition = page.definitions?.[this.#entry] ?? maxDefinition;
      this.#entry++;
      const there = definition === maxDefinition;
      if (element < names.length && definition >= elementDefinition) {
        if (there) bytes += page.values.write(this.#value, writer);
        else writer.empty();
        element++;
      }
      if (there) this.#value++;
    }
    for (; element < names.length; element++) writer.empty();
    return bytes;
  }

  /** The page in which the next entry stands, or null at the end of the chunk. */
  #pageAtHand(): Page | null {
    while (this.#page === null || this.#isRead(this.#page)) {
      if (this.#left <= 0) return null;
      this.#readPage();
    }
    return this.#page;
  }

  #isRead(page: Page): boolean {
    // Without levels an entry is a value.
    return page.definitions === null && this.#leaf.maxRepetition === 0
      ? this.#value >= page.count
      : this.#entry >= page.count;
  }

  #readPage(): void {
    const header = this.#readHeader();
    const type = numberOf(header, 1);
    const packedBytes = sizeOf(header, 3, MAX_PAGE_BYTES);
    const unpackedBytes = sizeOf(header, 2, MAX_PAGE_BYTES);
    const packed = this.#context.file.readAt(this.#place, packedBytes);
    if (packed.length < packedBytes) throw new ParquetDamage('end');
    this.#place += packedBytes;
    if (type === PageType.index) return;
    const crc = numberOf(header, 4);
    if (crc !== null && crc32(packed) !== crc >>> 0) throw new ParquetDamage('crc');
    this.#context.unpacked.add(unpackedBytes);
    if (type === PageType.dictionary) {
      const dictionary = structOf(header, 7);
      if (dictionary === null) throw new ParquetDamage('header');
      const count = sizeOf(dictionary, 1, MAX_PAGE_VALUES);
      this.#context.memory.exchange(this.#dictionaryBytes, unpackedBytes + count * 8);
      this.#dictionaryBytes = unpackedBytes + count * 8;
      const page = unpackPage(packed, this.#codec, unpackedBytes);
      this.#dictionary = readDictionary(new EncodingReader(page), this.#leaf, count);
      return;
    }
    const isFirst = type === PageType.data;
    const data = structOf(header, isFirst ? 5 : 8);
    if (data === null || (!isFirst && type !== PageType.dataV2)) throw new ParquetDamage('header');
    const count = sizeOf(data, 1, Math.min(MAX_PAGE_VALUES, this.#left));
    this.#context.memory.exchange(this.#pageBytes, unpackedBytes + count * 10);
    this.#pageBytes = unpackedBytes + count * 10;
    this.#page = isFirst
      ? this.#readDataPage(unpackPage(packed, this.#codec, unpackedBytes), data, count)
      : this.#readDataPageV2(packed, data, count, unpackedBytes);
    this.#left -= count;
    this.#entry = 0;
    this.#value = 0;
  }

  /** Headers have no length of their own, and hold the least and greatest value, of any size. */
  #readHeader(): ThriftStruct {
    for (let lengthBytes = FIRST_HEADER_BYTES; ; lengthBytes *= 16) {
      const bytes = this.#context.file.readAt(this.#place, lengthBytes);
      const reader = new ThriftReader(bytes);
      try {
        const header = reader.readStruct();
        this.#place += reader.at;
        return header;
      } catch (error) {
        if (bytes.length < lengthBytes || lengthBytes >= MAX_HEADER_BYTES) throw error;
      }
    }
  }

  #readDataPage(bytes: Uint8Array, header: ThriftStruct, count: number): Page {
    const reader = new EncodingReader(bytes);
    const levels = (greatest: number) => {
      if (greatest === 0) return null;
      const section = new EncodingReader(reader.take(reader.length32()));
      return readLevels(section, greatest, count);
    };
    const repetitions = levels(this.#leaf.maxRepetition);
    const definitions = levels(this.#leaf.maxDefinition);
    return this.#makePage(reader, header, 2, count, definitions, repetitions);
  }

  #readDataPageV2(packed: Uint8Array, header: ThriftStruct, count: number, unpackedBytes: number): Page {
    const definitionBytes = sizeOf(header, 5, packed.length);
    const repetitionBytes = sizeOf(header, 6, packed.length);
    const reader = new EncodingReader(packed);
    const { maxRepetition, maxDefinition } = this.#leaf;
    const levels = (sizeBytes: number, greatest: number) => {
      const section = new EncodingReader(reader.take(sizeBytes));
      return greatest === 0 ? null : readLevels(section, greatest, count);
    };
    const repetitions = levels(repetitionBytes, maxRepetition);
    const definitions = levels(definitionBytes, maxDefinition);
    const rest = packed.subarray(reader.at);
    const restBytes = unpackedBytes - reader.at;
    if (restBytes < 0) throw new ParquetDamage('size');
    const values = header.get(7) === false ? rest : unpackPage(rest, this.#codec, restBytes);
    return this.#makePage(new EncodingReader(values), header, 4, count, definitions, repetitions);
  }

  #makePage(
    reader: EncodingReader,
    header: ThriftStruct,
    encodingField: number,
    count: number,
    definitions: Uint8Array | null,
    repetitions: Uint8Array | null,
  ): Page {
    let there = count;
    if (definitions !== null) {
      there = 0;
      const greatest = this.#leaf.maxDefinition;
      for (let at = 0; at < count; at++) {
        const definition = definitions[at] as number;
        if (definition > greatest) throw new ParquetDamage('definition');
        if (definition === greatest) there++;
      }
    }
    const values = readValues(reader, this.#leaf, numberOf(header, encodingField) ?? -1, there, this.#dictionary);
    return { count, definitions, repetitions, values };
  }
}

function readLevels(reader: EncodingReader, greatest: number, count: number): Uint8Array {
  const levels = new Uint8Array(count);
  reader.hybrid(levels, 32 - Math.clz32(greatest));
  return levels;
}
