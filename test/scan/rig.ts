import type { FieldName } from '../../src/core/fields/field.ts';
import { fieldByName } from '../../src/core/fields/registry.ts';
import type { RejectReason } from '../../src/dump/port.ts';
import { instantiateKernel, type Kernel } from '../../src/kernel/kernel.ts';
import {
  COUNTER_CHIMERA,
  COUNTER_FIELDS,
  COUNTER_IDENTIFIABLE,
  COUNTER_MULTIPLE,
  COUNTER_ROWS,
  COUNTER_STRONG,
  COUNTER_WEAK,
  COUNTERS_BYTES,
  CTX_BYTES,
  CTX_COUNTERS,
  CTX_KINDS_WANTED,
  CTX_OUT_HASH,
  CTX_OUT_KINDS,
  CTX_OUT_ROWS,
  CTX_ROW_COUNTER,
  CTX_ROW_STATE,
  KIND_CHIMERA,
  KIND_STRONG,
  KIND_WEAK,
  KINDS_CAPACITY,
  PADDING,
  ROW_STATE_BYTES,
} from '../../src/kernel/layout.ts';
import { Arena } from '../../src/scan/arena.ts';
import { BlockScanner } from '../../src/scan/block-scanner.ts';
import { type ImageAddresses, type PassInfo, writeContext } from '../../src/scan/context.ts';
import { createEmptyAddresses } from '../../src/scan/image.ts';
import { forEachBit, type MarkSizes, type Marks, ThreadMarks } from '../../src/scan/marks.ts';
import type { ScanPlan } from '../../src/scan/plan.ts';
import type { FieldCounts, RowKind } from '../../src/verify/reference.ts';

/** What a scan counted, in the form of the reference's result; `kinds` of rejected rows are 'none'. */
export interface Counted {
  readonly counters: Readonly<Record<'rows' | 'identifiable' | 'multiple' | 'strong' | 'weak' | 'chimera', number>>;
  readonly fields: ReadonlyMap<FieldName, FieldCounts>;
}

/** Reads the kernel's counters (index = offset / 8). */
export function readCounters(words: ArrayLike<number>, plan: ScanPlan): Counted {
  const at = (offset: number): number => words[offset / 8] ?? 0;
  const fields = new Map<FieldName, FieldCounts>();
  for (const { field } of plan.active) {
    if (field === null) continue;
    const place = COUNTER_FIELDS + fieldByName(field).id * 24;
    fields.set(field, { rows: at(place), matched: at(place + 8), current: at(place + 16) });
  }
  return {
    counters: {
      rows: at(COUNTER_ROWS),
      identifiable: at(COUNTER_IDENTIFIABLE),
      multiple: at(COUNTER_MULTIPLE),
      strong: at(COUNTER_STRONG),
      weak: at(COUNTER_WEAK),
      chimera: at(COUNTER_CHIMERA),
    },
    fields,
  };
}

export interface Scanned extends Counted {
  readonly kinds: readonly RowKind[];
  readonly rejected: ReadonlyMap<RejectReason, number>;
  /** Hashes of the rows, in the order in which the kernel sends them out (first pass only). */
  readonly hashes: readonly string[];
  readonly exactRows: number;
  readonly marks: Marks;
}

/** A register in the rig's memory, or none. */
export interface RigImage {
  readonly addresses: ImageAddresses;
  readonly sizes: MarkSizes;
}

export interface RigScan {
  readonly bytes: Uint8Array;
  readonly plan: ScanPlan;
  readonly image?: RigImage;
  readonly pass?: PassInfo;
  /** States of the rows of each block, kept between passes. */
  readonly states?: Uint8Array[];
  /** Ends of the blocks: rows must end there. One block without it. */
  readonly cuts?: readonly number[];
  /** Sees the kernel's memory before and after each flush. */
  readonly onFlush?: (stage: 'before' | 'after') => void;
}

const nothing: MarkSizes = { subjects: 0, records: 0, confirming: 0, controls: 0 };
const onlyPass: PassInfo = { isFirst: true, isLast: true };

/** One kernel over a memory of its own, without threads. What stands after the text is made of separators, quotes and digits: reading too far shows. */
export class Rig {
  readonly arena = new Arena();
  readonly kernel: Kernel;
  readonly context: number;
  readonly #text: number;
  readonly #capacity: number;
  /** Memory that is in use before anything is loaded. */
  readonly baseBytes: number;

  constructor(capacityBytes: number) {
    this.#capacity = capacityBytes;
    this.context = this.arena.allocate(CTX_BYTES);
    this.#text = this.arena.allocate(capacityBytes + PADDING + 64);
    this.kernel = instantiateKernel(this.arena.memory);
    this.baseBytes = this.arena.usedBytes;
  }

  /** Puts text into the memory with hostile bytes around it; answers its address. `shift` moves it off its alignment. */
  place(bytes: Uint8Array, shift = 0): number {
    if (bytes.length + shift > this.#capacity) throw new Error('the text is too long for this rig');
    const at = this.#text + shift;
    const memory = this.arena.bytes(this.#text, this.#capacity + PADDING + 64);
    memory.set(bytes, shift);
    const after = shift + bytes.length;
    for (let i = 0; i < PADDING + 64 - shift; i++)
      memory[after + i] = '",;\n13800138000@x.yz\r\''.charCodeAt((i + after) % 22);
    return at;
  }

  writeContext(plan: ScanPlan, image: RigImage | undefined, marks: ThreadMarks, pass: PassInfo): void {
    const addresses = image?.addresses ?? createEmptyAddresses(this.arena);
    writeContext(this.arena.memory, this.context, plan, addresses, marks.addresses[0]!, pass);
  }

  words(): Uint32Array {
    return this.arena.words(this.context, CTX_BYTES / 4);
  }

  /** Scans in verify mode. Memory that it takes is the caller's to release. */
  scan({ bytes, plan, image, pass = onlyPass, states, cuts = [bytes.length], onFlush }: RigScan): Scanned {
    const marks = new ThreadMarks(this.arena, 1, image?.sizes ?? nothing);
    const stateAt = states === undefined ? 0 : this.arena.allocate((bytes.length + 2) * ROW_STATE_BYTES);
    this.writeContext(plan, image, marks, pass);
    const words = this.words();
    const hashes: string[] = [];
    const kernel: Kernel = {
      ...this.kernel,
      flush: (context) => {
        onFlush?.('before');
        this.kernel.flush(context);
        onFlush?.('after');
      },
    };
    const scanner = new BlockScanner(kernel, this.arena.memory, this.context, plan, () => {
      for (let row = 0; row < words[CTX_OUT_ROWS / 4]!; row++) {
        hashes.push(`${words[CTX_OUT_HASH / 4 + 2 * row]} ${words[CTX_OUT_HASH / 4 + 2 * row + 1]}`);
      }
      words[CTX_OUT_ROWS / 4] = 0;
    });
    const kinds: RowKind[] = [];
    let start = 0;
    cuts.forEach((cut, block) => {
      const block0 = bytes.subarray(start, cut);
      const at = this.place(block0, (start * 7) % 61);
      start = cut;
      words[CTX_ROW_STATE / 4] = stateAt;
      words[CTX_KINDS_WANTED / 4] = 1;
      const out = this.arena.bytes(this.context + CTX_OUT_KINDS, KINDS_CAPACITY).fill(0);
      if (states !== undefined && !pass.isFirst) this.arena.bytes(stateAt, states[block]!.length).set(states[block]!);
      scanner.scan(at, block0.length);
      const rows = words[CTX_ROW_COUNTER / 4]!;
      if (states !== undefined) states[block] = this.arena.bytes(stateAt, rows * ROW_STATE_BYTES).slice();
      for (let row = 0; row < Math.min(rows, KINDS_CAPACITY); row++) kinds.push(kindName(out[row]!));
    });
    const counters = new BigUint64Array(this.arena.memory.buffer, this.context + CTX_COUNTERS, COUNTERS_BYTES / 8);
    return {
      ...readCounters(Array.from(counters, Number), plan),
      kinds,
      rejected: scanner.exact.rejected,
      hashes,
      exactRows: scanner.exact.rows,
      marks: marks.merge(),
    };
  }
}

function kindName(kind: number): RowKind {
  if (kind === KIND_STRONG) return 'strong';
  if (kind === KIND_WEAK) return 'weak';
  return kind === KIND_CHIMERA ? 'chimera' : 'none';
}

/** The numbers of a bitmap's set bits. */
export function bitsOf(bits: Uint32Array, count: number): number[] {
  const found: number[] = [];
  forEachBit(bits, count, (at) => found.push(at));
  return found;
}
