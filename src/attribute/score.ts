import { type Background, FEW } from './background.ts';
import { BUCKETS } from './buckets.ts';
import { Grid } from './grid.ts';
import { logGamma } from './log-gamma.ts';
import type { Places } from './places.ts';
import { bucketOf } from './rows.ts';
import type { Selection } from './selections.ts';
import { NO_HIT, type Units } from './units.ts';

/** An active period, in buckets; both ends belong to it. */
export interface Period {
  readonly first: number;
  readonly last: number;
}

/** How a reader is to be judged. */
export interface Comparison {
  /** Relative standard deviation of what innocent readers explain around what is expected of them. */
  readonly spread: number;
  /** Buckets of the shortest period that is tried. */
  readonly shortest: number;
  /** Of readers that are places, 1 for each unit whose subject belongs to its reader: it does not count, because a copy of the customers of that place has it just as well. */
  readonly own: Uint8Array | null;
  /** One principal, and no group. */
  readonly isOne: boolean;
  /** A copy of a part of the customers that is to be compared with; null: people of their strata and places. */
  readonly selection: Selection | null;
}

/** What a reader's disclosures say about the dump. Counts are of subjects. */
export interface Score {
  /** Natural logarithm of the Bayes factor "it is a source" against "chance": over all periods and all shares that a source may leak. */
  readonly logBayes: number;
  /** The period that the evidence prefers. */
  readonly period: Period;
  /** Subjects of the dump that its reads in the period explain. */
  readonly explained: number;
  /** As many are expected by chance. */
  readonly expected: number;
  /** Subjects read in the period, with the fields of the dump. */
  readonly read: number;
  /** Of `explained` against `expected` at its maximum, natural logarithm. */
  readonly logLikelihoodRatio: number;
  /** The part of the customers whose copy was compared with, in words; null: people of the same strata and places. */
  readonly comparedWith: string | null;
  /** People of that part whom the reader never read: in the dump, and as many as such a copy would have of them; null: they say nothing, or are what `expected` is made from. */
  readonly unread: { readonly found: number; readonly expected: number } | null;
  /** Over all time. */
  readonly totalExplained: number;
  readonly totalExpected: number;
}

const lengths = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, BUCKETS];
const lengthWeights = lengths.reduce((sum, length) => sum + Math.sqrt(length), 0);
const periods = lengths.flatMap((length) => {
  const step = Math.max(1, Math.floor(length / 4));
  const firsts = Array.from({ length: Math.floor((BUCKETS - length) / step) + 1 }, (_, i) => i * step);
  return firsts.map((first) => ({
    first,
    last: first + length - 1,
    // Stealing for long is likelier than for a day: the square root of the length.
    logWeight: Math.log(Math.sqrt(length) / lengthWeights / firsts.length),
  }));
});

/** Shares of what it read that a source may leak, each as likely as the others. */
const shares = [1, 0.5, 0.25, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.0005];
/** Shape of the distribution around each of them: wide enough to close the gaps between them. */
const SHARE_SHAPE = 8;

/** Part of the dump that an export has to explain. */
const NEARLY_ALL = 0.8;

/** Judges readers against chance. One scorer is used for many readers, one after the other. */
export class Scorer {
  readonly #background: Background;
  readonly #home: Uint16Array;
  readonly #hits = new Grid();
  readonly #read = new Grid();
  readonly #chance = new Grid();
  readonly #more = new Grid();

  /** What is expected of the reader at each place, over all time. */
  readonly #atPlace: Float64Array;
  #placeVariance = 0;

  constructor(background: Background, { home, count }: Pick<Places, 'home' | 'count'>) {
    this.#background = background;
    this.#home = home;
    this.#atPlace = new Float64Array(count);
  }

  /** Explained and expected subjects of a reader over all time: what the spread among readers is found from. */
  total(units: Units, reader: number): { readonly explained: number; readonly expected: number } {
    this.#fill(units, reader, { own: null, isBatch: false, selection: null });
    return { explained: this.#hits.fresh(0, BUCKETS - 1), expected: this.#expected(0, BUCKETS - 1) };
  }

  /**
   * Judges one reader.
   *
   * Chance: explained ~ negative binomial, a Poisson number whose rate varies with `spread` between readers and is learnt from the reader's own disclosures outside the period. A source: the same mean plus a share of what it read.
   * The Bayes factor averages over periods and shares, so that searching for the best ones is paid for; under chance it exceeds 1/α with a probability of at most α (Markov; Vovk and Wang,
   * Annals of Statistics 49 (2021) 1736–1754).
   */
  judge(units: Units, reader: number, { spread, shortest, own, isOne, selection }: Comparison): Score {
    this.#fill(units, reader, { own, isBatch: false, selection });
    const usual = comparedWith(
      selection,
      spread,
      this.#scan(spread, shortest, () => true),
    );
    const { dump, all } = this.#background.size;
    if (
      !isOne ||
      selection !== null ||
      usual.totalExplained < NEARLY_ALL * dump ||
      !this.#background.readsMost(units, reader)
    )
      return usual;
    // Who reads everybody in the end, and nearly all of the dump in a time in which it read few others: an export. It is compared with people whom it did not read then.
    this.#fill(units, reader, { own, isBatch: true, selection: null });
    const batch = this.#scan(
      spread,
      shortest,
      (explained, read) => explained >= NEARLY_ALL * dump && read <= FEW * all,
    );
    if (batch.logBayes > usual.logBayes) return batch;
    this.#fill(units, reader, { own, isBatch: false, selection: null });
    return usual;
  }

  /** All periods that `fits` lets in. */
  #scan(spread: number, shortest: number, fits: (explained: number, read: number) => boolean): Score {
    const totalExplained = this.#hits.fresh(0, BUCKETS - 1);
    const totalExpected = this.#expected(0, BUCKETS - 1);
    const terms: number[] = [];
    let best = { logTerm: Number.NEGATIVE_INFINITY, period: { first: 0, last: BUCKETS - 1 } };
    for (const { first, last, logWeight } of periods) {
      if (last - first + 1 < shortest) continue;
      const explained = this.#hits.fresh(first, last);
      const expected = this.#expected(first, last);
      // Fewer than chance gives: no evidence for it. Leaving these terms out only makes the factor smaller.
      if (explained < 2 || explained <= expected || !fits(explained, this.#read.fresh(first, last))) continue;
      const shape = 1 / (spread * spread + this.#placeVariance + this.#background.uncertainty(first, last));
      const outside = shape + Math.max(0, totalExplained - explained);
      // What the reader explains at other times may raise what is expected of it now, and never lowers it.
      const mean = expected * Math.max(1, outside / (shape + Math.max(0, totalExpected - expected)));
      if (poissonRatio(explained, mean) < LEAST_RATIO) continue;
      const logTerm = logWeight + logFactor(explained, mean, outside, this.#read.fresh(first, last));
      terms.push(logTerm);
      if (logTerm > best.logTerm) best = { logTerm, period: { first, last } };
    }
    const { first, last } = best.period;
    const explained = this.#hits.fresh(first, last);
    const expected = this.#expected(first, last);
    const shape = 1 / (spread * spread + this.#placeVariance + this.#background.uncertainty(first, last));
    return {
      logBayes: logSum(terms),
      period: best.period,
      explained,
      expected,
      read: this.#read.fresh(first, last),
      logLikelihoodRatio:
        explained > expected
          ? logNegativeBinomial(explained, explained, shape) - logNegativeBinomial(explained, expected, shape)
          : 0,
      comparedWith: null,
      unread: null,
      totalExplained,
      totalExpected,
    };
  }

  /** Explained and expected new subjects bucket by bucket, of the reader judged last. */
  timeline(): { readonly explained: readonly number[]; readonly expected: readonly number[] } {
    const buckets = Array.from({ length: BUCKETS }, (_, bucket) => bucket);
    return {
      explained: buckets.map((bucket) => this.#hits.fresh(bucket, bucket)),
      expected: buckets.map((bucket) => this.#expected(bucket, bucket)),
    };
  }

  #expected(first: number, last: number): number {
    // Where others are watched by a sample, a reader may have read more of them than were seen: as many as two of the sample stand for are added.
    const { otherWeight, meanRate } = this.#background;
    const unseen = otherWeight > 1 ? 2 * otherWeight * meanRate : 0;
    return this.#chance.fresh(first, last) + this.#more.repeated(first, last) + unseen;
  }

  #fill(
    units: Units,
    reader: number,
    {
      own,
      isBatch,
      selection,
    }: Pick<Comparison, 'own' | 'selection'> & {
      /** Compared with people whom the reader did not read then. */
      readonly isBatch: boolean;
    },
  ): void {
    const background = this.#background;
    background.leaveOut(units, reader, isBatch);
    for (const grid of [this.#hits, this.#read, this.#chance, this.#more]) grid.clear();
    const atPlace = this.#atPlace.fill(0);
    const home = this.#home;
    const [hits, read, chance, more] = [this.#hits, this.#read, this.#chance, this.#more];
    const { start, subject, cell, previous, hit, weight: weights } = units;
    let before = -1;
    let rate = 0;
    let current = 0;
    let factor = 1;
    let all = 0;
    let selected = 0;
    let sampled = 0;
    const end = start[reader + 1]!;
    for (let unit = start[reader]!; unit < end; unit++) {
      const about = subject[unit]!;
      if (background.isExcluded(about) || own?.[unit] === 1) continue;
      const at = cell[unit]!;
      const bucket = bucketOf(at);
      const last = previous[unit]!;
      const weight = weights[unit]!;
      const share = background.currentShare(bucket);
      if (about !== before)
        factor =
          selection === null
            ? background.placeFactor(home[about]!)
            : selection.has[about] === 1
              ? selection.within
              : selection.beyond;
      const usual = selection === null ? background.rate(at) : background.presence(about) * share;
      const fresh = Math.min(1, usual * factor);
      if (about !== before) {
        rate = fresh / share;
        current = share;
        if (weight > 1) sampled += weight * (weight - 1) * fresh * fresh;
        if (selection === null) atPlace[home[about]!]! += weight * fresh;
        else {
          all += weight * fresh;
          if (selection.has[about] === 1) selected += weight * fresh;
        }
      } else if (share > current) {
        // A second read of the same subject adds a chance only as far as more of the dump's versions were current then.
        more.add(last, bucket, weight * rate * (share - current));
        current = share;
      }
      before = about;
      read.add(last, bucket, weight);
      chance.add(last, bucket, weight * fresh);
      const earlier = hit[unit]!;
      if (earlier !== NO_HIT) hits.add(earlier, bucket, 1);
    }
    for (const grid of [this.#hits, this.#read, this.#chance, this.#more]) grid.accumulate();
    if (selection !== null) {
      this.#placeVariance = all > 0 ? (selection.uncertainty * selected ** 2 + sampled) / all ** 2 : 0;
      return;
    }
    let sum = 0;
    let variance = 0;
    atPlace.forEach((expected, place) => {
      if (expected === 0) return;
      sum += expected;
      variance += expected * expected * background.placeUncertainty(place);
    });
    this.#placeVariance = sum > 0 ? (variance + sampled) / (sum * sum) : 0;
  }
}

/** Periods in which even the best hypothesis is hardly better than chance are not worth the time. */
const LEAST_RATIO = 1;

/** Largest log likelihood ratio that a Poisson count allows: an upper bound of `logFactor`. */
function poissonRatio(count: number, mean: number): number {
  return count <= mean ? 0 : count * Math.log(count / mean) - (count - mean);
}

/** Source against chance for one period, averaged over the shares that it may leak. */
function logFactor(explained: number, mean: number, shape: number, read: number): number {
  const source = shares.map((share) => {
    const mid = mean + share * read;
    return explained * Math.log(mid / (SHARE_SHAPE + mid)) - SHARE_SHAPE * Math.log1p(mid / SHARE_SHAPE);
  });
  const constant = logGamma(explained + SHARE_SHAPE) - logGamma(SHARE_SHAPE) - Math.log(shares.length);
  return logSum(source) + constant - logNegativeBinomial(explained, mean, shape);
}

/** The score against a copy of a part, with what those say whom the reader never read. */
function comparedWith(selection: Selection | null, spread: number, score: Score): Score {
  if (selection === null) return score;
  const { title, unread, within } = selection;
  return {
    ...score,
    logBayes: score.logBayes + logUnread(selection, spread),
    comparedWith: title,
    unread: unread === null ? null : { found: unread.found, expected: within * unread.expected },
  };
}

/**
 * What people of a part whom the reader never read say, natural logarithm of a Bayes factor: a source has nothing to do with them, and they are in the dump as everybody beyond the part is; a copy has them as often as the others of the
 * part. Both counts vary as readers do (`spread`) and as the factor of the part is known. 0 when there are none.
 */
function logUnread({ unread, within, beyond, uncertainty }: Selection, spread: number): number {
  if (unread === null) return 0;
  const { found, expected } = unread;
  const shape = 1 / (spread * spread + uncertainty);
  return logNegativeBinomial(found, beyond * expected, shape) - logNegativeBinomial(found, within * expected, shape);
}

/** Logarithm of the probability of `count` under a negative binomial with this mean and shape, without the term of `count`! that is the same for all. */
function logNegativeBinomial(count: number, mean: number, shape: number): number {
  if (mean <= 0) return count === 0 ? 0 : Number.NEGATIVE_INFINITY;
  return (
    logGamma(count + shape) -
    logGamma(shape) -
    shape * Math.log1p(mean / shape) +
    count * Math.log(mean / (shape + mean))
  );
}

/** Logarithm of the sum of exponentials; −∞ for none. */
export function logSum(terms: readonly number[]): number {
  let most = Number.NEGATIVE_INFINITY;
  for (const term of terms) if (term > most) most = term;
  if (most === Number.NEGATIVE_INFINITY) return most;
  let sum = 0;
  for (const term of terms) sum += Math.exp(term - most);
  return most + Math.log(sum);
}
