import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { makeCase } from './check-case.ts';
import { toFixture } from './fixture.ts';
import { subjectOf, subjects } from './subjects.ts';
import type { News, Orders } from './worker.ts';

/*
 * `npm run fuzz:readers [-- --seconds N --seed S --only json,sql --into FOLDER]`: made-up files, sound and damaged, through every reader until the time is over. Each case
 * has a seed of its own: `--seed S --seconds 0 --only NAME` runs one alone. What fails is made small and kept in fixtures/, where fixtures.test.ts finds it.
 * Reading happens in a worker, so that a reader that hangs or eats memory is told of like any other.
 */
const HANG_MILLISECONDS = 60_000;
const HEAP_MEGABYTES = 768;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    seed: { type: 'string' },
    only: { type: 'string' },
    into: { type: 'string', default: join(import.meta.dirname, 'fixtures') },
  },
});
const seconds = Number(values.seconds);
const seed = values.seed === undefined ? Math.floor(Math.random() * 0x7fffffff) : Number(values.seed);
const names = values.only?.split(',') ?? subjects.map(({ name }) => name);
if (
  !Number.isFinite(seconds) ||
  !Number.isSafeInteger(seed) ||
  !names.every((name) => subjects.some((one) => one.name === name))
) {
  console.error(
    `fuzz: --seconds and --seed want numbers, --only some of ${subjects.map(({ name }) => name).join(',')}`,
  );
  process.exit(2);
}

/** Keeps the case that never came to its end, as it is: made small it would have to hang again and again. */
async function keep(name: string, at: number, failure: string): Promise<void> {
  mkdirSync(values.into, { recursive: true });
  const file = join(values.into, `${name}-${at}.json`);
  writeFileSync(
    file,
    `${JSON.stringify(toFixture(name, at, failure, await makeCase(subjectOf(name), at)), null, 2)}\n`,
  );
  console.error(`fuzz: ${name}, seed ${at}: ${failure}; kept in ${file}`);
}

console.log(`fuzz: seed ${seed}, ${seconds} s, ${names.join(' ')}`);
let failures = 0;
let current = { name: '', seed };
const orders: Orders = { seed, seconds, names, folder: values.into };
const worker = new Worker(new URL('worker.ts', import.meta.url), {
  workerData: orders,
  resourceLimits: { maxOldGenerationSizeMb: HEAP_MEGABYTES },
});
await new Promise<void>((resolve) => {
  const end = async (failure: string): Promise<void> => {
    clearTimeout(timer);
    failures++;
    await worker.terminate();
    await keep(current.name, current.seed, failure);
    resolve();
  };
  let timer: NodeJS.Timeout | undefined;
  worker.on('message', (news: News) => {
    clearTimeout(timer);
    if (news.kind === 'over') {
      const counts = Object.entries(news.cases).map(([name, count]) => `${name} ${count}`);
      console.log(`fuzz: cases: ${counts.join(', ')}`);
      resolve();
      return;
    }
    timer = setTimeout(() => void end('hang'), HANG_MILLISECONDS);
    if (news.kind === 'begins') current = news;
    else {
      failures++;
      console.error(`fuzz: ${news.name}, seed ${news.seed}: ${news.failure}; kept in ${news.file}`);
    }
  });
  worker.on(
    'error',
    (error: Error & { code?: string }) =>
      void end(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory: heap used up' : `broke down: ${error.name}`),
  );
});
process.exitCode = failures > 0 ? 1 : 0;
