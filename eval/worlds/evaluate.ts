import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Base, loadBase, worldFiles, writeWorld } from './base.ts';
import { type WorldConfig, worldConfigs } from './config.ts';
import { makeGuiltModel } from './guilt-2011.ts';
import { makeInProcess } from './in-process.ts';
import { attributionPlan, datingPlan, type Planned } from './plan.ts';
import { type Home, prepareHome } from './product.ts';
import { type WorldsReport, writeMarkdown } from './report.ts';
import { measureWorld } from './statistics.ts';
import { calibrate, judgeTargets, shareOf, summarise } from './summary.ts';
import { type Bench, runTrial, type Trial } from './trials.ts';
import { median } from './wilson.ts';

/** Which worlds and how much of them. */
export interface WorldsOptions {
  /** Names of configurations. */
  readonly worlds: readonly string[];
  /** Seed of the first world; further ones have the next. */
  readonly seed: number;
  /** How many worlds of each configuration; trials take turns. */
  readonly copies: number;
  /** Each theft is tried so many times its weight. */
  readonly trials: number;
  /** Only thefts whose label has one of these texts, or (`=build`) of that measure; with + between. */
  readonly only: string | null;
  readonly jobs: number;
  readonly directory: string;
  /** Makes worlds and homes again. */
  readonly fresh: boolean;
  /** Takes trials that an earlier run with the same seeds has done. */
  readonly resume: boolean;
  readonly keepDumps: boolean;
  /** Asks from within, with disclosures in memory, and this many dumps of each theft through the commands as well; null: all through the commands. */
  readonly checks: number | null;
  /** Asks the guilt model of 2011 as well. */
  readonly baseline: boolean;
  /** Seconds after which no more dumps are begun. */
  readonly seconds: number;
  /** The product's launcher; null: the baseline alone. */
  readonly launcher: string | null;
}

/** Runs worlds, thefts and product; writes the report beside the folder as its name with .json and .md, and returns it. */
export async function evaluateWorlds(options: WorldsOptions, tell: (line: string) => void): Promise<WorldsReport> {
  mkdirSync(options.directory, { recursive: true });
  const log = join(options.directory, 'trials.jsonl');
  if (!options.resume) rmSync(log, { force: true });
  const earlier = existsSync(log) ? readTrials(log) : [];
  const trials: Trial[] = [];
  const worlds: WorldsReport['worlds'][number][] = [];
  for (const name of options.worlds) {
    const config = worldConfigs[name];
    if (config === undefined)
      throw new Error(`no such world: ${name}; there are ${Object.keys(worldConfigs).join(', ')}`);
    for (let copy = 0; copy < options.copies; copy++) {
      const ready = await openWorld({ ...config, seed: options.seed + copy }, options, tell);
      worlds.push(ready.described);
      const save = (trial: Trial) => {
        trials.push(trial);
        if (!earlier.includes(trial)) appendFileSync(log, `${JSON.stringify(trial)}\n`);
      };
      await runPlan(ready.bench, options, copy, {
        earlier,
        save,
        tell,
        note: (text) => ready.described.notes.push(text),
      });
    }
  }
  const report = makeReport(worlds, trials);
  writeFileSync(`${options.directory}.json`, `${JSON.stringify({ ...report, trials }, null, 1)}\n`);
  writeFileSync(`${options.directory}.md`, writeMarkdown(report));
  return report;
}

/** Trials as a run has kept them, one a line. */
export function readTrials(path: string): Trial[] {
  // A run that was killed may have left half a line.
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Trial);
}

async function openWorld(config: WorldConfig, options: WorldsOptions, tell: (line: string) => void) {
  const world = `${config.name}-${config.seed}`;
  const directory = join(options.directory, world);
  if (options.fresh) rmSync(directory, { recursive: true, force: true });
  const seconds: Record<string, number> = {};
  const notes: string[] = [];
  let began = performance.now();
  const usesCommands = options.launcher !== null && options.checks !== 0;
  writeWorld(config, directory, usesCommands);
  seconds.world = (performance.now() - began) / 1000;
  began = performance.now();
  const base = loadBase(config, directory);
  const statistics = measureWorld(base);
  tell(
    `${world}: ${statistics.customers} customers, ${statistics.principals} principals, ${statistics.disclosures} disclosures`,
  );
  const home =
    !usesCommands || options.launcher === null ? null : await openHome(directory, base, options.launcher, tell, notes);
  Object.assign(seconds, home?.seconds);
  // The log is by far the largest file, and the product has it now.
  if (home?.attributes === true && !options.keepDumps) rmSync(join(directory, worldFiles.disclosures), { force: true });
  const guilt = isDating(base) || !options.baseline ? null : makeGuiltModel(base);
  const bench: Bench = {
    base,
    world,
    directory: join(directory, 'dumps'),
    home,
    ask: options.checks === null || isDating(base) ? null : makeInProcess(base),
    checks: options.checks ?? 0,
    guilt,
    keepDumps: options.keepDumps,
  };
  return { bench, described: { name: config.name, seed: config.seed, statistics, seconds, notes } };
}

async function openHome(
  directory: string,
  base: Base,
  launcher: string,
  tell: (line: string) => void,
  notes: string[],
): Promise<Home | null> {
  // Without disclosures the time of the copy can still be judged, and without the product the baseline.
  for (const disclosures of isDating(base) ? [false] : [true, false]) {
    try {
      return await prepareHome(launcher, directory, base.until, disclosures);
    } catch (error) {
      const note = `${disclosures ? 'no attribution' : 'no product'}: ${(error as Error).message.split('\n')[0]}`;
      tell(note);
      notes.push(note);
    }
  }
  return null;
}

/** Worlds with hardly any parcel are there for the copy window alone. */
function isDating({ config }: Base): boolean {
  return config.parcels < config.customers;
}

interface Run {
  readonly earlier: readonly Trial[];
  readonly save: (trial: Trial) => void;
  readonly tell: (line: string) => void;
  readonly note: (text: string) => void;
}

async function runPlan(bench: Bench, options: WorldsOptions, copy: number, run: Run): Promise<void> {
  const { only } = options;
  const plans = (isDating(bench.base) ? datingPlan : attributionPlan).filter(
    ({ label, measure }) =>
      only === null ||
      only.split('+').some((text) => (text[0] === '=' ? measure === text.slice(1) : label.includes(text))),
  );
  // Thefts take turns, so that a run that is cut short has some of each.
  const queue: { plan: Planned; seed: number; place: number }[] = plans
    .flatMap((plan) => {
      const seeds = Array.from({ length: plan.weight * options.trials }, (_, n) => options.seed * 1000 + n);
      return seeds
        .filter((_, n) => n % options.copies === copy)
        .map((seed, place, { length }) => ({ plan, seed, place, turn: (place + 0.5) / length }));
    })
    .sort((a, b) => a.turn - b.turn);
  const end = performance.now() + (1000 * options.seconds) / options.copies;
  const impossible = new Set<string>();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { plan, seed, place } = next;
      if (performance.now() > end) {
        run.note(`cut short: ${queue.length + 1} dumps were not tried`);
        return;
      }
      if (impossible.has(plan.label)) continue;
      const known = run.earlier.find(
        (trial) =>
          trial.world === bench.world && trial.label === plan.label && trial.seed === seed && trial.failure === null,
      );
      try {
        if (known !== undefined) run.save(known);
        else run.save(await runTrial(bench, plan, seed, place));
      } catch (error) {
        impossible.add(plan.label);
        run.note(`not tried: ${plan.label}: ${(error as Error).message}`);
      }
      if (++done % 20 === 0) run.tell(`${bench.world}: ${done} dumps, ${queue.length} to come`);
    }
  };
  await Promise.all(Array.from({ length: options.jobs }, work));
}

/** Puts trials together into the report of a run. */
export function makeReport(worlds: WorldsReport['worlds'], trials: readonly Trial[]): WorldsReport {
  const times = (of: (trial: Trial) => number | null) => median(trials.flatMap((trial) => of(trial) ?? []));
  return {
    createdAt: new Date().toISOString(),
    agrees: shareOf(
      trials.filter((trial) => trial.agrees !== null),
      (trial) => trial.agrees === true,
    ),
    worlds,
    targets: judgeTargets(trials),
    labels: summarise(trials),
    calibration: {
      first: calibrate(trials.flatMap(({ attribution }) => (attribution?.first ? [attribution.first] : []))),
      outside: calibrate(
        trials.flatMap(({ attribution, outside }) =>
          attribution === null || attribution.outside === null
            ? []
            : [{ probability: attribution.outside, right: outside }],
        ),
      ),
    },
    seconds: { verify: times(({ seconds }) => seconds.verify), attribute: times(({ seconds }) => seconds.attribute) },
  };
}
