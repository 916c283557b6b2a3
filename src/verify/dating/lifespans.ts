import { CONFIRM_BYTES, type RegisterImage, STILL_CURRENT } from '../../register/layout.ts';
import { hasBit } from '../../scan/marks.ts';
import { threadTask } from '../../scan/tasks.ts';
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
  readonly #lifespans: Lifespans;
  #counted = false;

  /** Adds to `lifespans`, in which other threads may count as well. */
  constructor(axis: TimeAxis, snapshots: readonly number[], lifespans = makeLifespans(axis, snapshots)) {
    this.#axis = axis;
    this.#gaps = findGaps(axis, snapshots);
    this.#lifespans = lifespans;
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
    const { stayed, left, ended: ends } = this.#lifespans;
    count(ended === NOWHERE ? stayed : left, began, isFound);
    count(ends, ended, isFound);
    this.#counted ||= began !== NOWHERE || ended !== NOWHERE;
  }

  /** What was counted; null: nothing that has a time. */
  finish(): Lifespans | null {
    return this.#counted ? this.#lifespans : null;
  }
}

/** Room for what the subjects of all threads are counted in. */
export function makeLifespans(axis: TimeAxis, snapshots: readonly number[]): Lifespans {
  const gaps = findGaps(axis, snapshots).from.length;
  const words = (count: number): Uint32Array => new Uint32Array(new SharedArrayBuffer(4 * count));
  const turnover = (): Turnover => ({
    all: words(axis.bins),
    found: words(axis.bins),
    gapAll: words(gaps),
    gapFound: words(gaps),
  });
  return { stayed: turnover(), left: turnover(), ended: turnover() };
}

/** One thread's share of the subjects of a pass. */
export interface LifespanShare {
  readonly axis: TimeAxis;
  readonly snapshots: readonly number[];
  /** Of all threads. */
  readonly lifespans: Lifespans;
  readonly image: Pick<RegisterImage, 'created' | 'confirmIndex' | 'confirm' | 'periods'>;
  /** First subject of the image. */
  readonly firstSubject: number;
  readonly from: number;
  readonly to: number;
  readonly isInDump: Uint32Array;
  /** A bit for each canary: nobody whom a copy could lack. Null: there are none. */
  readonly planted: Uint32Array | null;
  readonly withPeriods: boolean;
}

/**
 * Counts the subjects of a share by their creation times and, with `withPeriods`, by the first and the last period of their confirming values, which stand in the order of subjects:
 * going through the identifying ones would cost a cache miss each. Subjects without any are left out. Answers whether any had a time.
 */
export function countLifespans({
  axis,
  snapshots,
  lifespans,
  image: { created, confirmIndex, confirm, periods },
  firstSubject,
  from,
  to,
  isInDump,
  planted,
  withPeriods,
}: LifespanShare): boolean {
  const counter = new LifespanCounter(axis, snapshots, lifespans);
  const beganAt = new Int32Array(withPeriods ? periods.length / 2 : 0);
  const endedAt = new Int32Array(beganAt.length);
  for (let p = 0; p < beganAt.length; p++) {
    beganAt[p] = counter.placeOf(periods[2 * p]!);
    endedAt[p] = counter.placeOf(periods[2 * p + 1]!);
  }
  for (let subject = from; subject < to; subject++) {
    if (planted !== null && hasBit(planted, subject)) continue;
    const known = created[subject]!;
    let [first, last] = [NOWHERE, NOWHERE];
    let [began, ended] = [STILL_CURRENT, 0];
    const end = withPeriods ? confirmIndex[subject + 1 - firstSubject]! : 0;
    for (let entry = withPeriods ? confirmIndex[subject - firstSubject]! : 0; entry < end; entry++) {
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
  return counter.finish() !== null;
}

export const countingLifespans = threadTask(import.meta.url, countLifespans);

/** Several threads count in the same arrays, of which each its own would be up to 25 MB. */
function count({ all, found, gapAll, gapFound }: Turnover, place: number, isFound: boolean): void {
  if (place === NOWHERE) return;
  const at = place >= 0 ? place : FIRST_GAP - place;
  const [counts, hits] = place >= 0 ? [all, found] : [gapAll, gapFound];
  Atomics.add(counts, at, 1);
  if (isFound) Atomics.add(hits, at, 1);
}
