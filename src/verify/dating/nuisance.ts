import { accumulate, type Cells, massOf, sumBefore } from './cells.ts';
import {
  CLASSES,
  type Observations,
  SEEN_CURRENT,
  SEEN_OTHER,
  STATES,
  UNSEEN_CURRENT,
  UNSEEN_OTHER,
} from './observations.ts';

/** What the dump itself says about its faults. */
export interface Nuisances {
  /** Share of observations that are rows of another time, any version of their subject. */
  readonly stale: number;
  /** Share of subjects that only seem to be in the dump, because of values that they share with others. */
  readonly ghost: number;
  /** Per class: the chance that the dump has a value which was current. */
  readonly complete: Float64Array;
  /** Per class: the chance that it has one which was not. */
  readonly stray: Float64Array;
}

/**
 * Observations as likelihoods. If all was copied at one time, observation `i` has the likelihood `at[j] + stale[i] + ghost[i]`, where `j` is the segment in which that time lies;
 * the shares of the three kinds are in it already.
 */
export interface Likelihoods {
  /** Per segment. */
  readonly at: Float64Array;
  /** Per observation. */
  readonly stale: Float64Array;
  readonly ghost: Float64Array;
}

/** The absence of a value says something only where the dump has nearly all: elsewhere a column may be missing, and which values stood in it is not known. */
const COMPLETE_FROM = 0.9;
/** Observations from which the faults are estimated; more do not make them better. */
const MOST_FOR_ESTIMATE = 8_000;
const ROUNDS = 12;
/** A row of noise is one of another version of the subject, or one seen in the rows of others: then each value is there with this chance. */
const SEEN_IN_OTHERS = 0.3;
/** Before anything is seen, 6 % of the rows are taken to be stale, with the weight of 50 rows: a few rows that all agree do not show that none is. */
const STALE_PRIOR = { rows: 3, of: 50 };
/** So that nothing is impossible. */
const LEAST_LIKELIHOOD = 1e-12;

/**
 * Estimates the faults of a dump together with a free distribution of its copy time, by expectation maximisation (Dempster, Laird and Rubin 1977) over cells; nothing is assumed about the shape of that distribution.
 * The answer holds for one copy as for many.
 */
export function estimateNuisances(observations: Observations, cells: Cells): Nuisances {
  let nuisances: Nuisances = {
    stale: 0.05,
    ghost: 0.05,
    complete: new Float64Array(CLASSES).fill(COMPLETE_FROM),
    stray: Float64Array.from({ length: CLASSES }, (_, c) => (c % 2 === 0 ? 0.02 : 0.1)),
  };
  let weights: Float64Array = new Float64Array(cells.count).fill(1 / cells.count);
  const step = Math.max(1, Math.floor(observations.count / MOST_FOR_ESTIMATE));
  for (let round = 0; round < ROUNDS; round++) {
    const likelihoods = evaluate(observations, nuisances, step);
    ({ nuisances, weights } = improve(observations, cells, likelihoods, weights, step));
  }
  return nuisances;
}

/** The likelihood of every segment and of every observation as noise; of each `step`th observation only. */
export function evaluate(observations: Observations, nuisances: Nuisances, step = 1): Likelihoods {
  const { patterns, patternCount, index, pattern, absent, count, classes } = observations;
  const { complete, stray } = nuisances;
  const values = new Float64Array(patternCount);
  const others = new Float64Array(patternCount);
  // Logs per class and state: patterns are many.
  const logs = new Float64Array(CLASSES * STATES);
  for (const c of classes) {
    logs[c * STATES + SEEN_OTHER] = Math.log(stray[c]!);
    if (complete[c & ~1]! < COMPLETE_FROM) continue;
    logs[c * STATES + SEEN_CURRENT] = Math.log(complete[c]!);
    logs[c * STATES + UNSEEN_CURRENT] = Math.log1p(-complete[c]!);
    logs[c * STATES + UNSEEN_OTHER] = Math.log1p(-stray[c]!);
  }
  for (let p = 0; p < patternCount; p++) {
    let sum = 0;
    let seen = 0;
    for (const c of classes) {
      const own = c * STATES;
      const at = p * CLASSES * STATES + own;
      for (let state = 0; state < STATES; state++) sum += patterns[at + state]! * logs[own + state]!;
      seen += patterns[at + SEEN_CURRENT]! + patterns[at + SEEN_OTHER]!;
    }
    values[p] = Math.exp(sum);
    others[p] = SEEN_IN_OTHERS ** seen;
  }
  const at = new Float64Array(pattern.length);
  const stale = new Float64Array(count);
  const ghost = new Float64Array(count);
  const sound = 1 - nuisances.stale - nuisances.ghost;
  for (let i = 0; i < count; i += step) {
    let sum = 0;
    let present = 0;
    for (let j = index[i]!; j < index[i + 1]!; j++) {
      const value = values[pattern[j]!]!;
      at[j] = sound * value;
      if (absent[j] !== 0) continue;
      sum += value;
      present++;
    }
    stale[i] = present === 0 ? 0 : (nuisances.stale * sum) / present;
    ghost[i] = nuisances.ghost * others[pattern[index[i]!]!]! + LEAST_LIKELIHOOD;
  }
  return { at, stale, ghost };
}

/** One round: better faults and a better distribution of the copy time over cells. */
function improve(
  observations: Observations,
  cells: Cells,
  likelihoods: Likelihoods,
  weights: Float64Array,
  step: number,
): { nuisances: Nuisances; weights: Float64Array } {
  const { index, pattern, count, patternCount } = observations;
  const before = sumBefore(cells, weights);
  const changes = new Float64Array(cells.edges);
  const patternWeights = new Float64Array(patternCount);
  let stale = 0;
  let ghost = 0;
  let used = 0;
  for (let i = 0; i < count; i += step) {
    const [first, end] = [index[i]!, index[i + 1]!];
    let copied = 0;
    for (let j = first; j < end; j++) copied += likelihoods.at[j]! * massOf(cells, before, j, end);
    const total = copied + likelihoods.stale[i]! + likelihoods.ghost[i]!;
    stale += likelihoods.stale[i]! / total;
    ghost += likelihoods.ghost[i]! / total;
    used++;
    let last = 0;
    for (let j = first; j < end; j++) {
      const share = likelihoods.at[j]! / total;
      const edge = cells.edgeOf[j]!;
      changes[edge] = changes[edge]! + share - last;
      last = share;
      const mass = massOf(cells, before, j, end);
      if (mass > 0) patternWeights[pattern[j]!] = patternWeights[pattern[j]!]! + share * mass;
    }
  }
  const factors = accumulate(cells, changes);
  const next = new Float64Array(cells.count);
  let sum = 0;
  for (let c = 0; c < cells.count; c++) {
    next[c] = Math.max(0, weights[c]! * factors[c]!);
    sum += next[c]!;
  }
  for (let c = 0; c < cells.count; c++) next[c] = sum > 0 ? next[c]! / sum : 1 / cells.count;
  const ghostShare = clamp((ghost + 0.5) / (used + 10), 0.001, 0.9);
  const staleShare = clamp((stale + STALE_PRIOR.rows) / (used - ghost + STALE_PRIOR.of), 0.001, 0.9);
  return {
    nuisances: { stale: (1 - ghostShare) * staleShare, ghost: ghostShare, ...rates(observations, patternWeights) },
    weights: next,
  };
}

/* Rates with weak Beta priors: values current at the time of the copy are there (0.95), others are not (0.02). */
function rates({ patterns, classes }: Observations, weights: Float64Array): Pick<Nuisances, 'complete' | 'stray'> {
  const sums = new Float64Array(CLASSES * STATES);
  for (let p = 0; p < weights.length; p++) {
    const weight = weights[p]!;
    if (weight === 0) continue;
    for (const c of classes) {
      for (let k = c * STATES; k < (c + 1) * STATES; k++) {
        sums[k] = sums[k]! + weight * patterns[p * CLASSES * STATES + k]!;
      }
    }
  }
  const complete = new Float64Array(CLASSES);
  const stray = new Float64Array(CLASSES);
  for (let c = 0; c < CLASSES; c++) {
    const at = c * STATES;
    const [there, missing] = [sums[at + SEEN_CURRENT]!, sums[at + UNSEEN_CURRENT]!];
    const [wrong, rightly] = [sums[at + SEEN_OTHER]!, sums[at + UNSEEN_OTHER]!];
    complete[c] = clamp((there + 1.9) / (there + missing + 2), 0.02, 0.999);
    stray[c] = clamp((wrong + 0.1) / (wrong + rightly + 5), 0.0005, 0.5);
  }
  return { complete, stray };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
