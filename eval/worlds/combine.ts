import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeReport, readTrials } from './evaluate.ts';
import { writeMarkdown } from './report.ts';

/*
 * node eval/worlds/combine.ts --out NAME FILE...: puts the trials (trials.jsonl) of several runs, of different worlds, into one report NAME.md, with all of them in NAME.jsonl. `--title`, `--note`: its heading, and what is to be known of the runs.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string' },
    title: { type: 'string', default: 'Worlds with ground truth' },
    note: { type: 'string', default: '' },
  },
});
if (values.out === undefined) throw new Error('--out is missing');
const trials = positionals.flatMap(readTrials);
const [, ...parts] = writeMarkdown(makeReport([], trials)).split('\n\n');
writeFileSync(
  `${values.out}.md`,
  [`# ${values.title}`, values.note, ...parts].filter((part) => part !== '').join('\n\n'),
);
writeFileSync(`${values.out}.jsonl`, trials.map((trial) => `${JSON.stringify(trial)}\n`).join(''));
console.log(`${trials.length} dumps in ${new Set(trials.map(({ world }) => world)).size} worlds: ${values.out}.md`);
