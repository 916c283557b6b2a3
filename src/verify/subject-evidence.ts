import { CONTROL_BIT, FIELD_SHIFT, STILL_CURRENT, SUBJECT_MASK } from '../register/layout.ts';
import type { RegisterManifest } from '../register/manifest.ts';
import type { ResidentRegister } from '../scan/image.ts';
import { forEachBit, hasBit, type Marks } from '../scan/marks.ts';
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
  /** Latest beginning and earliest end: the time in which all of them were current. */
  readonly from: Uint32Array;
  readonly until: Uint32Array;
  /** Earliest beginning and latest end. */
  readonly earliest: Uint32Array;
  readonly latest: Uint32Array;
}

/** Gathers, pass by pass, when the matched versions of each subject were current. 22 bytes a touched subject. */
export class SubjectEvidenceGatherer {
  readonly #pieces: Piece[] = [];
  readonly #beginnings: Map<number, number>;

  constructor({ adds }: Pick<RegisterManifest, 'adds'>) {
    this.#beginnings = earliestBeginnings(adds);
  }

  /** Adds what one pass over a dump has marked: each subject is in one pass only. */
  gather({ loaded }: ResidentRegister, { touched, recordSeen, confirmSeen }: Marks): void {
    const { image, range } = loaded;
    const { records, confirm, confirmFields, confirmIndex, periods, created } = image;
    const slots = new Slots(touched);
    const piece: Piece = {
      subject: slots.subjects(range.to),
      fields: new Uint16Array(slots.count),
      from: new Uint32Array(slots.count),
      until: new Uint32Array(slots.count).fill(STILL_CURRENT),
      earliest: new Uint32Array(slots.count).fill(STILL_CURRENT),
      latest: new Uint32Array(slots.count),
    };
    // A value seen first in a snapshot was true since some time after the snapshot before. Periods are few, records are many.
    const beginnings = new Uint32Array(periods.length >>> 1);
    for (let i = 0; i < beginnings.length; i++)
      beginnings[i] = this.#beginnings.get(periods[2 * i]!) ?? periods[2 * i]!;
    const add = (subject: number, field: number, period: number): void => {
      if (!hasBit(touched, subject)) return;
      const until = periods[2 * period + 1]!;
      // Never before its subject was there.
      const begun = Math.max(beginnings[period]!, created[subject]!);
      const at = slots.of(subject);
      piece.fields[at]! |= 1 << field;
      if (begun > piece.from[at]!) piece.from[at] = begun;
      if (until < piece.until[at]!) piece.until[at] = until;
      if (begun < piece.earliest[at]!) piece.earliest[at] = begun;
      if (until > piece.latest[at]!) piece.latest[at] = until;
    };
    forEachBit(recordSeen, image.recordCount, (record) => {
      const owner = records[2 * record]!;
      if ((owner & CONTROL_BIT) !== 0) return;
      add(owner & SUBJECT_MASK, (owner >>> FIELD_SHIFT) & 7, records[2 * record + 1]!);
    });
    let subject = range.from;
    if (confirmSeen.length > 0) {
      forEachBit(confirmSeen, confirm.length / 2, (entry) => {
        while (confirmIndex[subject + 1 - range.from]! <= entry) subject++;
        add(subject, confirmFields[entry]!, confirm[2 * entry + 1]!);
      });
    }
    this.#pieces.push(piece);
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

/** The evidence of a piece, in its own arrays. */
function settle(piece: Piece, strong: Uint32Array): SubjectEvidence {
  const { subject, fields, from, until, earliest, latest } = piece;
  const isStrong = new Uint8Array(subject.length);
  for (let i = 0; i < subject.length; i++) {
    if (from[i]! >= until[i]!) {
      from[i] = earliest[i]!;
      until[i] = latest[i]!;
    }
    isStrong[i] = hasBit(strong, subject[i]!) ? 1 : 0;
  }
  return { subject, fields, from, until, strong: isStrong };
}

/** Numbers the set bits of a bitmap from 0: how many are set before each word, and then within the word. */
class Slots {
  readonly #bits: Uint32Array;
  readonly #before: Uint32Array;
  readonly count: number;

  constructor(bits: Uint32Array) {
    this.#bits = bits;
    this.#before = new Uint32Array(bits.length);
    let count = 0;
    for (let word = 0; word < bits.length; word++) {
      this.#before[word] = count;
      count += popcount(bits[word]!);
    }
    this.count = count;
  }

  /** Number of a bit that is set. */
  of(bit: number): number {
    const word = bit >>> 5;
    return this.#before[word]! + popcount(this.#bits[word]! & ((1 << (bit & 31)) - 1));
  }

  /** The bits that are set below `limit`, ascending. */
  subjects(limit: number): Uint32Array {
    const found = new Uint32Array(this.count);
    let at = 0;
    forEachBit(this.#bits, limit, (bit) => {
      found[at++] = bit;
    });
    return found;
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
