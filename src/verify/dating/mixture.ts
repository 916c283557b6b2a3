import { accumulate, type Cells, massOf, passedOf, sumBefore } from './cells.ts';
import type { Likelihoods, Nuisances } from './nuisance.ts';
import type { Observations } from './observations.ts';
import { GapChanges } from './posterior.ts';

/** Observations that shapes are judged by; more would decide nothing otherwise. */
const MOST_FOR_SHAPE = 6_000;

/** A round that gains less (nats) is the last. */
const CONVERGED = 0.005;

/** A distribution of the copy time over cells that sums to 1. */
export type CellWeights = Float64Array;

/** Shares of the copies and of the two kinds of noise; all together 1. What copies have are parts of what they would have, if all subjects had existed at their times. */
export interface MixtureShares {
  readonly copies: readonly number[];
  readonly stale: number;
  readonly ghost: number;
}

/** Several copies with their shares, and how well they explain the dump. */
export interface FittedMixture {
  readonly shares: MixtureShares;
  /** Per copy, the share of the observations that come from it. */
  readonly rows: readonly number[];
  readonly logLikelihood: number;
}

/** Per used observation and copy: the chance of what the dump shows, and that the subject existed when it was copied. */
interface Chances {
  readonly shown: Float64Array;
  readonly present: Float64Array;
}

/** Rounding leaves so much where nothing is. */
const NOTHING = 1e-9;

/**
 * The observations of a dump, prepared for fitting distributions of their copy time. Chances of segments and noise are without the shares of their kinds.
 *
 * A row that was copied was copied while its subject existed: who came late says nothing of how much was copied before, and nobody counts here those who came and are missing. What the dump shows of a subject is therefore
 * weighed by the times at which it existed alone (truncated observations; Turnbull, JRSS B 38 (1976) 290–295, section 2). Otherwise the newcomers found would make every stretch of copying too late and too long.
 */
export class MixtureData {
  readonly #observations: Observations;
  readonly #cells: Cells;
  readonly #at: Float64Array;
  readonly #stale: Float64Array;
  readonly #ghost: Float64Array;
  readonly #nuisances: Nuisances;
  readonly #step: number;
  /** Answers of `#mix` and `#weigh`, which are asked millions of times. */
  #shown = 0;
  #present = 0;
  readonly used: number;

  constructor(observations: Observations, cells: Cells, likelihoods: Likelihoods, nuisances: Nuisances) {
    this.#observations = observations;
    this.#cells = cells;
    const sound = 1 - nuisances.stale - nuisances.ghost;
    this.#at = likelihoods.at.map((value) => value / sound);
    this.#stale = likelihoods.stale.map((value) => value / nuisances.stale);
    this.#ghost = likelihoods.ghost.map((value) => value / nuisances.ghost);
    this.#nuisances = nuisances;
    this.#step = Math.max(1, Math.ceil(observations.count / MOST_FOR_SHAPE));
    this.used = Math.ceil(observations.count / this.#step);
  }

  get cells(): Cells {
    return this.#cells;
  }

  /** The shares with which a fit begins: those of noise as estimated, copies alike. */
  startShares(copies: number): MixtureShares {
    const { stale, ghost } = this.#nuisances;
    return { copies: new Array<number>(copies).fill((1 - stale - ghost) / copies), stale, ghost };
  }

  /** Fits the shares of given copies by expectation maximisation. */
  fitShares(copies: readonly CellWeights[], start: MixtureShares, rounds: number): FittedMixture {
    const chances = this.#chances(copies);
    const width = copies.length;
    let shares = start;
    let rows: readonly number[] = start.copies;
    let logLikelihood = Number.NEGATIVE_INFINITY;
    for (let round = 0; round <= rounds; round++) {
      const found = new Float64Array(width);
      const drawn = new Float64Array(width);
      const of = sumOf(shares.copies);
      let [stale, ghost, total] = [0, 0, 0];
      for (let n = 0; n < this.used; n++) {
        const i = n * this.#step;
        this.#mix(chances, n, shares.copies);
        const [shown, present] = [this.#shown, this.#present];
        const s = shares.stale * this.#stale[i]!;
        const g = shares.ghost * this.#ghost[i]!;
        const value = present <= NOTHING ? 0 : (of * shown) / present;
        const all = s + g + value;
        total += Math.log(all);
        stale += s / all;
        ghost += g / all;
        if (value <= 0) continue;
        const copied = value / all;
        for (let k = 0; k < width; k++) {
          const share = shares.copies[k]!;
          const own = (copied * share * chances.shown[n * width + k]!) / shown;
          found[k] = found[k]! + own;
          // For each subject found, as many were drawn in vain when they did not exist.
          drawn[k] = drawn[k]! + own + (copied * share * (1 - chances.present[n * width + k]!)) / present;
        }
      }
      const gain = total - logLikelihood;
      logLikelihood = total;
      rows = [...found].map((sum) => sum / this.used);
      if (round === rounds || gain < CONVERGED) break;
      const copied = sumOf(found) / sumOf(drawn);
      shares = {
        copies: [...drawn].map((sum) => (sum * copied + 1e-6) / this.used),
        stale: (stale + 1e-6) / this.used,
        ghost: (ghost + 1e-6) / this.used,
      };
    }
    return { shares, rows, logLikelihood };
  }

  /** For each cell, the gradient of the likelihood: where it is highest, one more copy explains most (Turnbull 1976, Lindsay 1983). */
  gradient(copies: readonly CellWeights[], shares: MixtureShares): Float64Array {
    return this.#gradient(copies, shares).sums;
  }

  /** One round of Turnbull's algorithm: a better free distribution. */
  improve(weights: CellWeights, shares: MixtureShares): CellWeights {
    const { sums, cost } = this.#gradient([weights], shares);
    const next = weights.map((weight, c) => weight * Math.max(0, sums[c]! + cost));
    const total = sumOf(next);
    return total > 0 ? next.map((value) => value / total) : weights;
  }

  /** For each cell, the log likelihood when copy `moved` lay there and all others stayed. */
  profile(copies: readonly CellWeights[], shares: MixtureShares, moved: number): Float64Array {
    const chances = this.#chances(copies);
    const { index } = this.#observations;
    const cells = this.#cells;
    const sums = new Float64Array(cells.count + 1);
    const gaps = new Map<number, GapChanges>();
    const own = shares.copies[moved]!;
    const of = sumOf(shares.copies);
    const width = copies.length;
    for (let n = 0; n < this.used; n++) {
      const i = n * this.#step;
      this.#mix(chances, n, shares.copies);
      const shown = Math.max(0, this.#shown - own * chances.shown[n * width + moved]!);
      const present = Math.max(0, this.#present - own * chances.present[n * width + moved]!);
      const noise = shares.stale * this.#stale[i]! + shares.ghost * this.#ghost[i]!;
      let last = 0;
      for (let j = index[i]!; j < index[i + 1]!; j++) {
        const value = Math.log(this.#aloneAt(j, shown, present, own, of) + noise);
        const edge = cells.edgeOf[j]!;
        const gap = edge - cells.count - 1;
        const place = gap < 0 ? edge : cells.gaps[gap]!.to;
        sums[place] = sums[place]! + value - last;
        if (gap >= 0) {
          const changes = gaps.get(gap) ?? new GapChanges();
          gaps.set(gap, changes);
          changes.add(value - last);
        }
        last = value;
      }
    }
    for (let c = 1; c < cells.count; c++) sums[c] = sums[c]! + sums[c - 1]!;
    for (const [g, changes] of gaps) {
      for (let c = cells.gaps[g]!.from; c < cells.gaps[g]!.to; c++) {
        sums[c] = sums[c]! + changes.sumAt(passedOf(cells, g, c));
      }
    }
    return sums.subarray(0, cells.count);
  }

  /** What each of all observations is like with copy `left` at any time, beside everything else; for windows. */
  beside(copies: readonly CellWeights[], shares: MixtureShares, left: number): Likelihoods {
    const { index, count } = this.#observations;
    const befores = copies.map((weights) => sumBefore(this.#cells, weights));
    const own = shares.copies[left]!;
    const of = sumOf(shares.copies);
    const at = new Float64Array(this.#at.length);
    for (let i = 0; i < count; i++) {
      let [shown, present] = [0, 0];
      for (const [k, before] of befores.entries()) {
        if (k === left) continue;
        this.#weigh(before, i);
        shown += shares.copies[k]! * this.#shown;
        present += shares.copies[k]! * this.#present;
      }
      for (let j = index[i]!; j < index[i + 1]!; j++) at[j] = this.#aloneAt(j, shown, present, own, of);
    }
    return {
      at,
      stale: this.#stale.map((value) => value * shares.stale),
      ghost: this.#ghost.map((value) => value * shares.ghost),
    };
  }

  /** What segment `j` of an observation is like, noise apart, with one copy in it and the others' sums. */
  #aloneAt(j: number, otherShown: number, otherPresent: number, share: number, of: number): number {
    const isThere = this.#observations.absent[j] === 0;
    const present = otherPresent + (isThere ? share : 0);
    return present <= NOTHING ? 0 : (of * (otherShown + (isThere ? share * this.#at[j]! : 0))) / present;
  }

  /** Sets `#shown` and `#present` to the sums over copies of used observation `n`. */
  #mix({ shown: chanceOf, present: presenceOf }: Chances, n: number, copies: readonly number[]): void {
    const width = copies.length;
    let [shown, present] = [0, 0];
    for (let k = 0; k < width; k++) {
      shown += copies[k]! * chanceOf[n * width + k]!;
      present += copies[k]! * presenceOf[n * width + k]!;
    }
    this.#shown = shown;
    this.#present = present;
  }

  /** The gradient, and the sum of what it loses by subjects that existed: what is in a cell is worth the gradient and that. */
  #gradient(copies: readonly CellWeights[], shares: MixtureShares): { sums: Float64Array; cost: number } {
    const chances = this.#chances(copies);
    const of = sumOf(shares.copies);
    let sum = 0;
    const sums = this.#accumulate((n, i) => {
      this.#mix(chances, n, shares.copies);
      const [shown, present] = [this.#shown, this.#present];
      const noise = shares.stale * this.#stale[i]! + shares.ghost * this.#ghost[i]!;
      const all = noise + (present <= NOTHING ? 0 : (of * shown) / present);
      // Who did not exist at any of the times is explained by one more copy alone.
      if (present <= NOTHING) return { gain: of / all, cost: 0 };
      const gain = of / (present * all);
      const cost = (gain * shown) / present;
      sum += cost;
      return { gain, cost };
    });
    return { sums, cost: sum };
  }

  #accumulate(factors: (n: number, i: number) => { readonly gain: number; readonly cost: number }): Float64Array {
    const { index, absent } = this.#observations;
    const sums = new Float64Array(this.#cells.edges);
    for (let n = 0; n < this.used; n++) {
      const i = n * this.#step;
      const { gain, cost } = factors(n, i);
      let last = 0;
      for (let j = index[i]!; j < index[i + 1]!; j++) {
        const value = absent[j] === 0 ? this.#at[j]! * gain - cost : 0;
        const edge = this.#cells.edgeOf[j]!;
        sums[edge] = sums[edge]! + value - last;
        last = value;
      }
    }
    return accumulate(this.#cells, sums);
  }

  #chances(copies: readonly CellWeights[]): Chances {
    const width = copies.length;
    const shown = new Float64Array(this.used * width);
    const present = new Float64Array(this.used * width);
    copies.forEach((weights, k) => {
      const before = sumBefore(this.#cells, weights);
      for (let n = 0; n < this.used; n++) {
        this.#weigh(before, n * this.#step);
        shown[n * width + k] = this.#shown;
        present[n * width + k] = this.#present;
      }
    });
    return { shown, present };
  }

  /** Sets `#shown` and `#present` to what observation `i` has of one copy. */
  #weigh(before: Float64Array, i: number): void {
    const { index, absent } = this.#observations;
    const end = index[i + 1]!;
    let [shown, present] = [0, 0];
    for (let j = index[i]!; j < end; j++) {
      if (absent[j] !== 0) continue;
      const mass = massOf(this.#cells, before, j, end);
      shown += this.#at[j]! * mass;
      present += mass;
    }
    this.#shown = shown;
    this.#present = present;
  }
}

function sumOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
