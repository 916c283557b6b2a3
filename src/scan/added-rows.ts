import { makeNeighbours } from '../core/fields/neighbours.ts';
import { fieldById } from '../core/fields/registry.ts';
import type { RejectReason } from '../dump/port.ts';
import type { Kernel } from '../kernel/kernel.ts';
import {
  ACTIVE_STRIDE,
  COL_FIELD,
  COL_KEY,
  CTX_ACTIVE,
  CTX_BYTES,
  CTX_IDENTIFYING,
  CTX_OUT_ID,
  CTX_OUT_ID_BYTES,
  CTX_OUT_ID_DATA,
  CTX_OUT_ID_OFFSET,
  CTX_OUT_NOVEL,
  CTX_OUT_NOVEL_LIST,
  CTX_OUT_PRINT,
  CTX_OUT_ROWS,
  CTX_OUT_SAMPLE_LIST,
  CTX_OUT_SAMPLES,
  CTX_OUT_SUBJECT,
  CTX_OUT_TIMES,
  CTX_OUT_UNCHANGED,
  CTX_PREPARED,
  CTX_WANTS_PRINTS,
  ROWS,
  SAMPLE_BYTES,
} from '../kernel/layout.ts';
import type { AddedRows } from './messages.ts';

/** Control values made from one sampled value. */
const NEIGHBOURS = 4;

/** Typed arrays that grow. */
class Growing<T extends Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>> {
  #array: T;
  length = 0;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.#array = make(4096);
  }

  /** Room for `count` more at the end: where to write them. */
  extend(count: number): T {
    const needed = this.length + count;
    if (needed > this.#array.length) {
      const larger = this.#make(Math.max(needed, this.#array.length * 2));
      larger.set(this.#array);
      this.#array = larger;
    }
    const room = this.#array.subarray(this.length, needed) as T;
    this.length = needed;
    return room;
  }

  /** What was written, as an array of its own. */
  take(): T {
    const taken = this.#array.slice(0, this.length) as T;
    this.length = 0;
    return taken;
  }
}

const words = (): Growing<Uint32Array<ArrayBuffer>> => new Growing((length) => new Uint32Array(length));
const octets = (): Growing<Uint8Array<ArrayBuffer>> => new Growing((length) => new Uint8Array(length));

/** Gathers what the kernel sends out while a block of a customer table is scanned, until the block is whole. */
export class AddedRowsCollector {
  readonly #kernel: Kernel;
  readonly #context: number;
  readonly #words: Uint32Array;
  readonly #bytes: Uint8Array;
  readonly #controlsKey: Uint8Array;
  readonly #keyOf: ReadonlyMap<number, number>;
  #rows = 0;
  readonly #subject = words();
  readonly #idLo = words();
  readonly #idHi = words();
  readonly #idBytes = octets();
  readonly #idOffsets = words();
  readonly #times = [words(), words(), words()] as const;
  readonly #prints = words();
  readonly #novelRow = words();
  readonly #novelField = octets();
  readonly #novelLo = words();
  readonly #novelHi = words();
  #controls: { field: number; sampleHi: number; neighbours: Uint32Array }[] = [];

  constructor(kernel: Kernel, memory: WebAssembly.Memory, context: number, controlsKey: Uint8Array) {
    this.#kernel = kernel;
    this.#context = context;
    this.#words = new Uint32Array(memory.buffer, context, CTX_BYTES / 4);
    this.#bytes = new Uint8Array(memory.buffer, context, CTX_BYTES);
    this.#controlsKey = controlsKey;
    const keyOf = new Map<number, number>();
    for (let column = 0; column < this.#words[CTX_IDENTIFYING / 4]!; column++) {
      const at = CTX_ACTIVE + ACTIVE_STRIDE * column;
      keyOf.set(this.#words[(at + COL_FIELD) / 4]!, context + at + COL_KEY);
    }
    this.#keyOf = keyOf;
  }

  /** Copies the kernel's lists and marks them empty. */
  drain(): void {
    const memory = this.#words;
    const rows = memory[CTX_OUT_ROWS / 4]!;
    // Samples are taken when values are hashed: there may be some though no row of theirs came through.
    this.#drainSamples();
    if (rows === 0) return;
    this.#copy(this.#subject, CTX_OUT_SUBJECT, rows);
    const idLo = this.#idLo.extend(rows);
    const idHi = this.#idHi.extend(rows);
    for (let row = 0, at = CTX_OUT_ID / 4; row < rows; row++, at += 2) {
      idLo[row] = memory[at]!;
      idHi[row] = memory[at + 1]!;
    }
    const idBytes = memory[CTX_OUT_ID_BYTES / 4]!;
    const before = this.#idBytes.length;
    this.#idBytes.extend(idBytes).set(this.#bytes.subarray(CTX_OUT_ID_DATA, CTX_OUT_ID_DATA + idBytes));
    const offsets = this.#idOffsets.extend(rows);
    for (let row = 0; row < rows; row++) offsets[row] = before + memory[CTX_OUT_ID_OFFSET / 4 + row]!;
    for (const [place, time] of this.#times.entries()) this.#copy(time, CTX_OUT_TIMES + place * ROWS * 4, rows);
    if (memory[CTX_WANTS_PRINTS / 4] !== 0) this.#copy(this.#prints, CTX_OUT_PRINT, 2 * rows);
    this.#drainNovel();
    this.#rows += rows;
    memory[CTX_OUT_ROWS / 4] = 0;
    memory[CTX_OUT_ID_BYTES / 4] = 0;
  }

  #copy(to: Growing<Uint32Array<ArrayBuffer>>, from: number, count: number): void {
    to.extend(count).set(this.#words.subarray(from / 4, from / 4 + count));
  }

  #drainNovel(): void {
    const memory = this.#words;
    const count = memory[CTX_OUT_NOVEL / 4]!;
    const row = this.#novelRow.extend(count);
    const field = this.#novelField.extend(count);
    const lo = this.#novelLo.extend(count);
    const hi = this.#novelHi.extend(count);
    for (let i = 0, at = CTX_OUT_NOVEL_LIST / 4; i < count; i++, at += 4) {
      row[i] = this.#rows + memory[at]!;
      field[i] = memory[at + 1]!;
      lo[i] = memory[at + 2]!;
      hi[i] = memory[at + 3]!;
    }
    memory[CTX_OUT_NOVEL / 4] = 0;
  }

  /** Makes control values of the sampled ones, which then are forgotten. */
  #drainSamples(): void {
    const memory = this.#words;
    const count = memory[CTX_OUT_SAMPLES / 4]!;
    for (let i = 0; i < count; i++) {
      const at = CTX_OUT_SAMPLE_LIST + i * SAMPLE_BYTES;
      const fieldId = memory[at / 4]!;
      const length = memory[at / 4 + 2]!;
      const field = fieldById(fieldId);
      if (field === null) continue;
      const value = Buffer.from(this.#bytes.slice(at + 16, at + 16 + length)).toString('utf8');
      const made = makeNeighbours(field.name, value, this.#controlsKey, NEIGHBOURS);
      const key = this.#keyOf.get(fieldId);
      if (made === null || key === undefined) continue;
      const neighbours = new Uint32Array(made.length * 2);
      made.forEach((neighbour, index) => {
        // The prepared rows' place is free after a flush.
        const size = Buffer.from(this.#bytes.buffer, this.#context + CTX_PREPARED, 256).write(neighbour, 'utf8');
        const hash = BigInt.asUintN(64, this.#kernel.hashOne(this.#context, key, this.#context + CTX_PREPARED, size));
        neighbours[2 * index] = Number(hash & 0xffffffffn);
        neighbours[2 * index + 1] = Number(hash >> 32n);
      });
      this.#controls.push({ field: fieldId, sampleHi: memory[at / 4 + 1]!, neighbours });
    }
    memory[CTX_OUT_SAMPLES / 4] = 0;
  }

  /** The whole block; the collector is empty afterwards. */
  take(rejected: ReadonlyMap<RejectReason, number>): AddedRows {
    const rows = this.#rows;
    this.#rows = 0;
    const end = this.#idBytes.length;
    this.#idOffsets.extend(1)[0] = end;
    const controls = this.#controls;
    this.#controls = [];
    const [created, validFrom, validUntil] = this.#times;
    const unchanged = this.#words[CTX_OUT_UNCHANGED / 4]!;
    this.#words[CTX_OUT_UNCHANGED / 4] = 0;
    return {
      rows,
      subject: this.#subject.take(),
      idLo: this.#idLo.take(),
      idHi: this.#idHi.take(),
      idBytes: this.#idBytes.take(),
      idOffsets: this.#idOffsets.take(),
      created: created.take(),
      validFrom: validFrom.take(),
      validUntil: validUntil.take(),
      prints: this.#prints.take(),
      unchanged,
      novelRow: this.#novelRow.take(),
      novelField: this.#novelField.take(),
      novelLo: this.#novelLo.take(),
      novelHi: this.#novelHi.take(),
      controls,
      rejected,
    };
  }
}
