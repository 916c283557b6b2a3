import type { FieldName } from '../core/fields/field.ts';
import { CONTROL_BIT, FIELD_SHIFT, SUBJECT_MASK } from '../register/layout.ts';
import { forEachRecord } from '../register/lookup.ts';
import type { ResidentRegister } from '../scan/image.ts';
import { countBits, forEachBit, hasBit, type Marks } from '../scan/marks.ts';
import type { ControlFindings, Findings } from './findings.ts';

/** Bit of a field in a subject's word: matched; 16 bits on: a matched value is still current. */
const CURRENT_SHIFT = 16;

/** Which subjects a dump has, over all passes. */
export type SubjectMarks = Pick<Marks, 'touched' | 'strong'>;

/** What a dump shows of each subject, beyond that it is in it: for the list of those affected. */
export class SubjectFields {
  /** One word a subject: bit = field id, and again from bit 16 on for values that are still current. */
  readonly #words: Uint32Array;

  constructor(subjects: number) {
    this.#words = new Uint32Array(subjects);
  }

  /** Adds what one pass over a dump has marked. */
  gather({ loaded }: ResidentRegister, { recordSeen, confirmSeen }: Marks): void {
    const { image, range } = loaded;
    const { table, confirm, confirmFields, confirmIndex, currentPeriods } = image;
    forEachBit(recordSeen, image.entryCount, (record) => {
      const owner = table[4 * record + 2]!;
      this.#mark(owner & SUBJECT_MASK, (owner >>> FIELD_SHIFT) & 7, table[4 * record + 3]! < currentPeriods);
    });
    let subject = range.from;
    forEachBit(confirmSeen, confirm.length / 2, (entry) => {
      while (confirmIndex[subject + 1 - range.from]! <= entry) subject++;
      this.#mark(subject, confirmFields[entry]!, confirm[2 * entry + 1]! < currentPeriods);
    });
  }

  #mark(subject: number, field: number, isCurrent: boolean): void {
    const bits = (1 << field) | (isCurrent ? 1 << (field + CURRENT_SHIFT) : 0);
    this.#words[subject] = this.#words[subject]! | bits;
  }

  /** How the dump has a field of a subject: not at all (null), or with a value that is or is no longer the subject's. */
  stateOf(subject: number, fieldId: number): 'current' | 'stale' | null {
    const word = this.#words[subject]!;
    if (((word >>> fieldId) & 1) === 0) return null;
    return ((word >>> (fieldId + CURRENT_SHIFT)) & 1) !== 0 ? 'current' : 'stale';
  }
}

/** Counts, over all passes, which sampled customers' values and which control values a dump has. */
export class ControlCensus {
  readonly #seenSamples = new Map<number, Set<string>>();
  readonly #controlsSeen = new Map<number, number>();

  /** Adds what one pass has marked. */
  gather({ loaded }: ResidentRegister, { recordSeen, controlSeen }: Marks): void {
    const { image, manifest, range } = loaded;
    for (const control of manifest.controls) {
      const seen = this.#seenSamples.get(control.id) ?? new Set<string>();
      this.#seenSamples.set(control.id, seen);
      forEachRecord(
        image,
        (lo, hi, record) => {
          const owner = image.table[4 * record + 2]!;
          const isSample = (owner & CONTROL_BIT) === 0 && ((owner >>> FIELD_SHIFT) & 7) === control.id;
          // The same value may stand with several subjects, in several passes: it counts once.
          if (isSample && hasBit(recordSeen, record)) seen.add(`${hi}:${lo}`);
        },
        control.threshold,
      );
      if (range.from > 0) continue;
      let count = 0;
      for (let i = 0; i < control.controls; i++) if (hasBit(controlSeen, control.first + i)) count++;
      this.#controlsSeen.set(control.id, count);
    }
  }

  /** Only fields that the dump has: elsewhere nothing could be seen of either kind. */
  findings(manifest: ResidentRegister['loaded']['manifest'], dumpFields: ReadonlySet<FieldName>): ControlFindings[] {
    return manifest.controls
      .filter(({ field, controls }) => dumpFields.has(field) && controls > 0)
      .map(({ field, id, sampled, controls }) => ({
        field,
        sampled,
        sampledSeen: this.#seenSamples.get(id)?.size ?? 0,
        controls,
        controlsSeen: this.#controlsSeen.get(id) ?? 0,
      }));
  }
}

/** Subjects found, all in all and by month of creation. */
export function countSubjects(marks: SubjectMarks, created: Uint32Array, registered: number): Findings['subjects'] {
  return {
    registered,
    touched: countBits(marks.touched),
    strong: countBits(marks.strong),
    byMonth: countMonths(marks, created),
  };
}

/** Days since 1970 that 32 bits of seconds reach. */
const MOST_DAYS = Math.ceil(2 ** 32 / 86_400);

function countMonths(marks: SubjectMarks, created: Uint32Array): Findings['subjects']['byMonth'] {
  const registeredOn = new Uint32Array(MOST_DAYS);
  const matchedOn = new Uint32Array(MOST_DAYS);
  for (let subject = 0; subject < created.length; subject++) {
    const seconds = created[subject]!;
    if (seconds === 0) continue;
    const day = Math.floor(seconds / 86_400);
    registeredOn[day]!++;
    if (hasBit(marks.touched, subject)) matchedOn[day]!++;
  }
  const registered = new Map<number, number>();
  const matched = new Map<number, number>();
  for (let day = 0; day < MOST_DAYS; day++) {
    if (registeredOn[day] === 0) continue;
    const date = new Date(day * 86_400_000);
    const month = date.getUTCFullYear() * 12 + date.getUTCMonth();
    registered.set(month, (registered.get(month) ?? 0) + registeredOn[day]!);
    matched.set(month, (matched.get(month) ?? 0) + matchedOn[day]!);
  }
  return [...registered.keys()]
    .sort((a, b) => a - b)
    .map((month) => ({
      month: `${String(Math.floor(month / 12)).padStart(4, '0')}-${String((month % 12) + 1).padStart(2, '0')}`,
      registered: registered.get(month) ?? 0,
      matched: matched.get(month) ?? 0,
    }));
}
