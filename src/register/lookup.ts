import { LINE_SLOTS, type RegisterImage } from './layout.ts';

/** Words of a line. */
export const LINE_WORDS = 16;

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
  { lines, overflow }: RegisterImage,
  line: number,
  visit: (lo: number, hi: number, record: number) => void,
): void {
  const at = line * LINE_WORDS;
  const base = lines[at]!;
  const count = lines[at + 1]!;
  const own = count > LINE_SLOTS ? LINE_SLOTS - 1 : count;
  for (let i = 0; i < own; i++) visit(lines[at + 2 + 2 * i]!, lines[at + 3 + 2 * i]!, base + i);
  const rest = lines[at + 2 + 2 * own]!;
  for (let i = own; i < count; i++) {
    const entry = 2 * (rest + i - own);
    visit(overflow[entry]!, overflow[entry + 1]!, base + i);
  }
}
