import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Base } from './base.ts';
import { makeDump } from './dump.ts';
import type { GuiltResult } from './guilt-2011.ts';
import type { Planned } from './plan.ts';
import { attributeDump, type Home, verifyDump } from './product.ts';
import { type AttributionScore, type CopyScore, scoreAttribution, scoreCopy } from './score.ts';
import type { Truth } from './theft-kinds.ts';

/** One dump and everything that was said about it. */
export interface Trial {
  readonly label: string;
  readonly measure: string | null;
  readonly world: string;
  readonly seed: number;
  readonly rows: Truth['rows'];
  readonly outside: boolean;
  readonly verdict: string | null;
  readonly attribution: AttributionScore | null;
  readonly copy: CopyScore | null;
  readonly baseline: GuiltResult | null;
  readonly seconds: { readonly verify: number | null; readonly attribute: number | null };
  /** What went wrong with the product, in its words. */
  readonly failure: string | null;
}

/** What one trial needs. */
export interface Bench {
  readonly base: Base;
  readonly world: string;
  readonly directory: string;
  /** Null: the baseline alone is judged. */
  readonly home: Home | null;
  readonly guilt: ((csv: string, truth: Truth) => GuiltResult) | null;
  readonly keepDumps: boolean;
}

/** Steals, verifies, attributes and judges. Fails only when the world is too small for the theft. */
export async function runTrial(bench: Bench, plan: Planned, seed: number): Promise<Trial> {
  const { csv, truth } = makeDump(bench.base, plan, seed);
  const folder = join(bench.directory, `${slug(plan.label)}-${seed}`);
  mkdirSync(folder, { recursive: true });
  const dump = join(folder, 'dump.csv');
  writeFileSync(dump, csv);
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`);
  const baseline = bench.guilt === null ? null : bench.guilt(csv, truth);
  const said = bench.home === null ? null : await askProduct(bench.home, dump, truth);
  if (!bench.keepDumps) rmSync(folder, { recursive: true });
  return {
    label: plan.label,
    measure: plan.measure ?? null,
    world: bench.world,
    seed,
    rows: truth.rows,
    outside: truth.outside,
    verdict: said?.verdict ?? null,
    attribution: said?.attribution ?? null,
    copy: said?.copy ?? null,
    baseline,
    seconds: { verify: said?.verify ?? null, attribute: said?.attribute ?? null },
    failure: said?.failure ?? null,
  };
}

interface Said {
  verdict: string | null;
  attribution: AttributionScore | null;
  copy: CopyScore | null;
  verify: number | null;
  attribute: number | null;
  failure: string | null;
}

async function askProduct(home: Home, dump: string, truth: Truth): Promise<Said> {
  const said: Said = { verdict: null, attribution: null, copy: null, verify: null, attribute: null, failure: null };
  try {
    let began = performance.now();
    const verification = await verifyDump(home, dump);
    said.verify = (performance.now() - began) / 1000;
    said.verdict = verification.verdict.kind;
    said.copy = scoreCopy(verification, truth);
    if (!home.attributes) return said;
    began = performance.now();
    said.attribution = scoreAttribution(await attributeDump(home, dump), truth);
    said.attribute = (performance.now() - began) / 1000;
  } catch (error) {
    said.failure = (error as Error).message;
  }
  return said;
}

function slug(label: string): string {
  return label.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
}
