import type { PathNode, PathTree } from './json-paths.ts';
import { MAX_COLUMNS } from './record-shapes.ts';

/** How a scan ended. `INCOMPLETE`: the bytes end before the value does. */
export const DONE = 0;
export const INCOMPLETE = 1;
export const DAMAGED = 2;

/** What an entry's bytes are. */
export const RAW = 0;
export const ESCAPED = 1;
export const NULL = 2;
/** Milliseconds since 1970, as digits. */
export const MILLISECONDS = 3;

/** Objects and arrays within each other; deeper ones are dropped. */
const MAX_DEPTH = 64;
/** Items of an array of scalars that become columns, and records of an array that stay within their record. */
const MAX_SCALARS = 8;
const MAX_INLINE = 4;
const MAX_ENTRIES = MAX_COLUMNS;
const MAX_KEY_BYTES = 1024;

const decoder = new TextDecoder();
const asciiDecoder = new TextDecoder('latin1');

/** 1: white space; 2: part of a number or word; 0: everything else. */
const classes = new Uint8Array(256);
for (const code of [0x20, 0x09, 0x0a, 0x0d]) classes[code] = 1;
for (const code of new TextEncoder().encode('+-.$_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'))
  classes[code] = 2;

const words = new Set(['true', 'false', 'True', 'False', 'NaN', 'Infinity', '-Infinity', '+Infinity']);
const nothings = new Set(['null', 'None', 'undefined', 'nil', 'NULL']);
/** Wrappers of MongoDB extended JSON (v1 and v2) whose value is the text within. https://www.mongodb.com/docs/manual/reference/mongodb-extended-json/ */
const wrappers = new Set([
  '$oid',
  '$numberLong',
  '$numberInt',
  '$numberDouble',
  '$numberDecimal',
  '$symbol',
  '$uuid',
  '$code',
  '$regex',
]);

/** A stretch of bytes that is an array of records with a table of its own. */
export interface OwnArray {
  readonly node: PathNode;
  readonly from: number;
  readonly to: number;
}

/**
 * Reads one JSON value (RFC 8259, and what is found beyond it in dumps: single quotes, bare keys, trailing commas, `ObjectId("…")`) straight from bytes into flat entries
 * of path and stretch. Values are not copied and not decoded.
 */
export class RecordScanner {
  /** The entries of the last scan: path, stretch, kind. */
  count = 0;
  readonly ids = new Int32Array(MAX_ENTRIES);
  readonly starts = new Int32Array(MAX_ENTRIES);
  readonly ends = new Int32Array(MAX_ENTRIES);
  readonly kinds = new Uint8Array(MAX_ENTRIES);
  readonly ownArrays: OwnArray[] = [];
  /** After a scan that is done: one past the value. After a damaged one: where it was noticed. */
  at = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  #limit = 0;
  #tree: PathTree | null = null;

  /** Scans the value that begins at `from` (no white space) and ends before `limit`. */
  scan(bytes: Uint8Array, from: number, limit: number, tree: PathTree): number {
    this.#bytes = bytes;
    this.#limit = limit;
    this.#tree = tree;
    this.count = 0;
    if (this.ownArrays.length > 0) this.ownArrays.length = 0;
    this.at = from;
    const first = bytes[from]!;
    if (first === 0x7b) return this.#object(tree.root, 0);
    if (first === 0x5b) return this.#array(tree.root, 0);
    return this.#value(tree.child(tree.root, 'value'), 0);
  }

  /** Passes over the value at `from` without entries. */
  skip(bytes: Uint8Array, from: number, limit: number): number {
    this.#bytes = bytes;
    this.#limit = limit;
    this.at = from;
    return this.#skip();
  }

  /** Adds an entry to those of the last scan. */
  add(node: PathNode | null, from: number, to: number, kind: number): void {
    if (node === null || node.id < 0 || this.count >= MAX_ENTRIES) return;
    const i = this.count++;
    this.ids[i] = node.id;
    this.starts[i] = from;
    this.ends[i] = to;
    this.kinds[i] = kind;
  }

  #object(node: PathNode | null, depth: number): number {
    if (depth >= MAX_DEPTH || node === null) return this.#skip();
    const bytes = this.#bytes;
    const limit = this.#limit;
    const open = this.at;
    let p = open + 1;
    let previous: PathNode | null = null;
    for (;;) {
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      let c = bytes[p]!;
      if (c === 0x7d) return this.#stop(p + 1, DONE);
      // The key: first as it was in the record before, then looked up.
      const guess: PathNode | null = previous === null ? node.first : previous.follower;
      let child: PathNode | null = null;
      if (guess !== null && c === 0x22) {
        const key: Uint8Array = guess.key;
        const end = p + 1 + key.length;
        if (end < limit && bytes[end] === 0x22) {
          let i = 0;
          while (i < key.length && key[i] === bytes[p + 1 + i]) i++;
          if (i === key.length) child = guess;
        }
        if (child !== null) p = end + 1;
      }
      if (child === null) {
        if (c === 0x22 && bytes[p + 1] === 0x24) {
          const outcome = this.#extended(open, node);
          if (outcome >= 0) return outcome;
        }
        this.at = p;
        const outcome = this.#key();
        if (outcome !== DONE) return outcome;
        child = this.#lookUp(p, this.at, c, node);
        p = this.at;
        if (child !== null) {
          if (previous === null) node.first = child;
          else previous.follower = child;
        }
      }
      previous = child;
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      if (bytes[p] !== 0x3a) return this.#stop(p, DAMAGED);
      p++;
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      this.at = p;
      const outcome = this.#value(child, depth + 1);
      if (outcome !== DONE) return outcome;
      p = this.at;
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      c = bytes[p]!;
      if (c === 0x2c) p++;
      else if (c !== 0x7d) return this.#stop(p, DAMAGED);
    }
  }

  #array(node: PathNode | null, depth: number): number {
    if (depth >= MAX_DEPTH || node === null) return this.#skip();
    const bytes = this.#bytes;
    const limit = this.#limit;
    const open = this.at;
    const mark = this.count;
    const scalars = depth === 0 ? MAX_COLUMNS : MAX_SCALARS;
    let p = open + 1;
    for (let index = 0; ; index++) {
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      const c = bytes[p]!;
      if (c === 0x5d) return this.#stop(p + 1, DONE);
      this.at = p;
      const inline = c === 0x7b || c === 0x5b ? MAX_INLINE : scalars;
      if (c === 0x7b && depth > 0 && (node.own || index >= MAX_INLINE)) {
        // Many records: from here on they are rows of another table.
        if (!node.own) this.#tree!.owned++;
        node.own = true;
        this.count = mark;
        this.at = open;
        const outcome = this.#skip();
        if (outcome === DONE) this.ownArrays.push({ node, from: open, to: this.at });
        return outcome;
      }
      const item = index < inline ? this.#tree!.item(node, index) : null;
      const outcome = this.#value(item, depth + 1);
      if (outcome !== DONE) return outcome;
      p = this.at;
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      if (bytes[p] === 0x2c) p++;
      else if (bytes[p] !== 0x5d) return this.#stop(p, DAMAGED);
    }
  }

  #value(node: PathNode | null, depth: number): number {
    const from = this.at;
    const c = this.#bytes[from]!;
    if (c === 0x22 || c === 0x27) {
      const kind = this.#string(c);
      if (kind < 0) return -kind;
      this.add(node, from + 1, this.at - 1, kind);
      return DONE;
    }
    if (c === 0x7b) return this.#object(node, depth);
    if (c === 0x5b) return this.#array(node, depth);
    return this.#word(node);
  }

  /** Passes over a string; RAW or ESCAPED, or less than 0: the outcome with its sign turned. */
  #string(quote: number): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let kind = RAW;
    let p = this.at + 1;
    while (p < limit) {
      const c = bytes[p]!;
      if (c === quote) {
        this.at = p + 1;
        return kind;
      }
      if (c === 0x5c) {
        kind = ESCAPED;
        p++;
      } else if (c === 0x0a) {
        // A line break within a string is against the standard but found; one before the next record means that a quote is missing.
        let next = p + 1;
        while (next < limit && classes[bytes[next]!] === 1) next++;
        if (next >= limit) break;
        if (bytes[next] === 0x7b) return -this.#stop(p, DAMAGED);
        p = next - 1;
      }
      p++;
    }
    return -this.#stop(limit, INCOMPLETE);
  }

  /** A number, a word, or a call such as `ISODate("…")`, whose argument is the value. */
  #word(node: PathNode | null): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    const from = this.at;
    const c = bytes[from]!;
    let p = from + 1;
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      while (p < limit && bytes[p]! >= 0x30 && bytes[p]! <= 0x39) p++;
      if (p < limit && classes[bytes[p]!] !== 2) {
        this.at = p;
        this.add(node, from, p, RAW);
        return DONE;
      }
    } else if (p + 5 < limit) {
      // The three words of the standard, before all others.
      const isFalse = c === 0x66 && startsAt(bytes, p, 0x61, 0x6c, 0x73) && bytes[p + 3] === 0x65;
      const isNull = c === 0x6e && startsAt(bytes, p, 0x75, 0x6c, 0x6c);
      if (isFalse || isNull || (c === 0x74 && startsAt(bytes, p, 0x72, 0x75, 0x65))) {
        const end = p + (isFalse ? 4 : 3);
        if (classes[bytes[end]!] !== 2 && bytes[end] !== 0x28) {
          this.at = end;
          this.add(node, from, end, isNull ? NULL : RAW);
          return DONE;
        }
      }
    }
    p = from;
    while (p < limit && classes[bytes[p]!] === 2) p++;
    // The value may go on in what is not yet there.
    if (p >= limit) return this.#stop(p, INCOMPLETE);
    if (p === from || p - from > MAX_KEY_BYTES) return this.#stop(p, DAMAGED);
    this.at = p;
    if (c === 0x2d || (c >= 0x30 && c <= 0x39)) {
      if (isNumber(bytes, from, p)) {
        this.add(node, from, p, RAW);
        return DONE;
      }
      return this.#stop(from, DAMAGED);
    }
    const word = decoder.decode(bytes.subarray(from, p));
    if (nothings.has(word)) this.add(node, from, p, NULL);
    else if (words.has(word)) this.add(node, from, p, RAW);
    else if (bytes[p] === 0x28) return this.#call(node);
    else if (word === 'new' && bytes[p] === 0x20) {
      this.at = p + 1;
      return p + 1 < limit ? this.#word(node) : this.#stop(p, INCOMPLETE);
    } else return this.#stop(from, DAMAGED);
    return DONE;
  }

  #call(node: PathNode | null): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let p = this.at + 1;
    let taken = false;
    for (;;) {
      while (p < limit && (classes[bytes[p]!] === 1 || bytes[p] === 0x2c)) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      const c = bytes[p]!;
      if (c === 0x29) return this.#stop(p + 1, DONE);
      this.at = p;
      const from = p;
      let kind = RAW;
      if (c === 0x22 || c === 0x27) {
        kind = this.#string(c);
        if (kind < 0) return -kind;
        // Of several arguments the text counts: `BinData(0, "…")`.
        this.add(node, from + 1, this.at - 1, kind);
        p = this.at;
      } else {
        while (p < limit && classes[bytes[p]!] === 2) p++;
        if (p >= limit) return this.#stop(p, INCOMPLETE);
        if (p === from) return this.#stop(p, DAMAGED);
        if (!taken) this.add(node, from, p, RAW);
      }
      taken = true;
    }
  }

  /** Passes over a key, quoted or bare; `at` is then one past it. */
  #key(): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    const c = bytes[this.at]!;
    if (c === 0x22 || c === 0x27) {
      const kind = this.#string(c);
      return kind < 0 ? -kind : DONE;
    }
    let p = this.at;
    while (p < limit && classes[bytes[p]!] === 2) p++;
    if (p >= limit) return this.#stop(p, INCOMPLETE);
    return this.#stop(p, p === this.at ? DAMAGED : DONE);
  }

  #lookUp(from: number, to: number, first: number, node: PathNode): PathNode | null {
    const quoted = first === 0x22 || first === 0x27 ? 1 : 0;
    if (to - from > MAX_KEY_BYTES) return null;
    return this.#tree!.child(node, decoder.decode(this.#bytes.subarray(from + quoted, to - quoted)));
  }

  /**
   * An object of MongoDB extended JSON at `open`, taken as one value of `node`; -1 when it is an ordinary object after all.
   * `$date` holds a text, a number, or `{"$numberLong": …}`; `$binary` holds base64 or `{"base64": …, "subType": …}`.
   */
  #extended(open: number, node: PathNode): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let p = open + 1;
    let found = false;
    for (;;) {
      while (p < limit && (classes[bytes[p]!] === 1 || bytes[p] === 0x2c)) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      if (bytes[p] === 0x7d) return found ? this.#stop(p + 1, DONE) : -1;
      this.at = p;
      const outcome = this.#key();
      if (outcome !== DONE) return outcome;
      if (this.at - p > 40) return -1;
      const key = decoder.decode(bytes.subarray(p + 1, this.at - 1));
      p = this.at;
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      if (bytes[p] !== 0x3a) return this.#stop(p, DAMAGED);
      p++;
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      this.at = p;
      const nested = bytes[p] === 0x7b || bytes[p] === 0x5b;
      const mark = this.count;
      let skipped: number;
      if (nested || !(wrappers.has(key) || key === '$date' || key === '$binary')) skipped = this.#skip();
      else skipped = this.#value(node, 1);
      if (skipped !== DONE) return skipped;
      if (!nested && this.count > mark) {
        found = true;
        if (key === '$date' && bytes[p] !== 0x22) this.kinds[mark] = MILLISECONDS;
      }
      if (nested && (key === '$date' || key === '$binary')) {
        const inner = stringWithin(bytes, p, this.at, key === '$date' ? '$numberLong' : 'base64');
        if (inner !== null) {
          this.add(node, inner[0], inner[1], key === '$date' ? MILLISECONDS : RAW);
          found = true;
        }
      }
      p = this.at;
    }
  }

  /** Passes over a value of any depth without recursion; what stands beside each other without a comma is noticed. */
  #skip(): number {
    const bytes = this.#bytes;
    const limit = this.#limit;
    let p = this.at;
    let depth = 0;
    let afterValue = false;
    for (;;) {
      while (p < limit && classes[bytes[p]!] === 1) p++;
      if (p >= limit) return this.#stop(p, INCOMPLETE);
      const c = bytes[p]!;
      if (c === 0x2c || c === 0x3a) {
        afterValue = false;
        p++;
        continue;
      }
      if (c === 0x7d || c === 0x5d) {
        p++;
        depth--;
        if (depth < 0) return this.#stop(p - 1, DAMAGED);
        afterValue = true;
      } else if (afterValue) {
        return this.#stop(p, DAMAGED);
      } else if (c === 0x7b || c === 0x5b) {
        depth++;
        p++;
      } else {
        this.at = p;
        if (c === 0x22 || c === 0x27) {
          const kind = this.#string(c);
          if (kind < 0) return -kind;
        } else {
          while (p < limit && classes[bytes[p]!] === 2) p++;
          if (p >= limit) return this.#stop(p, INCOMPLETE);
          if (p === this.at) return this.#stop(p, DAMAGED);
          this.at = p;
          if (bytes[p] === 0x28) {
            const outcome = this.#call(null);
            if (outcome !== DONE) return outcome;
          }
        }
        p = this.at;
        afterValue = true;
      }
      if (depth === 0) return this.#stop(p, DONE);
    }
  }

  #stop(at: number, outcome: number): number {
    this.at = at;
    return outcome;
  }
}

function startsAt(bytes: Uint8Array, at: number, a: number, b: number, c: number): boolean {
  return bytes[at] === a && bytes[at + 1] === b && bytes[at + 2] === c;
}

/** Whether [from, to) is a number. Digits with at most one sign, point and exponent, and leading zeros: telephone numbers are written so. */
export function isNumber(bytes: Uint8Array, from: number, to: number): boolean {
  for (let p = from; p < to; p++) {
    const c = bytes[p]!;
    if (c >= 0x30 && c <= 0x39) continue;
    if (c === 0x2e || c === 0x2d || c === 0x2b || c === 0x65 || c === 0x45) continue;
    return p === from + 1 && decoder.decode(bytes.subarray(from, to)) === '-Infinity';
  }
  return true;
}

/** Where the text of the key lies in a small flat object, or null. */
function stringWithin(bytes: Uint8Array, from: number, to: number, key: string): [number, number] | null {
  const needle = `"${key}"`;
  const head = asciiDecoder.decode(bytes.subarray(from, Math.min(to, from + 200)));
  const at = head.indexOf(needle);
  if (at < 0) return null;
  let p = from + at + needle.length;
  while (p < to && (classes[bytes[p]!] === 1 || bytes[p] === 0x3a)) p++;
  if (bytes[p] !== 0x22) return null;
  const end = bytes.indexOf(0x22, p + 1);
  return end < 0 || end >= to ? null : [p + 1, end];
}
