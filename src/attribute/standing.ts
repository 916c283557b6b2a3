import type { Group } from './groups.ts';
import type { Score } from './score.ts';
import { NO_HIT, type Units } from './units.ts';

/** Who may be a source. */
export type Who =
  | { readonly kind: 'principal'; readonly principal: number }
  | { readonly kind: 'group'; readonly group: Group };

/** One who may be a source, while sources are searched. */
export interface Standing {
  readonly who: Who;
  readonly units: Units;
  readonly reader: number;
  readonly spread: number;
  /** Of a group that is a place: which units are about people who belong to it. */
  readonly own: Uint8Array | null;
  /** Against chance, as if there were no other source. */
  alone: Score;
  /** Beside the sources found so far. */
  latest: Score;
  /** `latest` has been held against copies of parts of the customers. */
  isCompared: boolean;
}

/** Numbers of the principals that are meant. */
export function principalsOf(who: Who): readonly number[] {
  return who.kind === 'group' ? who.group.members : [who.principal];
}

/** Who has the most evidence now; the first of those who have as much, null when there is nobody. */
export function strongest(standing: readonly Standing[]): Standing | null {
  return standing.reduce<Standing | null>(
    (best, one) => (best === null || one.latest.logBayes > best.latest.logBayes ? one : best),
    null,
  );
}

/** Whether two units or more of a reader explain something: one may always be chance. */
export function hasHits({ start, hit }: Units, reader: number): boolean {
  let count = 0;
  for (let unit = start[reader]!; unit < start[reader + 1]!; unit++)
    if (hit[unit] !== NO_HIT && ++count >= 2) return true;
  return false;
}
