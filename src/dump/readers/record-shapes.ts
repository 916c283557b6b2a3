import type { RowSink, RowWriter } from '../reader.ts';

/** Columns of one table; keys beyond are dropped. */
export const MAX_COLUMNS = 4096;
/** Tables that records of one kind may be spread over by their keys. */
export const MAX_SHAPES = 32;
/** How far ahead the keys of records are gathered before the first row is written. */
export const LOOK_AHEAD_RECORDS = 1000;
export const LOOK_AHEAD_BYTES = 1_048_576;
/** Longest name of a column or table; a key that makes a longer one is dropped. */
export const MAX_NAME_LENGTH = 1024;

/** One table of records that have much the same keys. */
export interface Shape {
  /** The id of each column's key. */
  readonly columns: readonly number[];
  /** For each column, one more than the index of the record's entry for it, or 0; who reads them sets them back to 0. */
  readonly slots: Int32Array;
  readonly writer: RowWriter;
}

interface MutableShape extends Shape {
  columnOf: Int32Array;
}

/**
 * Spreads records with differing keys over tables. Keys are given as small numbers; those of the records observed make the columns of the first table, and a later record
 * with another key begins a table of its own, named with ` #2` and so on.
 */
export class ShapeSet {
  readonly #sink: RowSink;
  readonly #name: string | null;
  readonly #nameOf: ((id: number) => string) | null;
  readonly #shapes: MutableShape[] = [];
  readonly #observed = new Set<number>();

  /** `nameOf` gives a key's name; null when the table's columns have none. */
  constructor(sink: RowSink, name: string | null, nameOf: ((id: number) => string) | null) {
    this.#sink = sink;
    this.#name = name;
    this.#nameOf = nameOf;
  }

  /** Adds the keys of a record to the columns of the first table, in order of appearance; only before `settle`. */
  observe(ids: ArrayLike<number>, count: number): void {
    for (let i = 0; i < count && this.#observed.size < MAX_COLUMNS; i++) this.#observed.add(ids[i]!);
  }

  /** Ends observing. */
  settle(): void {
    if (this.#observed.size > 0) this.#open([...this.#observed]);
    this.#observed.clear();
  }

  /** The table for a record of these keys, its slots filled (the last entry of a key wins); null when there is none left that would hold it. */
  place(ids: ArrayLike<number>, count: number): Shape | null {
    for (const shape of this.#shapes) {
      if (fits(shape, count) && fill(shape, ids, count)) return shape;
    }
    if (this.#shapes.length >= MAX_SHAPES) {
      const nearest = this.#nearest(ids, count);
      if (nearest !== null) fillKnown(nearest, ids, count);
      return nearest;
    }
    const grown = this.#grow(ids, count);
    fillKnown(grown, ids, count);
    return grown;
  }

  /** A new table: the columns of the latest and the keys that it lacks, so that few tables hold many kinds; the keys alone where that would leave most cells empty. */
  #grow(ids: ArrayLike<number>, count: number): MutableShape {
    const columns = new Set<number>(this.#shapes.at(-1)?.columns);
    for (let i = 0; i < count; i++) columns.add(ids[i]!);
    if (columns.size <= widest(count) && columns.size <= MAX_COLUMNS) return this.#open([...columns]);
    columns.clear();
    for (let i = 0; i < count && columns.size < MAX_COLUMNS; i++) columns.add(ids[i]!);
    return this.#open([...columns]);
  }

  #nearest(ids: ArrayLike<number>, count: number): MutableShape | null {
    let best: MutableShape | null = null;
    let most = -1;
    for (const shape of this.#shapes) {
      if (!fits(shape, count)) continue;
      let known = 0;
      for (let i = 0; i < count; i++) if ((shape.columnOf[ids[i]!] ?? -1) >= 0) known++;
      if (known > most) {
        most = known;
        best = shape;
      }
    }
    return best;
  }

  #open(columns: number[]): MutableShape {
    const number = this.#shapes.length + 1;
    const name = number === 1 ? this.#name : `${this.#name ?? ''} #${number}`.trim();
    const nameOf = this.#nameOf;
    let top = 0;
    for (const id of columns) top = Math.max(top, id);
    const columnOf = new Int32Array(top + 1).fill(-1);
    columns.forEach((id, column) => {
      columnOf[id] = column;
    });
    const writer = this.#sink.table(name, nameOf === null ? null : columns.map((id) => nameOf(id)));
    const shape = { columns, columnOf, slots: new Int32Array(columns.length), writer };
    this.#shapes.push(shape);
    return shape;
  }
}

/** Most columns that a record of so many keys is written into: without this bound, records of five bytes would each become thousands of empty cells. */
function widest(keys: number): number {
  return 64 + 16 * keys;
}

function fits(shape: MutableShape, count: number): boolean {
  return shape.columns.length <= widest(count);
}

function fill(shape: MutableShape, ids: ArrayLike<number>, count: number): boolean {
  const { columnOf, slots } = shape;
  for (let i = 0; i < count; i++) {
    const id = ids[i]!;
    const column = id < columnOf.length ? columnOf[id]! : -1;
    if (column < 0) {
      // Clears what was filled; the record belongs elsewhere.
      for (let k = 0; k < i; k++) slots[columnOf[ids[k]!]!] = 0;
      return false;
    }
    slots[column] = i + 1;
  }
  return true;
}

function fillKnown(shape: MutableShape, ids: ArrayLike<number>, count: number): void {
  for (let i = 0; i < count; i++) {
    const column = shape.columnOf[ids[i]!] ?? -1;
    if (column >= 0) shape.slots[column] = i + 1;
  }
}

/** Records of texts, for formats whose speed is not bound by the writing of cells: gathers keys from the first records, then writes rows. */
export class RecordTable {
  readonly #sink: RowSink;
  readonly #shapes: ShapeSet;
  readonly #ids = new Map<string, number>();
  readonly #names: string[] = [];
  #ahead: { ids: number[]; values: (string | null)[] }[] | null = [];
  #aheadLength = 0;

  constructor(sink: RowSink, name: string | null) {
    this.#sink = sink;
    this.#shapes = new ShapeSet(sink, name, (id) => this.#names[id] ?? '');
  }

  /** Takes a record; null is a key without a value. Of keys that appear twice the last wins. A record without keys is none. */
  add(keys: readonly string[], values: readonly (string | null)[]): void {
    const ids: number[] = [];
    const known: (string | null)[] = [];
    let length = 0;
    for (let i = 0; i < keys.length; i++) {
      const id = this.#idOf(keys[i]!);
      if (id < 0) continue;
      ids.push(id);
      known.push(values[i] ?? null);
      length += keys[i]!.length + (values[i]?.length ?? 0) + 16;
    }
    if (ids.length === 0) return;
    if (this.#ahead === null) {
      this.#write(ids, known);
      return;
    }
    this.#shapes.observe(ids, ids.length);
    this.#ahead.push({ ids, values: known });
    this.#aheadLength += length;
    if (this.#ahead.length >= LOOK_AHEAD_RECORDS || this.#aheadLength >= LOOK_AHEAD_BYTES) this.finish();
  }

  /** Writes what is held back; at the end of the input. */
  finish(): void {
    const ahead = this.#ahead;
    if (ahead === null) return;
    this.#ahead = null;
    this.#shapes.settle();
    for (const record of ahead) this.#write(record.ids, record.values);
  }

  #idOf(key: string): number {
    const id = this.#ids.get(key);
    if (id !== undefined) return id;
    if (this.#names.length >= MAX_COLUMNS * MAX_SHAPES || key.length > MAX_NAME_LENGTH) return -1;
    this.#ids.set(key, this.#names.length);
    return this.#names.push(key) - 1;
  }

  #write(ids: readonly number[], values: readonly (string | null)[]): void {
    const shape = this.#shapes.place(ids, ids.length);
    if (shape === null) {
      this.#sink.reject('too-many-cells');
      return;
    }
    const { slots, writer } = shape;
    for (let column = 0; column < slots.length; column++) {
      const value = values[slots[column]! - 1] ?? null;
      slots[column] = 0;
      if (value === null) writer.empty();
      else writer.text(value);
    }
    writer.end();
  }
}
