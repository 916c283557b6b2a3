import type { Background } from './background.ts';
import type { AttributeGroups } from './groups.ts';
import type { Places } from './places.ts';
import type { Scorer } from './score.ts';
import { findSpread, type Outcome, pooledSpread } from './spread.ts';
import { principalsOf, type Who } from './standing.ts';
import type { Units } from './units.ts';

/** Groups are not alike, however many members their differences average over. */
const LEAST_GROUP_SPREAD = 0.2;
/** Fewer values do not tell how values differ. */
const LEAST_VALUES = 20;
/** As many readers are enough to know how they spread. */
const SPREAD_SAMPLE = 1_000;

/** What spreads are found from. */
export interface Observed {
  /** Of all principals. */
  readonly units: Units;
  /** Principals that read anything comparable. */
  readonly readers: number;
  readonly groups: readonly AttributeGroups[];
  readonly places: Places;
  readonly background: Background;
  readonly scorer: Scorer;
}

/** How much innocents differ: principals, and the stations or other clusters to which they belong. */
export class Spreads {
  /** Of principals. */
  readonly spread: number;
  /** Attributes whose values differ by more than principals do: stations, for one, have customers of their own. */
  readonly #clusters: readonly { readonly spread: number; readonly placeOf: ReadonlyMap<number, number> }[];
  /** Per principal, over all time: what its groups' spread is made from. */
  readonly #expected: Float64Array;

  constructor({ units, readers, groups, places, background, scorer }: Observed) {
    const { start } = units;
    this.#expected = new Float64Array(units.readers);
    const step = Math.max(1, Math.ceil(readers / SPREAD_SAMPLE));
    const outcomes: Outcome[] = [];
    let reading = 0;
    for (let reader = 0; reader < units.readers; reader++) {
      const size = start[reader + 1]! - start[reader]!;
      if (size === 0) continue;
      this.#expected[reader] = size * background.meanRate;
      if (reading++ % step === 0) outcomes.push(scorer.total(units, reader));
    }
    const spread = findSpread(outcomes);
    this.spread = spread;
    this.#clusters = groups.flatMap((attribute) => {
      const { groups: values, units: pooled } = attribute;
      // How places differ is part of what is expected.
      if (values.length < LEAST_VALUES || places.own.has(attribute)) return [];
      const own = findSpread(values.map((_, place) => scorer.total(pooled, place)));
      if (own <= spread) return [];
      const placeOf = new Map(
        values.flatMap(({ members }, place) => members.map((member) => [member, place] as const)),
      );
      return [{ spread: own, placeOf }];
    });
  }

  /** How much innocents like this one differ: as principals do, and as the clusters do that they belong to. */
  of(who: Who): number {
    const members = principalsOf(who);
    const expected = members.map((member) => this.#expected[member]!);
    const own = who.kind === 'group' ? Math.max(LEAST_GROUP_SPREAD, pooledSpread(this.spread, expected)) : this.spread;
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
}
