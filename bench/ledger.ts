import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { recordCodec } from '../src/ledger/entry-coding.ts';
import { fsckHome, fsckLog } from '../src/ledger/service/fsck-home.ts';
import { readIdentity } from '../src/ledger/service/identity.ts';
import { verifyProof } from '../src/ledger/service/proof.ts';
import { proveEntry } from '../src/ledger/service/prover.ts';
import { findShard, shardPolicyText } from '../src/ledger/service/read-shard.ts';
import {
  type AppendRate,
  entryOf,
  type Load,
  measureBare,
  measureBareLater,
  measureBareLoad,
  openBenchLedger,
  type Rate,
  settingsOf,
} from './ledger-work.ts';
import { judge, printTargets, type Target, writeResult } from './machine.ts';
import { median, round, runProcess } from './process.ts';

/*
 * node bench/ledger.ts [--only groups,load,growth] [--runs N] [--seconds N] [--entries N] [--folder DIR]
 *
 * Durable appends beside the bare loop that writes the same bytes to a preallocated file and calls fdatasync, alternating; latency under an open load beside that of
 * the bare loop; growth. Groups and load take three minutes; growth takes 30 to 100 µs an entry, and writes 600 bytes for it.
 */

const groups = [1, 16, 256, 1024] as const;
const steps = [10_000, 100_000, 1_000_000, 10_000_000] as const;
const PROOFS = 200;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'groups,load,growth' },
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    entries: { type: 'string', default: '1000000' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const runs = Number(values.runs);
const seconds = Number(values.seconds);
const only = values.only.split(',');
const targets: Target[] = [];
const measured: Record<string, unknown> = { recordBytes: recordCodec.sizeOf(entryOf(1)) };

async function inHome<T>(run: (home: string) => Promise<T> | T): Promise<T> {
  const home = fs.mkdtempSync(join(values.folder, 'boltseal-ledger-'));
  try {
    fs.mkdirSync(join(home, 'keys'));
    return await run(home);
  } finally {
    fs.rmSync(home, { recursive: true });
  }
}

/** Measures in a process of its own. */
function inProcess<T>(what: 'append' | 'load', ...numbers: readonly number[]): Promise<T> {
  return inHome(async (home) => {
    const script = join(import.meta.dirname, 'ledger-work.ts');
    const args = ['--disable-warning=ExperimentalWarning', script, what, home, ...numbers.map(String)];
    return JSON.parse((await runProcess(process.execPath, args)).stdout) as T;
  });
}

function middle(rates: readonly Rate[]): Rate {
  return {
    perSecond: median(rates.map(({ perSecond }) => perSecond)),
    p50Ms: median(rates.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rates.map(({ p99Ms }) => p99Ms)),
    mostMs: median(rates.map(({ mostMs }) => mostMs)),
  };
}

function shareOf(rates: readonly Rate[], of: readonly Rate[]): number {
  return round(median(rates.map(({ perSecond }, run) => perSecond / (of[run]?.perSecond ?? 1))));
}

async function measureGroup(size: number): Promise<void> {
  const appends: AppendRate[] = [];
  const pairs: AppendRate[] = [];
  const bares: Rate[] = [];
  const bareLaters: Rate[] = [];
  for (let run = 0; run < runs; run++) {
    appends.push(await inProcess<AppendRate>('append', size, 1, seconds));
    bares.push(await inHome((home) => measureBare(home, size, seconds)));
    pairs.push(await inProcess<AppendRate>('append', size, 2, seconds));
    bareLaters.push(await inHome((home) => measureBareLater(home, size, seconds)));
  }
  const outcome = {
    append: { ...middle(appends), processorMicros: median(appends.map(({ processorMicros }) => processorMicros)) },
    appendByTwo: middle(pairs),
    bare: middle(bares),
    bareLater: middle(bareLaters),
    share: shareOf(appends, bares),
    shareOfMiddles: round(middle(bares).p50Ms / middle(appends).p50Ms),
    shareByTwo: shareOf(pairs, bares),
    shareOfBareLater: shareOf(appends, bareLaters),
  };
  measured[`group${size}`] = outcome;
  console.log(`group ${size}: ${JSON.stringify(outcome)}`);
  targets.push(judge(`ledger: groups of ${size} beside the bare loop`, outcome.share, 'at least', 0.5, 'of its rate'));
}

async function measureLoads(): Promise<void> {
  const loads: Load[] = [];
  const bares: Load[] = [];
  for (let run = 0; run < runs; run++) {
    loads.push(await inProcess<Load>('load', 10_000, 5 * seconds));
    bares.push(await inHome((home) => measureBareLoad(home, 10_000, 5 * seconds)));
  }
  const summary = (all: readonly Load[]) => ({
    ...middle(all),
    refused: all.reduce((sum, { refused }) => sum + refused, 0),
    within: [1, 2, 5, 10, 20, 50, 100, 'more'],
    histogram: all[0]?.histogram.map((_, i) => all.reduce((sum, { histogram }) => sum + (histogram[i] ?? 0), 0)),
    p99MsOfEach: all.map(({ p99Ms }) => p99Ms),
  });
  const load = { ledger: summary(loads), bare: summary(bares) };
  measured.load = load;
  console.log(`load of 10,000 a second: ${JSON.stringify(load)}`);
  targets.push(judge('ledger: p99 at 10,000 appends a second', load.ledger.p99Ms, 'at most', 5, 'ms'));
}

interface GrowthStep {
  readonly size: number;
  /** Until an entry is durable, and until it is under a checkpoint; processor time of all threads for both. */
  readonly appendMicros: number;
  readonly derivedMicros: number;
  readonly processorMicros: number;
  readonly startMs: number;
  /** Of this process, which also makes the entries. */
  readonly rssMegabytes: number;
  /** What an outsider checks: every bundle, tile, entry and the checkpoint. */
  readonly fsckLog: Cost;
  /** `ledger fsck`, which opens every opening besides; null beyond a million entries. */
  readonly fsckHome: Cost | null;
  readonly provesPerSecond: number;
  readonly verifiesPerSecond: number;
}

/** Of an entry. */
interface Cost {
  readonly micros: number;
  readonly processorMicros: number;
}

/** Cost of an append, of derivation, of a start, a check and a proof as the log grows. */
async function measureGrowth(home: string, entries: number): Promise<GrowthStep[]> {
  const done: GrowthStep[] = [];
  let size = 0;
  for (const goal of steps.filter((step) => step <= entries)) {
    const added = goal - size;
    const { ledger, close } = await openBenchLedger(home);
    let appendMs = 0;
    let derivedMs = 0;
    const used = process.cpuUsage();
    while (size < goal) {
      // In pieces, so that what waits for derivation stays small.
      const until = Math.min(goal, size + 50_000);
      const begun = performance.now();
      while (size < until) {
        const count = Math.min(1024, until - size);
        await ledger.append(Array.from({ length: count }, (_, i) => entryOf(size + i)));
        size += count;
      }
      appendMs += performance.now() - begun;
      await ledger.checkpoint();
      derivedMs += performance.now() - begun;
    }
    const { user, system } = process.cpuUsage(used);
    const rssMegabytes = Math.round(process.memoryUsage.rss() / 2 ** 20);
    await close();
    const starts: number[] = [];
    for (let run = 0; run < 3; run++) {
      const begun = performance.now();
      const again = await openBenchLedger(home);
      starts.push(performance.now() - begun);
      await again.close();
    }
    const micros = (ms: number): number => round((1000 * ms) / added);
    done.push({
      size,
      appendMicros: micros(appendMs),
      derivedMicros: micros(derivedMs),
      processorMicros: round((user + system) / added),
      startMs: round(median(starts)),
      rssMegabytes,
      ...(await measureReading(home, size)),
    });
    console.log(`growth: ${JSON.stringify(done.at(-1))}`);
  }
  return done;
}

async function measureReading(home: string, size: number) {
  const settings = settingsOf(home);
  const shard = findShard(settings, null);
  const policy = shardPolicyText(settings, readIdentity(settings), shard);
  const nothing = (): void => {};
  const ofLog = await measureCheck(size, () => fsckLog(shard.folder, { policy, isPart: false }, nothing));
  const ofHome = size > 1_000_000 ? null : await measureCheck(size, () => fsckHome(settings, async () => 0, nothing));
  const indices = Array.from({ length: PROOFS }, (_, i) => Math.floor((i * size) / PROOFS));
  const begunProofs = performance.now();
  const proofs = indices.map((index) => proveEntry(settings, { shard: null, index, reveal: ['subject', 'fields'] }));
  const begunVerifying = performance.now();
  for (const proof of proofs) verifyProof(proof, policy);
  const perSecond = (ms: number): number => Math.round((1000 * PROOFS) / ms);
  return {
    fsckLog: ofLog,
    fsckHome: ofHome,
    provesPerSecond: perSecond(begunVerifying - begunProofs),
    verifiesPerSecond: perSecond(performance.now() - begunVerifying),
  };
}

async function measureCheck(
  size: number,
  check: () => Promise<{ readonly findingCount: number; readonly entries: number }>,
): Promise<Cost> {
  const begun = performance.now();
  const used = process.cpuUsage();
  const { findingCount, entries } = await check();
  const { user, system } = process.cpuUsage(used);
  if (findingCount > 0 || entries !== size) throw new Error('fsck found something wrong with the log');
  return {
    micros: round((1000 * (performance.now() - begun)) / size),
    processorMicros: round((user + system) / size),
  };
}

/** What grows with the log though it should not, between 100,000 entries and the last step. */
function judgeGrowth(done: readonly GrowthStep[]): void {
  const [from, to] = [done.find(({ size }) => size === 100_000), done.at(-1)];
  if (from === undefined || to === undefined || to.size === from.size) return;
  const what = `at ${to.size.toLocaleString('en')} entries beside 100,000`;
  const judgeRatio = (name: string, ratio: number) =>
    targets.push(judge(`ledger: ${name} ${what}`, ratio, 'at most', 1.5, 'times'));
  judgeRatio('processor time of an entry', to.processorMicros / from.processorMicros);
  judgeRatio('start', to.startMs / from.startMs);
  judgeRatio('check of an entry', to.fsckLog.processorMicros / from.fsckLog.processorMicros);
}

if (only.includes('groups')) for (const size of groups) await measureGroup(size);
if (only.includes('load')) await measureLoads();
if (only.includes('growth')) {
  const done = await inHome((home) => measureGrowth(home, Number(values.entries)));
  measured.growth = done;
  judgeGrowth(done);
}
if (targets.length > 0) printTargets(targets);
writeResult('ledger', { measured, targets });
