import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { evaluateWorlds } from './evaluate.ts';
import { ownLauncher } from './product.ts';

/*
 * node eval/worlds/run.ts: makes worlds and thefts, asks the product through its commands, and writes eval/out/worlds.json and worlds.md.
 *   --worlds small,signups   configurations (config.ts): tiny, small, signups, large
 *   --trials N               each theft N times its weight (plan.ts); 50 gives 1,000 innocent worlds
 *   --copies N               so many worlds of each configuration, with seeds one after the other from --seed
 *   --only TEXT+TEXT         thefts whose label has one of the texts; =scanner, =build, =insider, =innocent, =neighbours, =dating: of that measure
 *   --checks N               asks from within, with disclosures in memory, and N dumps of each theft through the commands as well
 *   --results                keeps report and trials as eval/results/<date>-worlds.json and .md, with commit, machine and seeds
 *   --seconds N              begins no more dumps after that
 *   --launcher FILE          the product, when it is not the one beside this file
 *   --no-baseline          leaves out the guilt model of 2011
 *   --jobs N  --resume  --fresh  --keep  --no-product  --directory DIR
 */

const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: 'small,signups' },
    trials: { type: 'string', default: '3' },
    copies: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    directory: { type: 'string', default: join(import.meta.dirname, '..', 'out', 'worlds') },
    fresh: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    launcher: { type: 'string', default: ownLauncher },
    product: { type: 'boolean', default: true },
    checks: { type: 'string' },
    results: { type: 'boolean', default: false },
    baseline: { type: 'boolean', default: true },
    seconds: { type: 'string', default: 'Infinity' },
  },
  allowNegative: true,
});

const report = await evaluateWorlds(
  {
    worlds: values.worlds.split(','),
    seed: Number(values.seed),
    copies: Number(values.copies),
    trials: Number(values.trials),
    only: values.only ?? null,
    jobs: Number(values.jobs),
    directory: values.directory,
    fresh: values.fresh,
    resume: values.resume,
    keepDumps: values.keep,
    checks: values.checks === undefined ? null : Number(values.checks),
    seconds: Number(values.seconds),
    baseline: values.baseline,
    launcher: values.product ? values.launcher : null,
  },
  (line) => console.log(line),
);
for (const { target, wanted, share, value, reached, shown } of report.targets) {
  const found = value ?? (share === null ? '–' : `${share.hits} of ${share.trials}`);
  console.log(
    `${reached === null ? 'not measured' : !reached ? 'MISSED' : shown ? 'reached' : 'reached so far'}: ${target}: ${found} (wanted: ${wanted})`,
  );
}
console.log(`worlds: ${values.directory}.md`);
if (values.results) keepResults(values.directory, { seed: Number(values.seed), copies: Number(values.copies) });
process.exitCode = report.targets.some(({ reached }) => reached === false) ? 1 : 0;

function keepResults(directory: string, seeds: { readonly seed: number; readonly copies: number }): void {
  const folder = join(import.meta.dirname, '..', 'results');
  mkdirSync(folder, { recursive: true });
  const name = join(folder, `${new Date().toISOString().slice(0, 10)}-worlds`);
  const git = (...args: string[]): string => execFileSync('git', args, { cwd: folder, encoding: 'utf8' }).trim();
  const commit =
    git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--', '../../src') === '' ? '' : ' with changes');
  const made = { commit, machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}`, ...seeds };
  writeFileSync(
    `${name}.json`,
    `${JSON.stringify({ made, ...JSON.parse(readFileSync(`${directory}.json`, 'utf8')) }, null, 1)}\n`,
  );
  copyFileSync(`${directory}.md`, `${name}.md`);
}
