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

/** Gathers, pass by pass, when the matched versions of each subject were current. 18 bytes a subject of the register. */
export class SubjectEvidenceGatherer {
  readonly #fields: Uint16Array;
  /** Latest beginning and earliest end: the time in which all of them were current. */
  readonly #from: Uint32Array;
  readonly #until: Uint32Array;
  /** Earliest beginning and latest end. */
  readonly #earliest: Uint32Array;
  readonly #latest: Uint32Array;
  readonly #beginnings: Map<number, number>;

  constructor({ subjects, adds }: Pick<RegisterManifest, 'subjects' | 'adds'>) {
    this.#fields = new Uint16Array(subjects);
    this.#from = new Uint32Array(subjects);
    this.#until = new Uint32Array(subjects).fill(STILL_CURRENT);
    this.#earliest = new Uint32Array(subjects).fill(STILL_CURRENT);
    this.#latest = new Uint32Array(subjects);
    this.#beginnings = earliestBeginnings(adds);
  }

  /** Adds what one pass over a dump has marked. */
  gather({ loaded }: ResidentRegister, { recordSeen, confirmSeen }: Marks): void {
    const { image, range } = loaded;
    const { records, confirm, confirmFields, confirmIndex, periods, created } = image;
    forEachBit(recordSeen, image.recordCount, (record) => {
      const owner = records[2 * record]!;
      if ((owner & CONTROL_BIT) !== 0) return;
      const period = records[2 * record + 1]!;
      const subject = owner & SUBJECT_MASK;
      this.#add(
        subject,
        (owner >>> FIELD_SHIFT) & 7,
        periods[2 * period]!,
        periods[2 * period + 1]!,
        created[subject]!,
      );
    });
    let subject = range.from;
    forEachBit(confirmSeen, confirm.length / 2, (entry) => {
      while (confirmIndex[subject + 1 - range.from]! <= entry) subject++;
      const period = confirm[2 * entry + 1]!;
      this.#add(subject, confirmFields[entry]!, periods[2 * period]!, periods[2 * period + 1]!, created[subject]!);
    });
  }

  /** What was gathered of the subjects that were touched. */
  finish({ touched, strong }: SubjectMarks): SubjectEvidence {
    const found: number[] = [];
    forEachBit(touched, this.#fields.length, (subject) => found.push(subject));
    const subject = Uint32Array.from(found);
    const isApart = (one: number): boolean => this.#from[one]! >= this.#until[one]!;
    return {
      subject,
      fields: Uint16Array.from(subject, (one) => this.#fields[one]!),
      from: Uint32Array.from(subject, (one) => (isApart(one) ? this.#earliest[one]! : this.#from[one]!)),
      until: Uint32Array.from(subject, (one) => (isApart(one) ? this.#latest[one]! : this.#until[one]!)),
      strong: Uint8Array.from(subject, (one) => (hasBit(strong, one) ? 1 : 0)),
    };
  }

  #add(subject: number, field: number, from: number, until: number, created: number): void {
    // A value seen first in a snapshot was true since some time after the snapshot before; never before its subject was there.
    const begun = Math.max(this.#beginnings.get(from) ?? from, created);
    this.#fields[subject]! |= 1 << field;
    if (begun > this.#from[subject]!) this.#from[subject] = begun;
    if (until < this.#until[subject]!) this.#until[subject] = until;
    if (begun < this.#earliest[subject]!) this.#earliest[subject] = begun;
    if (until > this.#latest[subject]!) this.#latest[subject] = until;
  }
}

/** Per time of a snapshot or delta: since when a value first seen in it may have been true, that is since the table before; since ever for the first. */
function earliestBeginnings(adds: RegisterManifest['adds']): Map<number, number> {
  const times = adds.filter(({ mode }) => mode !== 'history').map(({ asOfSeconds }) => asOfSeconds);
  const sorted = [...new Set(times)].sort((a, b) => a - b);
  return new Map(sorted.map((time, i) => [time, sorted[i - 1] ?? 0]));
}
