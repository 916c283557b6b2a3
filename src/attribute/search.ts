import { chooseSource } from './choose.ts';
import { Evidence } from './evidence.ts';
import { type AttributeGroups, findGroups } from './groups.ts';
import type { AttributionInput } from './port.ts';
import { LEARNING_RATE, posteriorOf } from './posterior.ts';
import { orderRows, type Rows } from './rows.ts';
import type { Score } from './score.ts';
import type { Standing, Who } from './standing.ts';
import { countReaders, findUnits, type Units } from './units.ts';

/** One who was judged. */
export interface Judged {
  readonly who: Who;
  /** Against chance, as if there were no other source. */
  readonly alone: Score;
  /** On subjects that the sources found before it did not read; null: not judged again. */
  readonly beside: Score | null;
  /** That it is a source, given the sources found before it. */
  readonly probability: number;
  /** New subjects of the dump explained and expected, bucket by bucket. */
  readonly timeline: { readonly explained: readonly number[]; readonly expected: readonly number[] };
}

/** One source: mostly one principal or group; several that cannot be told apart. */
export interface Source {
  readonly members: readonly Judged[];
}

/** What the search found. */
export interface SearchResult {
  readonly rows: Rows;
  readonly units: Units;
  readonly groups: readonly AttributeGroups[];
  /** In the order in which they were found: the evidence for each is beside those before it. */
  readonly sources: readonly Source[];
  /** Everybody else with evidence above chance, best first. */
  readonly others: readonly Judged[];
  /** That no principal and no group is a source. */
  readonly outsideProbability: number;
  /** Hypotheses that were tested: principals that read, and groups. */
  readonly hypotheses: number;
  /** Principals that read anything comparable. */
  readonly readers: number;
  /** Principals with evidence of their own above chance, best first: among them, groups are counted. */
  readonly leading: readonly number[];
  /** Natural logarithm of the Bayes factor from which on a source is named. */
  readonly threshold: number;
  readonly spread: number;
}

/**
 * Chance of naming anybody who has nothing to do with it, over all hypotheses together. A Bayes factor of hypotheses / α is reached by chance with a probability of at most α (Bonferroni over e-values; it implies
 * a false discovery rate of at most α under any dependence, Wang and Ramdas, JRSS B 84 (2022) 822–852). The issue is 1 %; a wrong name costs more than a missed one.
 * The factor counts as much for naming as it does for the probability (posterior.ts): untempered, 2 of 1,920 dumps from outside in 34 unseen worlds named somebody, by 16.2 and 17.9 where 15.4 sufficed.
 */
const NAMING_LEVEL = 0.001;
const MOST_SOURCES = 64;
const MOST_OTHERS = 50;
const MOST_LEADING = 40;

/** Finds the sources one by one, as long as the evidence pays for another one. */
export function searchSources(input: AttributionInput): SearchResult {
  const { principals } = input;
  const rows = orderRows(input);
  const units = findUnits(rows, principals.length, (principal) => principal);
  const groups = findGroups(rows, principals);
  const evidence = new Evidence({ principals, rows, units, groups });
  const counts = {
    readers: countReaders(units),
    groups: groups.reduce((sum, { groups: all }) => sum + all.length, 0),
  };
  const hypotheses = Math.max(1, counts.readers + counts.groups);
  const threshold = Math.log(hypotheses / NAMING_LEVEL) / LEARNING_RATE;
  let standing = evidence.judgeAll();
  evidence.compareAll(standing, threshold);
  for (const one of standing) one.alone = one.latest;
  const leading = leadersOf(standing);
  let posterior = posteriorOf(standing, counts);
  const outsideProbability = posterior.outside;
  const sources: Source[] = [];
  const describe = (one: Standing): Judged => ({
    who: one.who,
    alone: one.alone,
    beside: sources.length > 0 ? one.latest : null,
    probability: posterior.of(one),
    timeline: evidence.timeline(one),
  });
  while (sources.length < MOST_SOURCES) {
    const chosen = chooseSource(evidence, standing, threshold, counts);
    if (chosen === null) break;
    sources.push({ members: chosen.map(describe) });
    for (const { units: own, reader, latest } of chosen) evidence.exclude(own, reader, latest.period);
    standing = standing.filter((one) => !chosen.includes(one));
    evidence.judgeAgain(standing);
    evidence.compareAll(standing, threshold);
    posterior = posteriorOf(standing, counts);
  }
  const others = standing
    .filter(({ alone }) => alone.logBayes > 0)
    .sort((a, b) => b.latest.logBayes - a.latest.logBayes || b.alone.logBayes - a.alone.logBayes)
    .slice(0, MOST_OTHERS)
    .map(describe);
  const { readers } = counts;
  const { spread } = evidence;
  return { rows, units, groups, sources, others, outsideProbability, hypotheses, readers, leading, threshold, spread };
}

function leadersOf(standing: readonly Standing[]): number[] {
  return standing
    .flatMap(({ who, alone }) =>
      who.kind === 'principal' && alone.logBayes > 0 ? [{ principal: who.principal, alone }] : [],
    )
    .sort((a, b) => b.alone.logBayes - a.alone.logBayes)
    .slice(0, MOST_LEADING)
    .map(({ principal }) => principal);
}
