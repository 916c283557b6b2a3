import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { DuckDBInstance } from '@duckdb/node-api';
import { firstNotBefore } from '../src/disclosures/batch.ts';
import type { DisclosureColumns } from '../src/disclosures/port.ts';
import { openDisclosures, openSegmentOf, type SegmentSource } from '../src/disclosures/reader.ts';
import { disclosuresKey } from '../src/disclosures/sealed.ts';
import { DisclosureWriter } from '../src/disclosures/writer.ts';
import { dataDirectory } from './generate.ts';
import { judge, printTargets, writeResult } from './machine.ts';
import { median, round } from './process.ts';
import { sizeOfDirectory } from './product.ts';

/*
 * node bench/disclosures.ts [--scale small|full] [--rows N] [--runs N] [--fresh] [--make]
 *
 * `--make`: makes the files, which takes minutes at full scale, and times nothing; the next call takes them as they are.
 *
 * How many disclosures within a window of time each principal has got of some subjects: a scan by two threads beside DuckDB with two threads over the same
 * disclosures in Parquet. Rows are made by the same arithmetic here and in SQL.
 */

const registerKey = new Uint8Array(32).fill(1);
const principals = 5000;
const subjects = 10_000_000;
const startSeconds = 1_735_689_600;
const spanSeconds = 180 * 86_400;
/** One subject in a hundred is in the dump. */
const isMatched = (subject: number): boolean => subject % 100 === 7;
const window = { from: startSeconds + 60 * 86_400, until: startSeconds + 120 * 86_400 };
const prime = 2_147_483_647;
const masks = [257, 769, 1] as const;

interface Task {
  readonly source: SegmentSource;
  readonly bitmap: Uint32Array;
  readonly counts: Uint32Array;
  /** The next segment that nobody has taken. */
  readonly next: Int32Array;
  /** Whether segments are kept in memory from one run to the next. */
  readonly keeps: boolean;
}

function scan(columns: DisclosureColumns, bitmap: Uint32Array, counts: Uint32Array): void {
  const { time, subject, principal } = columns;
  const end = firstNotBefore(time, window.until);
  for (let row = firstNotBefore(time, window.from); row < end; row++) {
    const whom = subject[row]!;
    if (((bitmap[whom >>> 5]! >>> (whom & 31)) & 1) === 1) counts[principal[row]!]!++;
  }
}

function work(): void {
  const kept = new Map<number, DisclosureColumns>();
  parentPort?.on('message', ({ source, bitmap, counts, next, keeps }: Task) => {
    if (!keeps) kept.clear();
    const mine = new Uint32Array(counts.length);
    // In memory each thread goes on with the segments that it has.
    const own = keeps && kept.size > 0 ? [...kept.keys()] : null;
    for (let turn = 0; ; turn++) {
      const index = own === null ? Atomics.add(next, 0, 1) : own[turn];
      if (index === undefined || index >= source.segments.length) break;
      const { fromSeconds, untilSeconds } = source.segments[index]!;
      if (untilSeconds < window.from || fromSeconds >= window.until) continue;
      const columns = kept.get(index) ?? openSegmentOf(source, index);
      if (keeps) kept.set(index, columns);
      scan(columns, bitmap, mine);
    }
    for (let principal = 0; principal < mine.length; principal++) Atomics.add(counts, principal, mine[principal]!);
    parentPort?.postMessage('done');
  });
}

function makeHome(home: string, rows: number): number {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const startedAt = performance.now();
  const writer = new DisclosureWriter({ home, registerKey, key: disclosuresKey(registerKey) });
  for (let principal = 0; principal < principals; principal++) writer.principals.numberOf(`device-${principal}`);
  for (let i = 0; i < rows; i++) {
    const x = (i * 48_271) % prime;
    const y = (x * 16_807) % prime;
    const time = startSeconds + Math.floor((i * spanSeconds) / rows);
    writer.add(time, x % principals, y % subjects, masks[(x % 3) as 0 | 1 | 2], 0);
  }
  const { added } = writer.commit();
  if (added !== rows) throw new Error(`${rows - added} disclosures came twice`);
  return (performance.now() - startedAt) / 1000;
}

async function timeRuns(
  runs: number,
  ask: () => Promise<Uint32Array>,
): Promise<{ seconds: number; counts: Uint32Array }> {
  const seconds: number[] = [];
  let counts: Uint32Array = new Uint32Array(0);
  for (let run = 0; run < runs; run++) {
    const startedAt = performance.now();
    counts = await ask();
    seconds.push((performance.now() - startedAt) / 1000);
  }
  return { seconds: median(seconds), counts };
}

async function makeParquet(path: string, rows: number): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run('SET threads = 2');
  await connection.run('SET preserve_insertion_order = false');
  await connection.run(`COPY (
      SELECT (${startSeconds} + (i * ${spanSeconds}) // ${rows})::UINTEGER AS time, (x % ${principals})::UINTEGER AS principal,
        (y % ${subjects})::UINTEGER AS subject, ([${masks.join()}][(x % 3 + 1)::INTEGER])::USMALLINT AS fields
      FROM (SELECT i, x, (x * 16807) % ${prime} AS y FROM (SELECT i, (i * 48271) % ${prime} AS x FROM range(${rows}) t(i)))
    ) TO '${path.replaceAll("'", "''")}' (FORMAT parquet)`);
}

async function benchPeer(
  path: string,
  runs: number,
): Promise<{ seconds: number; counts: Uint32Array; version: string }> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run('SET threads = 2');
  await connection.run(
    `CREATE TABLE matched AS SELECT i::UINTEGER AS subject FROM range(${subjects}) t(i) WHERE i % 100 = 7`,
  );
  const version = String((await connection.runAndReadAll('SELECT version()')).getRows()[0]?.[0]);
  const question = `SELECT principal, count(*)::INTEGER FROM read_parquet('${path.replaceAll("'", "''")}')
    WHERE time >= ${window.from} AND time < ${window.until} AND subject IN (SELECT subject FROM matched) GROUP BY principal`;
  const ask = async (): Promise<Uint32Array> => {
    const counts = new Uint32Array(principals);
    for (const [principal, count] of (await connection.runAndReadAll(question)).getRows())
      counts[Number(principal)] = Number(count);
    return counts;
  };
  await ask();
  return { ...(await timeRuns(runs, ask)), version };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      scale: { type: 'string', default: 'small' },
      rows: { type: 'string' },
      runs: { type: 'string', default: '3' },
      fresh: { type: 'boolean', default: false },
      make: { type: 'boolean', default: false },
    },
  });
  const rows = Number(values.rows ?? (values.scale === 'full' ? 100_000_000 : 10_000_000));
  const runs = Number(values.runs);
  mkdirSync(dataDirectory, { recursive: true });
  const home = join(dataDirectory, `disclosures-${rows}`);
  const made = join(home, 'made');
  const parquet = join(dataDirectory, `disclosures-${rows}.parquet`);
  if (values.fresh) for (const path of [home, parquet]) rmSync(path, { recursive: true, force: true });
  let writeSeconds: number | null = null;
  if (!existsSync(made)) {
    writeSeconds = makeHome(home, rows);
    writeFileSync(made, String(writeSeconds));
  }
  if (!existsSync(parquet)) await makeParquet(parquet, rows);
  if (values.make) return;
  writeSeconds ??= Number(readFileSync(made, 'utf8')) || null;
  const bytesEach = sizeOfDirectory(join(home, 'disclosures')) / rows;

  const bitmap = new Uint32Array(new SharedArrayBuffer(4 * Math.ceil(subjects / 32)));
  for (let subject = 0; subject < subjects; subject++) {
    if (isMatched(subject)) bitmap[subject >>> 5]! |= 1 << (subject & 31);
  }
  const workers = [1, 2].map(() => new Worker(import.meta.filename));
  const { source } = openDisclosures(home, registerKey);
  const ask = async (keeps: boolean): Promise<Uint32Array> => {
    const counts = new Uint32Array(new SharedArrayBuffer(4 * principals));
    const next = new Int32Array(new SharedArrayBuffer(4));
    const task: Task = { source, bitmap, counts, next, keeps };
    await Promise.all(
      workers.map((worker) => {
        const done = once(worker, 'message');
        worker.postMessage(task);
        return done;
      }),
    );
    return counts;
  };
  // The engine compiles the loops while they run: once is not counted, here as in the peer's first opening of the file.
  await ask(false);
  const fromDisk = await timeRuns(runs, () => ask(false));
  await ask(true);
  const inMemory = await timeRuns(runs, () => ask(true));
  await Promise.all(workers.map((worker) => worker.terminate()));
  const peer = await benchPeer(parquet, runs);
  for (const { counts } of [fromDisk, inMemory]) {
    if (counts.some((count, principal) => count !== peer.counts[principal])) throw new Error('the answers differ');
  }
  const found = peer.counts.reduce((sum, count) => sum + count, 0);
  console.log(`${rows} disclosures, ${found} found; answers are the same`);
  const targets = [
    judge('bytes a disclosure on disk', bytesEach, 'at most', 16, 'B'),
    judge('scan of files, times DuckDB', peer.seconds / fromDisk.seconds, 'at least', 1, 'times'),
    judge('scan in memory, times DuckDB', peer.seconds / inMemory.seconds, 'at least', 1, 'times'),
  ];
  printTargets(targets);
  const path = writeResult('disclosures', {
    rows,
    writeSeconds: writeSeconds === null ? null : round(writeSeconds),
    fromDiskSeconds: round(fromDisk.seconds),
    inMemorySeconds: round(inMemory.seconds),
    peer: { name: 'DuckDB', version: peer.version, seconds: round(peer.seconds), parquetBytes: statSync(parquet).size },
    targets,
  });
  console.log(path);
}

if (isMainThread) await main();
else work();
