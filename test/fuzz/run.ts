import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Rig } from '../scan/rig.ts';
import type { World } from '../scan/world.ts';
import { type CheckName, checkNames, type Fixture, runCheck } from './checks.ts';
import { makeDirtyWorld, minimise } from './mutate.ts';

/*
 * `npm run fuzz [-- --seconds N --seed S]`: made-up worlds, larger and dirtier than those of the tests, through the scanner and its references until the time is
 * over or they differ. Each world has a seed of its own, so that one alone can be run again: `--seed S --seconds 0`. A case that fails is made small and kept in
 * test/fuzz/fixtures, where test/scan/fixtures.test.ts finds it.
 */
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } });
const seconds = Number(values.seconds);
const first = values.seed === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(values.seed);
if (!Number.isFinite(seconds) || !Number.isSafeInteger(first)) {
  console.error('fuzz: --seconds and --seed want numbers');
  process.exit(2);
}

const rig = new Rig(16_000_000);

function failureOf(check: CheckName, world: World): string | null {
  try {
    runCheck(rig, check, world);
    return null;
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message.split('\n')[0]}` : String(error);
  }
}

function keep(check: CheckName, seed: number, world: World): void {
  const small = minimise(world, (one) => failureOf(check, one) !== null);
  const fixture: Fixture = { check, found: `seed ${seed}`, world: small };
  const folder = join(import.meta.dirname, 'fixtures');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${check}-${seed}.json`);
  writeFileSync(file, `${JSON.stringify(fixture, null, 2)}\n`);
  console.error(`fuzz: the smallest case that still fails is in ${file}`);
}

console.log(`fuzz: seed ${first}, ${seconds} s`);
const until = performance.now() + seconds * 1000;
let worlds = 0;
for (let seed = first; worlds === 0 || performance.now() < until; seed = (seed + 1) & 0x7fffffff) {
  const world = makeDirtyWorld(seed);
  for (const check of checkNames) {
    const failure = failureOf(check, world);
    if (failure === null) continue;
    console.error(`fuzz: ${check} differs for seed ${seed}: ${failure}`);
    keep(check, seed, world);
    process.exit(1);
  }
  worlds++;
}
console.log(`fuzz: ${worlds} worlds, no difference`);
