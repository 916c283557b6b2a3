import type { DisclosureColumns } from './port.ts';
import { SEGMENT_ROWS } from './segment-file.ts';

/** Runs of equal times up to this length are sorted by insertion. */
const SHORT_RUN = 24;

/** Disclosures that are gathered until they fill a segment, in any order. */
export class Batch {
  readonly #capacity: number;
  #columns: DisclosureColumns;
  #rows = 0;

  constructor(capacity = SEGMENT_ROWS) {
    this.#capacity = capacity;
    this.#columns = emptyColumns(Math.min(capacity, 4096));
  }

  get rows(): number {
    return this.#rows;
  }

  get isFull(): boolean {
    return this.#rows === this.#capacity;
  }

  /** Adds one; the batch must not be full. */
  add(time: number, principal: number, subject: number, fields: number, purpose: number): void {
    if (this.#rows === this.#columns.time.length) this.#grow();
    const row = this.#rows++;
    const columns = this.#columns;
    columns.time[row] = time;
    columns.principal[row] = principal;
    columns.subject[row] = subject;
    columns.fields[row] = fields;
    columns.purpose[row] = purpose;
  }

  /** Takes everything out, sorted by time, principal, subject, fields, purpose, each disclosure once. */
  takeSorted(): DisclosureColumns {
    const columns = this.#columns;
    const order = sortedOrder(columns, this.#rows);
    let kept = 0;
    for (let i = 0; i < order.length; i++) {
      if (i === 0 || compareRows(columns, order[i - 1]!, columns, order[i]!) !== 0) order[kept++] = order[i]!;
    }
    this.#rows = 0;
    return gather(columns, order.subarray(0, kept));
  }

  #grow(): void {
    const larger = emptyColumns(Math.min(this.#capacity, 4 * this.#columns.time.length));
    larger.time.set(this.#columns.time);
    larger.principal.set(this.#columns.principal);
    larger.subject.set(this.#columns.subject);
    larger.fields.set(this.#columns.fields);
    larger.purpose.set(this.#columns.purpose);
    this.#columns = larger;
  }
}

/** The rows of `fresh` that are not among `old`; both sorted as by `takeSorted`. One walk over the times that they share. */
export function withoutKnown(fresh: DisclosureColumns, old: DisclosureColumns): DisclosureColumns {
  const rows = fresh.time.length;
  const kept = new Uint32Array(rows);
  let count = 0;
  let at = firstNotBefore(old.time, fresh.time[0] ?? 0);
  for (let row = 0; row < rows; row++) {
    let order = -1;
    while (at < old.time.length) {
      order = compareRows(fresh, row, old, at);
      if (order <= 0) break;
      at++;
    }
    if (at === old.time.length || order !== 0) kept[count++] = row;
  }
  return count === rows ? fresh : gather(fresh, kept.subarray(0, count));
}

/** Index of the first time that is not before `seconds`. */
export function firstNotBefore(time: Uint32Array, seconds: number): number {
  let low = 0;
  let high = time.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time[middle]! < seconds) low = middle + 1;
    else high = middle;
  }
  return low;
}

function emptyColumns(rows: number): DisclosureColumns {
  return {
    time: new Uint32Array(rows),
    principal: new Uint32Array(rows),
    subject: new Uint32Array(rows),
    fields: new Uint16Array(rows),
    purpose: new Uint16Array(rows),
  };
}

function gather(from: DisclosureColumns, order: Uint32Array): DisclosureColumns {
  const to = emptyColumns(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    to.time[i] = from.time[row]!;
    to.principal[i] = from.principal[row]!;
    to.subject[i] = from.subject[row]!;
    to.fields[i] = from.fields[row]!;
    to.purpose[i] = from.purpose[row]!;
  }
  return to;
}

/** Negative, 0 or positive as row `i` of `a` stands before, with or after row `j` of `b`. */
function compareRows(a: DisclosureColumns, i: number, b: DisclosureColumns, j: number): number {
  return (
    a.time[i]! - b.time[j]! ||
    a.principal[i]! - b.principal[j]! ||
    a.subject[i]! - b.subject[j]! ||
    a.fields[i]! - b.fields[j]! ||
    a.purpose[i]! - b.purpose[j]!
  );
}

/** Logs are nearly in the order of time, and few disclosures share a second: times are sorted by radix unless they are sorted, then each run of equal times. */
function sortedOrder(columns: DisclosureColumns, rows: number): Uint32Array {
  const { time } = columns;
  let order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  let isSorted = true;
  for (let row = 1; row < rows && isSorted; row++) isSorted = time[row - 1]! <= time[row]!;
  if (!isSorted) for (const shift of [0, 16]) order = radixPass(order, time, shift);
  for (let from = 0; from < rows; ) {
    const now = time[order[from]!]!;
    let to = from + 1;
    while (to < rows && time[order[to]!] === now) to++;
    if (to - from > 1) sortRun(order, from, to, columns);
    from = to;
  }
  return order;
}

function radixPass(order: Uint32Array, keys: Uint32Array, shift: number): Uint32Array<ArrayBuffer> {
  const starts = new Uint32Array(0x10001);
  for (let i = 0; i < order.length; i++) starts[((keys[order[i]!]! >>> shift) & 0xffff) + 1]!++;
  for (let digit = 0; digit < 0x10000; digit++) starts[digit + 1]! += starts[digit]!;
  const sorted = new Uint32Array(order.length);
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    sorted[starts[(keys[row]! >>> shift) & 0xffff]!++] = row;
  }
  return sorted;
}

function sortRun(order: Uint32Array, from: number, to: number, columns: DisclosureColumns): void {
  if (to - from > SHORT_RUN) {
    order.subarray(from, to).sort((i, j) => compareRows(columns, i, columns, j));
    return;
  }
  for (let i = from + 1; i < to; i++) {
    const row = order[i]!;
    let at = i;
    while (at > from && compareRows(columns, order[at - 1]!, columns, row) > 0) {
      order[at] = order[at - 1]!;
      at--;
    }
    order[at] = row;
  }
}
