import { CONTROL_BIT, FIELD_SHIFT, STILL_CURRENT, SUBJECT_MASK } from '../register/layout.ts';
import type { RegisterManifest } from '../register/manifest.ts';
import type { ResidentRegister } from '../scan/image.ts';
import { hasBit, listBits, type Marks } from '../scan/marks.ts';
import type { SubjectMarks } from './census.ts';

/**
 * The subjects that a dump has, in parallel arrays ascending by `subject`.
 *
 * - `fields`: mask by field id of the values matched.
 * - `from`, `until`: seconds in which all matched versions can have been current, `until` excluded; STILL_CURRENT: still. Where the versions cannot have been current together, the time from the first to the last of them.
 * - `strong`: 1 when two values agreed in one row.
 */
export interface SubjectEvidence {
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  readonly strong: Uint8Array;
}

/** What is known of the subjects that one pass touched. */
interface Piece {
  readonly subject: Uint32Array;
  readonly fields: Uint16Array;
  /** Four words a subject: latest beginning and earliest end (the time in which all versions were current), earliest beginning and latest end. */
  readonly times: Uint32Array;
}

/** Bits of a bitmap whose versions are gathered together. */
const STEP = 1024;

/** Gathers, pass by pass, when the matched versions of each subject were current. 22 bytes a touched subject. */
export class SubjectEvidenceGatherer {
  readonly #pieces: Piece[] = [];
  readonly #beginnings: Map<number, number>;
  /** Places in the piece, fields and periods of the versions that are gathered together. */
  readonly #places = new Int32Array(STEP + 1);
  readonly #fields = new Uint8Array(STEP);
  readonly #periods = new Uint32Array(STEP);

  constructor({ adds }: Pick<RegisterManifest, 'adds'>) {
    this.#beginnings = earliestBeginnings(adds);
  }

  /** Adds what one pass over a dump has marked: each subject is in one pass only. */
  gather({ loaded }: ResidentRegister, { touched, recordSeen, confirmSeen }: Marks): void {
    const { image, range } = loaded;
    const { table, confirm, confirmFields, confirmIndex, periods, created } = image;
    const slots = new Slots(touched);
    const subjects = new Uint32Array(slots.count);
    listBits(touched, 0, range.to, subjects);
    const piece: Piece = {
      subject: subjects,
      fields: new Uint16Array(slots.count),
      times: new Uint32Array(4 * slots.count),
    };
    for (let at = 0; at < piece.times.length; at += 4) {
      piece.times[at + 1] = STILL_CURRENT;
      piece.times[at + 2] = STILL_CURRENT;
    }
    // A value seen first in a snapshot was true since some time after the snapshot before. Periods are few, records are many.
    const beginnings = new Uint32Array(periods.length >>> 1);
    for (let i = 0; i < beginnings.length; i++)
      beginnings[i] = this.#beginnings.get(periods[2 * i]!) ?? periods[2 * i]!;
    const list = new Uint32Array(STEP);
    for (let first = 0; first < image.entryCount; first += list.length) {
      const count = listBits(recordSeen, first, Math.min(image.entryCount, first + list.length), list);
      for (let i = 0; i < count; i++) {
        const record = 4 * list[i]!;
        const owner = table[record + 2]!;
        this.#places[i] = owner >= CONTROL_BIT ? -1 : slots.of(owner & SUBJECT_MASK);
        this.#fields[i] = (owner >>> FIELD_SHIFT) & 7;
        this.#periods[i] = table[record + 3]!;
      }
      this.#add(piece, count, beginnings, periods);
    }
    const entries = confirmSeen.length > 0 ? confirm.length / 2 : 0;
    let subject = range.from;
    for (let first = 0; first < entries; first += list.length) {
      const count = listBits(confirmSeen, first, Math.min(entries, first + list.length), list);
      for (let i = 0; i < count; i++) {
        const entry = list[i]!;
        while (confirmIndex[subject + 1 - range.from]! <= entry) subject++;
        this.#places[i] = slots.of(subject);
        this.#fields[i] = confirmFields[entry]!;
        this.#periods[i] = confirm[2 * entry + 1]!;
      }
      this.#add(piece, count, beginnings, periods);
    }
    for (let i = 0; i < slots.count; i++) {
      // Never before its subject was there.
      const birth = created[subjects[i]!]!;
      if (birth > piece.times[4 * i]!) piece.times[4 * i] = birth;
      if (birth > piece.times[4 * i + 2]!) piece.times[4 * i + 2] = birth;
    }
    this.#pieces.push(piece);
  }

  /**
   * Adds the versions that were noted. The times of all of them are fetched first, by loads that nothing waits for: the comparisons are mispredicted half of the time, and a
   * processor that has gone wrong fetches nothing ahead.
   */
  #add({ fields, times }: Piece, count: number, beginnings: Uint32Array, periods: Uint32Array): void {
    const places = this.#places;
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= times[4 * Math.max(0, places[i]!)]! ^ fields[Math.max(0, places[i]!)]!;
    // Loads that nobody uses would be left out.
    places[STEP] = sum;
    for (let i = 0; i < count; i++) {
      const place = places[i]!;
      if (place < 0) continue;
      const period = this.#periods[i]!;
      const begun = beginnings[period]!;
      const until = periods[2 * period + 1]!;
      const at = 4 * place;
      fields[place]! |= 1 << this.#fields[i]!;
      if (begun > times[at]!) times[at] = begun;
      if (until < times[at + 1]!) times[at + 1] = until;
      if (begun < times[at + 2]!) times[at + 2] = begun;
      if (until > times[at + 3]!) times[at + 3] = until;
    }
  }

  /** What was gathered, which is then forgotten. */
  finish({ strong }: Pick<SubjectMarks, 'strong'>): SubjectEvidence {
    const settled = this.#pieces.splice(0).map((piece) => settle(piece, strong));
    const [only] = settled;
    // One pass is the rule, and millions of subjects need not stand in memory twice.
    if (settled.length === 1 && only !== undefined) return only;
    const total = settled.reduce((sum, { subject }) => sum + subject.length, 0);
    const evidence = {
      subject: new Uint32Array(total),
      fields: new Uint16Array(total),
      from: new Uint32Array(total),
      until: new Uint32Array(total),
      strong: new Uint8Array(total),
    };
    let at = 0;
    for (const piece of settled) {
      for (const column of ['subject', 'fields', 'from', 'until', 'strong'] as const)
        evidence[column].set(piece[column], at);
      at += piece.subject.length;
    }
    return evidence;
  }
}

/** The evidence of a piece. */
function settle({ subject, fields, times }: Piece, strong: Uint32Array): SubjectEvidence {
  const count = subject.length;
  const isStrong = new Uint8Array(count);
  // Millions of subjects do not stand in memory twice: pairs of the times wanted move to the front, then each time to a column behind them.
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    const overlaps = times[at]! < times[at + 1]!;
    times[2 * i + 1] = times[overlaps ? at + 1 : at + 3]!;
    times[2 * i] = times[overlaps ? at : at + 2]!;
    isStrong[i] = hasBit(strong, subject[i]!) ? 1 : 0;
  }
  const from = times.subarray(2 * count, 3 * count);
  const until = times.subarray(3 * count);
  for (let i = 0; i < count; i++) {
    from[i] = times[2 * i]!;
    until[i] = times[2 * i + 1]!;
  }
  return { subject, fields, from, until, strong: isStrong };
}

/** Numbers the set bits of a bitmap from 0: how many are set before each word, and then within the word. */
class Slots {
  /** Pairs: a word of the bitmap, and the set bits before it. */
  readonly #words: Uint32Array;
  readonly count: number;

  constructor(bits: Uint32Array) {
    this.#words = new Uint32Array(2 * bits.length);
    let count = 0;
    for (let word = 0; word < bits.length; word++) {
      this.#words[2 * word] = bits[word]!;
      this.#words[2 * word + 1] = count;
      count += popcount(bits[word]!);
    }
    this.count = count;
  }

  /** Number of a bit; -1 when it is not set. */
  of(bit: number): number {
    const at = 2 * (bit >>> 5);
    const word = this.#words[at]!;
    const number = this.#words[at + 1]! + popcount(word & ((1 << (bit & 31)) - 1));
    return ((word >>> (bit & 31)) & 1) === 0 ? -1 : number;
  }
}

/** Set bits of a word (Warren, "Hacker's Delight", 5-1). */
function popcount(word: number): number {
  let x = word - ((word >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Per time of a snapshot or delta: since when a value first seen in it may have been true, that is since the table before; since ever for the first. */
function earliestBeginnings(adds: RegisterManifest['adds']): Map<number, number> {
  const times = adds.filter(({ mode }) => mode !== 'history').map(({ asOfSeconds }) => asOfSeconds);
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  return new Map(sorted.map((time, i) => [time, sorted[i - 1] ?? 0]));
}
