/*
 * sh tools/node.sh bench/formats.ts [--scale small|full] [--runs N]: how fast dumps of other shapes are read and matched, from start to end of the scan.
 * The same rows as SQL, JSON lines, quoted CSV, gz and zip; every answer is compared with the generator's truth. For gz and zip the decompressor alone is measured in the same run.
 */

import { once } from 'node:events';
import { createReadStream, createWriteStream, existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createGunzip } from 'node:zlib';
import { Uint8ArrayReader, Uint8ArrayWriter, ZipReader, ZipWriter } from '@zip.js/zip.js';
import { answersOf, requireSame } from './answers.ts';
import { compress, dataDirectory, generateCustomers, generateDump } from './generate.ts';
import { judge, printTargets, writeResult } from './machine.ts';
import { median, round } from './process.ts';
import { addCustomers, initHome, verifyDump } from './product.ts';

const { values } = parseArgs({
  options: { scale: { type: 'string', default: 'full' }, runs: { type: 'string', default: '3' } },
});
const subjects = values.scale === 'small' ? 100_000 : 1_000_000;
const runs = Number(values.runs);
const bench = { rows: subjects, subjects };
const home = join(dataDirectory, `home-${subjects}`);

/** Writes each row of a CSV without quotes in another form; answers the path. */
async function rewrite(
  csv: string,
  extension: string,
  head: string,
  row: (cells: readonly string[], index: number) => string,
  tail: string,
): Promise<string> {
  const path = csv.replace(/\.csv$/, `.${extension}`);
  if (existsSync(path)) return path;
  const out = createWriteStream(path);
  out.write(head);
  let index = -1;
  for await (const line of createInterface({ input: createReadStream(csv) })) {
    if (index++ === -1) continue;
    if (!out.write(row(line.split(','), index - 1))) await once(out, 'drain');
  }
  out.end(tail);
  await once(out, 'finish');
  return path;
}

const columns = ['customer_id', 'phone', 'email', 'name', 'address', 'last_order'];
const sqlText = (cell: string): string => (cell === '' ? 'NULL' : `'${cell.replaceAll("'", "''")}'`);

if (!existsSync(home)) {
  await initHome(home);
  await addCustomers(home, generateCustomers(subjects), '2024-06-01');
}
const plain = generateDump(bench);
const sql = await rewrite(
  plain.path,
  'sql',
  '-- MySQL dump\n\nCREATE TABLE `users` (\n  `customer_id` varchar(20),\n  `phone` varchar(20),\n  `email` varchar(64),\n  `name` varchar(64),\n  `address` varchar(200),\n  `last_order` date\n);\n\n',
  (cells, index) =>
    `${index % 500 === 0 ? `${index === 0 ? '' : ';\n'}INSERT INTO \`users\` VALUES ` : ','}(${cells.map(sqlText).join(',')})`,
  ';\n',
);
const json = await rewrite(
  plain.path,
  'jsonl',
  '',
  (cells) => `${JSON.stringify(Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ''])))}\n`,
  '',
);
const zip = plain.path.replace(/\.csv$/, '.zip');
if (!existsSync(zip)) {
  const writer = new ZipWriter(new Uint8ArrayWriter(), { useWebWorkers: false });
  await writer.add('dump.csv', new Uint8ArrayReader(readFileSync(plain.path)));
  await pipeline([await writer.close()], createWriteStream(zip));
}
const files = {
  plain: plain.path,
  quoted: generateDump({ ...bench, quoted: true }).path,
  sql,
  json,
  gz: await compress(plain.path),
  zip,
};

async function timeGunzip(): Promise<number> {
  const startedAt = performance.now();
  const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
  const chunkSize = 1 << 20;
  await pipeline(createReadStream(files.gz, { highWaterMark: chunkSize }), createGunzip({ chunkSize }), sink);
  return (performance.now() - startedAt) / 1000;
}

async function timeUnzip(): Promise<number> {
  const startedAt = performance.now();
  const reader = new ZipReader(new Uint8ArrayReader(readFileSync(files.zip)), { useWebWorkers: false });
  for (const entry of await reader.getEntries()) {
    if (!entry.directory) await entry.getData(new WritableStream<Uint8Array>());
  }
  return (performance.now() - startedAt) / 1000;
}

const seconds = Object.fromEntries(Object.keys(files).map((name) => [name, [] as number[]]));
const alone = { gz: [] as number[], zip: [] as number[] };
for (let run = 0; run <= runs; run++) {
  for (const [name, path] of Object.entries(files)) {
    const { found } = await verifyDump(home, path);
    requireSame(`Boltseal (${name})`, answersOf(found), plain.truth);
    console.log(`${name}: ${found.timing.scanSeconds.toFixed(2)} s${run === 0 ? ' (not counted)' : ''}`);
    if (run > 0) seconds[name]!.push(found.timing.scanSeconds);
  }
  const [gz, unzip] = [await timeGunzip(), await timeUnzip()];
  if (run > 0) {
    alone.gz.push(gz);
    alone.zip.push(unzip);
  }
}
const sizeOf = (name: string): number => statSync(files[name as keyof typeof files]).size;
const rate = (name: string): number => sizeOf(name) / median(seconds[name]!) / 1e6;
const targets = [
  judge('SQL', rate('sql'), 'at least', 100, 'MB/s'),
  judge('JSON lines', rate('json'), 'at least', 100, 'MB/s'),
  judge('quoted CSV', rate('quoted'), 'at least', 100, 'MB/s'),
  judge("gz against the decompressor's own rate", median(alone.gz) / median(seconds.gz!), 'at least', 0.85, '×'),
  judge("zip against the decompressor's own rate", median(alone.zip) / median(seconds.zip!), 'at least', 0.85, '×'),
];
printTargets(targets);
/*
 * What two cores could reach at the best: scanning the plain file keeps both of them busy, and decompressing keeps one. Were nothing else to be done, and were the two never to wait
 * for each other, the whole would take this long. zip: with the decompressor that the product has (zlib), not with the one that it is compared with (zip.js).
 */
const floorSeconds = median(seconds.plain!) + median(alone.gz) / 2;
const floors = {
  seconds: round(floorSeconds),
  gzRatio: round(median(alone.gz) / floorSeconds),
  zipRatio: round(median(alone.zip) / floorSeconds),
};
const measured = {
  rows: subjects,
  seconds,
  decompressorAloneSeconds: alone,
  megabytesPerSecond: Object.fromEntries(Object.keys(files).map((name) => [name, round(rate(name))])),
  unpackedMegabytesPerSecond: Object.fromEntries(
    ['gz', 'zip'].map((name) => [name, round(sizeOf('plain') / median(seconds[name]!) / 1e6)]),
  ),
  floors,
};
const unpacked = measured.unpackedMegabytesPerSecond;
for (const name of Object.keys(files)) {
  const text = unpacked[name] === undefined ? '' : `, ${unpacked[name].toFixed(0)} unpacked`;
  console.log(`${name.padEnd(8)}${rate(name).toFixed(0).padStart(6)} MB/s of the file${text}`);
}
console.log(
  `Two cores that scan and decompress and never wait would take ${floorSeconds.toFixed(2)} s: gz ${floors.gzRatio.toFixed(2)} ×, zip ${floors.zipRatio.toFixed(2)} ×`,
);
if (values.scale === 'full') writeResult('formats', { measured, targets });
