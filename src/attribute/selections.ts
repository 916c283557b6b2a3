import type { Principal } from '../disclosures/port.ts';
import type { Background } from './background.ts';
import { BUCKETS } from './buckets.ts';
import { Grid } from './grid.ts';
import type { AttributeGroups } from './groups.ts';
import type { Places } from './places.ts';
import { bucketOf, NOT_DUMP, type Rows } from './rows.ts';
import type { Period } from './score.ts';
import { addTo, liftOf, noSums, type Part, PRIOR, Tally } from './tally.ts';
import type { Units } from './units.ts';

/**
 * A part of the customers that somebody may have copied: those of a place, of a shop, of whatever else somebody reads. If the dump is a copy of that part, people of it whom a suspect never read are in the dump as often as
 * those whom it read.
 */
export interface Selection {
  /** Per subject: 1 when it belongs. */
  readonly has: Uint8Array;
  /** How much likelier than their strata give them people of the part are in the dump, and everybody else, among those whom the suspect never read. */
  readonly within: number;
  readonly beyond: number;
  /** Relative variance of `within`. */
  readonly uncertainty: number;
  /**
   * Customers of a party whom the suspect never read, in the dump and expected there by their strata, where `within` is the factor of all of the party's customers: a copy of them takes these as well. Null: `within` is theirs already, or
   * nothing says that they are like the others of the part (who belongs to a place is known from reads alone, and those whom hardly anybody reads there may live elsewhere).
   */
  readonly unread: { readonly found: number; readonly expected: number } | null;
  /** Share of the people explained by the suspect who belong. */
  readonly shareOfHits: number;
  /** In words, as the object of a sentence. */
  readonly title: string;
}

/** A part that holds fewer of the people whom a suspect explains is no explanation of them. */
const LEAST_OF_HITS = 0.25;
/** A part that is hardly likelier in the dump than its strata are is none either. */
const LEAST_LIFT = 1.5;
/** In place of the chance to be in the dump, of whom does not count. */
const EXCLUDED = -1;
const ALL_TIME: Period = { first: 0, last: BUCKETS - 1 };
/** Kinds of principals who read their own customers: a list of those is a part of the data that anybody may copy, whoever has access to it. */
const PARTIES: ReadonlySet<string> = new Set(['client', 'merchant', 'seller', 'sender', 'shop', 'tenant']);
/** A region is made of no more places than that: who reads more of them is no reader of a region. */
const MOST_PLACES = 64;
/** So many parts, those with the highest expectation, are compared with. */
const MOST_COMPARED = 8;

/** What the parts are made from. */
interface Parts {
  readonly units: Units;
  readonly places: Places;
  readonly groups: readonly AttributeGroups[];
  readonly principals: readonly Principal[];
}

/** What readers have to do with each subject: `reader[start[s]]` to before `reader[start[s + 1]]`, each once. */
interface ReadersOf {
  readonly start: Uint32Array;
  readonly reader: Uint32Array;
}

/** Of each reader. */
interface SumsOfReaders {
  readonly found: Float64Array;
  readonly expected: Float64Array;
}

/** Finds the parts of the customers that may explain what a reader explains: what another principal reads, what a group reads, who belongs to a place. */
export class Selections {
  readonly #rows: Rows;
  readonly #places: Places;
  readonly #groups: readonly AttributeGroups[];
  readonly #principals: readonly Principal[];
  /** Of principals first, then of each attribute. */
  readonly #all: readonly Units[];
  readonly #readersOf: (ReadersOf | null)[];
  /** Of principals: 1 for those whose customers are a part of all that anybody may have copied. */
  readonly #isParty: Uint8Array;
  #counted: {
    readonly background: Background;
    readonly revision: number;
    readonly sums: (SumsOfReaders | null)[];
  } | null = null;

  constructor(rows: Rows, { units, places, groups, principals }: Parts) {
    this.#rows = rows;
    this.#places = places;
    this.#groups = groups;
    this.#principals = principals;
    this.#all = [units, ...groups.map((attribute) => attribute.units)];
    this.#readersOf = this.#all.map(() => null);
    this.#isParty = Uint8Array.from(principals, ({ attributes }) =>
      PARTIES.has((attributes.kind ?? '').toLowerCase()) ? 1 : 0,
    );
  }

  /** The parts that let one expect most of the reader; none when no part is likelier in the dump than its strata are. Linear in the units of readers that share a quarter of what it explains. */
  against(background: Background, units: Units, reader: number, own: Uint8Array | null): Selection[] {
    const { subjects, dumpRow } = this.#rows;
    const { home } = this.#places;
    const read = new Float32Array(subjects);
    const hits: number[] = [];
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      const about = units.subject[unit]!;
      if (background.isExcluded(about)) continue;
      read[about] = units.weight[unit]!;
      if (units.hit[unit] === 0 && own?.[unit] !== 1) hits.push(about);
    }
    const rest = { found: 0, expected: 0 };
    const suspect = { found: 0, expected: 0 };
    const presence = new Float64Array(subjects);
    for (let s = 0; s < subjects; s++) {
      presence[s] = background.isExcluded(s) ? EXCLUDED : background.presence(s);
      if (presence[s] === EXCLUDED) continue;
      suspect.expected += read[s]! * presence[s]!;
      if (dumpRow[s] !== NOT_DUMP && read[s]! > 0) suspect.found++;
      rest.expected += (background.weightOf(s) - read[s]!) * presence[s]!;
      if (dumpRow[s] !== NOT_DUMP && read[s] === 0) rest.found++;
    }
    const candidates: { readonly predicted: number; readonly selection: () => Selection }[] = [];
    const consider = (
      { people, found, expected, variance, own, unread, isWhole }: Part,
      count: number,
      has: () => Uint8Array,
      title: string,
      isParty = false,
    ): void => {
      // A part of whose other people nobody is in the dump explains nothing.
      if (found === 0 || expected <= 0) return;
      const within = liftOf({ people, found, expected });
      if (within < LEAST_LIFT) return;
      const beyond =
        (Math.max(0, rest.found - unread.found) + PRIOR) / (Math.max(0, rest.expected - unread.expected) + PRIOR);
      const selection = (): Selection => ({
        has: has(),
        within,
        beyond,
        uncertainty: 1 / (found + PRIOR) + variance / expected ** 2,
        unread: isParty && isWhole ? unread : null,
        shareOfHits: count / hits.length,
        title,
      });
      candidates.push({ predicted: within * own, selection });
    };
    this.#all.forEach((others, i) => {
      const { start, reader: readersOf } = this.#index(i);
      const shared = countShared(hits, others.readers, (about, add) => {
        for (let at = start[about]!; at < start[about + 1]!; at++) add(readersOf[at]!);
      });
      for (const [other, count] of shared) {
        const isParty = i === 0 && this.#isParty[other] === 1;
        if (count < LEAST_OF_HITS * hits.length || (others === units && other === reader && !isParty)) continue;
        if (!isParty && this.#isCommon(background, i, other, suspect.expected)) continue;
        const period = isParty ? this.#bestPeriod(background, other) : ALL_TIME;
        const part = this.#countReadBy(others, other, { read, presence, period }).part(isParty, suspect);
        consider(part, count, () => this.#readBy(others, other, period), this.#titleOf(i, other), isParty);
      }
    });
    const tallies = this.#countPlaces(background, read);
    const shared = countShared(hits, this.#places.count, (about, add) => add(home[about]!))
      .filter(([place]) => place !== 0)
      .sort(([one, count], [other, more]) => more - count || one - other);
    for (const [place, count] of shared) {
      if (count < LEAST_OF_HITS * hits.length) break;
      consider(tallies[place]!.part(true, suspect), count, () => this.#livingAt([place]), this.#titleOfPlaces([place]));
    }
    const region = this.#regionOf(shared, tallies, suspect);
    if (region !== null && region.count >= LEAST_OF_HITS * hits.length)
      consider(region.part, region.count, () => this.#livingAt(region.places), this.#titleOfPlaces(region.places));
    return candidates
      .sort((a, b) => b.predicted - a.predicted)
      .slice(0, MOST_COMPARED)
      .map(({ selection }) => selection());
  }

  /**
   * The places, from two on, whose people let one expect most of a suspect: those where most of whom it explains belong. None of them alone explains somebody who reads several, and a copy of a region has all of them. `shared`: places with the
   * people of each whom the suspect explains, most first. Null when there is no such region.
   */
  #regionOf(
    shared: readonly (readonly [place: number, count: number])[],
    tallies: readonly Tally[],
    suspect: Pick<Part, 'found' | 'expected'>,
  ): { readonly part: Part; readonly places: readonly number[]; readonly count: number } | null {
    const tally = new Tally();
    const places: number[] = [];
    let count = 0;
    let best: {
      readonly predicted: number;
      readonly part: Part;
      readonly size: number;
      readonly count: number;
    } | null = null;
    for (const [place, more] of shared.slice(0, MOST_PLACES)) {
      tally.addAll(tallies[place]!);
      places.push(place);
      count += more;
      const part = tally.part(true, suspect);
      const predicted = part.found === 0 ? 0 : liftOf(part) * part.own;
      if (places.length > 1 && liftOf(part) >= LEAST_LIFT && predicted > (best?.predicted ?? 0))
        best = { predicted, part, size: places.length, count };
    }
    return best === null ? null : { part: best.part, places: places.slice(0, best.size), count: best.count };
  }

  #titleOfPlaces(places: readonly number[]): string {
    const [first, ...others] = places.map((place) => this.#places.titleOf(place));
    if (others.length === 0) return `those who belong to ${first}`;
    return `those who belong to ${first}, ${others.slice(0, 2).join(', ')}${others.length > 2 ? ` and ${others.length - 2} more` : ''}`;
  }

  #titleOf(of: number, reader: number): string {
    const group = of === 0 ? undefined : this.#groups[of - 1]?.groups[reader];
    if (group !== undefined) return `those whom ${group.attribute} "${group.value}" reads`;
    const name = this.#principals[reader]?.name ?? `principal ${reader}`;
    return this.#isParty[reader] === 1 ? `the customers of "${name}"` : `those whom "${name}" reads`;
  }

  /**
   * Whether a part is no likelier in the dump than its strata are, whichever of its people a suspect read, of whom `read` are expected in the dump: then there is no need to count those whom it did not read. Most parts of a large ledger are:
   * everybody is read by some device of every model.
   */
  #isCommon(background: Background, of: number, reader: number, read: number): boolean {
    const counted = this.#counted;
    if (counted?.background !== background || counted.revision !== background.revision) {
      this.#counted = { background, revision: background.revision, sums: this.#all.map(() => null) };
    }
    const sums = this.#counted!.sums;
    sums[of] ??= this.#sumsOf(background, this.#all[of]!);
    const { found, expected } = sums[of];
    const rest = expected[reader]! - read;
    // These sums are rounded otherwise than those of the people who were not read.
    return rest > 0 && (found[reader]! + PRIOR) / rest < LEAST_LIFT * (1 - 1e-6);
  }

  /** Of all readers of one kind: their people in the dump, and expected there. */
  #sumsOf(background: Background, { readers, start, subject, previous, weight }: Units): SumsOfReaders {
    const { dumpRow } = this.#rows;
    const [found, expected] = [new Float64Array(readers), new Float64Array(readers)];
    for (let reader = 0; reader < readers; reader++) {
      const end = start[reader + 1]!;
      let [present, chance] = [0, 0];
      for (let unit = start[reader]!; unit < end; unit++) {
        const about = subject[unit]!;
        if (previous[unit] !== 0 || background.isExcluded(about)) continue;
        chance += weight[unit]! * background.presence(about);
        if (dumpRow[about] !== NOT_DUMP) present++;
      }
      found[reader] = present;
      expected[reader] = chance;
    }
    return { found, expected };
  }

  /** Goes through what twenty parts or more have read for each suspect, mostly people whom the suspect never read: their sums stay in registers. */
  #countReadBy(
    { start, subject, cell, previous, weight: weights }: Units,
    reader: number,
    {
      read,
      presence,
      period: { first, last },
    }: { readonly read: Float32Array; readonly presence: Float64Array; readonly period: Period },
  ): Tally {
    const { dumpRow } = this.#rows;
    const own = noSums();
    let [people, found, expected, variance] = [0, 0, 0, 0];
    const end = start[reader + 1]!;
    for (let unit = start[reader]!; unit < end; unit++) {
      // The first time within the period, plus one, is not before it.
      if (previous[unit]! > first) continue;
      const bucket = bucketOf(cell[unit]!);
      const about = subject[unit]!;
      const chance = presence[about]!;
      if (bucket < first || bucket > last || chance === EXCLUDED) continue;
      const weight = weights[unit]!;
      const both = Math.min(weight, read[about]!);
      const others = weight - both;
      people += others;
      expected += others * chance;
      if (weight > 1) variance += others * (weight - 1) * chance * chance;
      if (both > 0) addTo(own, both, weight, chance);
      if (dumpRow[about] === NOT_DUMP) continue;
      if (both > 0) own.found++;
      else found++;
    }
    return new Tally(own, { people, found, expected, variance });
  }

  /** Of each place, by its number. */
  #countPlaces(background: Background, read: Float32Array): Tally[] {
    const { dumpRow, subjects } = this.#rows;
    const { home, count } = this.#places;
    const tallies = Array.from({ length: count }, () => new Tally());
    for (let s = 0; s < subjects; s++) {
      if (home[s] === 0 || background.isExcluded(s)) continue;
      tallies[home[s]!]!.add(background.weightOf(s), read[s]!, background.presence(s), dumpRow[s] !== NOT_DUMP);
    }
    return tallies;
  }

  #readBy(units: Units, reader: number, { first, last }: Period): Uint8Array {
    const has = new Uint8Array(this.#rows.subjects);
    for (let unit = units.start[reader]!; unit < units.start[reader + 1]!; unit++) {
      const bucket = bucketOf(units.cell[unit]!);
      if (bucket >= first && bucket <= last) has[units.subject[unit]!] = 1;
    }
    return has;
  }

  /** The period in which most of those whom a party read are in the dump beside what their strata give: who has its customers of a time, has them of that time alone. Poisson likelihood ratio. */
  #bestPeriod(background: Background, party: number): Period {
    const { start, subject, cell, previous, weight } = this.#all[0]!;
    const { dumpRow } = this.#rows;
    const found = new Grid();
    const chance = new Grid();
    for (let unit = start[party]!; unit < start[party + 1]!; unit++) {
      const about = subject[unit]!;
      if (background.isExcluded(about)) continue;
      const bucket = bucketOf(cell[unit]!);
      if (dumpRow[about] !== NOT_DUMP) found.add(previous[unit]!, bucket, 1);
      chance.add(previous[unit]!, bucket, weight[unit]! * background.presence(about));
    }
    found.accumulate();
    chance.accumulate();
    let best = { gain: 0, period: ALL_TIME };
    for (let first = 0; first < BUCKETS; first++) {
      for (let last = first; last < BUCKETS; last++) {
        const inside = found.fresh(first, last);
        const expected = chance.fresh(first, last) + PRIOR;
        const gain = inside > expected ? inside * Math.log(inside / expected) - (inside - expected) : 0;
        if (gain > best.gain) best = { gain, period: { first, last } };
      }
    }
    return best.period;
  }

  #livingAt(places: readonly number[]): Uint8Array {
    const { home } = this.#places;
    const isPlace = new Uint8Array(this.#places.count);
    for (const place of places) isPlace[place] = 1;
    // `Uint8Array.from` with a function goes through an iterator: twenty times as slow.
    const has = new Uint8Array(home.length);
    for (let s = 0; s < home.length; s++) has[s] = isPlace[home[s]!]!;
    return has;
  }

  #index(of: number): ReadersOf {
    const known = this.#readersOf[of];
    if (known) return known;
    const { readers, start, subject, previous } = this.#all[of]!;
    const first = new Uint32Array(this.#rows.subjects + 1);
    for (let unit = 0; unit < subject.length; unit++) if (previous[unit] === 0) first[subject[unit]! + 1]!++;
    for (let s = 1; s < first.length; s++) first[s]! += first[s - 1]!;
    const next = first.slice();
    const reader = new Uint32Array(first[first.length - 1]!);
    for (let one = 0; one < readers; one++) {
      for (let unit = start[one]!; unit < start[one + 1]!; unit++)
        if (previous[unit] === 0) reader[next[subject[unit]!]!++] = one;
    }
    const made = { start: first, reader };
    this.#readersOf[of] = made;
    return made;
  }
}

function countShared(
  hits: readonly number[],
  size: number,
  each: (about: number, add: (key: number) => void) => void,
): [key: number, count: number][] {
  const counts = new Uint32Array(size);
  const seen: number[] = [];
  const add = (key: number): void => {
    if (counts[key]!++ === 0) seen.push(key);
  };
  for (const about of hits) each(about, add);
  return seen.map((key) => [key, counts[key]!]);
}
