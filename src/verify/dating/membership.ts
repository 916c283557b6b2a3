import type { CopyEvidence, Turnover } from './copy-evidence.ts';
import { findGaps } from './gaps.ts';
import { GAP_STEPS, shortestWindow } from './posterior.ts';

/** Accounts looked at on each side of the copy's time: the share that a dump has may drift over years, the nearest ones tell. */
const NEAR_ACCOUNTS = 4000;
/** Fewer do not show which share it is, where there are others to ask. */
const FEW_ACCOUNTS = 64;
/** Blocks of consecutive accounts by which scatter is measured: imports and sales areas come in batches of any size. */
const BLOCK_SIZES = [8, 32, 128, 512];
const FEW_BLOCKS = 8;
/** Scatter of accounts too few to show it. */
const UNKNOWN_SCATTER = 4;
const ROUNDS = 4;
/** Rates that change by less than this share are settled. */
const CLOSE = 0.05;

/** Accounts that began or ended together. */
interface Batches {
  /** Bins, ascending. */
  readonly at: readonly number[];
  readonly all: readonly number[];
  readonly found: readonly number[];
}

/** The share of accounts that a dump has, and the variance of their number over that of independent ones. */
interface Rate {
  readonly accounts: number;
  readonly hits: number;
  readonly scatter: number;
}

/**
 * Log likelihood of one copy time per bin from who is missing: of the accounts that existed then a dump has a steady share, of the others hardly any. The rows that it has are part of the values' likelihood already,
 * but for those left out of a sample and for the time within a gap between snapshots. The sum is divided by the scatter of shares around the copy's time (quasi-likelihood, Wedderburn 1974),
 * so that a dump of one region, whose accounts came in batches, proves little by the batches that it lacks. Null when there is nothing to learn from.
 * `prior`: log likelihood from the values, the starting point.
 */
export function membershipLikelihood(evidence: CopyEvidence, prior: Float64Array): Float64Array | null {
  const { lifespans, axis, snapshots, history, usable } = evidence;
  if (lifespans === null) return null;
  const gaps = findGaps(axis, snapshots);
  // Of a gap, all had begun at its end only, and none had ended at its beginning.
  const [stayed, left, gone] = [lifespans.stayed, lifespans.left, lifespans.ended].map(listExact) as [
    Batches,
    Batches,
    Batches,
  ];
  const begun = withGaps(stayed, lifespans.stayed, gaps.to);
  const toBegin = withGaps(stayed, lifespans.stayed, gaps.from);
  const ended = withGaps(gone, lifespans.ended, gaps.to);
  const toEnd = withGaps(gone, lifespans.ended, gaps.from);
  const unsampled = usable === 0 ? 0 : Math.max(0, 1 - history.subjects / usable);
  let sums: Float64Array | null = null;
  const combined = Float64Array.from(prior);
  let last: readonly number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const { from, to, best } = shortestWindow(combined, 0.95);
    // Where values say little, most of their window may lie after the last account that can be in the dump.
    const middle = round === 0 ? splitWithin(begun, from, to) : Math.floor(best);
    const there = existing(begun, toEnd, middle);
    const [later, earlier] = [nearest(toBegin, middle, 1), nearest(ended, middle, -1)];
    const share = shareOf(there.accounts, there.hits);
    const stray = shareOf(later.accounts + earlier.accounts, later.hits + earlier.hits, share / 100);
    // Whoever is not there is never likelier in the dump than whoever is.
    if (there.hits === 0 || stray >= share) break;
    const rates = [share, stray, there.scatter];
    if (last.length > 0 && rates.every((rate, i) => Math.abs(rate - last[i]!) <= CLOSE * rate)) break;
    last = rates;
    const weigh = new Weigher(share, stray, unsampled, there.scatter);
    const changes = new Float64Array(axis.bins + 1);
    for (const batches of [stayed, left]) weigh.addExact(changes, batches, 1);
    weigh.addExact(changes, gone, -1);
    gaps.from.forEach((from, g) => {
      const to = gaps.to[g]!;
      for (const turnover of [lifespans.stayed, lifespans.left]) weigh.addGap(changes, from, to, turnover, g, 1);
      weigh.addGap(changes, from, to, lifespans.ended, g, -1);
    });
    sums = changes.subarray(0, axis.bins);
    for (let at = 1; at < axis.bins; at++) sums[at] = sums[at]! + sums[at - 1]!;
    for (let at = 0; at < axis.bins; at++) combined[at] = prior[at]! + sums[at]!;
  }
  return sums;
}

/** What accounts add to the log likelihood of a time before, within and after their beginning. */
class Weigher {
  readonly #share: number;
  readonly #stray: number;
  readonly #unsampled: number;
  readonly #scatter: number;
  readonly #missing: number;
  readonly #found: number;

  constructor(share: number, stray: number, unsampled: number, scatter: number) {
    this.#share = share;
    this.#stray = stray;
    this.#unsampled = unsampled;
    this.#scatter = scatter;
    this.#missing = Math.log1p(-share) - Math.log1p(-stray);
    this.#found = Math.log(share / stray);
  }

  /** Changes at the bins of beginnings (`sign` 1) or ends (−1). */
  addExact(changes: Float64Array, { at, all, found }: Batches, sign: 1 | -1): void {
    for (let i = 0; i < at.length; i++) {
      const k = found[i]!;
      const gain = (all[i]! - k) * this.#missing + k * this.#unsampled * this.#found;
      changes[at[i]!] = changes[at[i]!]! + (sign * gain) / this.#scatter;
    }
  }

  /** Beginnings (or ends) somewhere in gap `g` between bins `from` and `to`: each has passed with the probability that time has. */
  addGap(changes: Float64Array, from: number, to: number, turnover: Turnover, g: number, sign: 1 | -1): void {
    const found = turnover.gapFound[g]!;
    const missing = turnover.gapAll[g]! - found;
    if (found + missing === 0) return;
    const bins = changes.length - 1;
    const [first, end] = [Math.max(0, Math.min(bins, from)), Math.max(0, Math.min(bins, to))];
    const [absent, present] = [-found * this.#unsampled * this.#found, missing * this.#missing];
    let last = 0;
    const put = (at: number, value: number): void => {
      changes[at] = changes[at]! + (value - last) / this.#scatter;
      last = value;
    };
    put(0, sign > 0 ? absent : present);
    const steps = Math.max(1, Math.min(GAP_STEPS, end - first));
    for (let step = 0; step < steps; step++) {
      const passed = (step + 0.5) / steps;
      const exists = sign > 0 ? passed : 1 - passed;
      const chance = exists * this.#share + (1 - exists) * this.#stray;
      put(
        first + Math.floor((step * (end - first)) / steps),
        missing * (Math.log1p(-chance) - Math.log1p(-this.#stray)) + found * Math.log(chance / this.#share),
      );
    }
    put(end, sign > 0 ? present : absent);
  }
}

/* Those that began before and are there to this day; where these are few, those that ended after. */
function existing(stayed: Batches, ended: Batches, middle: number): Rate {
  const before = nearest(stayed, middle, -1);
  if (before.accounts >= FEW_ACCOUNTS) return before;
  const after = nearest(ended, middle, 1);
  return after.accounts > before.accounts ? after : before;
}

/** The bin in [from, to) that best parts accounts which the dump has from those it lacks, by the likelihood of one share before and another after. */
function splitWithin(batches: Batches, from: number, to: number): number {
  const { at, all, found } = batches;
  const first = after(at, from);
  const end = after(at, to - 1);
  let { accounts: n, hits: k } = nearest(batches, from, -1);
  let [laterN, laterK] = [0, 0];
  for (let i = first; i < end; i++) {
    laterN += all[i]!;
    laterK += found[i]!;
  }
  let [best, highest] = [(from + to) >> 1, Number.NEGATIVE_INFINITY];
  for (let i = first; i <= end; i++) {
    const value = logChance(n, k) + logChance(laterN, laterK);
    if (value > highest && k * laterN >= laterK * n) {
      const last = i === first ? from : at[i - 1]!;
      [best, highest] = [(last + (i < end ? at[i]! : to)) >> 1, value];
    }
    if (i === end) break;
    n += all[i]!;
    k += found[i]!;
    laterN -= all[i]!;
    laterK -= found[i]!;
  }
  return best;
}

/* Log likelihood of k of n at the share that fits best. */
function logChance(n: number, k: number): number {
  return (k === 0 ? 0 : k * Math.log(k / n)) + (k === n ? 0 : (n - k) * Math.log1p(-k / n));
}

/** Index of the first of ascending bins that lies after `bin`. */
function after(at: readonly number[], bin: number): number {
  let first = 0;
  for (let end = at.length; first < end; ) {
    const half = (first + end) >> 1;
    if (at[half]! <= bin) first = half + 1;
    else end = half;
  }
  return first;
}

function shareOf(accounts: number, hits: number, otherwise = 0): number {
  return accounts === 0 ? otherwise : Math.min(0.999, Math.max((hits + 0.05) / (accounts + 1), 1e-6));
}

/** The accounts nearest to a bin, `direction` −1: those of it and before it, 1: those after it. */
function nearest({ at, all, found }: Batches, middle: number, direction: -1 | 1): Rate {
  const first = after(at, middle) - (direction < 0 ? 1 : 0);
  let [accounts, hits] = [0, 0];
  let end = first;
  for (; end >= 0 && end < at.length && accounts < NEAR_ACCOUNTS; end += direction) {
    accounts += all[end]!;
    hits += found[end]!;
  }
  const share = shareOf(accounts, hits);
  let scatter = accounts < FEW_ACCOUNTS ? UNKNOWN_SCATTER : 1;
  for (const size of BLOCK_SIZES) {
    let [squares, blocks, n, k] = [0, 0, 0, 0];
    for (let i = first; i !== end; i += direction) {
      n += all[i]!;
      k += found[i]!;
      if (n < size) continue;
      // Pearson's statistic of one block.
      squares += (k - n * share) ** 2 / (n * share * (1 - share));
      blocks++;
      [n, k] = [0, 0];
    }
    // Less what chance alone may show: two standard deviations.
    if (blocks >= FEW_BLOCKS) scatter = Math.max(scatter, squares / blocks - 2 * Math.sqrt(2 / blocks));
  }
  return { accounts, hits, scatter };
}

function listExact({ all, found }: Turnover): Batches {
  const at: number[] = [];
  for (let bin = 0; bin < all.length; bin++) if (all[bin] !== 0) at.push(bin);
  return { at, all: at.map((bin) => all[bin]!), found: at.map((bin) => found[bin]!) };
}

/* In the order of time; those of gap g stand at bin `gapAt[g]`. */
function withGaps(exact: Batches, { gapAll, gapFound }: Turnover, gapAt: Int32Array): Batches {
  const inGaps = [...gapAll.keys()].filter((g) => gapAll[g]! > 0);
  if (inGaps.length === 0) return exact;
  const order = [
    ...exact.at.map((at, i) => [at, exact.all[i]!, exact.found[i]!] as const),
    ...inGaps.map((g) => [gapAt[g]!, gapAll[g]!, gapFound[g]!] as const),
  ].sort((a, b) => a[0] - b[0]);
  return { at: order.map(([at]) => at), all: order.map(([, n]) => n), found: order.map(([, , k]) => k) };
}
