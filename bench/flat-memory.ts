import { existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { answersOf, requireSame } from './answers.ts';
import { dataDirectory, generateCustomers, generateDump } from './generate.ts';
import { judge, printTargets, writeResult } from './machine.ts';
import { median } from './process.ts';
import { addCustomers, initHome, sizeOfDirectory, verifyDump } from './product.ts';

/* sh tools/node.sh bench/flat-memory.ts [--rows 124000000] [--subjects 10000000]: one large dump (12 GB), resident memory over time. */

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '124000000' }, subjects: { type: 'string', default: '10000000' } },
});
const rows = Number(values.rows);
const subjects = Number(values.subjects);
const BYTES_PER_ROW = 98;

const { bavail, bsize } = statfsSync(import.meta.dirname);
if (bavail * bsize < rows * BYTES_PER_ROW * 1.5) throw new Error('there is too little room on this disk for the dump');

const home = join(dataDirectory, `home-${subjects}`);
if (!existsSync(home)) {
  await initHome(home);
  await addCustomers(home, generateCustomers(subjects), '2024-06-01');
}
const { path, truth } = generateDump({ rows, subjects });
const sizeBytes = statSync(path).size;
console.log(`${path}: ${sizeBytes} bytes`);
const run = await verifyDump(home, path);
requireSame('Boltseal', answersOf(run.found), truth);

const registerBytes = sizeOfDirectory(join(home, 'register'));
const { loadSeconds, scanSeconds } = run.found.timing;
const scanning = run.rssSamples.filter((sample) => sample.seconds > loadSeconds + 1);
const middle = scanning.length >> 1;
const firstHalf = median(scanning.slice(0, middle).map((sample) => sample.rssBytes));
const secondHalf = median(scanning.slice(middle).map((sample) => sample.rssBytes));
const megabytes = (bytes: number) => bytes / 1e6;
console.log(
  `scan ${scanSeconds.toFixed(1)} s, ${megabytes(sizeBytes / scanSeconds).toFixed(0)} MB/s, peak ${megabytes(run.peakRssBytes).toFixed(0)} MB`,
);
console.log(`distinct rows ${run.found.rows.distinct} of ${truth.rows}, stated error ${run.found.rows.distinctError}`);
const targets = [
  judge('peak memory above the register', megabytes(run.peakRssBytes - registerBytes), 'at most', 400, 'MB'),
  judge('growth from the first half to the second', megabytes(secondHalf - firstHalf), 'at most', 20, 'MB'),
];
const measured = {
  parameters: { rows, subjects },
  sizeBytes,
  registerBytes,
  scanSeconds,
  loadSeconds,
  wallSeconds: run.seconds,
  peakRssBytes: run.peakRssBytes,
  rssSamples: run.rssSamples,
};
console.log(`written: ${writeResult('flat-memory', { ...measured, targets })}`);
printTargets(targets);
process.exitCode = targets.every((target) => target.met) ? 0 : 1;
