import type { Cells } from './cells.ts';
import type { CellWeights, FittedMixture, MixtureData, MixtureShares } from './mixture.ts';

/** A shape of the copy time, fitted to the dump. */
export interface FittedShape extends FittedMixture {
  readonly kind: 'single' | 'merged' | 'skimmed';
  /** Cell of each copy; of skimming the first and the last one. */
  readonly at: readonly number[];
  readonly weights: readonly CellWeights[];
  /** Bayesian information criterion as a log likelihood: the higher the better (Schwarz 1978). */
  readonly score: number;
  /** Of the chosen one copy: the first and the last cell of shapes that are likelier by that, though not by so much that one of them is chosen. Null: there are none. */
  readonly rival: readonly [from: number, to: number] | null;
}

/** More separate copies than this are called skimming. */
const MOST_COPIES = 4;
/** A copy with a smaller share of the rows is not told from noise. */
const LEAST_SHARE = 0.02;
/** A shape has to be this much likelier than a simpler one, in nats beyond its parameters: rows of households and imports are not quite independent. */
const MARGIN = 6;
const SHARE_ROUNDS = 12;
/** Shapes are compared when their shares have settled: with few subjects that ever changed, that takes long. */
const LAST_ROUNDS = 300;
const MOVES = 6;

/** Fits one copy, several, and skimming over a stretch, and returns the best of them first. */
export function fitShapes(data: MixtureData): FittedShape[] {
  const single = fitMerged(data, []);
  const shapes: FittedShape[] = [single];
  const likelier: FittedShape[] = [];
  for (let last = single; last.at.length < MOST_COPIES; ) {
    const next = fitMerged(data, last.at);
    if (next.score < last.score + MARGIN || Math.min(...next.shares.copies) < LEAST_SHARE) {
      if (last === single && next.score > single.score) likelier.push(next);
      break;
    }
    shapes.push(next);
    last = next;
  }
  const skimmed = fitSkimmed(data, shapes.at(-1)!);
  if (skimmed !== null && skimmed.score > single.score + MARGIN) shapes.push(skimmed);
  else if (skimmed !== null && skimmed.score > single.score) likelier.push(refineSkimmed(data, skimmed));
  const [best, ...others] = shapes.sort((a, b) => b.score - a.score) as [FittedShape, ...FittedShape[]];
  const places = likelier.flatMap(({ at }) => at);
  if (best === single && places.length > 0)
    return [{ ...single, rival: [Math.min(...places), Math.max(...places)] }, ...others];
  return [best.kind === 'skimmed' ? refineSkimmed(data, best) : best, ...others];
}

function scored(data: MixtureData, fitted: FittedMixture, parameters: number): FittedMixture & { score: number } {
  return { ...fitted, score: fitted.logLikelihood - (parameters / 2) * Math.log(Math.max(2, data.used)) };
}

/** Copies at the places known plus one more. */
function fitMerged(data: MixtureData, known: readonly number[]): FittedShape {
  const { cells } = data;
  let at = [...known];
  let shares = data.startShares(Math.max(1, at.length));
  if (at.length === 0) {
    at = [highest(data.profile([uniform(cells, 0, cells.count - 1)], shares, 0))];
  } else {
    const fitted = data.fitShares(points(cells, at), shares, SHARE_ROUNDS);
    at.push(highest(data.gradient(points(cells, at), fitted.shares)));
    shares = data.startShares(at.length);
  }
  let fitted = data.fitShares(points(cells, at), shares, SHARE_ROUNDS);
  for (let move = 0; move < MOVES; move++) {
    const before = [...at];
    for (let k = 0; k < at.length; k++) {
      at[k] = highest(data.profile(points(cells, at), fitted.shares, k));
    }
    fitted = data.fitShares(points(cells, at), fitted.shares, SHARE_ROUNDS);
    if (at.every((cell, k) => cell === before[k])) break;
  }
  fitted = data.fitShares(points(cells, at), fitted.shares, LAST_ROUNDS);
  const kind = at.length === 1 ? 'single' : 'merged';
  return { kind, at, weights: points(cells, at), rival: null, ...scored(data, fitted, 2 * at.length - 1) };
}

/** Copying at a steady pace over a stretch; null when no stretch was found. */
function fitSkimmed(data: MixtureData, start: FittedShape): FittedShape | null {
  const { cells } = data;
  let weights: CellWeights = uniform(cells, 0, cells.count - 1);
  for (let round = 0; round < 40; round++) weights = data.improve(weights, data.startShares(1));
  const ends = [quantileCell(weights, 0.1), quantileCell(weights, 0.9)] as const;
  const { from, to, shares } = climb(cells, ends, data.startShares(1), (copy, last) => data.fitShares([copy], last, 4));
  if (start.kind === 'single' && from === to) return null;
  const chosen = [uniform(cells, from, to)];
  return {
    kind: 'skimmed',
    at: [from, to],
    weights: chosen,
    rival: null,
    ...scored(data, data.fitShares(chosen, shares, LAST_ROUNDS), 2),
  };
}

/** Skimming with its ends where they fit best by the times at which people existed. Its score stays: that is what it was chosen by, as shapes are whose rows cannot be weighed so. */
function refineSkimmed(data: MixtureData, shape: FittedShape): FittedShape {
  const { cells } = data;
  const [first, last] = shape.at as [number, number];
  const { from, to, shares } = climb(cells, [first, last], shape.shares, (copy, known) =>
    data.fitExisting(copy, known, 4),
  );
  const chosen = uniform(cells, from, to);
  return { ...shape, at: [from, to], weights: [chosen], ...data.fitExisting(chosen, shares, LAST_ROUNDS) };
}

/** The stretch of cells that fits best, from a first one on, in steps that get smaller. */
function climb(
  cells: Cells,
  ends: readonly [from: number, to: number],
  start: MixtureShares,
  fitAt: (copy: CellWeights, shares: MixtureShares) => FittedMixture,
): { readonly from: number; readonly to: number; readonly shares: MixtureShares } {
  let [from, to] = ends;
  let shares = start;
  const tried = new Map<number, FittedMixture>();
  const fit = (a: number, b: number): FittedMixture => {
    const key = a * 65_536 + b;
    let fitted = tried.get(key);
    if (fitted === undefined) {
      fitted = fitAt(uniform(cells, a, b), shares);
      tried.set(key, fitted);
    }
    return fitted;
  };
  let best = fit(from, to);
  for (let step = 64; step >= 1; step >>= 1) {
    for (let improved = true; improved; ) {
      improved = false;
      for (const [a, b] of [
        [from - step, to],
        [from + step, to],
        [from, to - step],
        [from, to + step],
      ] as const) {
        if (a < 0 || b >= cells.count || a >= b) continue;
        const fitted = fit(a, b);
        if (fitted.logLikelihood <= best.logLikelihood + 1e-9) continue;
        [best, from, to, shares, improved] = [fitted, a, b, fitted.shares, true];
      }
    }
  }
  return { from, to, shares };
}

/**
 * Log likelihoods of skimming with another first (or last) cell, the other edge where it then fits best: what part of the rows is older than a change depends on both, so that one edge cannot be held fast while the other is asked for.
 * Cells that cannot be have −∞.
 */
export function edgeProfile(data: MixtureData, shape: FittedShape, edge: 'first' | 'last'): Float64Array {
  const { cells } = data;
  const [from, to] = shape.at as [number, number];
  const values = new Float64Array(cells.count).fill(Number.NEGATIVE_INFINITY);
  const at = edge === 'first' ? from : to;
  const likelihoodOf = (cell: number, other: number): number => {
    const [a, b] = edge === 'first' ? [cell, other] : [other, cell];
    if (a >= b || a < 0 || b >= cells.count) return Number.NEGATIVE_INFINITY;
    return data.fitExisting(uniform(cells, a, b), shape.shares, 1).logLikelihood;
  };
  for (const direction of [-1, 1]) {
    let other = edge === 'first' ? to : from;
    for (let cell = at + (direction > 0 ? 1 : 0); cell >= 0 && cell < cells.count; cell += direction) {
      let best = likelihoodOf(cell, other);
      for (const step of [1, -1]) {
        for (;;) {
          const next = likelihoodOf(cell, other + step);
          if (next <= best) break;
          [best, other] = [next, other + step];
        }
      }
      values[cell] = best;
      if (best < shape.logLikelihood - 8) break;
    }
  }
  return values;
}

function points(cells: Cells, at: readonly number[]): CellWeights[] {
  return at.map((cell) => {
    const weights = new Float64Array(cells.count);
    weights[cell] = 1;
    return weights;
  });
}

/** Evenly over the time of cells `from` to `to`, both included. */
function uniform({ count, bounds }: Cells, from: number, to: number): CellWeights {
  const weights = new Float64Array(count);
  const length = bounds[to + 1]! - bounds[from]!;
  for (let c = from; c <= to; c++) weights[c] = (bounds[c + 1]! - bounds[c]!) / length;
  return weights;
}

function highest(values: Float64Array): number {
  let best = 0;
  for (let c = 1; c < values.length; c++) if (values[c]! > values[best]!) best = c;
  return best;
}

function quantileCell(weights: CellWeights, share: number): number {
  let sum = 0;
  for (let c = 0; c < weights.length; c++) {
    sum += weights[c]!;
    if (sum >= share) return c;
  }
  return weights.length - 1;
}
