import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Verification } from '../src/contract/verification.ts';
import { dataDirectory, generateCustomers } from './generate.ts';
import { judge, printTargets, writeResult } from './machine.ts';
import { round } from './process.ts';
import { addCustomers, initHome, rootDirectory } from './product.ts';

/*
 * sh tools/node.sh bench/many-files.ts [--files 200000] [--folder 100000] [--results]: a tar and a folder of many files of three rows. Processor time a file, in both processes together
 * (wall-clock says little where other things run), and the most memory that each of them took.
 */
const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '200000' },
    folder: { type: 'string', default: '100000' },
    results: { type: 'boolean', default: false },
  },
});
const MOST_MILLISECONDS = 0.15;
const MOST_BYTES = 400e6;
const JIFFIES = 100;
const ROWS = 3;

const home = join(dataDirectory, 'home-100000');
if (!existsSync(home)) {
  await initHome(home);
  await addCustomers(home, generateCustomers(100_000), '2024-06-01');
}

function bodyOf(file: number): string {
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const number = file * ROWS + row;
    return `C${String(number).padStart(8, '0')},138${String(number % 1e8).padStart(8, '0')},user${number}@example.com,Person ${file}\n`;
  });
  return `customer_id,phone,email,name\n${rows.join('')}`;
}

function writeFolder(path: string, files: number): void {
  for (let file = 0; file < files; file++) {
    const folder = join(path, String(Math.floor(file / 1000)).padStart(5, '0'));
    if (file % 1000 === 0) mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `f${file % 1000}.csv`), bodyOf(file));
  }
}

/** POSIX ustar. */
function writeTar(path: string, files: number): void {
  const out = openSync(path, 'w');
  const chunk = Buffer.alloc(4_194_304);
  let filled = 0;
  for (let file = 0; file < files; file++) {
    if (filled + 2048 > chunk.length) {
      writeSync(out, chunk, 0, filled);
      filled = 0;
    }
    const body = Buffer.from(bodyOf(file));
    const header = chunk.subarray(filled, filled + 512).fill(0);
    const text = (at: number, value: string): number => header.write(value, at, 'latin1');
    text(0, `d${Math.floor(file / 1000)}/f${file % 1000}.csv`);
    text(100, '0000644\0');
    text(124, `${body.length.toString(8).padStart(11, '0')}\0`);
    text(148, '        ');
    text(156, '0');
    text(257, 'ustar\0\x30\x30');
    let sum = 0;
    for (const byte of header) sum += byte;
    text(148, `${sum.toString(8).padStart(6, '0')}\0 `);
    const padded = Math.ceil(body.length / 512) * 512;
    chunk.fill(0, filled + 512, filled + 512 + padded).set(body, filled + 512);
    filled += 512 + padded;
  }
  writeSync(out, chunk, 0, filled);
  writeSync(out, Buffer.alloc(1024));
  closeSync(out);
}

interface Use {
  seconds: number;
  peakBytes: number;
}

/** What a process has used so far, by /proc; 0 where that is not. */
function useOf(pid: number): Use {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return { seconds: (Number(fields[11]) + Number(fields[12])) / JIFFIES, peakBytes: Number(peak ?? 0) * 1024 };
  } catch {
    return { seconds: 0, peakBytes: 0 };
  }
}

async function measure(path: string, files: number): Promise<Record<string, number>> {
  const output = join(dataDirectory, 'verification.json');
  const html = join(dataDirectory, 'verification.html');
  const args = ['verify', path, '--home', home, '--json', output, '--html', html, '--threads', '2', '--quiet'];
  const started = performance.now();
  const loadBefore = loadavg()[0] ?? 0;
  const child = spawn(join(rootDirectory, 'boltseal'), args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const uses = new Map<number, Use>();
  const watch = setInterval(() => {
    const pending = [child.pid ?? 0];
    for (const pid of pending) {
      const use = useOf(pid);
      const before = uses.get(pid) ?? { seconds: 0, peakBytes: 0 };
      // A process that has ended has no memory any more.
      uses.set(pid, {
        seconds: Math.max(use.seconds, before.seconds),
        peakBytes: Math.max(use.peakBytes, before.peakBytes),
      });
      try {
        pending.push(
          ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
        );
      } catch {
        // It has just ended.
      }
    }
  }, 50);
  const code = await new Promise<number | null>((done) => child.once('close', done));
  clearInterval(watch);
  if (code !== 0) throw new Error(`verify ended with ${code}`);
  const found = JSON.parse(readFileSync(output, 'utf8')) as Verification;
  const rows = found.file.rows + found.file.rejectedRows;
  if (rows !== files * ROWS) throw new Error(`${rows} rows instead of ${files * ROWS}`);
  const told = found.parts.length + found.partsOmitted;
  if (told !== files) throw new Error(`${told} tables instead of ${files}`);
  const none = { seconds: 0, peakBytes: 0 };
  const main = uses.get(child.pid ?? 0) ?? none;
  const others = [...uses].filter(([pid]) => pid !== child.pid).map(([, use]) => use);
  const reader = others.sort((a, b) => b.seconds - a.seconds)[0] ?? none;
  return {
    files,
    mainSeconds: round(main.seconds),
    readerSeconds: round(reader.seconds),
    millisecondsEach: round(((main.seconds + reader.seconds) * 1000) / files),
    mainPeakBytes: main.peakBytes,
    readerPeakBytes: reader.peakBytes,
    wallSeconds: round((performance.now() - started) / 1000),
    loadBefore: round(loadBefore),
    jsonBytes: statSync(output).size,
    htmlBytes: statSync(html).size,
  };
}

const measured: Record<string, Record<string, number>> = {};
const targets = [];
for (const [kind, files, write] of [
  ['tar', Number(values.files), writeTar],
  ['folder', Number(values.folder), writeFolder],
] as const) {
  if (files === 0) continue;
  const path = join(dataDirectory, `v1-many-${files}${kind === 'tar' ? '.tar' : ''}`);
  if (!existsSync(path)) write(path, files);
  const one = await measure(path, files);
  measured[kind] = one;
  console.log(kind, one);
  targets.push(judge(`processor time a file, ${kind}`, one.millisecondsEach ?? 0, 'at most', MOST_MILLISECONDS, 'ms'));
  const peak = Math.max(one.mainPeakBytes ?? 0, one.readerPeakBytes ?? 0);
  targets.push(judge(`peak of each process, ${kind}`, peak / 1e6, 'at most', MOST_BYTES / 1e6, 'MB'));
  targets.push(judge(`reports, ${kind}`, ((one.jsonBytes ?? 0) + (one.htmlBytes ?? 0)) / 1e6, 'at most', 10, 'MB'));
}
printTargets(targets);
if (values.results) writeResult('many-files', { measured, targets });
