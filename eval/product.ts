import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rootDirectory } from './people.ts';

const run = promisify(execFile);
const launcher = join(rootDirectory, 'boltseal');

/** The part of `verify --json` that the evaluation reads; its own type, so that a change of the product's shows. */
export interface Found {
  readonly file: {
    readonly rows: number;
    readonly rejectedRows: number;
    readonly encoding: string;
    readonly separator: string;
    readonly columns: readonly {
      readonly index: number;
      readonly name: string | null;
      readonly field: string | null;
    }[];
  };
  readonly rows: Readonly<
    Record<'matched' | 'strong' | 'weak' | 'chimera' | 'identifiable' | 'distinct' | 'distinctError', number>
  >;
  readonly subjects: Readonly<Record<'registered' | 'matched' | 'strong' | 'atLeast' | 'atMost', number>>;
  readonly fields: Readonly<Record<string, Readonly<Record<'rows' | 'matched' | 'current' | 'stale', number>>>>;
  readonly controls: { readonly lift: number | null; readonly low: number | null; readonly high: number | null };
  readonly verdict: { readonly kind: string; readonly reasons: readonly string[] };
}

/** Runs a command of the product; fails with what it wrote when it does not end with 0. Returns standard output. */
export async function boltseal(home: string, ...args: string[]): Promise<string> {
  try {
    const { stdout } = await run(launcher, [...args, '--home', home, '--quiet'], { maxBuffer: 1 << 26 });
    return stdout;
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: number | string };
    throw new Error(`boltseal ${args.slice(0, 2).join(' ')} ended with ${code}: ${stderr?.trim() ?? ''}`);
  }
}

/** Verifies a dump through the public command and returns what its JSON says. */
export async function verify(home: string, dump: string, maps: readonly string[]): Promise<Found> {
  const output = `${dump}.json`;
  await boltseal(home, 'verify', dump, '--json', output, ...maps.flatMap((map) => ['--map', map]));
  return JSON.parse(readFileSync(output, 'utf8')) as Found;
}
