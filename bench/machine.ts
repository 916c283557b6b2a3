import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** Where and on what a result was measured. */
export interface Circumstances {
  readonly measuredAt: string;
  readonly commit: string;
  /** Whether files differ from the commit. */
  readonly changed: boolean;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryBytes: number;
    readonly kernel: string;
    readonly node: string;
  };
  /** Processes running or waiting before the first run, over one minute: near 0, or others took part in the result. */
  readonly loadBefore: number;
}

const loadBefore = loadavg()[0] ?? 0;

/** Describes this machine and this working tree. */
export function describeCircumstances(): Circumstances {
  const git = (...args: string[]) => {
    try {
      return execFileSync('git', args, {
        cwd: import.meta.dirname,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    } catch {
      return '';
    }
  };
  return {
    measuredAt: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    changed: git('status', '--porcelain', '--', ':/', ':!results') !== '',
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      kernel: release(),
      node: process.version,
    },
    loadBefore,
  };
}

/** One budget, what was measured, and whether it is met; `limit` is a least value when `least`, otherwise a most value. */
export interface Target {
  readonly what: string;
  readonly measured: number;
  readonly limit: number;
  readonly unit: string;
  readonly least: boolean;
  readonly met: boolean;
}

/** Judges a measured value. */
export function judge(
  what: string,
  measured: number,
  kind: 'at least' | 'at most',
  limit: number,
  unit: string,
): Target {
  const least = kind === 'at least';
  return {
    what,
    measured: Number(measured.toPrecision(4)),
    limit,
    unit,
    least,
    met: least ? measured >= limit : measured <= limit,
  };
}

/** Prints the targets as a table. */
export function printTargets(targets: readonly Target[]): void {
  const width = Math.max(...targets.map((target) => target.what.length));
  for (const { what, measured, limit, unit, least, met } of targets) {
    console.log(
      `${what.padEnd(width)}  ${String(measured).padStart(12)} ${unit}  ${least ? '≥' : '≤'} ${limit}  ${met ? 'met' : 'NOT MET'}`,
    );
  }
}

/** Writes bench/results/<date>-<what>.json and returns its path. */
export function writeResult(what: string, result: object): string {
  const circumstances = describeCircumstances();
  const directory = join(import.meta.dirname, 'results');
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${circumstances.measuredAt.slice(0, 10)}-${what}.json`);
  writeFileSync(path, `${JSON.stringify({ what, ...circumstances, ...result }, null, 2)}\n`);
  return path;
}
