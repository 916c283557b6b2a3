import type { Group } from './groups.ts';
import { logGamma } from './log-gamma.ts';
import { logSum } from './score.ts';
import type { Judged, SearchResult } from './search.ts';

/** A value that named principals share far more often than chance would have it. */
export interface Shared {
  readonly judged: Judged;
  readonly group: Group;
  /** Named principals that have the value, and all named ones. */
  readonly named: number;
  readonly all: number;
  /** That so many would share it by chance, over all values of all attributes. */
  readonly probability: number;
}

/** Fewer named principals share something by chance. */
const LEAST_NAMED = 3;
/** At least such a part of the group and of the named: else the value says little about either. */
const LEAST_OF_GROUP = 0.25;
const LEAST_OF_NAMED = 0.5;
const LEVEL = 0.001;

/** What principals named one by one have in common: hypergeometric tail, times the number of values (Bonferroni); the best one, or none. */
export function enrichment({ sources, others, readers, groups }: SearchResult): readonly Shared[] {
  const named = sources.flatMap(({ members }) =>
    members.flatMap(({ who }) => (who.kind === 'principal' ? [who.principal] : [])),
  );
  if (named.length < LEAST_NAMED) return [];
  const values = groups.reduce((sum, { groups: all }) => sum + all.length, 0);
  const found = others.flatMap((judged): Shared[] => {
    if (judged.who.kind !== 'group') return [];
    const { group } = judged.who;
    const members = new Set(group.members);
    const count = named.filter((principal) => members.has(principal)).length;
    if (count < LEAST_NAMED || count < LEAST_OF_GROUP * members.size || count < LEAST_OF_NAMED * named.length)
      return [];
    const probability = Math.min(1, values * Math.exp(logTail(count, named.length, members.size, readers)));
    return probability < LEVEL ? [{ judged, group, named: count, all: named.length, probability }] : [];
  });
  return found
    .sort((a, b) => a.probability - b.probability || b.judged.alone.logBayes - a.judged.alone.logBayes)
    .slice(0, 1);
}

/** Logarithm of the probability that at least `count` of `drawn` have what `marked` of `all` have (hypergeometric). */
function logTail(count: number, drawn: number, marked: number, all: number): number {
  const choose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  const terms: number[] = [];
  for (let k = count; k <= Math.min(drawn, marked); k++) {
    if (drawn - k > all - marked) continue;
    terms.push(choose(marked, k) + choose(all - marked, drawn - k) - choose(all, drawn));
  }
  return logSum(terms);
}
