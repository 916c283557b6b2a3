import { Background } from './background.ts';
import type { AttributeGroups } from './groups.ts';
import { findPlaces, type Places } from './places.ts';
import type { AttributionInput } from './port.ts';
import { bucketOf, type Rows } from './rows.ts';
import { logSum, type Period, type Score, Scorer } from './score.ts';
import { type Selection, Selections } from './selections.ts';
import { Spreads } from './spreads.ts';
import { hasHits, type Standing, strongest } from './standing.ts';
import { countReaders, NO_HIT, type Units } from './units.ts';

/** A copy of a part that holds no more of what a suspect explains is asked for the rest of it by itself. Of what a local reader explains, a place that was copied holds more. */
const MOST_OF_A_PART = 2 / 3;
/** Below the threshold only the first of all is held against selections, as often as another becomes the first. */
const MOST_COMPARED = 10;
/** Buckets of the shortest period of a group: in less time, what all of its kind do that day looks like evidence. */
const SHORTEST_FOR_GROUP = 4;

/** What is judged, and by which disclosures. */
export interface Judgeable {
  readonly principals: AttributionInput['principals'];
  readonly rows: Rows;
  /** Of all principals. */
  readonly units: Units;
  readonly groups: readonly AttributeGroups[];
}

/** The evidence for each who may be a source, beside the sources that were taken out. */
export class Evidence {
  readonly #rows: Rows;
  readonly #units: Units;
  readonly #groups: readonly AttributeGroups[];
  readonly #excluded: Uint8Array;
  readonly #places: Places;
  readonly #selections: Selections;
  readonly #spreads: Spreads;
  #background: Background;
  #scorer: Scorer;

  constructor({ principals, rows, units, groups }: Judgeable) {
    this.#rows = rows;
    this.#units = units;
    this.#groups = groups;
    this.#excluded = new Uint8Array(rows.subjects);
    const places = findPlaces(rows, principals.length, groups);
    this.#places = places;
    this.#selections = new Selections(rows, { units, places, groups, principals });
    this.#background = new Background(rows, units, places, this.#excluded);
    this.#scorer = new Scorer(this.#background, places);
    const [background, scorer] = [this.#background, this.#scorer];
    this.#spreads = new Spreads({ units, readers: countReaders(units), groups, places, background, scorer });
  }

  /** Of principals. */
  get spread(): number {
    return this.#spreads.spread;
  }

  /** Everybody with evidence, principals first, then groups. */
  judgeAll(): Standing[] {
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
      const spread = this.#spreads.of(one.who);
      const alone = this.judge({ ...one, spread });
      return alone.logBayes === Number.NEGATIVE_INFINITY
        ? []
        : [{ ...one, spread, alone, latest: alone, isCompared: false }];
    });
  }

  /** Judges one, against chance or against a copy of a part of the customers, on whom is not taken out. */
  judge(
    { units, reader, who, spread, own }: Omit<Standing, 'alone' | 'latest' | 'isCompared'>,
    selection: Selection | null = null,
  ): Score {
    return this.#scorer.judge(units, reader, {
      spread,
      shortest: who.kind === 'group' ? SHORTEST_FOR_GROUP : 1,
      own,
      isOne: who.kind === 'principal',
      selection,
    });
  }

  /** Judges again, without the subjects of the sources found, all who had any evidence. */
  judgeAgain(standing: readonly Standing[]): void {
    this.#background = new Background(this.#rows, this.#units, this.#places, this.#excluded);
    this.#scorer = new Scorer(this.#background, this.#places);
    for (const one of standing) {
      if (one.alone.logBayes <= 0) continue;
      one.latest = this.judge(one);
      one.isCompared = false;
    }
  }

  /** Holds all who may be named, and the first of all, against copies of parts of the customers. */
  compareAll(standing: readonly Standing[], threshold: number): void {
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
      const score = this.judge(one, selection);
      const logBayes =
        selection.shareOfHits < MOST_OF_A_PART
          ? meanFactor(score.logBayes, this.#beyond(one, selection).logBayes)
          : score.logBayes;
      if (logBayes < one.latest.logBayes) one.latest = { ...score, logBayes: Math.max(logBayes, 0) };
    }
  }

  /** On people beyond the part alone: they are few in a copy of it, however uncertain it is how many of the part there are. */
  #beyond(one: Standing, selection: Selection): Score {
    const { units, reader } = one;
    const own = one.own?.slice() ?? new Uint8Array(units.subject.length);
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      if (selection.has[units.subject[unit]!] === 1) own[unit] = 1;
    }
    return this.judge({ ...one, own }, { ...selection, uncertainty: 0, unread: null });
  }

  /** Explained and expected new subjects of one, bucket by bucket. */
  timeline({ units, reader }: Standing): {
    readonly explained: readonly number[];
    readonly expected: readonly number[];
  } {
    this.#scorer.total(units, reader);
    return this.#scorer.timeline();
  }

  /**
   * Takes out what a source may have given: all subjects that it read about the time when it was active, in the dump or not, so that others are judged on what it cannot explain;
   * and what it explains at any other time, because its period is not known to the day. Chance is learnt without them from the next `judgeAgain` on.
   */
  exclude({ start, subject, cell, hit }: Units, reader: number, { first, last }: Period): void {
    for (let unit = start[reader]!; unit < start[reader + 1]!; unit++) {
      const bucket = bucketOf(cell[unit]!);
      if ((bucket >= first - 1 && bucket <= last + 1) || hit[unit] !== NO_HIT) this.#excluded[subject[unit]!] = 1;
    }
    this.#background.excludedChanged();
  }

  /** What `use` answers; who is taken out in it counts again afterwards. */
  trying<T>(use: () => T): T {
    const before = this.#excluded.slice();
    const answer = use();
    this.#excluded.set(before);
    this.#background.excludedChanged();
    return answer;
  }

  /** Subjects that one explains in its best period. */
  explainedBy({ units, reader, latest }: Standing): Set<number> {
    const explained = new Set<number>();
    const { first, last } = latest.period;
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      const bucket = bucketOf(units.cell[unit]!);
      const about = units.subject[unit]!;
      if (units.hit[unit] !== NO_HIT && bucket >= first && bucket <= last && this.#excluded[about] === 0)
        explained.add(about);
    }
    return explained;
  }
}

/**
 * Natural logarithm of the mean of two Bayes factors that are given as logarithms: one against a copy of a part, and one on the people beyond the part. Both are against the same explanation, and so is their mean
 * (Vovk and Wang, Annals of Statistics 49 (2021) 1736–1754, section 3). −∞ where neither leaves any evidence.
 */
export function meanFactor(one: number, other: number): number {
  return logSum([one, other]) - Math.LN2;
}
