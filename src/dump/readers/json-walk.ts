import type { RowSink } from '../reader.ts';
import { isAction, isTypedTable, type Layout, layoutOf } from './json-layout.ts';
import { findRecord, type RecordStyle, styleOf } from './json-resync.ts';
import { DAMAGED, DONE, INCOMPLETE, RecordScanner } from './json-scan.ts';
import { type JsonTable, JsonTables, scanRecord } from './json-tables.ts';

/** A record of more bytes is not kept in memory: it is entered as if it were a container, and what is too long in it is passed over. */
export const MAX_RECORD_BYTES = 16 * 1_048_576;
/** A record longer than this is looked at: it may be a container, to be entered before it is there as a whole. */
const LONG_RECORD_BYTES = 1_048_576;
/** Containers within each other that are entered. */
const MAX_FRAMES = 16;
/** What a container holds beside its tables: its own values, as one more record. */
const MAX_RESIDUE_BYTES = 65_536;
/** Bytes kept before the place that is read: a search for the next record looks at the indentation before it. */
const BEHIND_BYTES = 256;
/** Bytes read again after damage: as many as this, and two for each byte of the file. Hostile files would otherwise cost the square of their length. */
const FREE_AGAIN_BYTES = 4 * 1_048_576;
const AGAIN_TIMES = 2;
/** How far the next record is expected to begin like those before it. */
const SEARCH_STYLED_BYTES = 1_048_576;

/** Records whose beginning is looked at, to know how others begin. */
const STYLED_RECORDS = 3;

const decoder = new TextDecoder();

type FrameKind = 'sequence' | 'array' | 'object' | 'map';

interface Frame {
  readonly kind: FrameKind;
  /** Where in the file it is: `users`, or null at the top. */
  readonly path: string | null;
  /** `object`: its own values, as the text of a record. */
  residue: string[];
  residueLength: number;
  /** Taken from its first records: the very first often begins otherwise, after the bracket. */
  style: RecordStyle | null;
  styled: number;
  /** Where its records go. */
  table: JsonTable | null;
}

/** Walks over a file: finds where its records are, reads each, and goes on behind damage. */
export class JsonWalker {
  readonly #sink: RowSink;
  readonly #scanner = new RecordScanner();
  readonly #tables: JsonTables;
  readonly #frames: Frame[] = [createFrame('sequence', null)];
  #bytes = new Uint8Array(1 << 17);
  #limit = 0;
  #at = 0;
  #final = false;
  /** Bytes before `#bytes[0]`. */
  #base = 0;
  #readAgain = 0;
  /** Not looked at again before so much is there: what is incomplete is read anew, each time twice as long, so the whole stays linear. */
  #wanted = 0;
  #searching = false;
  #searchFrom = 0;
  #skippingString = false;
  #passing = false;
  #records = 0;
  #inGarbage = false;

  constructor(sink: RowSink) {
    this.#sink = sink;
    this.#tables = new JsonTables(sink, this.#scanner);
  }

  /** Takes the next bytes of the file. */
  push(chunk: Uint8Array): void {
    this.#append(chunk);
    if (this.#limit - this.#at >= this.#wanted) this.#run();
  }

  /** The file has ended. */
  finish(): void {
    // A number ends where something else begins.
    this.#append(new Uint8Array([0x0a]));
    this.#final = true;
    this.#run();
    while (this.#frames.length > 1) this.#pop();
    this.#tables.finish();
  }

  #append(chunk: Uint8Array): void {
    if (this.#limit + chunk.length > this.#bytes.length) {
      const from = Math.max(0, this.#at - BEHIND_BYTES);
      const needed = this.#limit - from + chunk.length;
      if (needed > this.#bytes.length) {
        const larger = new Uint8Array(2 * needed);
        larger.set(this.#bytes.subarray(from, this.#limit));
        this.#bytes = larger;
      } else this.#bytes.copyWithin(0, from, this.#limit);
      this.#base += from;
      this.#at -= from;
      this.#limit -= from;
    }
    this.#bytes.set(chunk, this.#limit);
    this.#limit += chunk.length;
  }

  #run(): void {
    while (this.#at < this.#limit) {
      const before = this.#at;
      if (!this.#step()) {
        if (this.#final) {
          // What cannot be completed any more is passed over, a byte at the least.
          this.#at = Math.max(this.#at, before + 1);
          continue;
        }
        this.#wanted = Math.min(2 * (this.#limit - this.#at), MAX_RECORD_BYTES + 1);
        return;
      }
    }
    this.#wanted = 0;
  }

  /** Goes on by one thing; false when more bytes are needed. */
  #step(): boolean {
    if (this.#skippingString) return this.#skipString();
    if (this.#searching) return this.#search();
    if (this.#passing) return this.#pass();
    const frame = this.#frames[this.#frames.length - 1]!;
    const c = this.#bytes[this.#at]!;
    if (c <= 0x20 || c === 0x2c) {
      // White space, the record separator of RFC 7464, and commas.
      if (c === 0x0a) this.#inGarbage = false;
      this.#at++;
      return true;
    }
    if (frame.kind === 'object' || frame.kind === 'map') return this.#member(frame, c);
    if (c === 0x7b) return this.#record(frame, this.#at);
    if (c === 0x5b) return this.#arrayIn(frame, this.#at, frame.path);
    if (c === 0x5d || c === 0x7d) {
      if (frame.kind === 'array' && c === 0x5d) this.#pop();
      this.#at++;
      return true;
    }
    if (frame.kind === 'array' && frame.style === null) return this.#scalar(frame);
    if (frame.kind === 'array') {
      // Not among records: it is a piece of a damaged one.
      this.#sink.reject('bad-record');
      this.#startSearch(this.#at);
      return true;
    }
    return this.#garbage();
  }

  /** Text around the records: a log line's start, `var users =`. */
  #garbage(): boolean {
    const bytes = this.#bytes;
    let p = this.#at;
    if (bytes[p] === 0x3b || bytes[p] === 0x29) {
      this.#at++;
      return true;
    }
    if (!this.#inGarbage && this.#records > 0) this.#sink.reject('bad-record');
    this.#inGarbage = true;
    while (p < this.#limit && bytes[p] !== 0x0a && bytes[p] !== 0x7b && bytes[p] !== 0x5b) p++;
    this.#at = p;
    return true;
  }

  #scalar(frame: Frame): boolean {
    const table = this.#tables.open(frame.path);
    const outcome = this.#scanner.scan(this.#bytes, this.#at, this.#limit, table.tree);
    if (outcome === DONE && this.#scanner.at - this.#at <= MAX_RECORD_BYTES) {
      const end = this.#scanner.at;
      this.#emit(table, this.#at);
      this.#at = end;
      return true;
    }
    return this.#passOver(outcome, this.#at);
  }

  /** A value that is no record could not be read: a long text is passed over as it comes, damage ends at the next record. */
  #passOver(outcome: number, valueAt: number): boolean {
    const tooLong = this.#limit - valueAt > MAX_RECORD_BYTES;
    if (outcome === INCOMPLETE && !tooLong && !this.#final) return false;
    if (outcome !== DAMAGED && tooLong && this.#bytes[valueAt] === 0x22) {
      this.#sink.reject('too-long');
      this.#at = valueAt + 1;
      this.#skippingString = true;
      return true;
    }
    this.#sink.reject(tooLong ? 'too-long' : 'bad-record');
    this.#passing = true;
    this.#at = Math.max(this.#at + 1, Math.min(this.#scanner.at, this.#limit));
    return true;
  }

  /** On to what can stand before the next value or member. */
  #pass(): boolean {
    const bytes = this.#bytes;
    let p = this.#at;
    while (p < this.#limit && bytes[p] !== 0x2c && bytes[p] !== 0x0a && bytes[p] !== 0x5d && bytes[p] !== 0x7d) p++;
    this.#at = p;
    this.#passing = p >= this.#limit;
    return !this.#passing;
  }

  #skipString(): boolean {
    const bytes = this.#bytes;
    let p = this.#at;
    while (p < this.#limit && bytes[p] !== 0x22) p += bytes[p] === 0x5c ? 2 : 1;
    if (p < this.#limit) {
      this.#skippingString = false;
      this.#at = p + 1;
      return true;
    }
    // A backslash may be the last byte that is there.
    this.#at = Math.max(this.#at, Math.min(p, this.#limit - 1));
    return false;
  }

  /** `[` at `p`: rows of their own, or cells of one row. */
  #arrayIn(frame: Frame, p: number, path: string | null): boolean {
    const first = this.#after(p + 1);
    if (first < 0) return false;
    const c = this.#bytes[first]!;
    if (c === 0x7b || (c === 0x5b && frame.kind === 'sequence')) return this.#enter('array', path, first);
    if (c === 0x5b && frame.kind === 'object') return this.#enter('array', path, first);
    const table = this.#tables.open(path, 'cells');
    const outcome = this.#scanner.scan(this.#bytes, p, this.#limit, table.tree);
    if (outcome === DONE && this.#scanner.at - p <= MAX_RECORD_BYTES) {
      const end = this.#scanner.at;
      // The one array of a file is a list of values; one of many is a row.
      const next = this.#after(end);
      if (next < 0 && !this.#final) return false;
      if (frame.kind !== 'sequence' || this.#records > 0 || (next >= 0 && this.#bytes[next] === 0x5b)) {
        this.#scanner.scan(this.#bytes, p, this.#limit, table.tree);
        this.#emit(table, p);
        this.#at = end;
        return true;
      }
      return this.#enter('array', path, first);
    }
    if (outcome === INCOMPLETE && !this.#final && this.#limit - p <= MAX_RECORD_BYTES) return false;
    if (outcome === DAMAGED && frame.kind !== 'sequence') {
      this.#sink.reject('bad-record');
      this.#startSearch(p);
      return true;
    }
    return this.#enter('array', path, first);
  }

  /** A member of a container, or an entry of a map. */
  #member(frame: Frame, c: number): boolean {
    if (c === 0x7d || c === 0x5d) {
      this.#pop();
      this.#at++;
      return true;
    }
    if (c === 0x7b) return this.#record(frame, this.#at);
    if (c === 0x5b) return this.#arrayIn(frame, this.#at, frame.path);
    const bytes = this.#bytes;
    if (c !== 0x22 && c !== 0x27) {
      // Damage between members: on to whatever can be a member or end the container.
      if (!this.#inGarbage) this.#sink.reject('bad-record');
      this.#inGarbage = true;
      this.#at++;
      return true;
    }
    this.#inGarbage = false;
    const keyAt = this.#at;
    const outcome = this.#scanner.skip(bytes, keyAt, this.#limit);
    if (outcome !== DONE) return this.#passOver(outcome, keyAt);
    const keyEnd = this.#scanner.at;
    const colon = this.#after(keyEnd);
    if (colon < 0) return false;
    if (bytes[colon] !== 0x3a) {
      this.#at = keyEnd;
      return true;
    }
    const value = this.#after(colon + 1);
    if (value < 0) return false;
    const path = joinPath(frame.path, decoder.decode(bytes.subarray(keyAt + 1, Math.min(keyEnd - 1, keyAt + 1025))));
    if (bytes[value] === 0x5b) {
      const first = this.#after(value + 1);
      if (first < 0) return false;
      if (bytes[first] === 0x7b || bytes[first] === 0x5b) return this.#enter('array', tableOf(frame, path), first);
    } else if (bytes[value] === 0x7b) {
      if (frame.kind === 'map') return this.#entry(frame, keyAt, value);
      const layout = layoutOf(this.#scanner, bytes, value, this.#limit);
      if (layout.complete && value + MAX_RESIDUE_BYTES > layout.end && layout.kind === 'record') {
        return this.#keep(frame, keyAt, layout.end);
      }
      if (!layout.complete && !layout.damaged && !this.#final && this.#limit - value <= MAX_RECORD_BYTES) return false;
      return this.#enter(layout.kind === 'map' ? 'map' : 'object', path, value + 1);
    }
    const skipped = this.#scanner.skip(bytes, value, this.#limit);
    if (skipped !== DONE) return this.#passOver(skipped, value);
    if (this.#scanner.at - value > MAX_RECORD_BYTES) {
      this.#sink.reject('too-long');
      this.#at = this.#scanner.at;
      return true;
    }
    return this.#keep(frame, keyAt, this.#scanner.at);
  }

  /** Keeps a container's own member for the record of its own values. */
  #keep(frame: Frame, from: number, to: number): boolean {
    if (frame.residueLength + to - from <= MAX_RESIDUE_BYTES) {
      frame.residue.push(decoder.decode(this.#bytes.subarray(from, to)));
      frame.residueLength += to - from;
    }
    this.#at = to;
    return true;
  }

  #entry(frame: Frame, keyAt: number, value: number): boolean {
    const table = this.#tables.open(frame.path, 'entry');
    const outcome = scanRecord(this.#scanner, this.#bytes, keyAt, this.#limit, table);
    if (outcome === DONE && this.#scanner.at - keyAt <= MAX_RECORD_BYTES) {
      const end = this.#scanner.at;
      this.#emit(table, keyAt);
      this.#at = end;
      return true;
    }
    if (outcome === INCOMPLETE && !this.#final && this.#limit - keyAt <= MAX_RECORD_BYTES) return false;
    this.#sink.reject(this.#limit - keyAt > MAX_RECORD_BYTES && outcome !== DAMAGED ? 'too-long' : 'bad-record');
    this.#startSearch(value);
    return true;
  }

  /** A record at `p`, or a container that looks like one. */
  #record(frame: Frame, p: number): boolean {
    const bytes = this.#bytes;
    frame.table ??= this.#tables.open(frame.path);
    const { table } = frame;
    if (frame.styled >= STYLED_RECORDS && !isTypedTable(bytes, p)) {
      const after = table.template.read(bytes, p, this.#limit);
      if (after >= 0) {
        this.#records++;
        this.#inGarbage = false;
        this.#at = after;
        return true;
      }
    }
    const outcome = this.#scanner.scan(bytes, p, this.#limit, table.tree);
    const end = this.#scanner.at;
    const length = (outcome === DONE ? end : this.#limit) - p;
    if (outcome !== DAMAGED && length > LONG_RECORD_BYTES && this.#frames.length < MAX_FRAMES) {
      const layout = layoutOf(this.#scanner, bytes, p, p + LONG_RECORD_BYTES);
      if (layout.kind !== 'record') return this.#enterLayout(layout, frame.path, p);
      if (outcome === DONE) this.#scanner.scan(bytes, p, this.#limit, table.tree);
    }
    if (outcome === INCOMPLETE && !this.#final && length <= MAX_RECORD_BYTES) return false;
    if (outcome === DONE && length <= MAX_RECORD_BYTES) {
      if (this.#mayHold(frame, p)) {
        const layout = layoutOf(this.#scanner, bytes, p, this.#limit);
        if (layout.kind !== 'record') return this.#enterLayout(layout, frame.path, p);
        this.#scanner.scan(bytes, p, this.#limit, table.tree);
      }
      if (frame.styled < STYLED_RECORDS) {
        frame.style = styleOf(bytes, p);
        frame.styled++;
      }
      if (!isAction(bytes, p)) this.#emit(table, p);
      else this.#records++;
      this.#at = end;
      return true;
    }
    // Of a damaged one no more than what comes before the damage: that does not depend on how much is there.
    const layout = layoutOf(this.#scanner, bytes, p, outcome === DAMAGED ? end : this.#limit);
    const tooLong = outcome !== DAMAGED && length > MAX_RECORD_BYTES;
    if ((tooLong || layout.kind !== 'record') && this.#frames.length < MAX_FRAMES) {
      return this.#enterLayout(layout, frame.path, p);
    }
    this.#sink.reject(tooLong ? 'too-long' : 'bad-record');
    this.#startSearch(p, outcome === DAMAGED ? end : this.#limit);
    return true;
  }

  /** Whether a whole record is worth a look whether it is a container: the first of a file, and those that begin with an object or array. */
  #mayHold(frame: Frame, p: number): boolean {
    if (this.#frames.length >= MAX_FRAMES) return false;
    if (frame.kind === 'sequence' && this.#records === 0) return true;
    const bytes = this.#bytes;
    if (frame.kind === 'array') return isTypedTable(bytes, p);
    const end = Math.min(p + 80, this.#limit);
    let q = p + 1;
    while (q < end && bytes[q] !== 0x3a) q++;
    do q++;
    while (q < end && bytes[q]! <= 0x20);
    return bytes[q] === 0x7b || bytes[q] === 0x5b;
  }

  #enterLayout(layout: Layout, path: string | null, p: number): boolean {
    return this.#enter(layout.kind === 'map' ? 'map' : 'object', path, p + 1);
  }

  #enter(kind: FrameKind, path: string | null, at: number): boolean {
    if (this.#frames.length >= MAX_FRAMES) {
      // What lies deeper is only searched for records, within the bounds of what may be read again.
      this.#sink.reject('bad-record');
      this.#startSearch(at - 1, this.#limit);
      return true;
    }
    this.#frames.push(createFrame(kind, path));
    this.#at = at;
    return true;
  }

  #pop(): void {
    const frame = this.#frames.pop()!;
    if (this.#frames.length === 0) this.#frames.push(frame);
    // A table that ends is written, so that the tables come in the order of the file.
    if (frame.kind !== 'object')
      this.#tables.settle(this.#tables.open(frame.path, frame.kind === 'map' ? 'entry' : 'record'));
    if (frame.residue.length === 0 || frame.residue[0] === '"type":"table"') return;
    const text = new TextEncoder().encode(`{${frame.residue.join(',')}} `);
    const table = this.#tables.open(frame.path);
    if (this.#scanner.scan(text, 0, text.length, table.tree) === DONE) this.#tables.take(table, text, 0);
  }

  #emit(table: JsonTable, from: number): void {
    this.#records++;
    this.#inGarbage = false;
    this.#tables.take(table, this.#bytes, from);
  }

  /** From the damaged record at `from` on, the next sound place is looked for; `noticed` is where the damage was seen. */
  #startSearch(from: number, noticed = from): void {
    this.#readAgain += noticed - from;
    const within = this.#readAgain <= FREE_AGAIN_BYTES + AGAIN_TIMES * (this.#base + from);
    this.#searching = true;
    this.#searchFrom = this.#base + from;
    this.#at = within ? from + 1 : Math.max(from + 1, noticed);
  }

  #search(): boolean {
    const frame = this.#frames[this.#frames.length - 1]!;
    const inObject = this.#frames.at(-2)?.kind === 'object';
    const near = this.#searchFrom + SEARCH_STYLED_BYTES - this.#base;
    if (frame.style !== null && this.#at < near && near < this.#limit) {
      const found = findRecord(this.#bytes, this.#at, near, true, frame.style, inObject);
      this.#at = found.at;
      this.#searching = !found.found;
      return true;
    }
    const style = this.#at < near ? frame.style : null;
    const found = findRecord(this.#bytes, this.#at, this.#limit, this.#final, style, inObject);
    this.#at = found.at;
    this.#searching = !found.found;
    return found.found;
  }

  /** The first byte at or after `p` that is no white space, or -1 when it is not there yet. */
  #after(p: number): number {
    while (p < this.#limit && this.#bytes[p]! <= 0x20) p++;
    return p < this.#limit ? p : -1;
  }
}

function createFrame(kind: FrameKind, path: string | null): Frame {
  return { kind, path, residue: [], residueLength: 0, style: null, styled: 0, table: null };
}

/** The name of a table within a container: phpMyAdmin's export says it in a member beside the rows. */
function tableOf(frame: Frame, path: string): string {
  if (frame.residue[0] !== '"type":"table"' || !path.endsWith('data')) return path;
  const name = frame.residue.find((member) => member.startsWith('"name":"'));
  return name === undefined ? path : name.slice('"name":"'.length, -1);
}

function joinPath(path: string | null, key: string): string {
  return path === null ? key : `${path}.${key}`;
}
