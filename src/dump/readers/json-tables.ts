import type { RowSink, RowWriter } from '../reader.ts';
import { PathTree } from './json-paths.ts';
import { DAMAGED, DONE, ESCAPED, INCOMPLETE, MILLISECONDS, NULL, RAW, type RecordScanner } from './json-scan.ts';
import { JsonTemplate } from './json-template.ts';
import { LOOK_AHEAD_BYTES, LOOK_AHEAD_RECORDS, MAX_NAME_LENGTH, type Shape, ShapeSet } from './record-shapes.ts';

/** Tables of one file; records of further ones go to the last. */
const MAX_TABLES = 4096;
/** Bytes of records held back for all tables together. */
const MAX_AHEAD_BYTES = 8 * LOOK_AHEAD_BYTES;
/** Arrays of records within records of arrays of records. */
const MAX_OWN_DEPTH = 8;

/** What the rows of a table are: objects, arrays of cells, or the entries of an object, whose keys become the column `_key`. */
export type RowKind = 'record' | 'cells' | 'entry';

/** The records of one place in the file. */
export class JsonTable {
  readonly name: string | null;
  readonly kind: RowKind;
  readonly tree = new PathTree();
  /** What the records at hand are like. */
  readonly template = new JsonTemplate(this.tree);
  readonly shapes: ShapeSet;
  /** Copies of the first records until their keys are known; null after that. */
  ahead: Uint8Array[] | null = [];
  aheadBytes = 0;

  constructor(sink: RowSink, name: string | null, kind: RowKind) {
    this.name = name;
    this.kind = kind;
    const shown = kind === 'record' ? name : `${name ?? ''} (${kind === 'cells' ? 'arrays' : 'entries'})`.trim();
    this.shapes = new ShapeSet(sink, shown, kind === 'cells' ? null : (id) => this.tree.nameOf(id));
  }
}

/** All tables of one JSON file: takes scanned records and writes rows. */
export class JsonTables {
  readonly #sink: RowSink;
  readonly #scanner: RecordScanner;
  readonly #tables = new Map<string, JsonTable>();
  #aheadBytes = 0;
  #scratch = new Uint8Array(4096);

  constructor(sink: RowSink, scanner: RecordScanner) {
    this.#sink = sink;
    this.#scanner = scanner;
  }

  /** The table of that name. */
  open(name: string | null, kind: RowKind = 'record'): JsonTable {
    const bounded = name === null ? null : name.slice(0, MAX_NAME_LENGTH);
    const key = `${kind}${bounded === null ? '' : ` ${bounded}`}`;
    let table = this.#tables.get(key);
    if (table === undefined) {
      if (name !== null && this.#tables.size >= MAX_TABLES) return this.open(null, kind);
      table = new JsonTable(this.#sink, bounded, kind);
      this.#tables.set(key, table);
    }
    return table;
  }

  /** Takes the record that the scanner has just read from `bytes` (from `from`): writes its row now, or holds a copy back. */
  take(table: JsonTable, bytes: Uint8Array, from: number, depth = 0): void {
    const scanner = this.#scanner;
    if (table.ahead === null) {
      this.#write(table, bytes, depth, from);
      return;
    }
    const copy = new Uint8Array(scanner.at - from + 1);
    copy.set(bytes.subarray(from, scanner.at));
    // A number ends where something else begins.
    copy[copy.length - 1] = 0x20;
    table.ahead.push(copy);
    table.aheadBytes += copy.length;
    this.#aheadBytes += copy.length;
    if (table.ahead.length >= LOOK_AHEAD_RECORDS || table.aheadBytes >= LOOK_AHEAD_BYTES) this.settle(table, depth);
    else if (this.#aheadBytes >= MAX_AHEAD_BYTES) this.finish();
  }

  /** Writes what is held back of a table: its columns are decided. */
  settle(table: JsonTable, depth = 0): void {
    const ahead = table.ahead;
    if (ahead === null) return;
    table.ahead = null;
    this.#aheadBytes -= table.aheadBytes;
    // Keys are gathered only now: an array that grew into a table of its own later on has left its records.
    for (const copy of ahead) {
      if (scanRecord(this.#scanner, copy, 0, copy.length, table) === DONE) {
        table.shapes.observe(this.#scanner.ids, this.#scanner.count);
      }
    }
    table.shapes.settle();
    for (const copy of ahead) {
      if (scanRecord(this.#scanner, copy, 0, copy.length, table) === DONE) this.#write(table, copy, depth);
    }
  }

  /** Writes what is held back of all tables; arrays within records may open further tables meanwhile. */
  finish(): void {
    for (const table of this.#tables.values()) this.settle(table);
  }

  /** Writes the record that was scanned; `from`: where it begins, when others like it are expected to follow. */
  #write(table: JsonTable, bytes: Uint8Array, depth: number, from = -1): void {
    const scanner = this.#scanner;
    if (scanner.count > 0) {
      const shape = table.shapes.place(scanner.ids, scanner.count);
      if (shape === null) this.#sink.reject('too-many-cells');
      else {
        this.#writeRow(shape, bytes);
        if (from >= 0 && depth === 0) table.template.learn(bytes, from, scanner.at, scanner, shape);
      }
    }
    if (scanner.ownArrays.length === 0) return;
    if (depth >= MAX_OWN_DEPTH) {
      this.#sink.reject('too-many-cells', scanner.ownArrays.length);
      return;
    }
    for (const { node, from, to } of [...scanner.ownArrays]) {
      const name = table.name === null ? node.name : `${table.name}.${node.name}`;
      this.#takeArray(this.open(name), bytes, from + 1, to - 1, depth + 1);
    }
  }

  #takeArray(table: JsonTable, bytes: Uint8Array, from: number, to: number, depth: number): void {
    const scanner = this.#scanner;
    let p = from;
    while (p < to) {
      const c = bytes[p]!;
      if (c <= 0x20 || c === 0x2c) {
        p++;
        continue;
      }
      const outcome = c === 0x7b ? scanner.scan(bytes, p, to, table.tree) : scanner.skip(bytes, p, to);
      if (outcome === DAMAGED || outcome === INCOMPLETE) {
        // A number or word may be the last thing in the array.
        if (c === 0x7b || outcome === DAMAGED) this.#sink.reject('bad-record');
        return;
      }
      const end = scanner.at;
      if (c === 0x7b) this.take(table, bytes, p, depth);
      p = end;
    }
  }

  #writeRow(shape: Shape, bytes: Uint8Array): void {
    const { starts, ends, kinds } = this.#scanner;
    const { slots, writer } = shape;
    for (let column = 0; column < slots.length; column++) {
      const i = slots[column]! - 1;
      if (i < 0) {
        writer.empty();
        continue;
      }
      slots[column] = 0;
      const kind = kinds[i]!;
      if (kind === RAW) writer.bytes(bytes, starts[i]!, ends[i]!);
      else if (kind === NULL) writer.empty();
      else if (kind === ESCAPED) this.#writeEscaped(writer, bytes, starts[i]!, ends[i]!);
      else if (kind === MILLISECONDS) writer.text(dateOf(decoder.decode(bytes.subarray(starts[i]!, ends[i]!))));
    }
    writer.end();
  }

  #writeEscaped(writer: RowWriter, bytes: Uint8Array, from: number, to: number): void {
    // An escape never grows: `\uXXXX` is six bytes for at most three.
    if (this.#scratch.length < to - from) this.#scratch = new Uint8Array(2 * (to - from));
    writer.bytes(this.#scratch, 0, undoEscapes(bytes, from, to, this.#scratch));
  }
}

/** Scans the record of a table at `from`; an entry begins with its key. */
export function scanRecord(
  scanner: RecordScanner,
  bytes: Uint8Array,
  from: number,
  limit: number,
  table: JsonTable,
): number {
  if (table.kind !== 'entry') return scanner.scan(bytes, from, limit, table.tree);
  const outcome = scanner.skip(bytes, from, limit);
  if (outcome !== DONE) return outcome;
  const keyEnd = scanner.at;
  let p = keyEnd;
  while (p < limit && (bytes[p]! <= 0x20 || bytes[p] === 0x3a)) p++;
  if (p >= limit) return INCOMPLETE;
  const inner = scanner.scan(bytes, p, limit, table.tree);
  if (inner === DONE) {
    const kind = bytes.subarray(from + 1, keyEnd - 1).includes(0x5c) ? ESCAPED : RAW;
    scanner.add(table.tree.child(table.tree.root, '_key'), from + 1, keyEnd - 1, kind);
  }
  return inner;
}

const decoder = new TextDecoder();

function dateOf(digits: string): string {
  const date = new Date(Number(digits));
  return Number.isNaN(date.getTime()) ? digits : date.toISOString();
}

/** Undoes the escapes of RFC 8259 section 7 into `target`; its length. Half a surrogate pair becomes U+FFFD; an unknown escape is the character itself. */
export function undoEscapes(source: Uint8Array, from: number, to: number, target: Uint8Array): number {
  let out = 0;
  for (let p = from; p < to; p++) {
    const c = source[p]!;
    if (c !== 0x5c || p + 1 >= to) {
      target[out++] = c;
      continue;
    }
    const e = source[++p]!;
    if (e !== 0x75) {
      target[out++] = simpleEscapes[e]!;
      continue;
    }
    let code = hex4(source, p + 1, to);
    if (code < 0) {
      target[out++] = e;
      continue;
    }
    p += 4;
    if (code >= 0xd800 && code < 0xe000) {
      const low = code < 0xdc00 && source[p + 1] === 0x5c && source[p + 2] === 0x75 ? hex4(source, p + 3, to) : -1;
      if (low >= 0xdc00 && low < 0xe000) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
      } else code = 0xfffd;
    }
    if (code < 0x80) target[out++] = code;
    else {
      if (code < 0x800) target[out++] = 0xc0 | (code >> 6);
      else {
        if (code < 0x10000) target[out++] = 0xe0 | (code >> 12);
        else {
          target[out++] = 0xf0 | (code >> 18);
          target[out++] = 0x80 | ((code >> 12) & 0x3f);
        }
        target[out++] = 0x80 | ((code >> 6) & 0x3f);
      }
      target[out++] = 0x80 | (code & 0x3f);
    }
  }
  return out;
}

const simpleEscapes = Uint8Array.from({ length: 256 }, (_, code) => code);
for (const [letter, code] of Object.entries({ n: 10, r: 13, t: 9, b: 8, f: 12 })) {
  simpleEscapes[letter.charCodeAt(0)] = code;
}

function hex4(source: Uint8Array, from: number, to: number): number {
  if (from + 4 > to) return -1;
  let code = 0;
  for (let p = from; p < from + 4; p++) {
    const c = source[p]!;
    const letter = c | 0x20;
    if (c >= 0x30 && c <= 0x39) code = code * 16 + (c - 0x30);
    else if (letter >= 0x61 && letter <= 0x66) code = code * 16 + (letter - 0x57);
    else return -1;
  }
  return code;
}
