import assert from 'node:assert/strict';
import { findRowEnd, INCOMPLETE, type Row, rowsOf, TOO_LONG } from '../../src/dump/exact-rows.ts';
import type { Dialect } from '../../src/dump/port.ts';
import {
  CTX_OUT_HASH,
  CTX_OUT_ROWS,
  CTX_ROWS,
  CTX_VALUES,
  READY,
  ROW_ORDINAL,
  ROW_SLOW,
  ROWS,
  VALUE_COUNT,
  VALUE_FIRST,
  VALUES_STRIDE,
} from '../../src/kernel/layout.ts';
import { BlockScanner } from '../../src/scan/block-scanner.ts';
import { ThreadMarks } from '../../src/scan/marks.ts';
import { makePlan, type ScanPlan } from '../../src/scan/plan.ts';
import type { Rig } from './rig.ts';

/** A plan under which every cell's exact bytes count: all columns are passwords. */
export function planOfPasswords(dialect: Dialect, columns: number): ScanPlan {
  return makePlan({
    mode: 'verify',
    registerKey: new Uint8Array(32).fill(3),
    region: 'CN',
    encoding: 'utf-8',
    dialect,
    columns,
    fields: Array.from({ length: Math.min(columns, 16) }, (_, index) => ({ index, field: 'password' as const })),
  });
}

/** Rows as the kernel has them: cells as text, or 'rejected', by their number; hashes likewise. */
export interface KernelRows {
  readonly cells: readonly (readonly string[] | undefined)[];
  readonly hashes: readonly (string | undefined)[];
  readonly rejected: string;
  readonly rows: number;
}

/** Reads a text that is whole rows with the kernel and looks into its memory before each look-up. */
export function readWithKernel(rig: Rig, bytes: Uint8Array, plan: ScanPlan, shift = 0): KernelRows {
  const before = rig.arena.usedBytes;
  const marks = new ThreadMarks(rig.arena, 1, { subjects: 0, records: 0, confirming: 0, controls: 0 });
  rig.writeContext(plan, undefined, marks, { isFirst: true, isLast: true });
  const words = rig.words();
  const memory = Buffer.from(rig.arena.memory.buffer);
  const flags = new Uint8Array(rig.arena.memory.buffer, rig.context + ROW_SLOW, ROWS);
  const cells: string[][] = [];
  const hashes: string[] = [];
  let gathered = 0;
  const flush = (context: number): void => {
    gathered = words[CTX_ROWS / 4]!;
    for (let row = 0; row < gathered; row++) {
      // A row that a normaliser was not sure about comes again, from the exact path.
      if (flags[row] !== 0) continue;
      const ordinal = words[ROW_ORDINAL / 4 + row]!;
      assert.equal(cells[ordinal], undefined, 'a row is read once');
      cells[ordinal] = plan.active.map((_, column) => {
        const at = (CTX_VALUES + column * VALUES_STRIDE) / 4 + row;
        const pointer = words[at + VALUE_FIRST / 4]!;
        return memory.toString('utf8', pointer, pointer + (words[at + VALUE_COUNT / 4]! & ~READY));
      });
    }
    rig.kernel.flush(context);
  };
  const scanner = new BlockScanner({ ...rig.kernel, flush }, rig.arena.memory, rig.context, plan, () => {
    let out = CTX_OUT_HASH / 4;
    for (let row = 0; row < gathered; row++) {
      if (flags[row] !== 0) continue;
      hashes[words[ROW_ORDINAL / 4 + row]!] = `${words[out]} ${words[out + 1]}`;
      out += 2;
    }
    assert.equal(out - CTX_OUT_HASH / 4, 2 * words[CTX_OUT_ROWS / 4]!);
    words[CTX_OUT_ROWS / 4] = 0;
    gathered = 0;
  });
  scanner.scan(rig.place(bytes, shift), bytes.length);
  const read = cells.filter((row) => row !== undefined).length;
  const refused = [...scanner.exact.rejected.values()].reduce((sum, count) => sum + count, 0);
  rig.arena.release(before);
  return { cells, hashes, rejected: describeRejected(scanner.exact.rejected), rows: read + refused };
}

function describeRejected(rejected: ReadonlyMap<string, number>): string {
  return JSON.stringify([...rejected].sort());
}

/** The same in the exact reader. */
export function readExactly(bytes: Uint8Array, dialect: Dialect, columns: number): Omit<KernelRows, 'hashes'> {
  const rejected = new Map<string, number>();
  const cells = [...rowsOf(bytes, dialect, columns)].map((row: Row) => {
    if (!('rejected' in row)) return row.cells.map((cell) => Buffer.from(cell).toString('utf8'));
    rejected.set(row.rejected, (rejected.get(row.rejected) ?? 0) + 1);
    return undefined;
  });
  return { cells, rejected: describeRejected(rejected), rows: cells.length };
}

/** Every place after a row of the text, the beginning and the end among them. Rows that are too long end where reading goes on. */
export function rowBoundaries(bytes: Uint8Array, dialect: Dialect): Set<number> {
  const boundaries = new Set([0]);
  const newline = dialect.newline.charCodeAt(0);
  for (let at = 0; at < bytes.length; boundaries.add(at)) {
    const end = findRowEnd(bytes, at, bytes.length, dialect, true);
    assert.notEqual(end, INCOMPLETE);
    if (end !== TOO_LONG) at = end;
    else {
      const stop = bytes.indexOf(newline, at + 1_048_576);
      at = stop === -1 ? bytes.length : stop + 1;
    }
  }
  return boundaries;
}

/** Where the kernel cuts the first `fill` bytes. What follows them in memory is not theirs. */
export function cutWithKernel(rig: Rig, bytes: Uint8Array, fill: number): number {
  const at = rig.place(bytes.subarray(0, fill), fill % 17);
  return rig.kernel.findCut(rig.context, at, at + fill) - at;
}
