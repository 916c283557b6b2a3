import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type CopyWindow, dateCopy } from '../../src/verify/dating/date-copy.ts';
import { writeRow } from '../csv.ts';
import { fieldOfColumn, hasPeople, peopleFile, readPeople, rootDirectory } from '../people.ts';
import { boltseal } from '../product.ts';
import { verifyCopy } from './copy-found.ts';
import { PlainHistory } from './plain-evidence.ts';
import { type Trial, TrialMaker } from './trials.ts';

/*
 * eval/dating/run.ts [--seed N] [--trials N] [--product]: dumps of random dates from the people's history, 5 % of the rows wrong, against the window that only the evaluation knows.
 * With --product each dump goes through `boltseal verify`; without, through dating alone, with evidence made from the table. Seed 20261122 is the judged one: use others while developing.
 */

const JUDGED_SEED = 20_261_122;
const DAY = 86_400;
const columns = [
  'person_id',
  'name',
  'email',
  'capitol_address',
  'capitol_phone',
  'district_address',
  'district_phone',
] as const;
const maps = columns.map((column) => `${fieldOfColumn[column]}=${column}`);
const dumpFields = new Set(columns.map((column) => fieldOfColumn[column]));

interface Judged {
  readonly inside: boolean;
  readonly widthDays: number;
  readonly errorDays: number;
  readonly oracleWidthDays: number;
  readonly oracleErrorDays: number;
  readonly shape: string;
}

interface Summary {
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

type Date = (trial: Trial, number: number) => Promise<{ shape: string; window: CopyWindow | undefined }>;

function judge(trial: Trial, { shape, window }: Awaited<ReturnType<Date>>): Judged {
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

async function makeProductDating(work: string): Promise<Date> {
  const home = join(work, 'home');
  const table = join(work, basename(peopleFile));
  copyFileSync(peopleFile, table);
  await boltseal(home, 'init', '--region', 'US');
  const given = maps.filter((map) => !map.startsWith('customerId=')).flatMap((map) => ['--map', map]);
  const times = ['--id', 'person_id', '--valid-from', 'valid_from', '--valid-to', 'valid_to'];
  await boltseal(home, 'register', 'add', table, '--history', ...times, ...given);
  return async (trial, number) => {
    const path = join(work, `dating-${number}.csv`);
    const lines = trial.rows.map(({ person }) =>
      writeRow(
        columns.map((column) => person[column]),
        ',',
        'minimal',
      ),
    );
    writeFileSync(path, `${[columns.join(','), ...lines].join('\n')}\n`);
    return verifyCopy(home, path, maps);
  };
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(JUDGED_SEED) },
    trials: { type: 'string', default: '60' },
    product: { type: 'boolean', default: false },
  },
});
if (!hasPeople()) {
  console.log('eval: ../shared/data/people-history is not there: nothing was evaluated');
} else {
  const people = readPeople();
  const output = join(rootDirectory, 'eval', 'out', 'dating');
  const work = join(output, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  let date: Date;
  if (values.product) date = await makeProductDating(work);
  else {
    const history = new PlainHistory(people);
    date = async (trial) => {
      const { shape, windows } = dateCopy(history.evidence(trial.rows, dumpFields));
      return { shape, window: windows[0] };
    };
  }
  const maker = new TrialMaker(people);
  const summaries: Summary[] = [];
  for (const rows of [100, 1000, null]) {
    const judged: Judged[] = [];
    for (let number = 0; number < Number(values.trials); number++) {
      const trial = maker.make(Number(values.seed) + 7919 * number, rows);
      judged.push(judge(trial, await date(trial, number)));
    }
    const summary = summarise(rows, judged);
    summaries.push(summary);
    console.log(
      `${rows ?? 'all'} rows: in the window ${summary.inside} of ${summary.trials}, single ${summary.single}; ` +
        `width ${summary.medianWidthDays.toFixed(1)} d, ${summary.widthRatio.toFixed(2)} of the oracle's ${summary.oracleMedianWidthDays.toFixed(1)} d; ` +
        `error ${summary.medianErrorDays.toFixed(2)} d, oracle's middle ${summary.oracleMedianErrorDays.toFixed(2)} d`,
    );
  }
  const path = join(output, values.product ? 'product.json' : 'model.json');
  writeFileSync(path, `${JSON.stringify({ seed: Number(values.seed), summaries }, null, 2)}\n`);
  console.log(`eval: ${relative(rootDirectory, path)}`);
}
