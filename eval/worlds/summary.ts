import type { Trial } from './trials.ts';
import { median, quantile, upperBound, wilson } from './wilson.ts';

/** Hits of trials with Wilson's 95 % interval. */
export interface Share {
  readonly hits: number;
  readonly trials: number;
  readonly low: number;
  readonly high: number;
}

/** All trials of one theft at one strength. */
export interface LabelSummary {
  readonly label: string;
  readonly trials: number;
  readonly failures: number;
  /** Null where there is nobody to be found, or the product was not asked. */
  readonly rankedFirst: Share | null;
  readonly named: Share | null;
  /** The true group is first of all and named; first among groups and named. */
  readonly groupFirst: Share | null;
  readonly groupNamed: Share | null;
  readonly recall: number | null;
  /** Trials with a wrong name. */
  readonly wrongName: Share | null;
  readonly activeOverlap: number | null;
  readonly conclusions: Readonly<Record<string, number>>;
  readonly shapes: Readonly<Record<string, number>>;
  readonly trueShape: string | null;
  readonly covered: Share | null;
  readonly medianErrorHours: number | null;
  readonly p90ErrorHours: number | null;
  readonly medianWidthHours: number | null;
  readonly baseline: {
    readonly rankedFirst: Share | null;
    readonly medianRank: number | null;
    readonly named: Share | null;
    readonly wrongName: Share;
  } | null;
}

/** How many of the trials are so. */
export function shareOf<T>(trials: readonly T[], fits: (trial: T) => boolean): Share {
  const hits = trials.filter(fits).length;
  const [low, high] = wilson(hits, trials.length);
  return { hits, trials: trials.length, low, high };
}

/** Puts trials together by label, in the order in which labels first come. */
export function summarise(trials: readonly Trial[]): LabelSummary[] {
  return [...Map.groupBy(trials, (trial) => trial.label)].map(([label, all]) => summariseLabel(label, all));
}

function summariseLabel(label: string, all: readonly Trial[]): LabelSummary {
  const scores = all.flatMap(({ attribution }) => (attribution === null ? [] : [attribution]));
  const inside = all.some((trial) => !trial.outside);
  const guilty = inside && scores.length > 0;
  const groups = scores.flatMap((score) =>
    score.group === null ? [] : [{ ...score.group, first: score.firstIsGroup }],
  );
  const copies = all.flatMap(({ copy }) => (copy === null ? [] : [copy]));
  const singles = copies.flatMap(({ single }) => (single === null ? [] : [single]));
  const errors = singles.map(({ errorHours }) => errorHours);
  return {
    label,
    trials: all.length,
    failures: all.filter(({ failure }) => failure !== null).length,
    rankedFirst: guilty ? shareOf(scores, ({ rank }) => rank === 1) : null,
    named: guilty ? shareOf(scores, ({ named }) => named) : null,
    groupFirst: groups.length > 0 ? shareOf(groups, ({ first, named }) => first && named) : null,
    groupNamed: groups.length > 0 ? shareOf(groups, ({ rank, named }) => rank === 1 && named) : null,
    recall: guilty ? scores.reduce((sum, { recall }) => sum + recall, 0) / scores.length : null,
    wrongName: scores.length > 0 ? shareOf(scores, ({ falseNames }) => falseNames > 0) : null,
    activeOverlap: median(scores.flatMap(({ activeOverlap }) => (activeOverlap === null ? [] : [activeOverlap]))),
    conclusions: countBy(scores.map(({ conclusion }) => conclusion)),
    shapes: countBy(copies.map(({ shape }) => shape)),
    trueShape: copies[0]?.trueShape ?? null,
    covered: singles.length > 0 ? shareOf(singles, ({ covered }) => covered) : null,
    medianErrorHours: median(errors),
    p90ErrorHours: quantile(errors, 0.9),
    medianWidthHours: median(singles.map(({ widthHours }) => widthHours)),
    baseline: summariseBaseline(all, inside),
  };
}

function summariseBaseline(all: readonly Trial[], inside: boolean): LabelSummary['baseline'] {
  const results = all.flatMap(({ baseline }) => (baseline === null ? [] : [baseline]));
  if (results.length === 0) return null;
  return {
    rankedFirst: inside ? shareOf(results, ({ rank }) => rank === 1) : null,
    medianRank: inside ? median(results.flatMap(({ rank }) => (rank === null ? [] : [rank]))) : null,
    named: inside ? shareOf(results, ({ named }) => named) : null,
    wrongName: shareOf(results, ({ falseNames }) => falseNames > 0),
  };
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}

/** How often statements of a probability within a step were right. */
export interface CalibrationStep {
  readonly from: number;
  readonly to: number;
  readonly said: number;
  readonly right: Share;
}

/** Puts statements together by their probability; steps without any are left out. */
export function calibrate(
  said: readonly { readonly probability: number; readonly right: boolean }[],
): CalibrationStep[] {
  const steps = [0, 0.01, 0.1, 0.5, 0.9, 0.99, 1];
  return steps.slice(1).flatMap((to, i) => {
    const from = steps[i] as number;
    const within = said.filter(({ probability }) => probability >= from && (probability < to || to === 1));
    return within.length === 0 ? [] : [{ from, to, said: within.length, right: shareOf(within, ({ right }) => right) }];
  });
}

/** One line of the target table. */
export interface TargetResult {
  readonly target: string;
  readonly wanted: string;
  readonly share: Share | null;
  readonly value: string | null;
  /** Null: not measured. */
  readonly reached: boolean | null;
  /** Whether the trials are enough to show it: the 95 % interval lies on the right side of the target. */
  readonly shown: boolean;
}

/** Holds the trials of each measure against its target. */
export function judgeTargets(trials: readonly Trial[]): TargetResult[] {
  const of = (measure: string) => trials.filter((trial) => trial.measure === measure);
  const scored = (measure: string) =>
    of(measure).flatMap(({ attribution }) => (attribution === null ? [] : [attribution]));
  const least = (target: string, wanted: number, share: Share): TargetResult => {
    const known = share.trials > 0;
    return {
      target,
      wanted: `at least ${wanted * 100} %`,
      share: known ? share : null,
      value: null,
      reached: known ? share.hits >= wanted * share.trials : null,
      shown: wilson(share.hits, share.trials)[0] >= wanted,
    };
  };
  const atMost = (target: string, measure: string): TargetResult => {
    const wrong = shareOf(scored(measure), ({ falseNames }) => falseNames > 0);
    const known = wrong.trials > 0;
    const bound = upperBound(wrong.hits, wrong.trials);
    return {
      target,
      wanted: 'at most 1 in 1,000',
      share: known ? wrong : null,
      value: known ? `${wrong.hits} of ${wrong.trials}: below ${(100 * bound).toFixed(2)} % with 95 %` : null,
      reached: known ? wrong.hits <= wrong.trials / 1000 : null,
      shown: bound <= 1 / 1000,
    };
  };
  const errors = of('dating').flatMap(({ copy }) => (copy?.single ? [copy.single.errorHours] : []));
  const error = median(errors);
  const covered = shareOf(
    of('dating').flatMap(({ copy }) => (copy?.single ? [copy.single] : [])),
    (single) => single.covered,
  );
  return [
    least(
      'one infected scanner, 200 rows and as many foreign: ranked first',
      0.99,
      shareOf(scored('scanner'), ({ rank }) => rank === 1),
    ),
    least(
      'one infected scanner: named',
      0.95,
      shareOf(scored('scanner'), ({ named }) => named),
    ),
    least(
      '40 infected scanners: the build named first',
      0.95,
      shareOf(scored('build'), ({ group, firstIsGroup }) => firstIsGroup && group?.named === true),
    ),
    least(
      'insider with 9,000 slow reads, a third sold: ranked first',
      0.95,
      shareOf(scored('insider'), ({ rank }) => rank === 1),
    ),
    atMost('outside or innocent: worlds with a wrong name', 'innocent'),
    // As one would find them in the file of a shop next door to a station: the hardest of files from outside.
    atMost("a file of one neighbourhood's people, or of one partner's: worlds with a wrong name", 'neighbours'),
    atMost("a list of one shop's customers, from elsewhere: worlds with a wrong name", 'shop'),
    {
      target: 'table copy of 100,000 rows with daily sign-ups: median error',
      wanted: 'under an hour',
      share: null,
      value: error === null ? null : `${(error * 60).toFixed(1)} min (${errors.length} copies)`,
      reached: error === null ? null : error < 1,
      shown: error !== null,
    },
    least('the same: truth in the 95 % window', 0.95, covered),
  ];
}
