import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Verification } from '../src/contract/verification.ts';
import { dataDirectory } from './generate.ts';
import { type ProcessRun, runProcess } from './process.ts';

export const rootDirectory = join(import.meta.dirname, '..');
const launcher = join(rootDirectory, 'boltseal');

/** A new home, with keys and configuration; what was there is deleted. */
export async function initHome(home: string): Promise<void> {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(dataDirectory, { recursive: true });
  await runProcess(launcher, ['init', '--home', home, '--region', 'CN']);
}

/** Adds the table of the generator as a full snapshot. */
export async function addCustomers(home: string, path: string, asOf: string): Promise<ProcessRun> {
  const maps = ['phone', 'email', 'name', 'address'].flatMap((field) => ['--map', `${field}=${field}`]);
  return await runProcess(launcher, [
    'register',
    'add',
    path,
    '--home',
    home,
    '--id',
    'id',
    '--as-of',
    asOf,
    ...maps,
    '--quiet',
  ]);
}

export interface ProductRun extends ProcessRun {
  readonly found: Verification;
}

/** Verifies a dump of the generator through the public command, with two threads. */
export async function verifyDump(
  home: string,
  path: string,
  more: readonly string[] = [],
  sampleSeconds = 1,
): Promise<ProductRun> {
  const output = join(dataDirectory, 'verification.json');
  rmSync(output, { force: true });
  const maps = ['customerId=customer_id', 'phone=phone', 'email=email', 'name=name', 'address=address'].flatMap(
    (map) => ['--map', map],
  );
  const args = ['verify', path, '--home', home, '--json', output, '--threads', '2', '--quiet', ...maps, ...more];
  const run = await runProcess(launcher, args, sampleSeconds);
  return { ...run, found: JSON.parse(readFileSync(output, 'utf8')) as Verification };
}

/** Bytes of all files below a directory. */
export function sizeOfDirectory(directory: string): number {
  let sizeBytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) sizeBytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return sizeBytes;
}
