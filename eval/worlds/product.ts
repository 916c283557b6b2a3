import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { worldFiles } from './base.ts';
import { isoOf } from './calendar.ts';
import type { AttributionFound, VerificationFound } from './found.ts';

const run = promisify(execFile);
/** The product of this folder. */
export const ownLauncher = join(import.meta.dirname, '..', '..', 'boltseal');

/** A home with a world's customers, principals and disclosures, and what making it took. */
export interface Home {
  readonly directory: string;
  /** The program that is asked. */
  readonly launcher: string;
  /** Whether it has disclosures, so that `attribute` can be asked. */
  readonly attributes: boolean;
  readonly seconds: Readonly<Record<string, number>>;
}

async function boltseal(
  { launcher, directory }: Pick<Home, 'launcher' | 'directory'>,
  ...args: string[]
): Promise<void> {
  try {
    await run(launcher, [...args, '--home', directory, '--quiet'], { maxBuffer: 1 << 26 });
  } catch (error) {
    const { stderr, code } = error as { stderr?: string; code?: number | string };
    throw new Error(`boltseal ${args.slice(0, 2).join(' ')} ended with ${code}: ${stderr?.trim() ?? ''}`);
  }
}

/** Feeds a world to the product, once: a home that is complete is used again. */
export async function prepareHome(
  launcher: string,
  worldDirectory: string,
  untilSeconds: number,
  disclosures: boolean,
): Promise<Home> {
  const directory = join(worldDirectory, 'home');
  const ready = join(worldDirectory, 'home.json');
  if (existsSync(ready)) {
    const home = { ...(JSON.parse(readFileSync(ready, 'utf8')) as Home), launcher };
    if (home.attributes || !disclosures) return home;
  }
  rmSync(ready, { force: true });
  rmSync(directory, { recursive: true, force: true });
  const file = (name: keyof typeof worldFiles) => join(worldDirectory, worldFiles[name]);
  const steps: [string, string[]][] = [
    ['init', ['init', '--region', 'CN']],
    [
      'register add',
      // biome-ignore format: one option and its value after the other
      ['register', 'add', file('customers'), '--id', 'customer_id', '--history', '--valid-from', 'valid_from', '--valid-to', 'valid_to',
        '--created', 'created', '--as-of', isoOf(untilSeconds),
        ...['customerId=customer_id', 'name=name', 'phone=phone', 'email=email', 'address=address'].flatMap((map) => ['--map', map])],
    ],
  ];
  if (disclosures) {
    steps.push(['principals import', ['principals', 'import', file('principals')]]);
    steps.push(['disclosures import', ['disclosures', 'import', file('disclosures')]]);
  }
  const seconds: Record<string, number> = {};
  for (const [name, args] of steps) {
    const began = performance.now();
    await boltseal({ launcher, directory }, ...args);
    seconds[name] = (performance.now() - began) / 1000;
  }
  const home = { launcher, directory, attributes: disclosures, seconds };
  writeFileSync(ready, JSON.stringify(home));
  return home;
}

/** Verifies a dump. */
export async function verifyDump(home: Home, dump: string): Promise<VerificationFound> {
  await boltseal(home, 'verify', dump, '--json', `${dump}.verification.json`);
  return JSON.parse(readFileSync(`${dump}.verification.json`, 'utf8')) as VerificationFound;
}

/** Attributes a dump that has been verified. */
export async function attributeDump(home: Home, dump: string): Promise<AttributionFound> {
  await boltseal(home, 'attribute', `${dump}.verification.json`, '--json', `${dump}.attribution.json`);
  return JSON.parse(readFileSync(`${dump}.attribution.json`, 'utf8')) as AttributionFound;
}
