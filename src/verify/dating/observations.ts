import { AGAIN, binOf, type CopyEvidence, FIRST_CONFIRMING_FIELD, SEEN, SHARED } from './copy-evidence.ts';
import { FIRST_TABLE, findGaps, type Gaps } from './gaps.ts';

/** Values are told apart by field and by whether other subjects had them: class = field × 2 + shared. */
export const CLASSES = 32;
/** What a value can be at a time: current or not, seen in the dump or not. */
export const STATES = 4;
export const SEEN_CURRENT = 0;
export const SEEN_OTHER = 1;
export const UNSEEN_CURRENT = 2;
export const UNSEEN_OTHER = 3;

/** Seconds that mean "still current" (register/layout.ts). */
const STILL = 0xffffffff;
/** More entries of one subject than this are not looked at: nobody changes a phone number a hundred times. */
const MOST_ENTRIES = 96;
/** Rows of one subject that are told apart when its values cannot have been current together. */
const MOST_ROWS = 3;
const NO_GAP = -1;

/**
 * What the dump shows of a subject at one time, as a function of when it was copied: constant between changes of the subject's record. Observation `i` has the segments `index[i]` to `index[i + 1]`;
 * the first begins before the axis, segment `j` at bin `start[j]`. `pattern[j]` numbers how many values of each class would be in which state.
 */
export interface Observations {
  readonly count: number;
  readonly index: Uint32Array;
  readonly start: Int32Array;
  readonly pattern: Uint32Array;
  /** Number of the snapshot gap within which the segment really began, at a time unknown; −1: the time is exact. */
  readonly gap: Int32Array;
  /** Segments in which the subject had no value at all: 1. */
  readonly absent: Uint8Array;
  readonly patternCount: number;
  /** Per pattern CLASSES × STATES counts. */
  readonly patterns: Uint8Array;
  /** Classes that occur at all. */
  readonly classes: readonly number[];
  /** Gap g: bins from `gapFrom[g]` up to, without, `gapTo[g]`. */
  readonly gapFrom: Int32Array;
  readonly gapTo: Int32Array;
  /** Subjects that had to be split into several rows. */
  readonly split: number;
}

/** Growing arrays of the segments. */
class Segments {
  start = new Int32Array(1024);
  pattern = new Uint32Array(1024);
  gap = new Int32Array(1024);
  absent = new Uint8Array(1024);
  count = 0;

  push(start: number, pattern: number, gap: number, absent: boolean): void {
    if (this.count === this.start.length) this.#grow();
    this.start[this.count] = start;
    this.pattern[this.count] = pattern;
    this.gap[this.count] = gap;
    this.absent[this.count++] = absent ? 1 : 0;
  }

  #grow(): void {
    const double = <A extends Int32Array | Uint32Array | Uint8Array>(old: A, made: A): A => {
      made.set(old);
      return made;
    };
    const size = 2 * this.count;
    this.start = double(this.start, new Int32Array(size));
    this.pattern = double(this.pattern, new Uint32Array(size));
    this.gap = double(this.gap, new Int32Array(size));
    this.absent = double(this.absent, new Uint8Array(size));
  }
}

/** Numbers patterns. A pattern is known by a sum of one number per value, which changes of a single value update cheaply. */
class PatternTable {
  readonly #numbers = new Map<number, number>();
  #counts = new Uint8Array(CLASSES * STATES * 64);

  get count(): number {
    return this.#numbers.size;
  }

  get counts(): Uint8Array {
    return this.#counts.slice(0, this.count * CLASSES * STATES);
  }

  numberOf(key: number, counts: Uint8Array): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(key, number);
    const at = number * CLASSES * STATES;
    if (at === this.#counts.length) {
      const grown = new Uint8Array(2 * at);
      grown.set(this.#counts);
      this.#counts = grown;
    }
    this.#counts.set(counts, at);
    return number;
  }
}

/** Weights of a pattern's key: below 2^44, so that sums of a hundred are exact; fixed, so that the same evidence gives the same answer. */
const keyWeights = Float64Array.from({ length: CLASSES * STATES }, (_, i) => {
  let x = Math.imul(i + 1, 0x9e3779b1);
  x = Math.imul(x ^ (x >>> 15), 0x85ebca6b);
  const low = (x ^ (x >>> 13)) >>> 0;
  x = Math.imul(low ^ (low >>> 16), 0xc2b2ae35);
  return low + ((x >>> 20) & 0xfff) * 2 ** 32;
});

/** The entries of one subject, in buffers that are used again for the next. */
class Subject {
  readonly from = new Float64Array(MOST_ENTRIES);
  readonly until = new Float64Array(MOST_ENTRIES);
  readonly cls = new Uint8Array(MOST_ENTRIES);
  /** Number of the value that the entry is a period of. */
  readonly value = new Uint8Array(MOST_ENTRIES);
  /** Per value. */
  readonly seen = new Uint8Array(MOST_ENTRIES);
  readonly shared = new Uint8Array(MOST_ENTRIES);
  readonly cuts = new Float64Array(2 * MOST_ENTRIES + 1);
  entries = 0;
  values = 0;
  segments = 0;

  load({ history }: CopyEvidence, subject: number): void {
    const first = history.index[subject]!;
    this.entries = Math.min(MOST_ENTRIES, history.index[subject + 1]! - first);
    this.values = 0;
    let seenShared = false;
    const created = history.created[subject]!;
    let earliest = STILL;
    for (let i = 0; i < this.entries; i++) {
      const flags = history.flags[first + i]!;
      if ((flags & AGAIN) === 0 || i === 0) {
        this.seen[this.values] = flags & SEEN;
        this.shared[this.values++] = flags & SHARED;
      } else if ((flags & SEEN) !== 0) this.seen[this.values - 1] = 1;
      this.value[i] = this.values - 1;
      this.from[i] = history.from[first + i]!;
      this.until[i] = history.until[first + i]!;
      earliest = Math.min(earliest, this.from[i]!);
      seenShared ||= (flags & SEEN) !== 0 && (flags & SHARED) !== 0;
    }
    for (let i = 0; i < this.entries; i++) {
      const field = history.field[first + i]!;
      // What stood in the first table that has the subject was there since the account was created.
      if (created !== 0 && created < earliest && this.from[i] === earliest) this.from[i] = created;
      // A row of somebody else that leads here by a shared value is compared with the confirming values too.
      const shared = this.shared[this.value[i]!] !== 0 || (seenShared && field >= FIRST_CONFIRMING_FIELD);
      if (shared) this.shared[this.value[i]!] = 1;
      this.cls[i] = (field & 15) * 2 + (shared ? 1 : 0);
    }
    this.#cut();
  }

  #cut(): void {
    let count = 0;
    for (let i = 0; i < this.entries; i++) {
      this.cuts[count++] = this.from[i]!;
      if (this.until[i]! !== STILL) this.cuts[count++] = this.until[i]!;
    }
    const sorted = this.cuts.subarray(0, count).sort();
    let kept = 0;
    for (let i = 0; i < count; i++) if (i === 0 || sorted[i] !== sorted[kept - 1]) sorted[kept++] = sorted[i]!;
    this.segments = kept + 1;
  }

  /** When segment `j` begins; the first one before all times. */
  startOf(j: number): number {
    return j === 0 ? -1 : this.cuts[j - 1]!;
  }

  isCurrent(entry: number, at: number): boolean {
    return this.from[entry]! <= at && at < this.until[entry]!;
  }
}

/** Turns the histories of subjects into observations. Subjects of whom the dump has nothing that could differ are kept: their presence says when they existed. */
export function observe(evidence: CopyEvidence): Observations {
  const gaps = findGaps(evidence.axis, evidence.snapshots);
  const segments = new Segments();
  const table = new PatternTable();
  const subject = new Subject();
  const index: number[] = [0];
  let split = 0;
  const counts = new Uint8Array(CLASSES * STATES);
  /** 0: the value counts as not seen, 1: as seen, 2: it is left out (it belongs to another row of the subject). */
  const role = new Uint8Array(MOST_ENTRIES);
  const current = new Uint8Array(MOST_ENTRIES);
  for (let s = 0; s < evidence.history.subjects; s++) {
    subject.load(evidence, s);
    if (subject.entries === 0) continue;
    const rows = splitRows(subject);
    if (rows.length > 1) split++;
    for (const row of rows) {
      for (let v = 0; v < subject.values; v++) role[v] = subject.seen[v] === 0 ? 0 : row === null || row.has(v) ? 1 : 2;
      emit(evidence, gaps, subject, role, counts, segments, table, current);
      index.push(segments.count);
    }
  }
  return {
    count: index.length - 1,
    index: Uint32Array.from(index),
    start: segments.start.subarray(0, segments.count),
    pattern: segments.pattern.subarray(0, segments.count),
    gap: segments.gap.subarray(0, segments.count),
    absent: segments.absent.subarray(0, segments.count),
    patternCount: table.count,
    patterns: table.counts,
    classes: usedClasses(table.counts),
    gapFrom: gaps.from,
    gapTo: gaps.to,
    split,
  };
}

/**
 * The rows that a subject's values must have come from: null stands for one row with all of them. Values that never were current together came from copies of different times;
 * each row then has the values of one segment. Shared values are no reason to split: they may have been seen in the row of somebody else.
 */
function splitRows(subject: Subject): (ReadonlySet<number> | null)[] {
  let wanted = 0;
  for (let v = 0; v < subject.values; v++) if (subject.seen[v] !== 0 && subject.shared[v] === 0) wanted++;
  const currentAt = (at: number): Set<number> => {
    const current = new Set<number>();
    for (let i = 0; i < subject.entries; i++) {
      if (subject.seen[subject.value[i]!] !== 0 && subject.isCurrent(i, at)) current.add(subject.value[i]!);
    }
    return current;
  };
  if (wanted < 2) return [null];
  for (let j = 1; j < subject.segments; j++) if (countOwn(subject, subject.startOf(j)) === wanted) return [null];
  const perSegment = Array.from({ length: subject.segments - 1 }, (_, j) => currentAt(subject.startOf(j + 1)));
  const rows: Set<number>[] = [];
  const left = new Set<number>();
  for (let v = 0; v < subject.values; v++) if (subject.seen[v] !== 0 && subject.shared[v] === 0) left.add(v);
  while (left.size > 0 && rows.length < MOST_ROWS) {
    let best: Set<number> | null = null;
    let bestScore = 0;
    for (const current of perSegment) {
      let fresh = 0;
      for (const v of current) if (left.has(v)) fresh++;
      const score = fresh === 0 ? 0 : fresh * MOST_ENTRIES + current.size;
      if (score > bestScore) {
        best = current;
        bestScore = score;
      }
    }
    if (best === null) break;
    rows.push(best);
    for (const v of best) left.delete(v);
  }
  return rows.length === 0 ? [null] : rows;
}

/** Seen values of the subject's own that are current at a time. */
function countOwn(subject: Subject, at: number): number {
  let own = 0;
  for (let i = 0; i < subject.entries; i++) {
    const value = subject.value[i]!;
    if (subject.seen[value] !== 0 && subject.shared[value] === 0 && subject.isCurrent(i, at)) own++;
  }
  return own;
}

function emit(
  { axis }: CopyEvidence,
  gaps: Gaps,
  subject: Subject,
  role: Uint8Array,
  counts: Uint8Array,
  segments: Segments,
  table: PatternTable,
  current: Uint8Array,
): void {
  let lastPattern = -1;
  let existed = false;
  for (let j = 0; j < subject.segments; j++) {
    const at = subject.startOf(j);
    current.fill(0);
    let anything = false;
    for (let i = 0; i < subject.entries; i++) {
      if (!subject.isCurrent(i, at)) continue;
      current[subject.value[i]!] = 1;
      anything = true;
    }
    counts.fill(0);
    let key = 0;
    for (let i = 0, value = -1; i < subject.entries; i++) {
      if (subject.value[i] === value) continue;
      value = subject.value[i]!;
      if (role[value] === 2) continue;
      const state = (role[value] === 1 ? SEEN_CURRENT : UNSEEN_CURRENT) + (current[value] === 0 ? 1 : 0);
      const at = subject.cls[i]! * STATES + state;
      counts[at] = counts[at]! + 1;
      key += keyWeights[at]!;
    }
    const number = table.numberOf(key, counts);
    if (number === lastPattern) continue;
    const gap = gaps.ofTime.get(at) ?? NO_GAP;
    if (gap === FIRST_TABLE && segments.count > 0 && j === 1) {
      // What the first table of all has may have been there long before: the segment takes the place of the one without anything.
      replaceFirst(segments, number);
    } else if (gap >= 0 && anything !== existed) {
      // When within the gap somebody came or went, all subjects together tell (membership.ts), those missing from the dump too: the ones found alone would date every copy late.
      segments.push(anything ? gaps.from[gap]! : binOf(axis, at), number, NO_GAP, !anything);
    } else segments.push(j === 0 ? -1 : binOf(axis, at), number, Math.max(gap, NO_GAP), !anything);
    lastPattern = number;
    existed = anything;
  }
}

function usedClasses(patterns: Uint8Array): number[] {
  const used = new Uint8Array(CLASSES);
  for (let at = 0; at < patterns.length; at++) if (patterns[at] !== 0) used[Math.floor(at / STATES) % CLASSES] = 1;
  return [...used.keys()].filter((c) => used[c] !== 0);
}

function replaceFirst(segments: Segments, pattern: number): void {
  segments.pattern[segments.count - 1] = pattern;
  segments.absent[segments.count - 1] = 0;
}
