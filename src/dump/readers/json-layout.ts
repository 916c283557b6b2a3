import { DAMAGED, DONE, type RecordScanner } from './json-scan.ts';

/** What an object is: a record; a container of tables; or a map whose entries are records. */
export interface Layout {
  readonly kind: 'record' | 'object' | 'map';
  readonly complete: boolean;
  readonly damaged: boolean;
  /** One past the object when it is complete. */
  readonly end: number;
}

/** More records than stay within their record: an array or map of so many is a table. */
const MANY = 5;
/** Entries that must have a key in common before a whole object is taken for a map: billing and delivery address are two. */
const MAP_ENTRIES = 3;
const MAX_NESTING = 6;

const decoder = new TextDecoder();
const encoder = new TextEncoder();
const typeTable = encoder.encode('"type":"table"');
const actions = ['index', 'create', 'update', 'delete'].map((action) => encoder.encode(`{"${action}":{`));

/**
 * Looks at the members of the object at `from` and says what it is. One that is whole is a container only when it has no value of its own; one that is cut off, damaged or
 * too long to be held in memory also when a member of it is a table.
 */
export function layoutOf(scanner: RecordScanner, bytes: Uint8Array, from: number, limit: number, nesting = 0): Layout {
  let scalars = 0;
  let tables = 0;
  let largest = 0;
  let entries = 0;
  let shared: Set<string> | null = null;
  const finish = (complete: boolean, damaged: boolean, end: number): Layout => {
    const alike = shared !== null && shared.size > 0 && scalars === 0 && tables === 0;
    let kind: Layout['kind'] = 'record';
    if (alike && entries >= (complete ? MAP_ENTRIES : 2)) kind = 'map';
    else if (tables > 0 && (scalars === 0 || (!complete && largest >= MANY))) kind = 'object';
    return { kind, complete, damaged, end };
  };
  if (isTypedTable(bytes, from)) {
    const outcome = scanner.skip(bytes, from, limit);
    return { kind: 'object', complete: outcome === DONE, damaged: outcome === DAMAGED, end: scanner.at };
  }
  let p = from + 1;
  for (;;) {
    while (p < limit && (bytes[p]! <= 0x20 || bytes[p] === 0x2c)) p++;
    if (p >= limit) return finish(false, false, p);
    if (bytes[p] === 0x7d) return finish(true, false, p + 1);
    let outcome = scanner.skip(bytes, p, limit);
    if (outcome !== DONE) return finish(false, outcome === DAMAGED, p);
    p = scanner.at;
    while (p < limit && bytes[p]! <= 0x20) p++;
    if (p < limit && bytes[p] !== 0x3a) return finish(false, true, p);
    p++;
    while (p < limit && bytes[p]! <= 0x20) p++;
    if (p >= limit) return finish(false, false, p);
    const value = p;
    const items = bytes[value] === 0x5b ? countRecords(scanner, bytes, value, limit) : 0;
    if (items > 0) {
      tables++;
      largest = Math.max(largest, items);
    }
    if (bytes[value] === 0x7b && !isWrapper(bytes, value)) {
      const nested = nesting < MAX_NESTING ? layoutOf(scanner, bytes, value, limit, nesting + 1) : null;
      if (nested !== null && nested.kind !== 'record') {
        tables++;
        if (!nested.complete) largest = MANY;
      } else if (entries < MAP_ENTRIES) {
        const keys = keysOf(scanner, bytes, value, limit);
        shared = shared === null ? keys : shared.intersection(keys);
      }
      entries++;
    } else if (items === 0 && !isArrayOfArrays(bytes, value)) scalars++;
    outcome = scanner.skip(bytes, value, limit);
    if (outcome !== DONE) return finish(false, outcome === DAMAGED, scanner.at);
    p = scanner.at;
  }
}

/** Whether the object is a table of phpMyAdmin's JSON export, whose rows are its member `data`. */
export function isTypedTable(bytes: Uint8Array, from: number): boolean {
  return startsWith(bytes, from + 1, typeTable);
}

/** Whether the object is an action line of Elasticsearch's bulk format, which says where the next line goes. */
export function isAction(bytes: Uint8Array, from: number): boolean {
  for (const action of actions) {
    if (!startsWith(bytes, from, action)) continue;
    const next = from + action.length;
    return bytes[next] === 0x7d || (bytes[next] === 0x22 && bytes[next + 1] === 0x5f);
  }
  return false;
}

export function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false;
  return true;
}

/** How many records an array begins with, up to MANY; 0 when it is none of records. */
function countRecords(scanner: RecordScanner, bytes: Uint8Array, from: number, limit: number): number {
  let p = from + 1;
  let count = 0;
  while (count < MANY) {
    while (p < limit && (bytes[p]! <= 0x20 || bytes[p] === 0x2c)) p++;
    if (p >= limit || bytes[p] !== 0x7b) return count;
    count++;
    if (scanner.skip(bytes, p, limit) !== DONE) return count;
    p = scanner.at;
  }
  return count;
}

/** The first keys of a small object. */
function keysOf(scanner: RecordScanner, bytes: Uint8Array, from: number, limit: number): Set<string> {
  const keys = new Set<string>();
  let p = from + 1;
  while (keys.size < 16) {
    while (p < limit && (bytes[p]! <= 0x20 || bytes[p] === 0x2c)) p++;
    if (p >= limit || bytes[p] === 0x7d || scanner.skip(bytes, p, limit) !== DONE) return keys;
    keys.add(decoder.decode(bytes.subarray(p, Math.min(scanner.at, p + 200))));
    p = scanner.at;
    while (p < limit && (bytes[p]! <= 0x20 || bytes[p] === 0x3a)) p++;
    if (p >= limit || scanner.skip(bytes, p, limit) !== DONE) return keys;
    p = scanner.at;
  }
  return keys;
}

function isArrayOfArrays(bytes: Uint8Array, from: number): boolean {
  let p = from + 1;
  while (bytes[p] !== undefined && bytes[p]! <= 0x20) p++;
  return bytes[from] === 0x5b && bytes[p] === 0x5b;
}

/** `{"$oid": …}` is a value, not a record. */
function isWrapper(bytes: Uint8Array, from: number): boolean {
  let p = from + 1;
  while (bytes[p] !== undefined && bytes[p]! <= 0x20) p++;
  return bytes[p] === 0x22 && bytes[p + 1] === 0x24;
}
