import { spawnSync } from 'node:child_process';
import { createReadStream, existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { answersOf, requireSame } from './answers.ts';
import {
  compress,
  type DumpTruth,
  dataDirectory,
  generateCustomers,
  generateDump,
  generateNextCustomers,
} from './generate.ts';
import { judge, printTargets, type Target, writeResult } from './machine.ts';
import { peerFormulations, startPeer } from './peer.ts';
import { median, round } from './process.ts';
import { addCustomers, initHome, type ProductRun, sizeOfDirectory, verifyDump } from './product.ts';

/* npm run bench [-- --only register,next,verify,variants,passes,formats,disclosures,attribution,ledger,vault] [--scale small|full] [--rows N] [--subjects N] [--runs N] [--fresh] */

const parts = ['register', 'next', 'verify', 'variants', 'passes'] as const;
type PartName = (typeof parts)[number];
/** Parts that are programs of their own, with their own sizes and options. */
const programs = ['formats', 'disclosures', 'attribution', 'ledger', 'vault'] as const;

interface Bench {
  readonly rows: number;
  readonly subjects: number;
  readonly runs: number;
  readonly home: string;
}

interface Outcome {
  readonly measured: object;
  readonly targets: readonly Target[];
}

const MEGABYTE = 1e6;

async function benchRegister(bench: Bench): Promise<Outcome> {
  const customers = generateCustomers(bench.subjects);
  await initHome(bench.home);
  const run = await addCustomers(bench.home, customers, '2024-06-01');
  const sizeBytes = sizeOfDirectory(join(bench.home, 'register'));
  // Every subject has five versions: the id counts as a value.
  const bytesPerVersion = sizeBytes / (bench.subjects * 5);
  console.log(
    `register: ${bench.subjects} subjects in ${run.seconds.toFixed(1)} s, peak ${mega(run.peakRssBytes)} MB, ${mega(sizeBytes)} MB on disk`,
  );
  return {
    measured: {
      seconds: round(run.seconds),
      peakRssBytes: run.peakRssBytes,
      sizeBytes,
      bytesPerVersion: round(bytesPerVersion),
    },
    targets: [
      judge('register: time to build', run.seconds, 'at most', 60, 's'),
      judge('register: peak memory', run.peakRssBytes / MEGABYTE, 'at most', 3000, 'MB'),
      judge('register: on disk', bytesPerVersion, 'at most', 24, 'bytes a version'),
    ],
  };
}

async function benchNext(bench: Bench): Promise<Outcome> {
  const customers = generateCustomers(bench.subjects);
  const next = generateNextCustomers(bench.subjects);
  const home = `${bench.home}-next`;
  await initHome(home);
  const first = await addCustomers(home, customers, '2024-06-01');
  const second = await addCustomers(home, next, '2024-07-01');
  const sizeBytes = sizeOfDirectory(home);
  rmSync(home, { recursive: true });
  const ratio = second.seconds / first.seconds;
  console.log(`next snapshot: ${second.seconds.toFixed(1)} s after ${first.seconds.toFixed(1)} s`);
  return {
    measured: {
      firstSeconds: round(first.seconds),
      nextSeconds: round(second.seconds),
      ratio: round(ratio),
      peakRssBytes: second.peakRssBytes,
      sizeBytes,
    },
    targets: [judge('next snapshot against the first build', ratio, 'at most', 0.5, '×')],
  };
}

const partNames = ['loadSeconds', 'scanSeconds', 'evidenceSeconds', 'restSeconds', 'startSeconds'] as const;

/** A whole process of verify in parts, which add up to it. */
type PartSeconds = Readonly<Record<(typeof partNames)[number], number>>;

/** Rest: in verify, but none of its parts; start: around verify, the program's beginning and end and the writing of the report. */
function partsOf({ seconds, found: { timing } }: ProductRun): PartSeconds {
  const { loadSeconds, scanSeconds, evidenceSeconds } = timing;
  return {
    loadSeconds,
    scanSeconds,
    evidenceSeconds,
    restSeconds: timing.seconds - loadSeconds - scanSeconds - evidenceSeconds,
    startSeconds: seconds - timing.seconds,
  };
}

function describeParts(parts: PartSeconds): string {
  return partNames.map((name) => `${name.replace('Seconds', '')} ${parts[name].toFixed(2)}`).join(' + ');
}

/** Boltseal and DuckDB in turns on the same file. */
async function benchVerify(bench: Bench): Promise<Outcome> {
  await requireHome(bench);
  const { path, truth } = generateDump(bench);
  const sizeBytes = statSync(path).size;
  const peer = await startPeer(generateCustomers(bench.subjects));
  try {
    const boltseal: ({ wallSeconds: number; peakRssBytes: number } & PartSeconds)[] = [];
    const duckdb: Record<(typeof peerFormulations)[number], number[]> = { plain: [], hashed: [] };
    // The first round warms the page cache, DuckDB's allocator and nothing else; it is not counted.
    for (let round = 0; round <= bench.runs; round++) {
      for (const formulation of peerFormulations) {
        const { seconds, answers } = await peer.ask(path, formulation);
        requireSame(`DuckDB (${formulation})`, answers, truth);
        console.log(`DuckDB, ${formulation}: ${seconds.toFixed(2)} s${round === 0 ? ' (not counted)' : ''}`);
        if (round > 0) duckdb[formulation].push(seconds);
      }
      const run = await verifyDump(bench.home, path);
      requireSame('Boltseal', answersOf(run.found), truth);
      const parts = partsOf(run);
      console.log(
        `Boltseal: ${describeParts(parts)}: ${run.seconds.toFixed(2)} s${round === 0 ? ' (not counted)' : ''}`,
      );
      if (round > 0) boltseal.push({ wallSeconds: run.seconds, ...parts, peakRssBytes: run.peakRssBytes });
    }
    const duckdbSeconds = Math.min(...peerFormulations.map((formulation) => median(duckdb[formulation])));
    const scanSeconds = median(boltseal.map((run) => run.scanSeconds));
    const wallSeconds = median(boltseal.map((run) => run.wallSeconds));
    const peakRssBytes = Math.max(...boltseal.map((run) => run.peakRssBytes));
    const registerBytes = sizeOfDirectory(join(bench.home, 'register'));
    const withEvidence = median(boltseal.map((run) => run.scanSeconds + run.evidenceSeconds));
    const ratios = {
      scan: round(duckdbSeconds / scanSeconds),
      scanAndEvidence: round(duckdbSeconds / withEvidence),
      wholeProcess: round(duckdbSeconds / wallSeconds),
    };
    const rates = {
      boltseal: Math.round(sizeBytes / scanSeconds),
      boltsealWholeProcess: Math.round(sizeBytes / wallSeconds),
      duckdb: Math.round(sizeBytes / duckdbSeconds),
    };
    const parts = Object.fromEntries(
      partNames.map((name) => [name, median(boltseal.map((run) => run[name]))]),
    ) as unknown as PartSeconds;
    console.log(`Medians: ${describeParts(parts)}`);
    console.log(
      `DuckDB ${duckdbSeconds.toFixed(2)} s, Boltseal ${scanSeconds.toFixed(2)} s: ${ratios.scan} ×; with starting and loading ${wallSeconds.toFixed(2)} s: ${ratios.wholeProcess} ×`,
    );
    return {
      measured: {
        sizeBytes,
        truth,
        boltseal,
        duckdb: {
          version: peer.version,
          threads: 2,
          loadSeconds: round(peer.loadSeconds),
          seconds: duckdb,
          peakRssBytes: peer.peakRssBytes(),
        },
        medians: { boltsealScanSeconds: scanSeconds, boltsealProcessSeconds: wallSeconds, duckdbSeconds, parts },
        bytesPerSecond: rates,
        ratios,
        registerBytes,
      },
      targets: [
        judge('verify: DuckDB / Boltseal, register loaded', ratios.scan, 'at least', 3, '×'),
        judge('verify: memory above the register', (peakRssBytes - registerBytes) / MEGABYTE, 'at most', 400, 'MB'),
      ],
    };
  } finally {
    await peer.stop();
  }
}

/** The same rows in other clothes. */
async function benchVariants(bench: Bench): Promise<Outcome> {
  await requireHome(bench);
  const plain = generateDump(bench);
  const quoted = generateDump({ ...bench, quoted: true });
  const gb18030 = generateDump({ ...bench, encoding: 'gb18030' });
  const packed = await compress(plain.path);
  const files = { plain: plain.path, quoted: quoted.path, gb18030: gb18030.path, gz: packed };
  const seconds: Record<keyof typeof files, number[]> = { plain: [], quoted: [], gb18030: [], gz: [] };
  const gunzipSeconds: number[] = [];
  for (let run = 0; run < bench.runs; run++) {
    for (const [name, path] of Object.entries(files) as [keyof typeof files, string][]) {
      seconds[name].push(await timedScan(bench, name, path, plain.truth));
    }
    gunzipSeconds.push(await timeGunzip(packed));
  }
  const rate = (name: keyof typeof files) => statSync(files[name]).size / median(seconds[name]);
  const rowRates = Object.fromEntries(
    Object.entries(seconds).map(([name, all]) => [name, Math.round(bench.rows / median(all))]),
  );
  return {
    measured: {
      seconds,
      gunzipSeconds,
      rowsPerSecond: rowRates,
      sizesBytes: Object.fromEntries(Object.entries(files).map(([name, path]) => [name, statSync(path).size])),
    },
    targets: [
      judge('quoted against plain, bytes a second', rate('quoted') / rate('plain'), 'at least', 0.6, '×'),
      judge('GB18030 against plain, bytes a second', rate('gb18030') / rate('plain'), 'at least', 0.5, '×'),
      judge(
        "gz against the decompressor's own rate",
        median(gunzipSeconds) / median(seconds.gz),
        'at least',
        0.85,
        '×',
      ),
    ],
  };
}

async function timedScan(bench: Bench, name: string, path: string, truth: DumpTruth): Promise<number> {
  const { found } = await verifyDump(bench.home, path);
  requireSame(`Boltseal (${name})`, answersOf(found), truth);
  console.log(
    `${name}: scan ${found.timing.scanSeconds.toFixed(2)} s, rows on the exact path ${found.timing.exactRows}`,
  );
  return found.timing.scanSeconds;
}

async function timeGunzip(path: string): Promise<number> {
  const startedAt = performance.now();
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  const chunkSize = 1 << 20;
  await pipeline(createReadStream(path, { highWaterMark: chunkSize }), createGunzip({ chunkSize }), sink);
  return (performance.now() - startedAt) / 1000;
}

/** With less memory than the register needs: the same answers in several passes. */
async function benchPasses(bench: Bench): Promise<Outcome> {
  await requireHome(bench);
  const { path, truth } = generateDump(bench);
  const registerBytes = sizeOfDirectory(join(bench.home, 'register'));
  const memoryBytes = Math.ceil(registerBytes / 2);
  const run = await verifyDump(bench.home, path, ['--memory', String(memoryBytes)]);
  requireSame('Boltseal in passes', answersOf(run.found), truth);
  const { passes, scanSeconds, loadSeconds } = run.found.timing;
  console.log(
    `passes: ${passes} with ${mega(memoryBytes)} MB, process ${run.seconds.toFixed(1)} s, peak ${mega(run.peakRssBytes)} MB`,
  );
  return {
    measured: {
      memoryBytes,
      registerBytes,
      passes,
      scanSeconds,
      loadSeconds,
      wallSeconds: round(run.seconds),
      peakRssBytes: run.peakRssBytes,
    },
    targets: [
      judge('passes with half of the memory', passes, 'at least', 2, 'passes'),
      judge('passes: peak above --memory', (run.peakRssBytes - memoryBytes) / MEGABYTE, 'at most', 400, 'MB'),
    ],
  };
}

async function requireHome(bench: Bench): Promise<void> {
  if (existsSync(bench.home)) return;
  const part = `${bench.home}-part`;
  await initHome(part);
  await addCustomers(part, generateCustomers(bench.subjects), '2024-06-01');
  // At once: a run that is ended in between must not leave half of one behind.
  renameSync(part, bench.home);
}

function mega(sizeBytes: number): string {
  return (sizeBytes / MEGABYTE).toFixed(0);
}

const benches: Record<PartName, (bench: Bench) => Promise<Outcome>> = {
  register: benchRegister,
  next: benchNext,
  verify: benchVerify,
  variants: benchVariants,
  passes: benchPasses,
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: [...parts, ...programs].join(',') },
    scale: { type: 'string', default: 'full' },
    rows: { type: 'string' },
    subjects: { type: 'string' },
    runs: { type: 'string', default: '3' },
    fresh: { type: 'boolean', default: false },
  },
});
const size = values.scale === 'small' ? 1_000_000 : 10_000_000;
const rows = Number(values.rows ?? size);
const subjects = Number(values.subjects ?? size);
const bench: Bench = { rows, subjects, runs: Number(values.runs), home: join(dataDirectory, `home-${subjects}`) };
const chosen = values.only.split(',');
const known: readonly string[] = [...parts, ...programs];
if (chosen.some((name) => !known.includes(name))) throw new Error(`--only knows ${known.join(', ')}`);
if (values.fresh) rmSync(bench.home, { recursive: true, force: true });

const targets: Target[] = [];
for (const name of parts.filter((part) => chosen.includes(part))) {
  console.log(`\n${name}: ${rows} rows, ${subjects} subjects`);
  const outcome = await benches[name](bench);
  targets.push(...outcome.targets);
  const parameters = {
    rows,
    subjects,
    runs: bench.runs,
    scale: size === rows && size === subjects ? values.scale : 'custom',
  };
  // Small runs show that everything works; only the full scale is compared with the budgets.
  const suffix = parameters.scale === 'full' ? '' : `-${parameters.scale}`;
  console.log(
    `written: ${writeResult(`${name}${suffix}`, { parameters, ...outcome.measured, targets: outcome.targets })}`,
  );
}
let areMet = targets.every((target) => target.met);
for (const name of programs.filter((program) => chosen.includes(program))) {
  console.log(`\n${name}`);
  const program = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const { status } = spawnSync(process.execPath, [...process.execArgv, program], { stdio: 'inherit' });
  areMet &&= status === 0;
}
console.log('');
printTargets(targets);
process.exitCode = areMet ? 0 : 1;
