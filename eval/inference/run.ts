import { parseArgs } from 'node:util';
import { type InferenceScore, judgeGenerated } from './judge.ts';
import { judgeRealTables } from './real.ts';

/* node eval/inference/run.ts [--seed N | --seed FROM-TO] [--shapes N] [--wrong N]: how often the columns of generated dumps, and of real tables where they are there, are found right. */

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    shapes: { type: 'string', default: '200' },
    wrong: { type: 'string', default: '20' },
  },
});
const [from = 1, to = from] = values.seed.split('-').map(Number);
const seeds = Array.from({ length: to - from + 1 }, (_, index) => from + index);

const generated = judgeGenerated(seeds, Number(values.shapes));
print('generated dumps', generated);
const real = await judgeRealTables();
if (real === null) console.log('real tables: ../shared/data is not there, nothing was judged');
else print('real tables', real);
process.exitCode = isGood(generated) && (real === null || isGood(real)) ? 0 : 1;

/** The target: 99 % of the columns right, and none of the identifying ones wrong with confidence over 0.9. */
function isGood({ columns, right, identifyingWrongSure }: InferenceScore): boolean {
  return right >= columns * 0.99 && identifyingWrongSure.length === 0;
}

function print(title: string, score: InferenceScore): void {
  const { dumps, columns, right, identifyingWrongSure, headersWrong } = score;
  console.log(
    `${title}: ${dumps} tables, ${right} of ${columns} columns right (${((right / columns) * 100).toFixed(2)} %),`,
  );
  console.log(
    `  identifying ones wrong with confidence over 0.9: ${identifyingWrongSure.length}; headers mistaken: ${headersWrong.length}`,
  );
  console.log('  confidence of columns said to be a field: columns, right');
  for (const step of score.calibration) {
    const share = step.columns === 0 ? '' : `${((step.right / step.columns) * 100).toFixed(2)} %`;
    console.log(`    from ${step.from.toFixed(2)}  ${String(step.columns).padStart(6)}  ${share}`);
  }
  if (score.confusion.size > 0) console.log('  wrong, by what it is and what was said');
  for (const [pair, count] of [...score.confusion].slice(0, 40))
    console.log(`    ${String(count).padStart(4)}  ${pair}`);
  const shown = [...identifyingWrongSure, ...score.wrong.filter((one) => !identifyingWrongSure.includes(one))];
  for (const one of shown.slice(0, Number(values.wrong))) {
    console.log(`    ${one.where}: ${one.kind} under ${one.header}: ${one.said} ${one.confidence} (${one.reason})`);
  }
  for (const where of headersWrong.slice(0, Number(values.wrong) / 2)) console.log(`    header mistaken: ${where}`);
}
