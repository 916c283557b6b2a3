import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRow } from '../csv.ts';
import { fieldOfColumn, hasPeople, peopleFile, readPeople, rootDirectory } from '../people.ts';
import { boltseal } from '../product.ts';
import { verifyCopy } from './copy-found.ts';
import { columns, type DateTrial, describeSummary, evaluateSize, makeModelDating, type Summary } from './judge.ts';
import { TrialMaker } from './trials.ts';

/*
 * eval/dating/run.ts [--seed N] [--trials N] [--product]: dumps of random dates from the people's history, 5 % of the rows wrong, against the window that only the evaluation knows.
 * With --product each dump goes through `boltseal verify`; without, through dating alone, with evidence made from the table. Seed 20261122 is the judged one: use others while developing.
 */

const JUDGED_SEED = 20_261_122;
const maps = columns.map((column) => `${fieldOfColumn[column]}=${column}`);

async function makeProductDating(work: string): Promise<DateTrial> {
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
  const date = values.product ? await makeProductDating(work) : makeModelDating(people);
  const maker = new TrialMaker(people);
  const summaries: Summary[] = [];
  for (const rows of [100, 1000, null]) {
    const summary = await evaluateSize(maker, date, rows, Number(values.trials), Number(values.seed));
    summaries.push(summary);
    console.log(describeSummary(summary));
  }
  const path = join(output, values.product ? 'product.json' : 'model.json');
  writeFileSync(path, `${JSON.stringify({ seed: Number(values.seed), summaries }, null, 2)}\n`);
  console.log(`eval: ${relative(rootDirectory, path)}`);
}
