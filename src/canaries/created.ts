import type { Chance } from './chance.ts';

const DAY_SECONDS = 86_400;
/** Tables that are in the order of creation have shorter gaps than this. */
const MOST_GAP_SECONDS = 30 * DAY_SECONDS;

/**
 * A time of creation that stands out neither between its neighbours nor as the very second of one of them: between that of the subject before and `own`, where the table is in that order, else in the
 * day before `own`. In whole days or minutes where theirs are. 0 when `own` is unknown, which is 0.
 */
export function blendCreated(beforeSeconds: number, ownSeconds: number, chance: Chance): number {
  if (ownSeconds === 0) return 0;
  const step = [DAY_SECONDS, 60].find((unit) => ownSeconds % unit === 0 && beforeSeconds % unit === 0) ?? 1;
  const gap = ownSeconds - beforeSeconds;
  const isOrdered = beforeSeconds !== 0 && gap >= 0 && gap <= MOST_GAP_SECONDS;
  const span = isOrdered ? gap : Math.min(DAY_SECONDS, ownSeconds - 1);
  return ownSeconds - step * chance.below(Math.floor(span / step) + 1);
}
