import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RegisterBuilder } from '../src/register/builder.ts';
import type { LoadedRegister } from '../src/register/image-memory.ts';
import { NONE } from '../src/register/layout.ts';
import { loadRegister } from '../src/register/load.ts';
import { acquireHomeLock } from '../src/register/lock.ts';
import type { RegisterField } from '../src/register/manifest.ts';
import type { AddOptions, FingerprintedBlock, SeenBits } from '../src/register/port.ts';

/*
 * `register-build.ts [SUBJECTS]`: builds a register of so many synthetic subjects (default 2 M) from ready blocks, loads it, and adds a second snapshot in which
 * 1 % of the values have changed; prints seconds of this thread, peak memory and bytes a version. What the scanner does is not in it.
 */

const subjects = Number(process.argv[2] ?? 2_000_000);
const rowsPerBlock = 16_384;
const fields: readonly RegisterField[] = [
  { name: 'phone', id: 0, role: 'identifying', version: 1 },
  { name: 'email', id: 1, role: 'identifying', version: 1 },
  { name: 'nationalId', id: 2, role: 'identifying', version: 1 },
  { name: 'customerId', id: 5, role: 'identifying', version: 1 },
  { name: 'name', id: 8, role: 'confirming', version: 1 },
];
const key = new Uint8Array(32).fill(7);
const home = mkdtempSync(join(tmpdir(), 'boltseal-bench-'));

try {
  const lock = acquireHomeLock(home);
  const first = time('build', () => build(null, 1_700_000_000));
  const { manifest } = first;
  const bytes = Object.values(manifest.files).reduce((sum, file) => sum + file.bytes, 0);
  console.log(`${manifest.versions} versions, ${(bytes / manifest.versions).toFixed(2)} bytes each on disk`);
  for (const [name, file] of Object.entries(manifest.files)) console.log(`  ${name}: ${file.bytes}`);
  const old = time('load', () => loadRegister(home, key, (_, byteLength) => new Uint8Array(byteLength)));
  const second = time('second snapshot', () => build(old, 1_800_000_000));
  console.log(`${second.versionsAdded} versions added, ${second.versionsClosed} closed`);
  lock.release();
} finally {
  rmSync(home, { recursive: true });
}

function build(old: LoadedRegister | null, asOfSeconds: number): ReturnType<RegisterBuilder['finish']> {
  const options: AddOptions = {
    mode: 'snapshot',
    asOfSeconds,
    exclusive: [],
  };
  const seen: SeenBits | null = old && {
    records: new Uint32Array((old.image.entryCount + 31) >>> 5).fill(0xffffffff),
    confirm: new Uint32Array((old.manifest.confirming + 31) >>> 5).fill(0xffffffff),
    rows: null,
  };
  if (seen !== null) for (let i = 0; i < seen.records.length; i += 3) seen.records[i] = 0xfffffffe;
  const builder = new RegisterBuilder({
    home,
    key,
    old,
    options,
    fields,
    seen,
    onStep: (step) => console.log(`  ${step} ${(performance.now() / 1000).toFixed(2)} s`),
  });
  builder.expectFields(fields.map(({ name }) => name));
  const block = newBlock(old !== null);
  let making = 0;
  for (let from = 0, sequence = 0; from < subjects; from += rowsPerBlock, sequence++) {
    const start = performance.now();
    fill(block, sequence, from, Math.min(rowsPerBlock, subjects - from), old !== null);
    making += performance.now() - start;
    builder.addBlock(block);
  }
  console.log(`  blocks taken; ${(making / 1000).toFixed(2)} s of it made them`);
  return builder.finish();
}

type Block = { -readonly [K in keyof FingerprintedBlock]: FingerprintedBlock[K] };

function newBlock(isUpdate: boolean): Block {
  const values = rowsPerBlock * 5;
  return {
    rows: 0,
    sequence: 0,
    subject: new Uint32Array(rowsPerBlock).fill(isUpdate ? 0 : NONE),
    idLo: new Uint32Array(rowsPerBlock),
    idHi: new Uint32Array(rowsPerBlock),
    idBytes: new Uint8Array(rowsPerBlock * 10).fill(48),
    idOffsets: Uint32Array.from({ length: rowsPerBlock + 1 }, (_, row) => row * 10),
    created: new Uint32Array(rowsPerBlock).fill(1_600_000_000),
    validFrom: null,
    validUntil: null,
    prints: null,
    unchanged: 0,
    novel: {
      count: 0,
      row: new Uint32Array(values),
      field: new Uint8Array(values),
      lo: new Uint32Array(values),
      hi: new Uint32Array(values),
    },
    controls: [],
    rejected: new Map(),
  };
}

function fill(block: Block, sequence: number, from: number, rows: number, isUpdate: boolean): void {
  block.sequence = sequence;
  block.rows = rows;
  const { novel } = block;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const subject = from + row;
    if (isUpdate) block.subject[row] = subject;
    block.idLo[row] = mix(subject, 51);
    block.idHi[row] = mix(subject, 52);
    if (isUpdate && subject % 20 !== 0) continue;
    for (const { id, role } of isUpdate ? fields.slice(0, 1) : fields) {
      novel.row[count] = row;
      novel.field[count] = id;
      novel.lo[count] = mix(subject, 10 * id + 1 + (isUpdate ? 1000 : 0));
      novel.hi[count] = role === 'confirming' ? 0 : mix(subject, 10 * id + 2 + (isUpdate ? 1000 : 0));
      count++;
    }
  }
  block.novel = { ...novel, count };
}

/** The finaliser of MurmurHash3: as good as a fingerprint for where values fall. */
function mix(subject: number, salt: number): number {
  let hash = subject ^ Math.imul(salt, 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function time<T>(label: string, run: () => T): T {
  const start = performance.now();
  const cpu = process.threadCpuUsage();
  const result = run();
  const { user, system } = process.threadCpuUsage(cpu);
  const seconds = (performance.now() - start) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${label}: ${seconds.toFixed(2)} s (${((user + system) / 1e6).toFixed(2)} s of CPU), peak ${peak.toFixed(0)} MB`,
  );
  return result;
}
