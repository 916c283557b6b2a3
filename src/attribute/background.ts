import type { Sampling } from './port.ts';
import { BUCKETS, CELLS, NOT_DUMP, type Rows, STRATA } from './rows.ts';
import { NO_HIT, type Units } from './units.ts';

/** Units that the expectation of a cell weighs as much as: below that, strata and buckets speak for it. */
const CELL_PRIOR = 50;
/** The same for the factor of a bucket, in hits. */
const BUCKET_PRIOR = 30;
/** Part of a stratum that the rate of all of it weighs as much as, when a reader's part is left out. */
const STRATUM_PRIOR = 0.25;
/** Every so manieth subject tells how many read it together. */
const EVENT_SAMPLE = 8;
/** The same for the share of a bucket's reads that lie within the dump's versions, in reads. */
const CURRENT_PRIOR = 5;

/**
 * How often a unit explains the dump by chance: for a subject read so often and since then, in that part of time, by whomever. The reader that is judged is left out, so that a source
 * does not raise what is expected of it.
 *
 * Cells are buckets × strata of subjects; a cell of few units is drawn towards rate of stratum × factor of bucket.
 */
export class Background {
  readonly #rows: Rows;
  readonly #units: Units;
  readonly #excluded: Uint8Array;
  /** Weight of a unit about a subject outside the dump, because those are watched more sparsely. */
  readonly otherWeight: number;
  /** Hits a unit, over all. */
  readonly meanRate: number;
  /** Principals that read the same subject of the dump in the same bucket, at the mean: their hits are one event. */
  readonly #company: number;
  readonly #cellHits = new Float64Array(CELLS);
  readonly #cellUnits = new Float64Array(CELLS);
  readonly #bucketHits = new Float64Array(BUCKETS);
  readonly #bucketExpected = new Float64Array(BUCKETS);
  readonly #stratumRate = new Float64Array(STRATA);
  /** Watched subjects of each stratum, and those of the dump among them. */
  readonly #stratumAll = new Float64Array(STRATA);
  readonly #stratumFound = new Float64Array(STRATA);
  readonly #ownAll = new Float64Array(STRATA);
  readonly #ownFound = new Float64Array(STRATA);
  readonly #current = new Float64Array(BUCKETS);
  readonly #ownHits = new Float64Array(CELLS);
  readonly #ownUnits = new Float64Array(CELLS);
  readonly #ownBucketHits = new Float64Array(BUCKETS);
  readonly #ownBucketExpected = new Float64Array(BUCKETS);
  #leftOut: readonly number[] = [];

  /** `units`: of all principals. `excluded`: 1 for subjects that do not count, because a source found before has read them. */
  constructor(rows: Rows, units: Units, sampling: Sampling, excluded: Uint8Array) {
    this.#rows = rows;
    this.#units = units;
    this.#excluded = excluded;
    this.otherWeight = sampling.others > 0 ? sampling.dump / sampling.others : 1;
    this.#rateStrata();
    const dumpUnits = new Float64Array(BUCKETS);
    const events = new Set<number>();
    let sampled = 0;
    let hits = 0;
    let all = 0;
    for (let unit = 0; unit < units.subject.length; unit++) {
      const about = units.subject[unit]!;
      if (excluded[about] === 1) continue;
      const cell = units.cell[unit]!;
      const bucket = Math.floor(cell / STRATA);
      const weight = this.weightOf(about);
      all += weight;
      this.#cellUnits[cell]! += weight;
      this.#bucketExpected[bucket]! += weight * this.#stratumRate[cell % STRATA]!;
      if (rows.dumpRow[about] !== NOT_DUMP) dumpUnits[bucket]!++;
      if (units.hit[unit] === NO_HIT) continue;
      hits++;
      if (about % EVENT_SAMPLE === 0) {
        sampled++;
        events.add(about * BUCKETS + bucket);
      }
      this.#cellHits[cell]!++;
      this.#bucketHits[bucket]!++;
    }
    this.meanRate = all > 0 ? hits / all : 0;
    this.#company = events.size > 0 ? sampled / events.size : 1;
    const dumpUnitsSum = dumpUnits.reduce((sum, one) => sum + one, 0);
    const mean = dumpUnitsSum > 0 ? hits / dumpUnitsSum : 1;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      this.#current[bucket] = (this.#bucketHits[bucket]! + CURRENT_PRIOR * mean) / (dumpUnits[bucket]! + CURRENT_PRIOR);
    }
  }

  isExcluded(subject: number): boolean {
    return this.#excluded[subject] === 1;
  }

  /** Weight of a unit about this subject. */
  weightOf(subject: number): number {
    return this.#rows.dumpRow[subject] === NOT_DUMP ? this.otherWeight : 1;
  }

  /** Share of the reads of the dump's subjects in a bucket that lie within the time of the dump's versions. */
  currentShare(bucket: number): number {
    return this.#current[bucket]!;
  }

  /** From now on, rates are those of all principals but these. */
  leaveOut(principals: readonly number[]): void {
    const { start, subject, cell, previous, hit } = this.#units;
    // Most readers touch few cells: only those are cleared.
    for (const principal of this.#leftOut) {
      for (let unit = start[principal]!; unit < start[principal + 1]!; unit++) {
        this.#ownHits[cell[unit]!] = 0;
        this.#ownUnits[cell[unit]!] = 0;
      }
    }
    this.#ownAll.fill(0);
    this.#ownFound.fill(0);
    this.#ownBucketHits.fill(0);
    this.#ownBucketExpected.fill(0);
    for (const principal of principals) {
      for (let unit = start[principal]!; unit < start[principal + 1]!; unit++) {
        const about = subject[unit]!;
        if (this.#excluded[about] === 1) continue;
        const at = cell[unit]!;
        const bucket = Math.floor(at / STRATA);
        const weight = this.weightOf(about);
        this.#ownUnits[at]! += weight;
        this.#ownBucketExpected[bucket]! += weight * this.#stratumRate[at % STRATA]!;
        if (previous[unit] === 0) this.#ownAll[at % STRATA]! += weight;
        if (hit[unit] === 0) this.#ownFound[at % STRATA]!++;
        if (hit[unit] === NO_HIT) continue;
        this.#ownHits[at]!++;
        this.#ownBucketHits[bucket]!++;
      }
    }
    this.#leftOut = principals;
  }

  /** Relative variance of what is expected in a period, because it is learnt from so many hits of the others only. */
  uncertainty(first: number, last: number): number {
    let hits = 0;
    for (let bucket = first; bucket <= last; bucket++) hits += this.#bucketHits[bucket]! - this.#ownBucketHits[bucket]!;
    return this.#company / (Math.max(0, hits) + BUCKET_PRIOR);
  }

  /** Rate of a cell among those who were not left out. */
  rate(cell: number): number {
    const bucket = Math.floor(cell / STRATA);
    const bucketHits = Math.max(0, this.#bucketHits[bucket]! - this.#ownBucketHits[bucket]!);
    const bucketExpected = Math.max(0, this.#bucketExpected[bucket]! - this.#ownBucketExpected[bucket]!);
    const factor = (bucketHits + BUCKET_PRIOR) / (bucketExpected + BUCKET_PRIOR);
    const prior = Math.min(1, this.#rateWithout(cell % STRATA) * factor);
    const hits = Math.max(0, this.#cellHits[cell]! - this.#ownHits[cell]!);
    const units = Math.max(hits, this.#cellUnits[cell]! - this.#ownUnits[cell]!);
    return (hits + CELL_PRIOR * prior) / (units + CELL_PRIOR);
  }

  /** Rate of a stratum among the subjects that those left out did not read; of all, as far as they read nearly all of them. */
  #rateWithout(stratum: number): number {
    const whole = this.#stratumRate[stratum]!;
    const all = this.#stratumAll[stratum]!;
    const found = Math.max(0, this.#stratumFound[stratum]! - this.#ownFound[stratum]!);
    const rest = Math.max(found, all - this.#ownAll[stratum]!);
    const weight = Math.max(2, STRATUM_PRIOR * all);
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
      const isDump = dumpRow[s] !== NOT_DUMP;
      const weight = isDump ? 1 : this.otherWeight;
      all[stratum[s]!]! += weight;
      allSum += weight;
      if (!isDump) continue;
      found[stratum[s]!]!++;
      foundSum++;
    }
    const mean = allSum > 0 ? foundSum / allSum : 0;
    for (let j = 0; j < STRATA; j++) this.#stratumRate[j] = (found[j]! + 2 * mean) / (all[j]! + 2);
  }
}
