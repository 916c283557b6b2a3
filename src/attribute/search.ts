import { Background } from './background.ts';
import { type AttributeGroups, findGroups, type Group } from './groups.ts';
import { findPlaces, type Places } from './places.ts';
import type { AttributionInput } from './port.ts';
import { NOT_DUMP, orderRows, type Rows, STRATA } from './rows.ts';
import { logSum, type Period, type Score, Scorer } from './score.ts';
import { type Selection, Selections } from './selections.ts';
import { findSpread, type Outcome, pooledSpread } from './spread.ts';
import { findUnits, NO_HIT, type Units } from './units.ts';

/** Who may be a source. */
export type Who =
  | { readonly kind: 'principal'; readonly principal: number }
  | { readonly kind: 'group'; readonly group: Group };

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
 */
const NAMING_LEVEL = 0.001;
/** Prior probabilities: no source in the ledger; one of the principals; one of the groups. */
const PRIOR_OUTSIDE = 0.5;
const PRIOR_PRINCIPALS = 0.35;
const PRIOR_GROUPS = 0.15;
/**
 * Part of the evidence that probabilities are made from (a tempered posterior; Grünwald and van Ommen, Bayesian Analysis 12 (2017) 1069–1103): the best of thousands of innocents has more evidence than the model of chance allows for,
 * because people are not alike in ways that no stratum has. Found on worlds of development; naming does not use it.
 */
const LEARNING_RATE = 0.8;
/** A group must be so much better than its best member (natural logarithm): one name is the simpler explanation. */
const GROUP_MARGIN = 3;
/** Principals closer than 99 to 1 are not told apart, if they explain mostly the same. */
const TIE = Math.log(99);
const TIE_OVERLAP = 0.5;
/** More than these together are no answer. */
const MOST_TOGETHER = 5;
/** A principal that leaked a share so many times larger than a group's stands out of it. */
const UNEVEN = 2;
const MOST_SOURCES = 64;
const MOST_OTHERS = 50;
const MOST_LEADING = 40;
/** A copy of a part that holds no more of what a suspect explains is asked for the rest of it by itself. Of what a local reader explains, a place that was copied holds more. */
const MOST_OF_A_PART = 2 / 3;
/** Below the threshold only the first of all is held against selections, as often as another becomes the first. */
const MOST_COMPARED = 10;
/** Groups are not alike, however many members their differences average over. */
const LEAST_GROUP_SPREAD = 0.2;
/** Buckets of the shortest period of a group: in less time, what all of its kind do that day looks like evidence. */
const SHORTEST_FOR_GROUP = 4;
/** Fewer values do not tell how values differ. */
const LEAST_VALUES = 20;
/** As many readers are enough to know how they spread. */
const SPREAD_SAMPLE = 1_000;

interface Standing {
  readonly who: Who;
  readonly units: Units;
  readonly reader: number;
  readonly spread: number;
  /** Of a group that is a place: which units are about people who belong to it. */
  readonly own: Uint8Array | null;
  alone: Score;
  latest: Score;
  /** `latest` has been held against copies of parts of the customers. */
  isCompared: boolean;
}

/** Finds the sources one by one, as long as the evidence pays for another one. */
export function searchSources(input: AttributionInput): SearchResult {
  const rows = orderRows(input);
  const units = findUnits(rows, input.principals.length, (principal) => principal);
  const groups = findGroups(rows, input.principals);
  const search = new Search(input, rows, units, groups);
  return search.run();
}

class Search {
  readonly #rows: Rows;
  readonly #units: Units;
  readonly #groups: readonly AttributeGroups[];
  readonly #excluded: Uint8Array;
  readonly #readers: number;
  readonly #groupCount: number;
  readonly #places: Places;
  readonly #selections: Selections;
  #background: Background;
  #scorer: Scorer;
  #spread = 0;
  /** Attributes whose values differ by more than principals do: stations, for one, have customers of their own. */
  readonly #clusters: { readonly spread: number; readonly placeOf: ReadonlyMap<number, number> }[] = [];
  /** Per principal, over all time: what its groups' spread is made from. */
  #expected = new Float64Array(0);

  constructor(input: AttributionInput, rows: Rows, units: Units, groups: readonly AttributeGroups[]) {
    this.#rows = rows;
    this.#units = units;
    this.#groups = groups;
    this.#excluded = new Uint8Array(rows.subjects);
    this.#places = findPlaces(rows, input.principals.length, groups);
    this.#selections = new Selections(rows, { units, places: this.#places, groups, principals: input.principals });
    this.#background = new Background(rows, units, this.#places, this.#excluded);
    this.#scorer = new Scorer(this.#background, this.#places);
    this.#readers = countReaders(units);
    this.#groupCount = groups.reduce((sum, { groups: all }) => sum + all.length, 0);
  }

  run(): SearchResult {
    const hypotheses = Math.max(1, this.#readers + this.#groupCount);
    const threshold = Math.log(hypotheses / NAMING_LEVEL);
    this.#measureSpread();
    let standing = this.#judgeAll();
    this.#compareAll(standing, threshold);
    for (const one of standing) one.alone = one.latest;
    const sources: Source[] = [];
    const leading = standing
      .flatMap(({ who, alone }) =>
        who.kind === 'principal' && alone.logBayes > 0 ? [{ principal: who.principal, alone }] : [],
      )
      .sort((a, b) => b.alone.logBayes - a.alone.logBayes)
      .slice(0, MOST_LEADING)
      .map(({ principal }) => principal);
    let posterior = this.#posterior(standing);
    const outsideProbability = posterior.outside;
    while (sources.length < MOST_SOURCES) {
      const chosen = this.#choose(standing, threshold);
      if (chosen === null) break;
      const members = chosen.map((one) => this.#describe(one, posterior.of(one), sources.length > 0));
      sources.push({ members });
      for (const { units, reader, latest } of chosen) this.#exclude(units, reader, latest.period);
      standing = standing.filter((one) => !chosen.includes(one));
      this.#judgeAgain(standing);
      this.#compareAll(standing, threshold);
      posterior = this.#posterior(standing);
    }
    const others = standing
      .filter(({ alone }) => alone.logBayes > 0)
      .sort((a, b) => b.latest.logBayes - a.latest.logBayes || b.alone.logBayes - a.alone.logBayes)
      .slice(0, MOST_OTHERS)
      .map((one) => this.#describe(one, posterior.of(one), sources.length > 0));
    return {
      rows: this.#rows,
      units: this.#units,
      groups: this.#groups,
      sources,
      others,
      outsideProbability,
      hypotheses,
      readers: this.#readers,
      leading,
      threshold,
      spread: this.#spread,
    };
  }

  #measureSpread(): void {
    const { readers, start } = this.#units;
    this.#expected = new Float64Array(readers);
    const step = Math.max(1, Math.ceil(this.#readers / SPREAD_SAMPLE));
    const outcomes: Outcome[] = [];
    let reading = 0;
    for (let reader = 0; reader < readers; reader++) {
      const size = start[reader + 1]! - start[reader]!;
      if (size === 0) continue;
      this.#expected[reader] = size * this.#background.meanRate;
      if (reading++ % step === 0) outcomes.push(this.#scorer.total(this.#units, reader));
    }
    this.#spread = findSpread(outcomes);
    for (const attribute of this.#groups) {
      const { groups, units: pooled } = attribute;
      // How places differ is part of what is expected.
      if (groups.length < LEAST_VALUES || this.#places.own.has(attribute)) continue;
      const spread = findSpread(groups.map((_, place) => this.#scorer.total(pooled, place)));
      if (spread <= this.#spread) continue;
      const placeOf = new Map(
        groups.flatMap(({ members }, place) => members.map((member) => [member, place] as const)),
      );
      this.#clusters.push({ spread, placeOf });
    }
  }

  #judgeAll(): Standing[] {
    const all: Pick<Standing, 'who' | 'units' | 'reader' | 'own'>[] = [];
    for (let principal = 0; principal < this.#units.readers; principal++) {
      all.push({ who: { kind: 'principal', principal }, units: this.#units, reader: principal, own: null });
    }
    for (const attribute of this.#groups) {
      const own = this.#places.own.get(attribute) ?? null;
      attribute.groups.forEach((group, reader) => {
        all.push({ who: { kind: 'group', group }, units: attribute.units, reader, own });
      });
    }
    return all.flatMap((one) => {
      if (!hasHits(one.units, one.reader)) return [];
      const spread = this.#spreadOf(one.who);
      const alone = this.#judge({ ...one, spread });
      return alone.logBayes === Number.NEGATIVE_INFINITY
        ? []
        : [{ ...one, spread, alone, latest: alone, isCompared: false }];
    });
  }

  #judge(
    { units, reader, who, spread, own }: Omit<Standing, 'alone' | 'latest' | 'isCompared'>,
    selection: Selection | null = null,
  ): Score {
    return this.#scorer.judge(units, reader, {
      spread,
      shortest: shortestFor(who),
      own,
      isOne: who.kind === 'principal',
      selection,
    });
  }

  /** Holds all who may be named, and the first of all, against copies of parts of the customers. */
  #compareAll(standing: readonly Standing[], threshold: number): void {
    for (const one of standing) if (one.latest.logBayes >= threshold) this.#compare(one);
    for (let i = 0; i < MOST_COMPARED; i++) {
      const best = strongest(standing);
      if (best === null || best.isCompared || best.latest.logBayes <= 0) return;
      this.#compare(best);
    }
  }

  /** What counts is the evidence against the explanation that is best of all those without a source (the least of Bayes factors against several null hypotheses is one against each of them). */
  #compare(one: Standing): void {
    one.isCompared = true;
    for (const selection of this.#selections.against(this.#background, one.units, one.reader, one.own)) {
      const score = this.#judge(one, selection);
      const logBayes = selection.shareOfHits < MOST_OF_A_PART ? this.#withRest(one, selection, score) : score.logBayes;
      if (logBayes < one.latest.logBayes) one.latest = { ...score, logBayes: Math.max(logBayes, 0) };
    }
  }

  /**
   * Where a copy of a part holds less than two thirds of what a suspect explains, it has to answer for the rest too: people beyond the part are few there, however uncertain it is how many of the part there are. Both are Bayes
   * factors against the same explanation, and so is their mean (Vovk and Wang, Annals of Statistics 49 (2021) 1736–1754, section 3).
   */
  #withRest(one: Standing, selection: Selection, score: Score): number {
    const { units, reader } = one;
    const own = one.own?.slice() ?? new Uint8Array(units.subject.length);
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      if (selection.has[units.subject[unit]!] === 1) own[unit] = 1;
    }
    const rest = this.#judge({ ...one, own }, { ...selection, uncertainty: 0 });
    return logSum([score.logBayes, rest.logBayes]) - Math.LN2;
  }

  /** How much innocents like this one differ: as principals do, and as the stations or other clusters do that they belong to. */
  #spreadOf(who: Who): number {
    const members = principalsOf(who);
    const expected = members.map((member) => this.#expected[member]!);
    const own =
      who.kind === 'group' ? Math.max(LEAST_GROUP_SPREAD, pooledSpread(this.#spread, expected)) : this.#spread;
    const sum = expected.reduce((all, one) => all + one, 0);
    return this.#clusters.reduce((most, { spread, placeOf }) => {
      const parts = new Map<number, number>();
      members.forEach((member, i) => {
        const place = placeOf.get(member);
        if (place !== undefined) parts.set(place, (parts.get(place) ?? 0) + expected[i]!);
      });
      return Math.max(most, pooledSpread(spread, [...parts.values()], sum));
    }, own);
  }

  /** Judges again, without the subjects of the sources found, all who had any evidence. */
  #judgeAgain(standing: readonly Standing[]): void {
    this.#background = new Background(this.#rows, this.#units, this.#places, this.#excluded);
    this.#scorer = new Scorer(this.#background, this.#places);
    for (const one of standing) {
      if (one.alone.logBayes <= 0) continue;
      one.latest = this.#judge(one);
      one.isCompared = false;
    }
  }

  /** Null when the evidence for nobody is enough; else those that are accepted together. */
  #choose(standing: readonly Standing[], threshold: number): readonly Standing[] | null {
    const principals = standing.filter(({ who }) => who.kind === 'principal');
    let best = strongest(principals);
    const group = strongest(this.#eligibleGroups(standing));
    if (group !== null && group.latest.logBayes >= threshold && group.latest.logBayes > (best?.latest.logBayes ?? 0)) {
      // The strongest explanation comes first: one of its members may stand for the group, and nobody else.
      const own = new Set(principalsOf(group.who));
      const member = strongest(principals.filter(({ reader }) => own.has(reader)));
      if (
        member === null ||
        member.latest.logBayes < threshold ||
        (this.#hasMoreThan(group, member, threshold) &&
          (isEven(group.latest, member.latest) || this.#isBetterThanMembers(group, principals)))
      )
        return [group];
      best = member;
    }
    if (best === null || best.latest.logBayes < threshold) return null;
    const own = this.#explainedBy(best);
    const together = principals.filter(
      (one) =>
        one === best ||
        (best.latest.logBayes - one.latest.logBayes < TIE && overlap(own, this.#explainedBy(one)) >= TIE_OVERLAP),
    );
    return together.length > MOST_TOGETHER ? null : together.sort((a, b) => b.latest.logBayes - a.latest.logBayes);
  }

  /** Whether a group is still a source beside one principal: a service that exported everything makes a source of all services, until it is taken out. */
  #hasMoreThan(group: Standing, best: Standing, threshold: number): boolean {
    const before = this.#excluded.slice();
    this.#exclude(best.units, best.reader, best.latest.period);
    const rest = this.#judge(group);
    this.#excluded.set(before);
    return rest.logBayes >= threshold;
  }

  /**
   * Whether the group as one cause explains more than its members one by one, each of which would have to pay for being picked out of all principals. They are taken in turn, each on what those before it leave, as sources are.
   */
  #isBetterThanMembers(group: Standing, principals: readonly Standing[]): boolean {
    if (group.who.kind !== 'group') return false;
    const own = new Set(group.who.group.members);
    const price = Math.log(Math.max(2, this.#readers));
    const limit = group.latest.logBayes - Math.log(Math.max(2, this.#groupCount));
    let members = principals
      .filter(({ who, latest }) => who.kind === 'principal' && own.has(who.principal) && latest.logBayes > price)
      .map((standing) => ({ standing, score: standing.latest }));
    const before = this.#excluded.slice();
    let separate = 0;
    while (members.length > 0 && separate <= limit) {
      const best = members.reduce((most, one) => (one.score.logBayes > most.score.logBayes ? one : most));
      separate += best.score.logBayes - price;
      this.#exclude(this.#units, best.standing.reader, best.score.period);
      members = members
        .filter((one) => one !== best)
        .map(({ standing }) => ({
          standing,
          score: this.#judge(standing),
        }))
        .filter(({ score }) => score.logBayes > price);
    }
    this.#excluded.set(before);
    return separate <= limit;
  }

  #eligibleGroups(standing: readonly Standing[]): Standing[] {
    const byPrincipal = new Map<number, number>();
    for (const { who, latest } of standing)
      if (who.kind === 'principal') byPrincipal.set(who.principal, latest.logBayes);
    return standing.filter(({ who, latest }) => {
      if (who.kind !== 'group') return false;
      const most = who.group.members.reduce(
        (sum, member) => Math.max(sum, byPrincipal.get(member) ?? Number.NEGATIVE_INFINITY),
        Number.NEGATIVE_INFINITY,
      );
      return latest.logBayes > most + GROUP_MARGIN;
    });
  }

  #posterior(standing: readonly Standing[]): { readonly outside: number; of(one: Standing): number } {
    const eligible = new Set(this.#eligibleGroups(standing));
    const principalPrior = Math.log(
      (this.#groupCount > 0 ? PRIOR_PRINCIPALS : 1 - PRIOR_OUTSIDE) / Math.max(1, this.#readers),
    );
    const groupPrior = Math.log(PRIOR_GROUPS / Math.max(1, this.#groupCount));
    const logOf = (one: Standing): number => {
      const evidence = LEARNING_RATE * one.latest.logBayes;
      if (one.who.kind === 'principal') return principalPrior + evidence;
      return eligible.has(one) ? groupPrior + evidence : Number.NEGATIVE_INFINITY;
    };
    const all = logSum([Math.log(PRIOR_OUTSIDE), ...standing.map(logOf)]);
    return { outside: Math.exp(Math.log(PRIOR_OUTSIDE) - all), of: (one) => Math.exp(logOf(one) - all) };
  }

  #describe(one: Standing, probability: number, isBeside: boolean): Judged {
    this.#scorer.total(one.units, one.reader);
    return {
      who: one.who,
      alone: one.alone,
      beside: isBeside ? one.latest : null,
      probability,
      timeline: this.#scorer.timeline(),
    };
  }

  /**
   * Takes out what a source may have given: all subjects that it read about the time when it was active, in the dump or not, so that others are judged on what it cannot explain;
   * and what it explains at any other time, because its period is not known to the day.
   */
  #exclude({ start, subject, cell, hit }: Units, reader: number, { first, last }: Period): void {
    for (let unit = start[reader]!; unit < start[reader + 1]!; unit++) {
      const bucket = Math.floor(cell[unit]! / STRATA);
      if ((bucket >= first - 1 && bucket <= last + 1) || hit[unit] !== NO_HIT) this.#excluded[subject[unit]!] = 1;
    }
  }

  #explainedBy({ units, reader, latest }: Standing): Set<number> {
    const explained = new Set<number>();
    const { first, last } = latest.period;
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      const bucket = Math.floor(units.cell[unit]! / STRATA);
      const about = units.subject[unit]!;
      if (units.hit[unit] !== NO_HIT && bucket >= first && bucket <= last && this.#excluded[about] === 0)
        explained.add(about);
    }
    return explained;
  }
}

function shortestFor({ kind }: Who): number {
  return kind === 'group' ? SHORTEST_FOR_GROUP : 1;
}

function principalsOf(who: Who): readonly number[] {
  return who.kind === 'group' ? who.group.members : [who.principal];
}

function strongest(standing: readonly Standing[]): Standing | null {
  return standing.reduce<Standing | null>(
    (best, one) => (best === null || one.latest.logBayes > best.latest.logBayes ? one : best),
    null,
  );
}

/** Whether a group leaked about the same share of what it read as the best of all principals: then nothing points to one of its members. */
function isEven(group: Score, best: Score): boolean {
  return best.explained / Math.max(1, best.read) < UNEVEN * (group.explained / Math.max(1, group.read));
}

/** Principals that read anything comparable. */
export function countReaders({ readers, start }: Units): number {
  let count = 0;
  for (let reader = 0; reader < readers; reader++) if (start[reader + 1]! > start[reader]!) count++;
  return count;
}

/** Whether two units or more explain something: one may always be chance. */
function hasHits({ start, hit }: Units, reader: number): boolean {
  let count = 0;
  for (let unit = start[reader]!; unit < start[reader + 1]!; unit++)
    if (hit[unit] !== NO_HIT && ++count >= 2) return true;
  return false;
}

function overlap(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  const shared = [...one].filter((about) => other.has(about)).length;
  return shared / Math.max(1, one.size + other.size - shared);
}

/** How many subjects of the dump anybody in the ledger could have given. */
export function countReachable({ units, rows }: Pick<SearchResult, 'units' | 'rows'>): number {
  const reachable = new Uint8Array(rows.subjects);
  for (let unit = 0; unit < units.hit.length; unit++)
    if (units.hit[unit] !== NO_HIT) reachable[units.subject[unit]!] = 1;
  return reachable.reduce((sum, one) => sum + one, 0);
}

/** How many subjects of the dump were watched. */
export function countWatched({ rows }: Pick<SearchResult, 'rows'>): number {
  return rows.dumpRow.reduce((sum, place) => sum + (place === NOT_DUMP ? 0 : 1), 0);
}
