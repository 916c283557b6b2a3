import { accumulate, type Cells, massOf, passedOf, sumBefore } from './cells.ts';
import type { Likelihoods, Nuisances } from './nuisance.ts';
import type { Observations } from './observations.ts';
import { GapChanges } from './posterior.ts';

/** Observations that shapes are judged by; more would decide nothing otherwise. */
const MOST_FOR_SHAPE = 6_000;

/** A round that gains less (nats) is the last. */
const CONVERGED = 0.005;

/** Rounding leaves so much of a distribution where nothing is. */
const NOTHING = 1e-9;

/** A distribution of the copy time over cells that sums to 1. */
export type CellWeights = Float64Array;

/** Shares of the copies and of the two kinds of noise; all together 1. */
export interface MixtureShares {
  readonly copies: readonly number[];
  readonly stale: number;
  readonly ghost: number;
}

/** Several copies with their shares, and how well they explain the dump. */
export interface FittedMixture {
  readonly shares: MixtureShares;
  readonly logLikelihood: number;
}

/** The observations of a dump, prepared for fitting distributions of their copy time. Chances of segments and noise are without the shares of their kinds. */
export class MixtureData {
  readonly #observations: Observations;
  readonly #cells: Cells;
  readonly #at: Float64Array;
  readonly #stale: Float64Array;
  readonly #ghost: Float64Array;
  readonly #nuisances: Nuisances;
  readonly #step: number;
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
    return this.#fitShares(copies, this.#chances(copies), start, rounds);
  }

  /**
   * The same for one copy that took its time. What a row shows is weighed by the times at which its subject existed alone (truncated observations; Turnbull, JRSS B 38 (1976) 290–295, section 2): who came late was copied late, and
   * nobody counts those who came late and are missing, so that the others would make every stretch too late and too long.
   */
  fitExisting(copy: CellWeights, start: MixtureShares, rounds: number): FittedMixture {
    const table = new Float64Array(this.used);
    const before = sumBefore(this.#cells, copy);
    const { index, absent } = this.#observations;
    for (let n = 0; n < this.used; n++) {
      const i = n * this.#step;
      let [shown, present] = [0, 0];
      for (let j = index[i]!; j < index[i + 1]!; j++) {
        if (absent[j] !== 0) continue;
        const mass = massOf(this.#cells, before, j, index[i + 1]!);
        shown += this.#at[j]! * mass;
        present += mass;
      }
      table[n] = present <= NOTHING ? 0 : shown / present;
    }
    return this.#fitShares([copy], table, start, rounds);
  }

  #fitShares(copies: readonly CellWeights[], table: Float64Array, start: MixtureShares, rounds: number): FittedMixture {
    let shares = start;
    let logLikelihood = Number.NEGATIVE_INFINITY;
    for (let round = 0; round <= rounds; round++) {
      const sums = new Float64Array(copies.length);
      let [stale, ghost, total] = [0, 0, 0];
      for (let n = 0; n < this.used; n++) {
        const i = n * this.#step;
        const s = shares.stale * this.#stale[i]!;
        const g = shares.ghost * this.#ghost[i]!;
        let all = s + g;
        for (let k = 0; k < copies.length; k++) all += shares.copies[k]! * table[n * copies.length + k]!;
        total += Math.log(all);
        stale += s / all;
        ghost += g / all;
        for (let k = 0; k < copies.length; k++) {
          sums[k] = sums[k]! + (shares.copies[k]! * table[n * copies.length + k]!) / all;
        }
      }
      const gain = total - logLikelihood;
      logLikelihood = total;
      if (round === rounds || gain < CONVERGED) break;
      shares = {
        copies: [...sums].map((sum) => (sum + 1e-6) / this.used),
        stale: (stale + 1e-6) / this.used,
        ghost: (ghost + 1e-6) / this.used,
      };
    }
    return { shares, logLikelihood };
  }

  /** For each cell, the sum over observations of the chance there over the chance now: where it is highest, one more copy explains most (the gradient of the likelihood; Turnbull 1976, Lindsay 1983). */
  gradient(copies: readonly CellWeights[], shares: MixtureShares): Float64Array {
    const table = this.#chances(copies);
    return this.#accumulate((n, i) => 1 / this.#total(table, n, i, copies.length, shares));
  }

  /** One round of Turnbull's algorithm: a better free distribution. */
  improve(weights: CellWeights, shares: MixtureShares): CellWeights {
    const sums = this.gradient([weights], shares);
    let total = 0;
    const next = weights.map((weight, c) => weight * sums[c]!);
    for (const value of next) total += value;
    return next.map((value) => value / total);
  }

  /** For each cell, the log likelihood when copy `moved` lay there and all others stayed. */
  profile(copies: readonly CellWeights[], shares: MixtureShares, moved: number): Float64Array {
    const table = this.#chances(copies);
    const { index } = this.#observations;
    const cells = this.#cells;
    const sums = new Float64Array(cells.count + 1);
    const gaps = new Map<number, GapChanges>();
    const own = shares.copies[moved]!;
    for (let n = 0; n < this.used; n++) {
      const i = n * this.#step;
      const all = this.#total(table, n, i, copies.length, shares);
      const rest = Math.max(all - own * table[n * copies.length + moved]!, 1e-300);
      let last = 0;
      for (let j = index[i]!; j < index[i + 1]!; j++) {
        const value = Math.log(own * this.#at[j]! + rest);
        const edge = cells.edgeOf[j]!;
        const gap = edge - cells.count - 1;
        const at = gap < 0 ? edge : cells.gaps[gap]!.to;
        sums[at] = sums[at]! + value - last;
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

  /** What everything but copy `left` explains of each of all observations; for windows. */
  rest(copies: readonly CellWeights[], shares: MixtureShares, left: number): Likelihoods {
    const { index, count } = this.#observations;
    const befores = copies.map((weights) => sumBefore(this.#cells, weights));
    const stale = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      let sum = shares.stale * this.#stale[i]!;
      for (const [k, before] of befores.entries()) {
        if (k !== left) sum += shares.copies[k]! * this.#chance(before, index[i]!, index[i + 1]!);
      }
      stale[i] = sum;
    }
    const own = shares.copies[left]!;
    return { at: this.#at.map((v) => v * own), stale, ghost: this.#ghost.map((v) => v * shares.ghost) };
  }

  #total(table: Float64Array, n: number, i: number, copies: number, shares: MixtureShares): number {
    let all = shares.stale * this.#stale[i]! + shares.ghost * this.#ghost[i]!;
    for (let k = 0; k < copies; k++) all += shares.copies[k]! * table[n * copies + k]!;
    return all;
  }

  #accumulate(factor: (n: number, i: number) => number): Float64Array {
    const { index } = this.#observations;
    const sums = new Float64Array(this.#cells.edges);
    for (let n = 0; n < this.used; n++) {
      const i = n * this.#step;
      const scale = factor(n, i);
      let last = 0;
      for (let j = index[i]!; j < index[i + 1]!; j++) {
        const value = this.#at[j]! * scale;
        const edge = this.#cells.edgeOf[j]!;
        sums[edge] = sums[edge]! + value - last;
        last = value;
      }
    }
    return accumulate(this.#cells, sums).map((sum) => Math.max(0, sum));
  }

  /** Chance of each used observation under each copy. */
  #chances(copies: readonly CellWeights[]): Float64Array {
    const { index } = this.#observations;
    const table = new Float64Array(this.used * copies.length);
    copies.forEach((weights, k) => {
      const before = sumBefore(this.#cells, weights);
      for (let n = 0; n < this.used; n++) {
        const i = n * this.#step;
        table[n * copies.length + k] = this.#chance(before, index[i]!, index[i + 1]!);
      }
    });
    return table;
  }

  #chance(before: Float64Array, first: number, end: number): number {
    let sum = 0;
    for (let j = first; j < end; j++) sum += this.#at[j]! * massOf(this.#cells, before, j, end);
    return sum;
  }
}
