import { CONTROL_BIT, LINE_ENTRIES, type RegisterImage, SUBJECT_MASK } from '../../register/layout.ts';
import { hasBit } from '../../scan/marks.ts';
import { threadTask } from '../../scan/tasks.ts';

/* Records with one fingerprint stand side by side: who shares a value with whom. */

/** What of a register's image has to do with identifying values. */
export type TableImage = Pick<RegisterImage, 'table' | 'lineCount' | 'entryCount' | 'subjectCount'>;

/** Whether two entries of the table have the same fingerprint. */
function isSameValue({ table }: TableImage, a: number, b: number): boolean {
  return table[4 * a] === table[4 * b] && table[4 * a + 1] === table[4 * b + 1];
}

/** Records [start, end) that have one fingerprint. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** The run that a record is in; it lies in one line, or in the overflow. */
export function runOf(image: TableImage, record: number): Run {
  const { table, lineCount, entryCount } = image;
  const overflow = LINE_ENTRIES * lineCount;
  const head = record - (record % LINE_ENTRIES);
  const first = record < overflow ? head + 1 : overflow;
  const last = record < overflow ? head + table[4 * head]! : entryCount - 1;
  let start = record;
  let end = record + 1;
  while (start > first && isSameValue(image, record, start - 1)) start--;
  while (end <= last && isSameValue(image, record, end)) end++;
  return { start, end };
}

/** Whether a record is in a run. */
export function isIn({ start, end }: Run, record: number): boolean {
  return record >= start && record < end;
}

/** One thread's share of the lines of a table. */
export interface LineShare {
  readonly image: TableImage;
  readonly fromLine: number;
  readonly toLine: number;
}

/** Every record of the chosen subjects, in the order of fingerprints. */
export function findRecordsOf({
  image: { table },
  fromLine,
  toLine,
  chosen,
}: LineShare & { readonly chosen: Uint32Array }): number[] {
  const found: number[] = [];
  for (let head = LINE_ENTRIES * fromLine; head < LINE_ENTRIES * toLine; head += LINE_ENTRIES) {
    takeRecords(table, head + 1, table[4 * head]!, chosen, found);
    const rest = table[4 * head + 1]!;
    if (rest !== 0) takeRecords(table, table[4 * head + 2]!, rest, chosen, found);
  }
  return found;
}

/** Adds those of `count` records from `first` on that belong to a chosen subject. */
function takeRecords(table: Uint32Array, first: number, count: number, chosen: Uint32Array, found: number[]): void {
  for (let record = first; record < first + count; record++) {
    const owner = table[4 * record + 2]!;
    if (hasBit(chosen, owner & SUBJECT_MASK) && owner < CONTROL_BIT) found.push(record);
  }
}

/** The first two subjects of a run that are in `among`. */
export function ownersIn({ table }: TableImage, { start, end }: Run, among: Uint32Array): number[] {
  const found: number[] = [];
  for (let record = start; record < end && found.length < 2; record++) {
    const owner = table[4 * record + 2]!;
    const subject = owner & SUBJECT_MASK;
    if (owner < CONTROL_BIT && found[0] !== subject && hasBit(among, subject)) found.push(subject);
  }
  return found;
}

/** Subjects who share a fingerprint with somebody else, in the runs of the given records; null when nobody does. */
export function findSharers(image: TableImage, records: readonly number[]): Uint32Array | null {
  const { table, subjectCount } = image;
  let sharers: Uint32Array | null = null;
  let run: Run = { start: 0, end: 0 };
  for (const record of records) {
    if (isIn(run, record)) continue;
    run = runOf(image, record);
    if (isOneSubjects(image, run)) continue;
    sharers ??= new Uint32Array(new SharedArrayBuffer(4 * ((subjectCount >>> 5) + 1)));
    for (let at = run.start; at < run.end; at++) {
      const owner = table[4 * at + 2]!;
      const subject = owner & SUBJECT_MASK;
      if (owner < CONTROL_BIT) sharers[subject >>> 5] = sharers[subject >>> 5]! | (1 << (subject & 31));
    }
  }
  return sharers;
}

/** Whether nobody but the subject of the first record has the value of a run. Controls, which belong to nobody, come last. */
function isOneSubjects({ table }: TableImage, { start, end }: Run): boolean {
  for (let at = start + 1; at < end; at++) {
    const owner = table[4 * at + 2]!;
    if (owner < CONTROL_BIT && owner !== table[4 * start + 2]) return false;
  }
  return true;
}

/** One thread's share of the words of the bitmap of records. */
export interface SeenShare {
  readonly image: TableImage;
  readonly recordSeen: Uint32Array;
  readonly among: Uint32Array;
  readonly fromWord: number;
  readonly toWord: number;
}

/** Of `among`, the subjects of whom the dump has a value that nobody else ever had: they are in it themselves, not by what they share. */
export function findOwn({ image, recordSeen, among, fromWord, toWord }: SeenShare): Uint32Array {
  const { table } = image;
  const own = new Uint32Array(among.length);
  let run: Run = { start: 0, end: 0 };
  for (let word = fromWord; word < toWord; word++) {
    for (let rest = recordSeen[word]!; rest !== 0; rest &= rest - 1) {
      const record = 32 * word + 31 - Math.clz32(rest & -rest);
      const owner = table[4 * record + 2]!;
      const subject = owner & SUBJECT_MASK;
      // A run is one subject's or nobody's own: it is looked at once, however long it is.
      if (owner >= CONTROL_BIT || !hasBit(among, subject) || isIn(run, record)) continue;
      run = runOf(image, record);
      if (isOneSubjects(image, run)) own[subject >>> 5] = own[subject >>> 5]! | (1 << (subject & 31));
    }
  }
  return own;
}

export const findingRecords = threadTask(import.meta.url, findRecordsOf);
export const findingOwn = threadTask(import.meta.url, findOwn);
