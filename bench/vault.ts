import { execFileSync, spawn } from 'node:child_process';
import { createSecretKey, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openHomeVault } from '../src/compose/vault.ts';
import { openGcm, sealGcm } from '../src/vault/gcm.ts';
import type { StoredVault } from '../src/vault/stored-vault.ts';
import { judge, printTargets, type Target, writeResult } from './machine.ts';
import { median, readMemory, round } from './process.ts';
import { rootDirectory } from './product.ts';
import { fillVault, idOf, phoneOf, trackingOf } from './vault-fill.ts';

/*
 * node bench/vault.ts [--only fill,look-ups,import] [--subjects 100000,1000000] [--import N] [--runs N] [--folder DIR]
 *
 * Look-ups of one subject by id (three fields), by tracking number and by phone, of others each time, in a process that has just opened the vault: in processor time and by the clock. `fill` makes the vaults and
 * leaves them in the folder, for later runs (vault-fill.ts). Import: through the command, with its keys, indexes, register news and syncs.
 * A vault of ten millions: --only fill,look-ups --subjects 10000000 --folder DIR.
 */

const LOOKUPS = 5000;

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'fill,look-ups,import' },
    subjects: { type: 'string', default: '100000,1000000' },
    import: { type: 'string', default: '50000' },
    runs: { type: 'string', default: '5' },
    folder: { type: 'string', default: join(tmpdir(), 'boltseal-vault-bench') },
    /** Internal: measures one vault in a process of its own. */
    measure: { type: 'string' },
  },
});
const only = values.only.split(',');
const runs = Number(values.runs);
const sizes = values.subjects.split(',').map(Number);

function newHome(home: string): void {
  fs.mkdirSync(values.folder, { recursive: true });
  execFileSync(join(rootDirectory, 'boltseal'), ['init', '--home', home, '--region', 'CN'], { stdio: 'ignore' });
}

/** A vault with so many subjects, made where it is not there; null: it was. */
async function fill(home: string, subjects: number): Promise<number | null> {
  if (fs.existsSync(join(home, 'filled'))) return null;
  fs.rmSync(home, { recursive: true, force: true });
  newHome(home);
  return round(await fillVault(home, subjects));
}

interface Timed {
  readonly processorMicros: number;
  readonly clockMicros: number;
}

async function time(subjects: number, ask: (i: number) => Promise<boolean>): Promise<Timed> {
  // A stride that is prime to any of the sizes: hardly anybody is asked for twice.
  const stride = 7_368_787;
  let at = Math.floor(Math.random() * subjects);
  const before = process.cpuUsage();
  const started = performance.now();
  for (let i = 0; i < LOOKUPS; i++) {
    at = (at + stride) % subjects;
    if (!(await ask(at))) throw new Error('a wrong answer');
  }
  const clockMicros = (1000 * (performance.now() - started)) / LOOKUPS;
  const { user, system } = process.cpuUsage(before);
  return { processorMicros: (user + system) / LOOKUPS, clockMicros };
}

const questions: Readonly<Record<string, (vault: StoredVault) => (i: number) => Promise<boolean>>> = {
  'by id, three fields': (vault) => async (i) => {
    const [found] = await vault.read([idOf(i)], ['name', 'phone', 'address']);
    return found?.phone?.value === phoneOf(i);
  },
  'by tracking number': (vault) => async (i) => {
    const [found] = await vault.parcels([trackingOf(i)]);
    return found?.parties.recipient === idOf(i);
  },
  'by phone': (vault) => async (i) => (await vault.find('phone', phoneOf(i))).includes(idOf(i)),
};

/** Processor time of one bare decryption, in the same process: how much slower than a quiet machine this one is just now. */
function timeBare(): number {
  const key = createSecretKey(randomBytes(32));
  const context = randomBytes(60);
  const sealed = sealGcm(key, context, '13812345678', 0);
  const before = process.cpuUsage();
  for (let i = 0; i < 4 * LOOKUPS; i++) openGcm(key, context, sealed);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (4 * LOOKUPS);
}

/** In a process of its own: prints what look-ups took, and its memory. */
async function measure(home: string): Promise<void> {
  const vault = await openHomeVault(home, false);
  const { subjects, sizeBytes } = await vault.status();
  const taken: Record<string, Timed> = {};
  timeBare();
  const bare: number[] = [];
  for (const [name, question] of Object.entries(questions)) {
    const ask = question(vault);
    await time(subjects, ask);
    const all: Timed[] = [];
    for (let run = 0; run < runs; run++) {
      all.push(await time(subjects, ask));
      bare.push(timeBare());
    }
    taken[name] = {
      processorMicros: round(median(all.map(({ processorMicros }) => processorMicros))),
      clockMicros: round(median(all.map(({ clockMicros }) => clockMicros))),
    };
  }
  const { peakBytes } = readMemory(process.pid);
  const bareDecryptionMicros = round(median(bare));
  console.log(JSON.stringify({ subjects, sizeBytes, peakRssBytes: peakBytes, bareDecryptionMicros, lookUps: taken }));
  await vault.close();
}

interface Measured {
  readonly subjects: number;
  readonly sizeBytes: number;
  readonly peakRssBytes: number;
  readonly bareDecryptionMicros: number;
  readonly lookUps: Readonly<Record<string, Timed>>;
}

function measureApart(home: string): Measured {
  const words = [
    '--disable-warning=ExperimentalWarning',
    import.meta.filename,
    '--measure',
    home,
    '--runs',
    String(runs),
  ];
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

async function measureImport(rows: number): Promise<{ readonly seconds: number; readonly processorSeconds: number }> {
  const home = join(values.folder, 'import');
  fs.rmSync(home, { recursive: true, force: true });
  newHome(home);
  const table = join(values.folder, 'customers.csv');
  const lines = Array.from(
    { length: rows },
    (_, i) => `${idOf(i)},王小明,${phoneOf(i)},user${i}@mail.example.cn,北京市朝阳区建国路${i}号\n`,
  );
  fs.writeFileSync(table, `customer_id,name,phone,email,address\n${lines.join('')}`);
  const cli = join(rootDirectory, 'src/cli/main.ts');
  const words = ['vault', 'import', table, '--id', 'customer_id', '--home', home, '--no-check', '--quiet'];
  const started = performance.now();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', cli, ...words], { stdio: 'ignore' });
  let ticks = 0;
  const watch = setInterval(() => {
    ticks = Math.max(ticks, readTicks(child.pid ?? 0));
  }, 20);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`the import ended with ${code}`);
  fs.rmSync(home, { recursive: true });
  return { seconds: round((performance.now() - started) / 1000), processorSeconds: round(ticks / 100) };
}

/** User and system time of a process in hundredths of a second (proc(5)); 0 where /proc is not there. */
function readTicks(pid: number): number {
  try {
    const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  } catch {
    return 0;
  }
}

const million = (count: number): string => count.toLocaleString('en');

if (values.measure !== undefined) await measure(values.measure);
else {
  const targets: Target[] = [];
  const measured: Record<string, unknown> = {};
  const results: Measured[] = [];
  for (const size of sizes) {
    const home = join(values.folder, String(size));
    if (only.includes('fill')) measured[`fill of ${million(size)}, processor µs a subject`] = await fill(home, size);
    if (only.includes('look-ups')) results.push(measureApart(home));
  }
  if (results.length > 0) {
    measured.lookUps = results;
    for (const { subjects, lookUps, peakRssBytes } of results) {
      const byId = lookUps['by id, three fields'];
      if (byId !== undefined)
        targets.push(
          judge(
            `vault: one subject, three fields, of ${million(subjects)}`,
            byId.processorMicros,
            'at most',
            60,
            'µs of processor time',
          ),
        );
      targets.push(judge(`vault: memory with ${million(subjects)}`, peakRssBytes / 1e6, 'at most', 400, 'MB'));
    }
    const [first, last] = [results[0], results.at(-1)];
    if (first !== undefined && last !== undefined && first !== last)
      for (const name of Object.keys(questions)) {
        const ratio = (last.lookUps[name]?.processorMicros ?? 0) / (first.lookUps[name]?.processorMicros ?? 1);
        targets.push(
          judge(
            `vault: ${name}, ${million(last.subjects)} beside ${million(first.subjects)}`,
            ratio,
            'at most',
            1.5,
            'times',
          ),
        );
      }
  }
  if (only.includes('import')) {
    const rows = Number(values.import);
    const taken = await measureImport(rows);
    measured.import = { rows, ...taken };
    targets.push(judge('vault: import', (60 * rows) / taken.seconds, 'at least', 50_000, 'subjects a minute'));
  }
  printTargets(targets);
  writeResult('vault', { measured, targets });
}
