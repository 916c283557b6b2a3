import { CONTROL_BIT, LINE_BYTES, LINE_SLOTS, type RegisterImage, SUBJECT_MASK } from '../../register/layout.ts';
import { hasBit } from '../../scan/marks.ts';

/* Records with one fingerprint: who shares a value with whom. */

const LINE_WORDS = LINE_BYTES / 4;

/** Whether the entries `i` and `j` of a line have the same fingerprint. */
export function isSameValue({ lines, overflow }: RegisterImage, line: number, i: number, j: number): boolean {
  const at = line * LINE_WORDS;
  const own = lines[at + 1]! > LINE_SLOTS ? LINE_SLOTS - 1 : lines[at + 1]!;
  const place = (entry: number): number =>
    entry < own ? at + 2 + 2 * entry : 2 * (lines[at + 2 + 2 * own]! + entry - own);
  const [a, b] = [i < own ? lines : overflow, j < own ? lines : overflow];
  return a[place(i)] === b[place(j)] && a[place(i) + 1] === b[place(j) + 1];
}

/** Line and place in it of every record of the chosen subjects, in the order of the table. */
export function findPlaces({ lines, records, lineCount }: RegisterImage, chosen: Uint32Array): Uint32Array {
  let places = new Uint32Array(1 << 16);
  let used = 0;
  for (let line = 0; line < lineCount; line++) {
    const base = lines[line * LINE_WORDS]!;
    const count = lines[line * LINE_WORDS + 1]!;
    for (let i = 0; i < count; i++) {
      const owner = records[2 * (base + i)]!;
      if (owner >= CONTROL_BIT || !hasBit(chosen, owner & SUBJECT_MASK)) continue;
      if (used === places.length) {
        const larger = new Uint32Array(2 * used);
        larger.set(places);
        places = larger;
      }
      places[used++] = line;
      places[used++] = i;
    }
  }
  return places.subarray(0, used);
}

/** Records [start, end) of a line that have one fingerprint. */
export interface Run {
  readonly start: number;
  readonly end: number;
}

/** The run that place `i` of a line is in. */
export function runOf(image: RegisterImage, line: number, i: number): Run {
  const count = image.lines[line * LINE_WORDS + 1]!;
  let start = i;
  let end = i + 1;
  while (start > 0 && isSameValue(image, line, i, start - 1)) start--;
  while (end < count && isSameValue(image, line, i, end)) end++;
  return { start, end };
}

/** The first two subjects of a run that are in `among`. */
export function ownersIn({ records }: RegisterImage, base: number, { start, end }: Run, among: Uint32Array): number[] {
  const found: number[] = [];
  for (let i = start; i < end && found.length < 2; i++) {
    const owner = records[2 * (base + i)]!;
    const subject = owner & SUBJECT_MASK;
    if (owner < CONTROL_BIT && found[0] !== subject && hasBit(among, subject)) found.push(subject);
  }
  return found;
}

/** Subjects who share a fingerprint with somebody else, in the runs of the given places; null when nobody does. */
export function findSharers(image: RegisterImage, places: Uint32Array): Uint32Array | null {
  const { lines, records, subjectCount } = image;
  let sharers: Uint32Array | null = null;
  let end = 0;
  for (let at = 0; at < places.length; at += 2) {
    const line = places[at]!;
    const i = places[at + 1]!;
    if (at > 0 && line === places[at - 2] && i < end) continue;
    const run = runOf(image, line, i);
    end = run.end;
    if (run.end - run.start < 2) continue;
    const base = lines[line * LINE_WORDS]!;
    const subjects = new Set<number>();
    for (let j = run.start; j < run.end; j++) {
      const owner = records[2 * (base + j)]!;
      if (owner < CONTROL_BIT) subjects.add(owner & SUBJECT_MASK);
    }
    if (subjects.size < 2) continue;
    sharers ??= new Uint32Array((subjectCount >>> 5) + 1);
    for (const subject of subjects) sharers[subject >>> 5] = sharers[subject >>> 5]! | (1 << (subject & 31));
  }
  return sharers;
}

/** Of `among`, the subjects of whom the dump has a value that nobody else ever had: they are in it themselves, not by what they share. */
export function findOwn(image: RegisterImage, recordSeen: Uint32Array, among: Uint32Array | null): Uint32Array {
  if (among === null) return new Uint32Array((image.subjectCount >>> 5) + 1);
  const { lines, records } = image;
  const own = new Uint32Array(among.length);
  for (let line = 0; line < image.lineCount; line++) {
    const base = lines[line * LINE_WORDS]!;
    const count = lines[line * LINE_WORDS + 1]!;
    for (let i = 0; i < count; i++) {
      const owner = records[2 * (base + i)]!;
      const subject = owner & SUBJECT_MASK;
      if (owner >= CONTROL_BIT || !hasBit(among, subject) || !hasBit(recordSeen, base + i)) continue;
      const run = runOf(image, line, i);
      let alone = true;
      for (let j = run.start; j < run.end && alone; j++) {
        const other = records[2 * (base + j)]!;
        alone = other >= CONTROL_BIT || (other & SUBJECT_MASK) === subject;
      }
      if (alone) own[subject >>> 5] = own[subject >>> 5]! | (1 << (subject & 31));
      // A run is one subject's or nobody's own: it is looked at once, however long it is.
      i = run.end - 1;
    }
  }
  return own;
}
