import { BUCKETS } from './buckets.ts';
import type { Places } from './places.ts';
import { BASE_STRATA, bucketOf, CELLS, NOT_DUMP, type Rows, STRATA } from './rows.ts';
import { NO_HIT, type Units } from './units.ts';

/** Hits that the expectation of a cell weighs as much as: below that, strata and buckets speak for it. */
const CELL_PRIOR = 2;
/** The same for a stratum: below that, the mean of all does. A small dump has nobody of most strata, which says little about them. */
const STRATUM_HITS = 2;
/** The same for the factor of a bucket, in hits. */
const BUCKET_PRIOR = 30;
/** Part of a stratum that the rate of all of it weighs as much as, when a reader's part is left out: who reads all of a place leaves little to compare with. */
const STRATUM_PRIOR = 0.25;
/**
 * What the factor of a place is drawn towards 1 by, in subjects: Jeffreys' prior of a rate. A dump may be of one place alone, so the other places do not speak for it. As a prior of shares it would give each of a hundred places without
 * anybody half a person, more than a small dump has; what it draws too far in one, copies of the place (selections.ts) put right.
 */
const PLACE_PRIOR = 0.5;
/** Part of a place's people from which on a reader has read nearly all of them. */
const WHOLE_PLACE = 0.8;
/** Part of all people up to which a reader's people are not just anybody. */
export const FEW = 0.5;
/** The same for the share of a bucket's reads that lie within the dump's versions, in reads. */
const CURRENT_PRIOR = 5;

/**
 * How often a unit explains the dump by chance: for a subject read so often and since then, of that place, in that part of time, by whomever. The reader that is judged is left out, so that a source does not raise what is expected of it;
 * the factor of a place is that of the subjects whom it never read.
 *
 * Cells are buckets × strata of subjects; a cell of few subjects is drawn towards rate of stratum × factor of bucket.
 */
export class Background {
  readonly #rows: Rows;
  readonly #places: Places;
  readonly #excluded: Uint8Array;
  /** Weight of a unit about a subject outside the dump, because those are watched more sparsely. */
  readonly otherWeight: number;
  /** Hits a unit, over all. */
  readonly meanRate: number;
  /** By event: units of principals that read the subject then, by weight, and behind them those that explain the dump. */
  readonly #events: Float32Array;
  /** Principals that read the same subject of the dump in the same bucket, at the mean: their hits are one event. */
  readonly #company: number;
  readonly #cellUnits = new Float64Array(CELLS);
  readonly #cellHits = new Float64Array(CELLS);
  readonly #bucketHits = new Float64Array(BUCKETS);
  readonly #bucketExpected = new Float64Array(BUCKETS);
  readonly #stratumRate = new Float64Array(STRATA);
  /** Of strata without the slice of time. */
  readonly #baseRate = new Float64Array(BASE_STRATA);
  /** Watched subjects of each stratum, and those of the dump among them. */
  readonly #stratumAll = new Float64Array(STRATA);
  readonly #stratumFound = new Float64Array(STRATA);
  /** Subjects of the dump that belong to each place, and as many as their strata would give it. */
  readonly #placeFound: Float64Array;
  readonly #placeExpected: Float64Array;
  readonly #current = new Float64Array(BUCKETS);
  readonly #ownAll = new Float64Array(STRATA);
  readonly #ownFound = new Float64Array(STRATA);
  readonly #ownHits = new Float64Array(CELLS);
  readonly #ownUnits = new Float64Array(CELLS);
  readonly #ownBucketHits = new Float64Array(BUCKETS);
  readonly #ownBucketExpected = new Float64Array(BUCKETS);
  readonly #ownPlaceFound: Float64Array;
  readonly #ownPlaceExpected: Float64Array;
  /** Rates of cells that were asked for since the last `leaveOut`; below 0: not yet. */
  readonly #known = new Float64Array(CELLS).fill(-1);
  /** Factors of places, likewise. */
  readonly #knownFactors: Float64Array;
  #isBatch = false;
  #isOfAll = false;
  #leftOut: { readonly units: Units; readonly reader: number } | null = null;
  /** Nobody was taken out since `leaveOut`. */
  #isFresh = false;
  #revision = 0;

  /** `units`: of all principals. `excluded`: 1 for subjects that do not count, because a source found before has read them. */
  constructor(rows: Rows, units: Units, places: Places, excluded: Uint8Array) {
    this.#rows = rows;
    this.#places = places;
    this.#excluded = excluded;
    this.otherWeight = rows.otherWeight;
    this.#placeFound = new Float64Array(places.count);
    this.#placeExpected = new Float64Array(places.count);
    this.#ownPlaceFound = new Float64Array(places.count);
    this.#ownPlaceExpected = new Float64Array(places.count);
    this.#knownFactors = new Float64Array(places.count).fill(-1);
    this.#rateStrata();
    const sum = (values: Float64Array): number => values.reduce((total, one) => total + one, 0);
    this.size = { dump: sum(this.#stratumFound), all: sum(this.#stratumAll) };
    const dumpUnits = new Float64Array(BUCKETS);
    const dumpHits = new Float64Array(BUCKETS);
    this.#events = new Float32Array(2 * rows.events);
    let events = 0;
    let hits = 0;
    let all = 0;
    const { dumpRow } = rows;
    const { subject: subjects, cell: cells, event: eventBy, hit: hitBy, weight: weights } = units;
    const [eventUnits, cellUnits, cellHits] = [this.#events, this.#cellUnits, this.#cellHits];
    const [bucketExpected, bucketHits, stratumRate] = [this.#bucketExpected, this.#bucketHits, this.#stratumRate];
    for (let unit = 0; unit < subjects.length; unit++) {
      const about = subjects[unit]!;
      if (excluded[about] === 1) continue;
      const cell = cells[unit]!;
      const bucket = bucketOf(cell);
      const weight = weights[unit]!;
      const isHit = hitBy[unit] !== NO_HIT;
      all += weight;
      if (dumpRow[about] !== NOT_DUMP) dumpUnits[bucket]!++;
      if (isHit) {
        hits++;
        dumpHits[bucket]!++;
      }
      const event = 2 * eventBy[unit]!;
      eventUnits[event]! += weight;
      cellUnits[cell]! += weight;
      bucketExpected[bucket]! += weight * stratumRate[cell % STRATA]!;
      if (!isHit) continue;
      if (eventUnits[event + 1]!++ === 0) events++;
      cellHits[cell]!++;
      bucketHits[bucket]!++;
    }
    this.#company = events > 0 ? hits / events : 1;
    this.meanRate = all > 0 ? hits / all : 0;
    const dumpUnitsSum = dumpUnits.reduce((sum, one) => sum + one, 0);
    const mean = dumpUnitsSum > 0 ? hits / dumpUnitsSum : 1;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#current[bucket] = (dumpHits[bucket]! + CURRENT_PRIOR * mean) / (dumpUnits[bucket]! + CURRENT_PRIOR);
    }
  }

  /** Subjects of the dump, and all as far as they are watched, that count. */
  readonly size: { readonly dump: number; readonly all: number };

  isExcluded(subject: number): boolean {
    return this.#excluded[subject] === 1;
  }

  /** Weight of a unit about this subject. */
  weightOf(subject: number): number {
    return this.#rows.dumpRow[subject] === NOT_DUMP ? this.otherWeight : 1;
  }

  /** How likely a subject of this stratum is in the dump, whoever reads it. */
  presence(subject: number): number {
    return this.#stratumRate[this.#rows.stratum[subject]!]!;
  }

  /** Share of the reads of the dump's subjects in a bucket that lie within the time of the dump's versions. */
  currentShare(bucket: number): number {
    return this.#current[bucket]!;
  }

  /**
   * From now on, rates are those of all but this reader: of the people whom it did not read in the same part of time. Who read more than half of all people leaves no sample to compare with (those whom it did not read are of another kind, and
   * others read some people for reasons of their own): then rates are those of all people of the stratum, since any of them may be in a copy of the customers. `isBatch`: of the people whom it did not read then, whoever it is; but never less
   * than popularity alone gives.
   */
  leaveOut(units: Units, reader: number, isBatch: boolean): void {
    const before = this.#leftOut;
    // A suspect is held against many parts, one after the other.
    if (this.#isFresh && before?.units === units && before.reader === reader && this.#isBatch === isBatch) return;
    this.#forget();
    this.#isBatch = isBatch;
    this.#isOfAll = !isBatch && this.readsMost(units, reader);
    const { start, subject, cell, event: eventBy, previous, weight } = units;
    const { dumpRow } = this.#rows;
    const { home } = this.#places;
    const isOfAll = this.#isOfAll;
    const [excluded, stratumRate, events] = [this.#excluded, this.#stratumRate, this.#events];
    const [ownUnits, ownHits, ownAll, ownFound] = [this.#ownUnits, this.#ownHits, this.#ownAll, this.#ownFound];
    const [ownBucketExpected, ownBucketHits] = [this.#ownBucketExpected, this.#ownBucketHits];
    const [ownPlaceExpected, ownPlaceFound] = [this.#ownPlaceExpected, this.#ownPlaceFound];
    for (let unit = start[reader]!; unit < start[reader + 1]!; unit++) {
      const about = subject[unit]!;
      if (excluded[about] === 1) continue;
      const at = cell[unit]!;
      const stratum = at % STRATA;
      const rate = stratumRate[stratum]!;
      if (!isOfAll) {
        const bucket = bucketOf(at);
        const event = 2 * eventBy[unit]!;
        const readers = events[event]!;
        const explaining = events[event + 1]!;
        ownUnits[at]! += readers;
        ownBucketExpected[bucket]! += rate * readers;
        ownHits[at]! += explaining;
        ownBucketHits[bucket]! += explaining;
      }
      if (previous[unit] === 0) {
        const own = weight[unit]!;
        const place = home[about]!;
        ownAll[stratum]! += own;
        ownPlaceExpected[place]! += rate * own;
        if (dumpRow[about] !== NOT_DUMP) {
          ownFound[stratum]!++;
          ownPlaceFound[place]!++;
        }
      }
    }
    this.#leftOut = { units, reader };
    this.#isFresh = true;
  }

  /** To be called whenever somebody is taken out or counts again. */
  excludedChanged(): void {
    this.#isFresh = false;
    this.#revision++;
  }

  /** What was counted of people at another revision may count people who do not count now. */
  get revision(): number {
    return this.#revision;
  }

  /** Whether a reader read more than half of all people. */
  readsMost({ start, subject, previous, weight }: Units, reader: number): boolean {
    let read = 0;
    const excluded = this.#excluded;
    for (let unit = start[reader]!; unit < start[reader + 1]!; unit++) {
      if (previous[unit] === 0 && excluded[subject[unit]!] === 0) read += weight[unit]!;
    }
    return read > FEW * this.size.all;
  }

  /** Most readers touch few cells: only those are cleared. */
  #forget(): void {
    if (this.#leftOut === null) return;
    const { units, reader } = this.#leftOut;
    const [cells, end] = [units.cell, units.start[reader + 1]!];
    const [ownHits, ownUnits, known] = [this.#ownHits, this.#ownUnits, this.#known];
    for (let unit = units.start[reader]!; unit < end; unit++) {
      const cell = cells[unit]!;
      ownHits[cell] = 0;
      ownUnits[cell] = 0;
      known[cell] = -1;
    }
    this.#knownFactors.fill(-1);
    for (const own of [this.#ownAll, this.#ownFound, this.#ownBucketHits, this.#ownBucketExpected]) own.fill(0);
    this.#ownPlaceFound.fill(0);
    this.#ownPlaceExpected.fill(0);
  }

  /** Relative variance of what is expected in a period, because it is learnt from so many hits of the others only. */
  uncertainty(first: number, last: number): number {
    let hits = 0;
    for (let bucket = first; bucket <= last; bucket++) hits += this.#bucketHits[bucket]! - this.#ownBucketHits[bucket]!;
    return this.#company / (Math.max(0, hits) + BUCKET_PRIOR);
  }

  /**
   * How much likelier than elsewhere a subject of this place is in the dump, among those whom the reader left out never read. Who read nearly everybody there cannot be told from a copy of the people of the place:
   * the factor is that of all of them.
   */
  placeFactor(place: number): number {
    if (place === 0) return 1;
    const known = this.#knownFactors[place]!;
    if (known >= 0) return known;
    const { found, expected } = this.#atPlace(place);
    const factor = (found + PLACE_PRIOR) / (expected + PLACE_PRIOR);
    this.#knownFactors[place] = factor;
    return factor;
  }

  /** Relative variance of that factor. */
  placeUncertainty(place: number): number {
    return place === 0 ? 0 : 1 / (this.#atPlace(place).found + PLACE_PRIOR);
  }

  #atPlace(place: number): { readonly found: number; readonly expected: number } {
    const found = this.#placeFound[place]!;
    const expected = this.#placeExpected[place]!;
    const own = this.#ownPlaceExpected[place]!;
    if (own >= WHOLE_PLACE * expected) return { found, expected };
    return { found: Math.max(0, found - this.#ownPlaceFound[place]!), expected: expected - own };
  }

  /** Rate of a cell among those who were not left out, all places taken together. */
  rate(cell: number): number {
    const known = this.#known[cell]!;
    if (known >= 0) return known;
    const bucket = bucketOf(cell);
    if (this.#isOfAll) return this.#stratumRate[cell % STRATA]! * this.#current[bucket]!;
    const bucketHits = Math.max(0, this.#bucketHits[bucket]! - this.#ownBucketHits[bucket]!);
    const bucketExpected = Math.max(0, this.#bucketExpected[bucket]! - this.#ownBucketExpected[bucket]!);
    const factor = (bucketHits + BUCKET_PRIOR) / (bucketExpected + BUCKET_PRIOR);
    const prior = Math.min(1, this.#rateWithout(cell % STRATA) * factor);
    const hits = Math.max(0, this.#cellHits[cell]! - this.#ownHits[cell]!);
    const units = Math.max(hits, this.#cellUnits[cell]! - this.#ownUnits[cell]!);
    const others = prior > 0 ? (hits + CELL_PRIOR) / (units + CELL_PRIOR / prior) : 0;
    // People who were not read then differ: popular people are in it more often, whoever reads them.
    const rate = this.#isBatch ? Math.max(others, this.#baseRate[(cell % STRATA) % BASE_STRATA]!) : others;
    this.#known[cell] = rate;
    return rate;
  }

  /** Rate of a stratum among the subjects that the reader left out did not read; of all, as far as it read nearly all of them. */
  #rateWithout(stratum: number): number {
    const whole = this.#stratumRate[stratum]!;
    const all = this.#stratumAll[stratum]!;
    const found = Math.max(0, this.#stratumFound[stratum]! - this.#ownFound[stratum]!);
    const rest = Math.max(found, all - this.#ownAll[stratum]!);
    const hits = STRATUM_HITS / Math.max(whole, Number.MIN_VALUE);
    const weight = Math.max(hits, STRATUM_PRIOR * all);
    return (found + weight * whole) / (rest + weight);
  }

  #rateStrata(): void {
    const found = this.#stratumFound;
    const all = this.#stratumAll;
    const { subjects, dumpRow, stratum } = this.#rows;
    let foundSum = 0;
    let allSum = 0;
    for (let s = 0; s < subjects; s++) {
      if (this.#excluded[s] === 1) continue;
      const weight = this.weightOf(s);
      all[stratum[s]!]! += weight;
      allSum += weight;
      if (dumpRow[s] === NOT_DUMP) continue;
      found[stratum[s]!]!++;
      foundSum++;
    }
    const mean = allSum > 0 ? foundSum / allSum : 0;
    for (let j = 0; j < STRATA; j++)
      this.#stratumRate[j] = mean > 0 ? (found[j]! + STRATUM_HITS) / (all[j]! + STRATUM_HITS / mean) : 0;
    for (let base = 0; base < BASE_STRATA; base++) {
      let hits = 0;
      let size = 0;
      for (let j = base; j < STRATA; j += BASE_STRATA) {
        hits += found[j]!;
        size += all[j]!;
      }
      this.#baseRate[base] = mean > 0 ? (hits + STRATUM_HITS) / (size + STRATUM_HITS / mean) : 0;
    }
    for (let s = 0; s < subjects; s++) {
      if (this.#excluded[s] === 1) continue;
      const place = this.#places.home[s]!;
      this.#placeExpected[place]! += this.weightOf(s) * this.#stratumRate[stratum[s]!]!;
      if (dumpRow[s] !== NOT_DUMP) this.#placeFound[place]!++;
    }
  }
}
