import { createRequire } from 'node:module';
import type { Decimal128 } from 'bson';
import type { ByteInput, FormatReader, InputStart, ReadContext, RowSink } from '../reader.ts';
import { RecordTable } from './record-shapes.ts';
import { MAX_RECORD_BYTES, RecordWindow } from './record-window.ts';

/** `mongodump --archive`: the number 0x8199e26d, and what ends a block. https://github.com/mongodb/mongo-tools (archive format) */
const ARCHIVE_MAGIC = 0x8199e26d;
const TERMINATOR = 0xffffffff;

const MAX_DEPTH = 64;
const MAX_SCALARS = 8;
const MAX_INLINE = 4;
const MAX_CELLS = 4096;
const MAX_TABLES = 1024;
/** Bytes that candidates after damage may cost in all: so many, and eight for each byte of the file. */
const FREE_AGAIN_BYTES = 64 * 1_048_576;

const decoder = new TextDecoder();

/** BSON documents one after another (`mongodump`), and mongodump's archives. https://bsonspec.org/spec.html. A damaged document is rejected and the next one looked for. */
export const bsonReader: FormatReader = {
  format: 'bson',
  takes: 'bytes',
  detect,
  read: readBson,
};

async function readBson(input: ByteInput, sink: RowSink, _context: ReadContext): Promise<void> {
  const reader = new BsonStream(sink);
  for await (const chunk of input.stream()) {
    reader.push(chunk);
    await sink.drain();
  }
  reader.finish();
  await sink.drain();
}

/** By its structure: the first documents are sound from end to end, or the first is cut off by the end of the head and sound so far. */
function detect(start: InputStart): number {
  const { head } = start;
  let p = 0;
  if (head.length >= 8 && uint32(head, 0) === ARCHIVE_MAGIC) p = 4;
  let sound = 0;
  while (p + 5 <= head.length && sound < 20) {
    if (p > 4 && uint32(head, p) === TERMINATOR) {
      p += 4;
      continue;
    }
    const length = uint32(head, p);
    if (length < 5 || length > MAX_RECORD_BYTES || !opensElement(head, p + 4, head.length)) return sound > 1 ? 0.6 : 0;
    if (p + length > head.length) return sound > 0 ? 0.95 : start.headIsWhole ? 0 : 0.6;
    if (!new DocumentReader(head, p, p + length).read()) return sound > 1 ? 0.6 : 0;
    sound++;
    p += length;
  }
  return sound > 0 ? 0.95 : 0;
}

class BsonStream {
  readonly #sink: RowSink;
  readonly #window = new RecordWindow();
  readonly #tables = new Map<string | null, RecordTable>();
  #table: string | null = null;
  /** Of an archive: what the next document is. */
  #state: 'plain' | 'prelude' | 'header' | 'rows' | null = null;
  /** Type and name of the first element of the documents: what the next sound one begins with. */
  #opening: Uint8Array = new TextEncoder().encode('\x07_id\0');
  #searching = false;
  #used = 0;
  #again = 0;

  constructor(sink: RowSink) {
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    this.#window.push(chunk);
    if (this.#window.ready) this.#run(false);
  }

  finish(): void {
    this.#run(true);
    if (this.#window.at < this.#window.limit && !this.#searching) this.#sink.reject('bad-record');
    for (const table of this.#tables.values()) table.finish();
  }

  #run(final: boolean): void {
    const window = this.#window;
    for (;;) {
      const left = window.limit - window.at;
      if (left < 4) break;
      const first = uint32(window.bytes, window.at);
      if (this.#state === null) {
        this.#state = first === ARCHIVE_MAGIC ? 'prelude' : 'plain';
        if (first === ARCHIVE_MAGIC) this.#use(4);
        continue;
      }
      if (this.#searching) {
        if (this.#search(final)) continue;
        break;
      }
      if (first === TERMINATOR && this.#state !== 'plain') {
        this.#state = 'header';
        this.#use(4);
        continue;
      }
      if (first < 5 || first > MAX_RECORD_BYTES) {
        this.#sink.reject(first > MAX_RECORD_BYTES && first < 0x7fffffff ? 'too-long' : 'bad-record');
        this.#startSearch();
        continue;
      }
      // One byte more, to see whether something sound follows a damaged document.
      if (left < first || (left < first + 9 && !final)) {
        if (!final) break;
        this.#sink.reject('bad-record');
        this.#startSearch();
        continue;
      }
      this.#document(first);
    }
    window.wait();
  }

  #document(length: number): void {
    const { bytes, at, limit } = this.#window;
    const document = new DocumentReader(bytes, at, at + length);
    if (document.read()) {
      this.#take(document);
      const name = bytes.indexOf(0, at + 5);
      if (this.#state !== 'header' && this.#state !== 'prelude' && length > 5 && name - at < 128) {
        this.#opening = bytes.slice(at + 4, name + 1);
      }
      this.#use(length);
      return;
    }
    this.#sink.reject('bad-record');
    const next = at + length;
    const follows = next === limit || (next + 9 <= limit && isOpening(bytes, next, limit, this.#opening));
    if (bytes[next - 1] === 0 && follows) this.#use(length);
    else this.#startSearch();
  }

  #take(document: DocumentReader): void {
    if (this.#state === 'prelude') return;
    if (this.#state === 'header') {
      const name = document.keys.indexOf('collection');
      this.#table = name < 0 ? null : (document.values[name] ?? null);
      this.#state = 'rows';
      return;
    }
    this.#open(this.#table).add(document.keys, document.values);
    for (const { path, keys, values } of document.rows) {
      this.#open(this.#table === null ? path : `${this.#table}.${path}`).add(keys, values);
    }
  }

  #open(name: string | null): RecordTable {
    let table = this.#tables.get(name);
    if (table === undefined) {
      if (name !== null && this.#tables.size >= MAX_TABLES) return this.#open(null);
      table = new RecordTable(this.#sink, name?.slice(0, 1024) ?? null);
      this.#tables.set(name, table);
    }
    return table;
  }

  #use(length: number): void {
    this.#window.at += length;
    this.#used += length;
  }

  #startSearch(): void {
    this.#searching = true;
    this.#use(1);
  }

  /** Looks for the next document that begins like those before it and is sound; false when more bytes are needed. */
  #search(final: boolean): boolean {
    const window = this.#window;
    const { bytes, limit } = window;
    const opening = this.#opening;
    for (let p = window.at; p + 5 <= limit; p++) {
      if (!final && p + 4 + opening.length > limit) {
        this.#use(p - window.at);
        return false;
      }
      if (bytes[p + 4] !== opening[0] || !isOpening(bytes, p, limit, opening)) continue;
      const length = uint32(bytes, p);
      if (p + length > limit) {
        if (final) continue;
        this.#use(p - window.at);
        return false;
      }
      this.#again += length;
      const affordable = this.#again <= FREE_AGAIN_BYTES + 8 * (this.#used + p - window.at);
      if (!affordable || !new DocumentReader(bytes, p, p + length).read()) continue;
      this.#use(p - window.at);
      this.#searching = false;
      return true;
    }
    this.#use(Math.max(0, limit - window.at - (final ? 0 : 4)));
    return false;
  }
}

/** Reads one document into keys (nesting as in `user.phone`) and values; arrays of many documents into rows of their own. */
class DocumentReader {
  readonly keys: string[] = [];
  readonly values: (string | null)[] = [];
  readonly rows: { path: string; keys: string[]; values: (string | null)[] }[] = [];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #from: number;
  readonly #to: number;
  readonly #depth: number;

  constructor(bytes: Uint8Array, from: number, to: number, depth = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#from = from;
    this.#to = to;
    this.#depth = depth;
  }

  /** False when the document is damaged. */
  read(): boolean {
    return this.#read(this.#from, this.#to, '', this.#depth, false);
  }

  /** The elements of the document in [from, to); `array` when it is one. */
  #read(from: number, to: number, path: string, depth: number, array: boolean): boolean {
    const bytes = this.#bytes;
    if (to - from < 5 || uint32(bytes, from) !== to - from || bytes[to - 1] !== 0) return false;
    if (depth > MAX_DEPTH) return true;
    const end = to - 1;
    let p = from + 4;
    for (let index = 0; p < end; index++) {
      const type = bytes[p]!;
      const nameEnd = bytes.indexOf(0, p + 1);
      if (nameEnd < 0 || nameEnd >= end) return false;
      const size = this.#sizeOf(type, nameEnd + 1, end);
      if (size < 0) return false;
      const value = nameEnd + 1;
      const name = array ? String(index) : decoder.decode(bytes.subarray(p + 1, Math.min(nameEnd, p + 1025)));
      p = value + size;
      const key = path === '' ? name : `${path}.${name}`;
      if (type === 0x03 || type === 0x04) {
        if (type === 0x04 && this.#countDocuments(value, p) > MAX_INLINE) {
          if (!this.#readRows(value, p, key, depth + 1)) return false;
        } else {
          const kept = !(array && index >= MAX_INLINE) && key.length <= 1024;
          const mark = this.keys.length;
          if (!this.#read(value, p, key, depth + 1, type === 0x04)) return false;
          if (!kept) {
            this.keys.length = mark;
            this.values.length = mark;
          }
        }
      } else if (!(array && index >= MAX_SCALARS) && this.keys.length < MAX_CELLS) {
        this.keys.push(key);
        this.values.push(this.#text(type, value, size));
      }
    }
    return p === end;
  }

  #readRows(from: number, to: number, path: string, depth: number): boolean {
    const bytes = this.#bytes;
    let p = from + 4;
    while (p < to - 1) {
      const nameEnd = bytes.indexOf(0, p + 1);
      const size = nameEnd < 0 ? -1 : this.#sizeOf(bytes[p]!, nameEnd + 1, to - 1);
      if (size < 0) return false;
      if (bytes[p] === 0x03) {
        const row = new DocumentReader(bytes, nameEnd + 1, nameEnd + 1 + size, depth);
        if (!row.read()) return false;
        this.rows.push({ path, keys: row.keys, values: row.values });
        for (const inner of row.rows) this.rows.push({ ...inner, path: `${path}.${inner.path}` });
      }
      p = nameEnd + 1 + size;
    }
    return true;
  }

  /** How many documents an array holds; counted no further than needed. */
  #countDocuments(from: number, to: number): number {
    const bytes = this.#bytes;
    let count = 0;
    let p = from + 4;
    while (p < to - 1 && count <= MAX_INLINE) {
      if (bytes[p] !== 0x03) return count;
      const nameEnd = bytes.indexOf(0, p + 1);
      const size = nameEnd < 0 ? -1 : this.#sizeOf(0x03, nameEnd + 1, to - 1);
      if (size < 0) return count;
      count++;
      p = nameEnd + 1 + size;
    }
    return count;
  }

  /** Bytes of a value, or -1 when it is damaged or of an unknown type. */
  #sizeOf(type: number, at: number, end: number): number {
    const fixed = fixedSizes.get(type);
    if (fixed !== undefined) return at + fixed <= end ? fixed : -1;
    const bytes = this.#bytes;
    if (type === 0x0b) {
      const pattern = bytes.indexOf(0, at);
      const options = pattern < 0 ? -1 : bytes.indexOf(0, pattern + 1);
      return options < 0 || options >= end ? -1 : options + 1 - at;
    }
    if (at + 4 > end) return -1;
    const length = uint32(bytes, at);
    let size = -1;
    if (type === 0x02 || type === 0x0d || type === 0x0e) size = length >= 1 ? 4 + length : -1;
    else if (type === 0x03 || type === 0x04 || type === 0x0f) size = length >= 5 ? length : -1;
    else if (type === 0x05) size = 5 + length;
    else if (type === 0x0c) size = 4 + length + 12;
    if (size < 0 || at + size > end) return -1;
    if ((type === 0x02 || type === 0x0d || type === 0x0e) && bytes[at + size - 1] !== 0) return -1;
    return size;
  }

  #text(type: number, at: number, size: number): string | null {
    const bytes = this.#bytes;
    const view = this.#view;
    switch (type) {
      case 0x01:
        return String(view.getFloat64(at, true));
      case 0x02:
      case 0x0d:
      case 0x0e:
        return decoder.decode(bytes.subarray(at + 4, at + size - 1));
      case 0x05:
        return binaryText(bytes[at + 4]!, bytes.subarray(at + 5, at + size));
      case 0x07:
        return hexOf(bytes.subarray(at, at + 12));
      case 0x08:
        return bytes[at] === 0 ? 'false' : 'true';
      case 0x09: {
        const milliseconds = view.getBigInt64(at, true);
        const date = new Date(Number(milliseconds));
        return Number.isNaN(date.getTime()) ? String(milliseconds) : date.toISOString();
      }
      case 0x0b:
        return decoder.decode(bytes.subarray(at, bytes.indexOf(0, at)));
      case 0x10:
        return String(view.getInt32(at, true));
      case 0x11:
        // A timestamp's high half is seconds since 1970.
        return new Date(view.getUint32(at + 4, true) * 1000).toISOString();
      case 0x12:
        return String(view.getBigInt64(at, true));
      case 0x13:
        return decimalOf(bytes.slice(at, at + 16));
      default:
        return null;
    }
  }
}

const fixedSizes = new Map<number, number>([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
  [0x7f, 0],
  [0xff, 0],
]);

/** Subtypes 3 and 4 are UUIDs; everything else is given as base64. */
function binaryText(subtype: number, bytes: Uint8Array): string {
  if ((subtype !== 4 && subtype !== 3) || bytes.length !== 16) return bufferOf(bytes).toString('base64');
  const hex = hexOf(bytes);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function hexOf(bytes: Uint8Array): string {
  return bufferOf(bytes).toString('hex');
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether a document could begin at `at` that starts with the usual element. */
function isOpening(bytes: Uint8Array, at: number, limit: number, opening: Uint8Array): boolean {
  const length = uint32(bytes, at);
  if (length < 5 || length > MAX_RECORD_BYTES || at + 4 + opening.length > limit) return false;
  for (let i = 0; i < opening.length; i++) if (bytes[at + 4 + i] !== opening[i]) return false;
  return true;
}

/** Whether an element with a name in plain letters stands at `at`, or the end of an empty document. */
function opensElement(bytes: Uint8Array, at: number, limit: number): boolean {
  const type = bytes[at]!;
  if (type === 0) return true;
  if (type > 0x13 && type !== 0x7f && type !== 0xff) return false;
  for (let p = at + 1; p < Math.min(limit, at + 256); p++) {
    const c = bytes[p]!;
    if (c === 0) return p > at + 1;
    if (c < 0x20 || c === 0x7f) return false;
  }
  return false;
}

function uint32(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}

let library: { readonly Decimal128: typeof Decimal128 } | null = null;

/** A decimal of 128 bits as text. The library is loaded for the first one: most files have none, and it takes longer than reading them. */
function decimalOf(bytes: Uint8Array): string {
  library ??= createRequire(import.meta.url)('bson') as { readonly Decimal128: typeof Decimal128 };
  return new library.Decimal128(bytes).toString();
}
