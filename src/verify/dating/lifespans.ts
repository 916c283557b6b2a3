import { CONFIRM_BYTES, type RegisterImage, STILL_CURRENT } from '../../register/layout.ts';
import { hasBit } from '../../scan/marks.ts';
import { binOf, type Lifespans, type TimeAxis, type Turnover } from './copy-evidence.ts';
import { FIRST_TABLE, findGaps, type Gaps } from './gaps.ts';

const NOWHERE = -1;
/** Places below this are gaps: FIRST_GAP − g. */
const FIRST_GAP = -2;
const CONFIRM_WORDS = CONFIRM_BYTES / 4;

/** Counts when accounts began and ended, of all subjects and of those that a dump has. A place is a bin of the axis, a gap between snapshots, or nowhere: before the axis, or not at all. */
export class LifespanCounter {
  readonly #axis: TimeAxis;
  readonly #gaps: Gaps;
  readonly #stayed: Turnover;
  readonly #left: Turnover;
  readonly #ended: Turnover;
  #counted = false;

  constructor(axis: TimeAxis, snapshots: readonly number[]) {
    this.#axis = axis;
    this.#gaps = findGaps(axis, snapshots);
    const turnover = (): Turnover => ({
      all: new Uint32Array(axis.bins),
      found: new Uint32Array(axis.bins),
      gapAll: new Uint32Array(this.#gaps.from.length),
      gapFound: new Uint32Array(this.#gaps.from.length),
    });
    [this.#stayed, this.#left, this.#ended] = [turnover(), turnover(), turnover()];
  }

  /** The place of a time in the register: within a gap when a snapshot saw it first. */
  placeOf(seconds: number): number {
    const gap = this.#gaps.ofTime.get(seconds);
    if (gap === FIRST_TABLE) return NOWHERE;
    return gap === undefined ? this.exactPlaceOf(seconds) : FIRST_GAP - gap;
  }

  /** The place of a time that is known by itself. */
  exactPlaceOf(seconds: number): number {
    const bin = seconds === STILL_CURRENT ? NOWHERE : binOf(this.#axis, seconds);
    return bin < 0 || bin >= this.#axis.bins ? NOWHERE : bin;
  }

  /** One subject, by the places where its account began and ended. */
  add(began: number, ended: number, isFound: boolean): void {
    count(ended === NOWHERE ? this.#stayed : this.#left, began, isFound);
    count(this.#ended, ended, isFound);
    this.#counted ||= began !== NOWHERE || ended !== NOWHERE;
  }

  /** What was counted; null: nothing that has a time. */
  finish(): Lifespans | null {
    return this.#counted ? { stayed: this.#stayed, left: this.#left, ended: this.#ended } : null;
  }
}

function count({ all, found, gapAll, gapFound }: Turnover, place: number, isFound: boolean): void {
  if (place === NOWHERE) return;
  const at = place >= 0 ? place : FIRST_GAP - place;
  const [counts, hits] = place >= 0 ? [all, found] : [gapAll, gapFound];
  counts[at]!++;
  if (isFound) hits[at]!++;
}

/**
 * Counts the subjects of a range by their creation times and, with `periods`, by the first and the last period of their confirming values, which stand in the order of subjects:
 * going through the identifying ones would cost a cache miss each. Subjects without any are left out.
 */
export function countLifespans(
  counter: LifespanCounter,
  { created, confirmIndex, confirm, periods }: RegisterImage,
  { from, to }: { readonly from: number; readonly to: number },
  isInDump: Uint32Array,
  withPeriods: boolean,
): void {
  const beganAt = new Int32Array(withPeriods ? periods.length / 2 : 0);
  const endedAt = new Int32Array(beganAt.length);
  for (let p = 0; p < beganAt.length; p++) {
    beganAt[p] = counter.placeOf(periods[2 * p]!);
    endedAt[p] = counter.placeOf(periods[2 * p + 1]!);
  }
  for (let subject = from; subject < to; subject++) {
    const known = created[subject] ?? 0;
    let [first, last] = [NOWHERE, NOWHERE];
    let [began, ended] = [STILL_CURRENT, 0];
    const end = withPeriods ? confirmIndex[subject + 1 - from]! : 0;
    for (let entry = withPeriods ? confirmIndex[subject - from]! : 0; entry < end; entry++) {
      const period = confirm[CONFIRM_WORDS * entry + 1]!;
      if (periods[2 * period]! < began) {
        began = periods[2 * period]!;
        first = period;
      }
      if (periods[2 * period + 1]! > ended) {
        ended = periods[2 * period + 1]!;
        last = period;
      }
    }
    if (known === 0 && first === NOWHERE) continue;
    const begins = known !== 0 && known < began ? counter.exactPlaceOf(known) : beganAt[first]!;
    counter.add(begins, last === NOWHERE ? NOWHERE : endedAt[last]!, hasBit(isInDump, subject));
  }
}
