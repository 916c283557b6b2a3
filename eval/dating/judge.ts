import type { CopyWindow } from '../../src/verify/dating/date-copy.ts';
import { dateCopy } from '../../src/verify/dating/date-copy.ts';
import { fieldOfColumn, type PersonVersion } from '../people.ts';
import { PlainHistory } from './plain-evidence.ts';
import { type Trial, TrialMaker } from './trials.ts';

const DAY = 86_400;
/** Columns that dumps of the people's history have. */
export const columns = [
  'person_id',
  'name',
  'email',
  'capitol_address',
  'capitol_phone',
  'district_address',
  'district_phone',
] as const;
/** Fields of these columns. */
export const dumpFields = new Set(columns.map((column) => fieldOfColumn[column]));

interface Judged {
  readonly inside: boolean;
  readonly widthDays: number;
  readonly errorDays: number;
  readonly oracleWidthDays: number;
  readonly oracleErrorDays: number;
  readonly shape: string;
}

/** What came of dumps of one size; `rows` null: everybody. */
export interface Summary {
  readonly rows: number | null;
  readonly trials: number;
  readonly inside: number;
  readonly single: number;
  readonly medianWidthDays: number;
  readonly oracleMedianWidthDays: number;
  readonly widthRatio: number;
  readonly medianErrorDays: number;
  readonly oracleMedianErrorDays: number;
}

/** Dates the dump of a trial. */
export type DateTrial = (trial: Trial, number: number) => Promise<{ shape: string; window: CopyWindow | undefined }>;

function judge(trial: Trial, { shape, window }: Awaited<ReturnType<DateTrial>>): Judged {
  const { truthSeconds, oracle } = trial;
  const middle = (oracle.fromSeconds + oracle.untilSeconds) / 2;
  return {
    shape,
    inside: window !== undefined && window.fromSeconds <= truthSeconds && truthSeconds <= window.toSeconds,
    widthDays: window === undefined ? Infinity : (window.toSeconds - window.fromSeconds) / DAY,
    errorDays: window === undefined ? Infinity : Math.abs(window.bestSeconds - truthSeconds) / DAY,
    oracleWidthDays: (oracle.untilSeconds - oracle.fromSeconds) / DAY,
    oracleErrorDays: Math.abs(middle - truthSeconds) / DAY,
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

function summarise(rows: number | null, judged: readonly Judged[]): Summary {
  const of = (key: 'widthDays' | 'errorDays' | 'oracleWidthDays' | 'oracleErrorDays') =>
    median(judged.map((j) => j[key]));
  return {
    rows,
    trials: judged.length,
    inside: judged.filter(({ inside }) => inside).length,
    single: judged.filter(({ shape }) => shape === 'single').length,
    medianWidthDays: of('widthDays'),
    oracleMedianWidthDays: of('oracleWidthDays'),
    widthRatio: of('widthDays') / of('oracleWidthDays'),
    medianErrorDays: of('errorDays'),
    oracleMedianErrorDays: of('oracleErrorDays'),
  };
}

/** Dates dumps of a table without the product, in the same process. */
export function makeModelDating(people: readonly PersonVersion[]): DateTrial {
  const history = new PlainHistory(people);
  return async (trial) => {
    const { shape, windows } = dateCopy(history.evidence(trial.rows, dumpFields));
    return { shape, window: windows[0] };
  };
}

/** Dates as many dumps of one size as there are trials. */
export async function evaluateSize(
  maker: TrialMaker,
  date: DateTrial,
  rows: number | null,
  trials: number,
  seed: number,
): Promise<Summary> {
  const judged: Judged[] = [];
  for (let number = 0; number < trials; number++) {
    const trial = maker.make(seed + 7919 * number, rows);
    judged.push(judge(trial, await date(trial, number)));
  }
  return summarise(rows, judged);
}

/** One line about a size. */
export function describeSummary(s: Summary): string {
  return (
    `${s.rows ?? 'all'} rows: in the window ${s.inside} of ${s.trials}, single ${s.single}; ` +
    `width ${s.medianWidthDays.toFixed(1)} d, ${s.widthRatio.toFixed(2)} of the oracle's ${s.oracleMedianWidthDays.toFixed(1)} d; ` +
    `error ${s.medianErrorDays.toFixed(2)} d, oracle's middle ${s.oracleMedianErrorDays.toFixed(2)} d`
  );
}

const QUICK_SEED = 4_711;
const QUICK_TRIALS = 15;
/** What fifteen trials may miss by chance: a model that holds 95 % has fewer than 11 inside once in 2,000 runs, and medians of fifteen scatter by a third. */
const QUICK_LEAST_INSIDE = 11;
const QUICK_FACTOR = 1.8;

/** A few fixed dumps per size through dating alone; says whether they keep the targets (docs/spec/copy.md) as far as so few can tell. */
export async function checkDating(people: readonly PersonVersion[], tell: (line: string) => void): Promise<boolean> {
  const date = makeModelDating(people);
  const maker = new TrialMaker(people);
  let keeps = true;
  for (const rows of [100, 1000, null]) {
    const summary = await evaluateSize(maker, date, rows, QUICK_TRIALS, QUICK_SEED);
    const widest = (rows === 100 ? 2 : 1.25) * QUICK_FACTOR;
    const agrees =
      summary.inside >= QUICK_LEAST_INSIDE &&
      summary.widthRatio <= widest &&
      summary.medianErrorDays <= QUICK_FACTOR * summary.oracleMedianErrorDays;
    tell(`${agrees ? 'ok' : 'WRONG'} copy window, ${describeSummary(summary)}`);
    keeps &&= agrees;
  }
  return keeps;
}
