/** Work on an input that grows. */
export interface Work {
  readonly name: string;
  /** Makes the input of about `sizeBytes` and gives what is to be timed. */
  prepare(sizeBytes: number): () => unknown;
}

/** How processor time grew. */
export interface Growth {
  /** e of the least-squares fit of t = a × n^e over the sizes. */
  readonly exponent: number;
  /** Time at the largest size. */
  readonly milliseconds: number;
  readonly nanosecondsPerByte: number;
}

/** The bound of the safety rules, and what noise adds at most to a linear function on a busy machine (the controls of complexity.test.ts say how far a worse one is from it). */
export const EXPONENT_LIMIT = 1.1;
export const NOISE_ALLOWANCE = 0.15;
/** Smallest input; the largest is eight times as much. Half of it, and compiling costs more than reading; twice, and the test takes minutes. */
export const BASE_BYTES = 32_768;
const FACTORS = [1, 2, 4, 8];
/** What seems to grow too fast is looked at further up: bounds of 64 KiB (the reach of a quote) make time grow up to there, and no further. */
const LARGER_FACTORS = [8, 16, 32];
const ATTEMPTS = 3;
/** The processor time of a thread is counted in steps of up to 4 ms: work is repeated until so much is spent. Unlike the clock, it does not count other processes. */
const SPENT_MILLISECONDS = 40;

async function timeOf(run: () => unknown): Promise<number> {
  const before = process.threadCpuUsage();
  for (let runs = 1; ; runs++) {
    await run();
    const { user, system } = process.threadCpuUsage(before);
    const spent = (user + system) / 1000;
    if (spent >= SPENT_MILLISECONDS) return spent / runs;
  }
}

async function medianTime(work: Work, sizeBytes: number, times: number): Promise<number> {
  const run = work.prepare(sizeBytes);
  const measured: number[] = [];
  for (let index = 0; index < times; index++) measured.push(await timeOf(run));
  return measured.sort((a, b) => a - b)[times >> 1] ?? 0;
}

/** How the time of a work grows. One pass of a small and a large input settles it for nearly all; only what seems to grow faster is measured as it should be. */
export async function growthOf(work: Work): Promise<Growth> {
  let best = fitted(await timesOf(work, [1, 8], 1), [1, 8]);
  for (let attempt = 0; attempt < ATTEMPTS && best.exponent > EXPONENT_LIMIT; attempt++) {
    const factors = attempt % 2 === 0 ? FACTORS : LARGER_FACTORS;
    const next = fitted(await timesOf(work, factors, 3), factors);
    if (attempt === 0 || next.exponent < best.exponent) best = next;
  }
  return best;
}

async function timesOf(work: Work, factors: readonly number[], runs: number): Promise<number[]> {
  const times: number[] = [];
  // The largest first: what is not compiled yet would make the small ones slow, and the growth better than it is.
  for (const factor of factors.toReversed()) times.unshift(await medianTime(work, BASE_BYTES * factor, runs));
  return times;
}

function fitted(times: readonly number[], factors: readonly number[]): Growth {
  const points = times.map((time, index): [number, number] => [Math.log(factors[index] ?? 1), Math.log(time)]);
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const across = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  const milliseconds = times.at(-1) ?? 0;
  const largest = BASE_BYTES * (factors.at(-1) ?? 1);
  return { exponent: across / spread, milliseconds, nanosecondsPerByte: (milliseconds * 1e6) / largest };
}
