import type { FieldContext } from '../core/fields/field.ts';
import { fieldByName } from '../core/fields/registry.ts';
import { isAsciiSpace } from '../core/text.ts';
import { parseTimeSeconds } from '../core/time.ts';
import { fitRow, splitRow } from '../dump/exact-rows.ts';
import type { RejectReason } from '../dump/port.ts';
import type { Kernel } from '../kernel/kernel.ts';
import {
  CLASS_CREATED,
  CLASS_VALID_FROM,
  CLASS_VALID_UNTIL,
  CTX_CELLS,
  CTX_PREPARED,
  CTX_PREPARED_USED,
  PREPARED_BYTES,
  ROW_LIMIT,
} from '../kernel/layout.ts';
import type { ActiveColumn, ScanPlan } from './plan.ts';

const STILL_CURRENT = 0xffffffff;
const empty = new Uint8Array(0);
/** How tables of dated versions say that a version has no end. */
const endless = /^(?:9999-12-31.{0,20}|infinity)$/i;
/** What an empty cell means: creation unknown, version still current. A version without its beginning cannot be used. */
const timeOfEmptyCell: ReadonlyMap<number, number> = new Map([
  [CLASS_CREATED, 0],
  [CLASS_VALID_UNTIL, STILL_CURRENT],
]);

/**
 * The path of the rows that the kernel's fast normalisers do not take: read by the exact reader, normalised by the fields themselves,
 * handed back to the kernel for hashing, look-up and counting. Both paths give the same answers; this one is the definition.
 */
export class ExactPath {
  readonly #kernel: Kernel;
  readonly #flush: () => void;
  readonly #plan: ScanPlan;
  readonly #context: number;
  readonly #bytes: Uint8Array;
  readonly #buffer: Buffer;
  readonly #view: DataView;
  readonly #fieldContext: FieldContext;
  /** Rows that were not read, by reason. */
  readonly rejected = new Map<RejectReason, number>();
  /** Rows that went this way and were read. */
  rows = 0;

  /** `flush` looks up what has been gathered and empties the lists that go out. */
  constructor(kernel: Kernel, memory: WebAssembly.Memory, context: number, plan: ScanPlan, flush: () => void) {
    this.#kernel = kernel;
    this.#flush = flush;
    this.#plan = plan;
    this.#context = context;
    this.#bytes = new Uint8Array(memory.buffer);
    this.#buffer = Buffer.from(memory.buffer);
    this.#view = new DataView(memory.buffer);
    this.#fieldContext = { region: plan.region };
  }

  /** Takes the row whose content is at [start, end) in the shared memory; its number in the block is `ordinal`, its own fingerprint (`printLo`, `printHi`), 0 for none. */
  take(start: number, end: number, ordinal: number, printLo: number, printHi: number): void {
    const isTooLong = end - start > ROW_LIMIT;
    const reason = isTooLong ? 'too-long' : this.#prepare(this.#bytes.slice(start, end), ordinal, printLo, printHi);
    if (reason === null) this.rows++;
    else this.rejected.set(reason, (this.rejected.get(reason) ?? 0) + 1);
  }

  #prepare(row: Uint8Array, ordinal: number, printLo: number, printHi: number): RejectReason | null {
    const plan = this.#plan;
    const fitted = fitRow(splitRow(row, 0, row.length, plan.dialect), plan.columns);
    if ('rejected' in fitted) return fitted.rejected;
    const cells = fitted.cells;
    const values = plan.active.map((column) => this.#normalise(column, cells[column.index] ?? empty));
    const refused = plan.mode === 'add' ? this.#refuse(values) : null;
    if (refused !== null) return refused;

    let needed = 0;
    for (const value of values) if (typeof value === 'string') needed += value.length * 3 + 8;
    for (const cell of cells) needed += cell.length + 3;
    if (this.#used() + needed > PREPARED_BYTES) this.#flush();

    let place = this.#context + CTX_CELLS;
    let filled = 0;
    const hasValue = new Set<number>();
    values.forEach((value, index) => {
      const column = plan.active[index]!;
      if (typeof value === 'number') this.#put(place, value, 0);
      else {
        const [pointer, length] = this.#write(value ?? '');
        this.#put(place, pointer, length);
        if (column.role === 'identifying' && length > 0) hasValue.add(column.index);
      }
      if (column.role === 'confirming' && !isBlank(cells[column.index] ?? empty)) filled |= 1 << index;
      place += 8;
    });
    for (let index = 0; index < plan.columns; index++, place += 8) {
      // A valid identifying value stands in the row's hash by its fingerprint, not by its bytes.
      if (hasValue.has(index)) this.#put(place, 0, -1);
      else {
        const cell = trimSpace(cells[index] ?? empty);
        const pointer = this.#allocate(cell.length);
        this.#bytes.set(cell, pointer);
        this.#put(place, pointer, cell.length);
      }
    }
    if (this.#kernel.addPrepared(this.#context, ordinal, filled, printLo, printHi) !== 0) this.#flush();
    return null;
  }

  /** A field's normalised value or null; seconds for a time; NaN for a time that cannot be read. */
  #normalise(column: ActiveColumn, cell: Uint8Array): string | number | null {
    const text = decodeUtf8(cell);
    if (column.field !== null) return fieldByName(column.field).normalise(text, this.#fieldContext);
    if (isBlank(cell)) return timeOfEmptyCell.get(column.kernelClass) ?? Number.NaN;
    const seconds = parseTimeSeconds(text);
    if (seconds !== null) return seconds;
    return column.kernelClass === CLASS_VALID_UNTIL && endless.test(text.trim()) ? STILL_CURRENT : Number.NaN;
  }

  #refuse(values: readonly (string | number | null)[]): RejectReason | null {
    if (values[this.#plan.idColumn] === null) return 'no-id';
    let from = 0;
    let until = STILL_CURRENT;
    for (const [index, column] of this.#plan.active.entries()) {
      const value = values[index];
      if (typeof value !== 'number') continue;
      if (Number.isNaN(value)) return 'bad-time';
      if (column.kernelClass === CLASS_VALID_FROM) from = value;
      else if (column.kernelClass === CLASS_VALID_UNTIL) until = value;
    }
    return this.#plan.isHistory && from >= until ? 'bad-interval' : null;
  }

  #used(): number {
    return this.#view.getUint32(this.#context + CTX_PREPARED_USED, true);
  }

  #allocate(byteLength: number): number {
    const used = this.#used();
    this.#view.setUint32(this.#context + CTX_PREPARED_USED, used + ((byteLength + 3) & ~3), true);
    return this.#context + CTX_PREPARED + used;
  }

  /** Writes a normalised value, its length before it; answers address and length. */
  #write(value: string): [number, number] {
    if (value === '') return [0, 0];
    const at = this.#allocate(value.length * 3 + 4);
    const length = this.#buffer.write(value, at + 4, 'utf8');
    this.#view.setUint32(at, length, true);
    return [at + 4, length];
  }

  #put(place: number, pointer: number, length: number): void {
    this.#view.setUint32(place, pointer, true);
    this.#view.setInt32(place + 4, length, true);
  }
}

/** UTF-8 to text, broken sequences becoming U+FFFD (as the WHATWG decoder does). */
export function decodeUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

function trimSpace(cell: Uint8Array): Uint8Array {
  let from = 0;
  let to = cell.length;
  while (from < to && isAsciiSpace(cell[from]!)) from++;
  while (from < to && isAsciiSpace(cell[to - 1]!)) to--;
  return cell.subarray(from, to);
}

function isBlank(cell: Uint8Array): boolean {
  return trimSpace(cell).length === 0;
}
