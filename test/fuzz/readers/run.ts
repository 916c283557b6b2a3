import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCase } from './check-case.ts';
import { toFixture } from './fixture.ts';
import { subjectOf, subjects } from './subjects.ts';
import type { News, Orders } from './worker.ts';

/*
 * `npm run fuzz:readers [-- --seconds N --seed S --only json,sql --into FOLDER]`: made-up files, sound and damaged, through every reader until the time is over. Each case
 * has a seed of its own: `--seed S --seconds 0 --only NAME` runs one alone. What fails is made small and kept in fixtures/, where fixtures.test.ts finds it.
 * Reading happens in a process of its own, so that a reader that hangs or eats memory is told of like any other, and the run goes on behind it.
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
const until = performance.now() + seconds * 1000;

/** Reads cases from `from` on until the time is over; the seed of the case that broke the process, or null. */
function run(from: number): Promise<number | null> {
  const orders: Orders = { seed: from, seconds: (until - performance.now()) / 1000, names, folder: values.into };
  const reading = fork(new URL('worker.ts', import.meta.url), [JSON.stringify(orders)], {
    execArgv: ['--disable-warning=ExperimentalWarning', `--max-old-space-size=${HEAP_MEGABYTES}`],
  });
  let current = { name: '', seed: from };
  let isOver = false;
  let isHanging = false;
  let timer: NodeJS.Timeout | undefined;
  reading.on('message', (news: News) => {
    clearTimeout(timer);
    if (news.kind === 'over') {
      isOver = true;
      const counts = Object.entries(news.cases).map(([name, count]) => `${name} ${count}`);
      console.log(`fuzz: cases: ${counts.join(', ')}`);
      return;
    }
    timer = setTimeout(() => {
      isHanging = true;
      reading.kill('SIGKILL');
    }, HANG_MILLISECONDS);
    if (news.kind === 'begins') current = news;
    else {
      failures++;
      console.error(`fuzz: ${news.name}, seed ${news.seed}: ${news.failure}; kept in ${news.file}`);
    }
  });
  return new Promise((resolve, reject) => {
    reading.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (isOver) {
        resolve(null);
        return;
      }
      failures++;
      // The engine ends the process when the heap is used up.
      const failure = isHanging
        ? 'hang'
        : signal === 'SIGABRT'
          ? 'memory: heap used up'
          : `broke down: exit ${code ?? signal}`;
      keep(current.name, current.seed, failure).then(() => resolve(current.seed), reject);
    });
  });
}

for (let next: number | null = seed; next !== null; ) {
  const broken: number | null = await run(next);
  next = broken === null || performance.now() >= until ? null : broken + 1;
}
process.exitCode = failures > 0 ? 1 : 0;
