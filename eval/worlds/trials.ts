import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Base } from './base.ts';
import { makeDump } from './dump.ts';
import type { AttributionFound } from './found.ts';
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
  /** Whether the public commands name the same as the call from within; null: not asked. */
  readonly agrees: boolean | null;
}

/** What one trial needs. */
export interface Bench {
  readonly base: Base;
  readonly world: string;
  readonly directory: string;
  /** The public commands; null: not asked. */
  readonly home: Home | null;
  /** The call from within; null: not asked. */
  readonly ask: ((csv: string) => AttributionFound) | null;
  /** Of every theft, so many dumps go through the commands as well when there is a call from within. */
  readonly checks: number;
  readonly guilt: ((csv: string, truth: Truth) => GuiltResult) | null;
  readonly keepDumps: boolean;
}

/** Steals, verifies, attributes and judges; `place`: how many dumps of the theft came before. Fails only when the world is too small for the theft. */
export async function runTrial(bench: Bench, plan: Planned, seed: number, place: number): Promise<Trial> {
  const { csv, truth } = makeDump(bench.base, plan, seed);
  const baseline = bench.guilt === null ? null : bench.guilt(csv, truth);
  const common = {
    label: plan.label,
    measure: plan.measure ?? null,
    world: bench.world,
    seed,
    rows: truth.rows,
    outside: truth.outside,
    baseline,
  };
  const within = bench.ask === null ? null : askWithin(bench.ask, csv, truth);
  if (within !== null && (bench.home === null || place >= bench.checks)) return { ...common, ...within.trial };
  const folder = join(bench.directory, `${slug(plan.label)}-${seed}`);
  mkdirSync(folder, { recursive: true });
  const dump = join(folder, 'dump.csv');
  writeFileSync(dump, csv);
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`);
  const said = bench.home === null ? null : await askProduct(bench.home, dump, truth);
  if (!bench.keepDumps) rmSync(folder, { recursive: true });
  return {
    ...common,
    verdict: said?.verdict ?? null,
    attribution: said?.attribution ?? null,
    copy: said?.copy ?? null,
    seconds: { verify: said?.verify ?? null, attribute: said?.attribute ?? null },
    failure: said?.failure ?? null,
    agrees:
      within === null || said === null || said.failure !== null ? null : namesOf(said.found) === namesOf(within.found),
  };
}

type Judged = Pick<Trial, 'verdict' | 'attribution' | 'copy' | 'seconds' | 'failure' | 'agrees'>;

function askWithin(
  ask: (csv: string) => AttributionFound,
  csv: string,
  truth: Truth,
): { readonly found: AttributionFound; readonly trial: Judged } {
  const began = performance.now();
  const found = ask(csv);
  const attribute = (performance.now() - began) / 1000;
  const attribution = scoreAttribution(found, truth);
  return {
    found,
    trial: {
      verdict: null,
      attribution,
      copy: null,
      seconds: { verify: null, attribute },
      failure: null,
      agrees: null,
    },
  };
}

/** Who is named, and the first of all, as text to compare. */
function namesOf(found: AttributionFound | null): string {
  const titles = (found?.suspects ?? []).map(
    ({ principal, group, named }) => [named, principal ?? `${group?.attribute}=${group?.value}`] as const,
  );
  return JSON.stringify([
    titles[0]?.[1],
    titles
      .filter(([named]) => named)
      .map(([, title]) => title)
      .sort(),
  ]);
}

interface Said {
  verdict: string | null;
  attribution: AttributionScore | null;
  copy: CopyScore | null;
  verify: number | null;
  attribute: number | null;
  found: AttributionFound | null;
  failure: string | null;
}

async function askProduct(home: Home, dump: string, truth: Truth): Promise<Said> {
  const said: Said = {
    verdict: null,
    attribution: null,
    copy: null,
    verify: null,
    attribute: null,
    found: null,
    failure: null,
  };
  try {
    let began = performance.now();
    const verification = await verifyDump(home, dump);
    said.verify = (performance.now() - began) / 1000;
    said.verdict = verification.verdict.kind;
    said.copy = scoreCopy(verification, truth);
    if (!home.attributes) return said;
    began = performance.now();
    said.found = await attributeDump(home, dump);
    said.attribution = scoreAttribution(said.found, truth);
    said.attribute = (performance.now() - began) / 1000;
  } catch (error) {
    said.failure = (error as Error).message;
  }
  return said;
}

function slug(label: string): string {
  return label.replace(/[^a-z0-9]+/gi, '-').toLowerCase();
}
