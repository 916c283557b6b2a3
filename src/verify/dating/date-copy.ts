import { type Cells, makeCells } from './cells.ts';
import { binOf, type CopyEvidence, type TimeAxis } from './copy-evidence.ts';
import { membershipLikelihood } from './membership.ts';
import { MixtureData } from './mixture.ts';
import { estimateNuisances, evaluate, type Likelihoods, type Nuisances } from './nuisance.ts';
import { type Observations, observe } from './observations.ts';
import { type BinWindow, contradictingShare, logLikelihoodOfTime, shortestWindow } from './posterior.ts';
import { edgeProfile, type FittedShape, fitShapes } from './shapes.ts';

/** Probability that a window holds the time it is about; windows end where the evidence changes, so most hold a little more. */
export const WINDOW_PROBABILITY = 0.95;

export type CopyShape = 'single' | 'merged' | 'skimmed' | 'unknown';

/** When one copy was taken, or, of skimming, between which times. Seconds since 1970. */
export interface CopyWindow {
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** The median of what is likely; of skimming, the middle of its stretch. */
  readonly bestSeconds: number;
  readonly probability: number;
  /** Of the dump's subjects with a sound row, those from this copy; all windows together 1. */
  readonly share: number;
}

/** Something in the dump did not exist before that time, but for an accident: a canary. */
export interface NotBefore {
  readonly seconds: number;
  /** Natural logarithm of the chance of the accident. */
  readonly logChance: number;
}

/** When a dump was copied, as far as it can be told. */
export interface CopyFindings {
  readonly shape: CopyShape;
  /** By time; empty when there is nothing to go by. */
  readonly windows: readonly CopyWindow[];
  /** How far apart changes are around the best time that a dump of these subjects could show: no window can be much narrower. Null without windows. */
  readonly resolutionSeconds: number | null;
  /** Subjects of the dump that dating could use, and those of them whose values tell times apart. */
  readonly subjects: number;
  readonly informative: number;
  /** Estimated share of the dump's subjects with a row of another time than the windows'. */
  readonly staleShare: number;
  /** What of the register's time was looked at. */
  readonly rangeFromSeconds: number;
  readonly rangeToSeconds: number;
  /** A window reaches the end of the register: the copy may be younger than it. */
  readonly openEnd: boolean;
  /** Of skimming, when it began and ended, each with its own 95 % window. */
  readonly edges: { readonly began: CopyWindow; readonly ended: CopyWindow } | null;
  /** For the chart: how likely each time is, relative to the likeliest of its window; at most 240 points per window, ascending. */
  readonly curves: readonly (readonly { readonly seconds: number; readonly height: number }[])[];
}

/** Fewer subjects whose values tell times apart give no shape. */
export const FEW_INFORMATIVE = 10;
/** A window over more of the register's time than this says nothing. */
export const WIDE = 0.6;
/** A value of a record that changes the likelihood by less than this (nats) tells nothing. */
const INFORMATIVE_NATS = 1;
/** Accounts that are there and missing tell the time by themselves when they change the likelihood by this much. */
const TELLING_NATS = 10;
/** Changes that lie between two times which can be told apart. */
const CHANGES_TO_TELL = 3;
const CURVE_POINTS = 240;
const CLOSER_LOOKS = 2;
/** Two edges each hold with this probability, so that both do with 0.95. */
const EDGE_PROBABILITY = 0.975;

/** An accident is hardly thought of any more below that chance (natural logarithm of one in ten thousand). */
const NO_ACCIDENT = Math.log(1e-4);

/**
 * Says when a dump was copied: once, several times, or bit by bit, with windows that hold the truth with their probability. `bounds`: what did not exist before some time and is in the dump; of several copies, and of skimming, it is
 * the last that must have it. Pure and deterministic. The model is docs/spec/copy.md.
 */
export function dateCopy(evidence: CopyEvidence, bounds: readonly NotBefore[] = []): CopyFindings {
  const { axis } = evidence;
  const findings = findCopies(evidence, bounds);
  const isLater = bounds.some(
    ({ seconds, logChance }) => logChance < NO_ACCIDENT && seconds > axis.fromSeconds + axis.bins * axis.binSeconds,
  );
  return isLater ? { ...findings, openEnd: true } : findings;
}

function findCopies(evidence: CopyEvidence, bounds: readonly NotBefore[]): CopyFindings {
  const { axis } = evidence;
  const observations = observe(evidence);
  const cells = makeCells(observations, axis.bins);
  const nuisances = estimateNuisances(observations, cells);
  const likelihoods = evaluate(observations, nuisances);
  const informative = countInformative(observations, likelihoods);
  const common = {
    subjects: evidence.usable,
    informative,
    rangeFromSeconds: axis.fromSeconds,
    rangeToSeconds: axis.fromSeconds + axis.bins * axis.binSeconds - 1,
    edges: null,
  };
  if (observations.count === 0 || axis.bins < 2) {
    return {
      ...common,
      shape: 'unknown',
      windows: [],
      resolutionSeconds: null,
      staleShare: 0,
      openEnd: false,
      curves: [],
    };
  }
  const { data, shape } = fitClosely(observations, cells, likelihoods, nuisances);
  const sound = shape.shares.copies.reduce((sum, share) => sum + share, 0);
  const staleShare = shape.shares.stale / (shape.shares.stale + sound);
  if (shape.kind === 'skimmed' && informative >= FEW_INFORMATIVE) {
    return { ...common, staleShare, ...skimming(evidence, observations, { data, shape, bounds }) };
  }
  const chosen = informative < FEW_INFORMATIVE && shape.kind !== 'single' ? null : shape;
  if (chosen?.kind === 'merged') {
    return { ...common, staleShare, ...severalCopies(evidence, observations, { data, shape: chosen, bounds }) };
  }
  const sums = logLikelihoodOfTime(observations, likelihoods, axis.bins);
  const membership = membershipLikelihood(evidence, sums);
  // After membership has looked for its moment: the times before are unlikely, and not without evidence.
  addBounds(sums, axis, bounds);
  if (membership !== null) for (let at = 0; at < axis.bins; at++) sums[at] = sums[at]! + membership[at]!;
  const window = withRival(shortestWindow(sums, WINDOW_PROBABILITY), chosen, data.cells);
  const isWide = window.to - window.from > WIDE * axis.bins;
  const tells = informative >= FEW_INFORMATIVE || (membership !== null && rangeOf(membership) > TELLING_NATS);
  return {
    ...common,
    shape: tells && !isWide && chosen?.rival == null ? 'single' : 'unknown',
    windows: [inSeconds(axis, window, 1)],
    resolutionSeconds: resolutionAt(evidence, observations, window, membership !== null),
    staleShare: contradictingShare(observations, likelihoods, window),
    openEnd: window.to >= axis.bins,
    curves: [curveOf(axis, sums, window)],
  };
}

/** Where several copies or skimming are likelier than one, though not so much that it is called that, nobody knows which it was: the window has the times of either. */
function withRival(window: BinWindow, shape: FittedShape | null, { bounds }: Cells): BinWindow {
  const rival = shape?.rival ?? null;
  if (rival === null) return window;
  return { ...window, from: Math.min(window.from, bounds[rival[0]]!), to: Math.max(window.to, bounds[rival[1] + 1]!) };
}

/** Fits the shapes on cells that get finer around what was found: on coarse ones a single time between two changes of one cell looks like a stretch. */
function fitClosely(
  observations: Observations,
  coarse: Cells,
  likelihoods: Likelihoods,
  nuisances: Nuisances,
): { data: MixtureData; shape: FittedShape } {
  const bins = coarse.bounds.at(-1)!;
  let data = new MixtureData(observations, coarse, likelihoods, nuisances);
  let shape = fitShapes(data)[0]!;
  for (let look = 0; look < CLOSER_LOOKS; look++) {
    const { bounds, count } = data.cells;
    const focus = shape.at.map((cell) => ({
      from: bounds[Math.max(0, cell - 3)]!,
      to: bounds[Math.min(count, cell + 4)]!,
    }));
    data = new MixtureData(observations, makeCells(observations, bins, focus), likelihoods, nuisances);
    shape = fitShapes(data)[0]!;
  }
  return { data, shape };
}

/** Times before a bound are as likely as the accident. */
function addBounds(sums: Float64Array, axis: TimeAxis, bounds: readonly NotBefore[]): void {
  for (const { seconds, logChance } of bounds) {
    // The bin of that moment may still be the copy's.
    const end = binOf(axis, seconds);
    // After all of the register's time: no time of it is likelier than another for that.
    if (end >= sums.length) continue;
    for (let at = 0; at < end; at++) sums[at] = sums[at]! + logChance;
  }
}

/** What was fitted, and what else is known. */
interface Fitted {
  readonly data: MixtureData;
  readonly shape: FittedShape;
  readonly bounds: readonly NotBefore[];
}

function severalCopies(
  evidence: CopyEvidence,
  observations: Observations,
  { data, shape, bounds }: Fitted,
): Pick<CopyFindings, 'shape' | 'windows' | 'resolutionSeconds' | 'openEnd' | 'curves'> {
  const { axis } = evidence;
  const sound = shape.shares.copies.reduce((sum, share) => sum + share, 0);
  const latest = shape.at.indexOf(Math.max(...shape.at));
  const found = shape.at
    .map((_, k) => {
      const sums = logLikelihoodOfTime(observations, data.rest(shape.weights, shape.shares, k), axis.bins);
      if (k === latest) addBounds(sums, axis, bounds);
      return { sums, window: shortestWindow(sums, WINDOW_PROBABILITY), share: shape.shares.copies[k]! / sound };
    })
    .sort((a, b) => a.window.best - b.window.best);
  const last = found.at(-1)!;
  return {
    shape: 'merged',
    windows: found.map(({ window, share }) => inSeconds(axis, window, share)),
    resolutionSeconds: Math.max(...found.map(({ window }) => resolutionAt(evidence, observations, window, false))),
    openEnd: last.window.to >= axis.bins,
    curves: found.map(({ sums, window }) => curveOf(axis, sums, window)),
  };
}

function skimming(
  evidence: CopyEvidence,
  observations: Observations,
  { data, shape, bounds }: Fitted,
): Pick<CopyFindings, 'shape' | 'windows' | 'resolutionSeconds' | 'openEnd' | 'curves' | 'edges'> {
  const { axis } = evidence;
  // A stretch begins where its first cell does, and ends where its last one does.
  const began = between(data.cells.bounds.subarray(0, -1), edgeProfile(data, shape, 'first'), axis.bins);
  const ended = between(data.cells.bounds.subarray(1), edgeProfile(data, shape, 'last'), axis.bins);
  addBounds(ended, axis, bounds);
  const [first, last] = [shortestWindow(began, EDGE_PROBABILITY), shortestWindow(ended, EDGE_PROBABILITY)];
  const whole = { from: first.from, to: last.to, best: (first.best + last.best) / 2, probability: WINDOW_PROBABILITY };
  return {
    shape: 'skimmed',
    windows: [inSeconds(axis, whole, 1)],
    resolutionSeconds: resolutionAt(evidence, observations, whole, false),
    openEnd: last.to >= axis.bins,
    edges: { began: inSeconds(axis, first, 1), ended: inSeconds(axis, last, 1) },
    curves: [curveOf(axis, began, first), curveOf(axis, ended, last)],
  };
}

/** A profile that is known at some bins, for all of them: straight lines between those that were tried, because an edge may lie anywhere between two cells. −∞ where nothing was tried. */
function between(tried: ArrayLike<number>, profile: Float64Array, bins: number): Float64Array {
  const values = new Float64Array(bins).fill(Number.NEGATIVE_INFINITY);
  for (let c = 0; c < profile.length; c++) {
    const [at, value] = [Math.min(bins - 1, tried[c]!), profile[c]!];
    if (value === Number.NEGATIVE_INFINITY) continue;
    values[at] = value;
    const next = profile[c + 1] ?? Number.NEGATIVE_INFINITY;
    if (next === Number.NEGATIVE_INFINITY) continue;
    const end = Math.min(bins, tried[c + 1]!);
    for (let bin = at + 1; bin < end; bin++) values[bin] = value + ((next - value) * (bin - at)) / (end - at);
  }
  return values;
}

function countInformative({ count, index }: Observations, { at, stale, ghost }: Likelihoods): number {
  let informative = 0;
  for (let i = 0; i < count; i++) {
    let [low, high] = [Number.POSITIVE_INFINITY, 0];
    for (let j = index[i]!; j < index[i + 1]!; j++) {
      low = Math.min(low, at[j]!);
      high = Math.max(high, at[j]!);
    }
    const floor = stale[i]! + ghost[i]!;
    if (Math.log((high + floor) / (low + floor)) > INFORMATIVE_NATS) informative++;
  }
  return informative;
}

/** The width of the stretch around a window's best time that has the next few changes; of changes known to a snapshot only, the gap between snapshots. */
function resolutionAt(
  { axis, lifespans }: CopyEvidence,
  observations: Observations,
  { best }: BinWindow,
  withMembership: boolean,
): number {
  const { count, index, start, gap, gapFrom, gapTo } = observations;
  const at = Math.floor(best);
  const nearest: number[] = [];
  const keep = (distance: number): void => {
    if (nearest.length === CHANGES_TO_TELL && distance >= nearest.at(-1)!) return;
    nearest.push(distance);
    nearest.sort((a, b) => a - b);
    nearest.length = Math.min(nearest.length, CHANGES_TO_TELL);
  };
  for (let i = 0; i < count; i++) {
    for (let j = index[i]! + 1; j < index[i + 1]!; j++) {
      const g = gap[j]!;
      if (g < 0) keep(Math.abs(start[j]! - at));
      else if (at >= gapFrom[g]! && at < gapTo[g]!) keep((gapTo[g]! - gapFrom[g]!) / 2);
      else keep(Math.min(Math.abs(gapFrom[g]! - at), Math.abs(gapTo[g]! - at)) + (gapTo[g]! - gapFrom[g]!) / 2);
    }
  }
  if (withMembership && lifespans !== null) {
    // Of those that began nearest before the copy, who may be none of the sample.
    let left = CHANGES_TO_TELL;
    for (let bin = Math.min(at, axis.bins - 1); bin >= 0 && left > 0; bin--) {
      for (let n = Math.min(left, lifespans.stayed.found[bin]!); n > 0; n--, left--) keep(at - bin);
    }
  }
  const widest = nearest.at(-1) ?? axis.bins;
  return Math.max(1, Math.min(axis.bins, 2 * widest + 1)) * axis.binSeconds;
}

function rangeOf(values: Float64Array): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < values.length; at++) {
    low = Math.min(low, values[at]!);
    high = Math.max(high, values[at]!);
  }
  return high - low;
}

function inSeconds(axis: TimeAxis, window: BinWindow, share: number): CopyWindow {
  const end = axis.fromSeconds + axis.bins * axis.binSeconds - 1;
  const seconds = (bin: number): number => Math.min(end, Math.round(axis.fromSeconds + bin * axis.binSeconds));
  return {
    // A change lies anywhere in its bin: what came before the copy and what came after it may share one.
    fromSeconds: seconds(Math.max(0, window.from - 1)),
    toSeconds: seconds(Math.min(axis.bins, window.to + 1)),
    bestSeconds: seconds(window.best),
    probability: Math.min(1, window.probability),
    share,
  };
}

/** The likelihood around a window, with as much again on either side. */
function curveOf(axis: TimeAxis, sums: Float64Array, { from, to }: BinWindow): { seconds: number; height: number }[] {
  const margin = Math.max(2, to - from);
  const [first, end] = [Math.max(0, from - margin), Math.min(sums.length, to + margin)];
  const step = Math.max(1, Math.ceil((end - first) / CURVE_POINTS));
  let highest = Number.NEGATIVE_INFINITY;
  for (let at = first; at < end; at++) highest = Math.max(highest, sums[at]!);
  const points: { seconds: number; height: number }[] = [];
  for (let at = first; at < end; at += step) {
    let height = 0;
    for (let i = at; i < Math.min(end, at + step); i++) height = Math.max(height, Math.exp(sums[i]! - highest));
    points.push({ seconds: axis.fromSeconds + at * axis.binSeconds, height });
  }
  return points;
}
