import { LINE_ENTRIES, type RegisterImage } from './layout.ts';

/**
 * The line in which a fingerprint with this high half lives: floor(hi * lineCount / 2^32) for u32 `hi` and `lineCount`.
 *
 * The product has up to 64 bits and a double only 53: multiplied in two halves of 16 bits, every step is exact and equal to ((u64) hi * lineCount) >> 32.
 */
export function lineOf(hi: number, lineCount: number): number {
  return Math.floor(((hi >>> 16) * lineCount + Math.floor(((hi & 0xffff) * lineCount) / 0x10000)) / 0x10000);
}

/** The records of one fingerprint: `count` of them from record `first` on. `count` is 0 when there are none. */
export interface RecordRun {
  readonly first: number;
  readonly count: number;
}

/** Finds the records of a fingerprint: the plain specification of the kernel's probe. */
export function findRecords(image: RegisterImage, lo: number, hi: number): RecordRun {
  let first = 0;
  let count = 0;
  forEachInLine(image, lineOf(hi, image.lineCount), (lowHalf, highHalf, record) => {
    if (lowHalf !== lo || highHalf !== hi) return;
    if (count === 0) first = record;
    count++;
  });
  return { first, count };
}

/** Visits every fingerprint of the table whose high half is below `hiLimit`, in ascending order, with the number of its record. */
export function forEachRecord(
  image: RegisterImage,
  visit: (lo: number, hi: number, record: number) => void,
  hiLimit = 2 ** 32,
): void {
  const lastLine = lineOf(hiLimit - 1, image.lineCount);
  for (let line = 0; line <= lastLine; line++) {
    forEachInLine(image, line, (lo, hi, record) => {
      if (hi < hiLimit) visit(lo, hi, record);
    });
  }
}

function forEachInLine(
  { table }: RegisterImage,
  line: number,
  visit: (lo: number, hi: number, record: number) => void,
): void {
  const head = LINE_ENTRIES * line;
  const own = table[4 * head]!;
  const rest = table[4 * head + 1]!;
  const overflow = table[4 * head + 2]!;
  for (let i = 0; i < own; i++) visitEntry(table, head + 1 + i, visit);
  for (let i = 0; i < rest; i++) visitEntry(table, overflow + i, visit);
}

function visitEntry(table: Uint32Array, entry: number, visit: (lo: number, hi: number, record: number) => void): void {
  visit(table[4 * entry]!, table[4 * entry + 1]!, entry);
}
