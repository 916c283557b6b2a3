import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadRegister, readManifest } from '../../src/register/load.ts';
import { acquireHomeLock } from '../../src/register/lock.ts';
import { generationFiles } from '../../src/register/manifest.ts';
import { ROW_PRINT_BYTES, readRowPrints } from '../../src/register/row-prints.ts';
import { registerFolder } from '../../src/register/store.ts';
import { addTable, idOf, load, name, newHome, newMemory, phone, readAllIds, type Table, testKey } from './support.ts';

const table = (asOf: number): Table => ({
  mode: 'snapshot',
  asOf,
  fields: ['phone', 'name'],
  // Two values in one line's overflow, so that every file has bytes.
  rows: Array.from({ length: 20 }, (_, i) => ({
    ...idOf(i),
    values: [
      { field: phone, lo: i, hi: 77 },
      { field: name, lo: i, hi: 0 },
    ],
  })),
});

test('a damaged or truncated file is found and named', () => {
  const base = newHome();
  addTable(base, table(100));
  const whole = load(base).manifest;
  for (const file of generationFiles) {
    assert.ok(whole.files[file].bytes > 0, file);
    for (const damage of ['flip', 'truncate', 'remove']) {
      const home = newHome();
      cpSync(base, home, { recursive: true });
      const path = join(registerFolder(home), 'gen-1', file);
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1]! ^= 4;
      if (damage === 'flip') writeFileSync(path, bytes);
      else if (damage === 'truncate') truncateSync(path, bytes.length - 1);
      else rmSync(path);
      const open = (): unknown => (file === 'ids.bin' ? readAllIds(home) : load(home));
      assert.throws(open, { code: 'REGISTER_DAMAGED', parameters: { file } }, damage);
    }
  }
});

test('fingerprints of rows that are damaged or lost are found when they are read, and by nobody who does not', () => {
  const base = newHome();
  addTable(base, table(100), { rowCheck: 'test' });
  const read = (home: string): Uint8Array | null =>
    readRowPrints(home, testKey, 'test', (byteLength) => new Uint8Array(byteLength));
  assert.equal(read(base)?.length, 20 * ROW_PRINT_BYTES);
  assert.equal(
    readRowPrints(base, testKey, 'another meaning', () => new Uint8Array(0)),
    null,
  );
  for (const damage of ['flip', 'remove']) {
    const home = newHome();
    cpSync(base, home, { recursive: true });
    const path = join(registerFolder(home), 'gen-1', 'rows.bin');
    const bytes = readFileSync(path);
    bytes[7]! ^= 4;
    if (damage === 'flip') writeFileSync(path, bytes);
    else rmSync(path);
    assert.throws(() => read(home), { code: 'REGISTER_DAMAGED', parameters: { file: 'rows.bin' } }, damage);
    assert.equal(load(home).manifest.subjects, 20);
  }
  const plain = newHome();
  addTable(plain, table(100));
  assert.equal(read(plain), null);
});

test('every byte of the manifest and of CURRENT matters', () => {
  const home = newHome();
  addTable(home, table(100));
  const folder = registerFolder(home);
  const path = join(folder, 'gen-1', 'manifest.json');
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += 13) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1;
    writeFileSync(path, damaged);
    // Inside the key's check value, damage looks like another key only when the rest is damaged too.
    const inCheckValue = at >= 8 && at < 24;
    if (inCheckValue) assert.equal(readManifest(home, testKey).subjects, 20);
    else assert.throws(() => readManifest(home, testKey), { code: 'REGISTER_DAMAGED' }, `byte ${at}`);
  }
  writeFileSync(path, bytes);
  writeFileSync(join(folder, 'CURRENT'), '../gen-1\n');
  assert.throws(() => load(home), { code: 'REGISTER_DAMAGED', parameters: { file: 'CURRENT' } });
  writeFileSync(join(folder, 'CURRENT'), 'gen-2\n');
  assert.throws(() => load(home), { code: 'REGISTER_DAMAGED', parameters: { file: 'manifest.json' } });
});

test('a file that cannot be read is not called damaged', () => {
  const home = newHome();
  addTable(home, table(100));
  const path = join(registerFolder(home), 'gen-1', 'manifest.json');
  rmSync(path);
  mkdirSync(path);
  const parameters = { file: 'manifest.json', reason: 'EISDIR' };
  assert.throws(() => load(home), { code: 'REGISTER_READ', parameters });
});

test('another key, an older or newer format and no register have their own errors', () => {
  const home = newHome();
  assert.throws(() => load(home), { code: 'REGISTER_NONE' });
  addTable(home, table(100));
  const other = new Uint8Array(32).fill(8);
  const message = 'the register key cannot be used: it is missing, mistyped, or not the key of this register';
  assert.throws(() => loadRegister(home, other, newMemory), { code: 'KEY_UNUSABLE', message });
  const path = join(registerFolder(home), 'gen-1', 'manifest.json');
  const text = readFileSync(path, 'latin1');
  writeFileSync(path, text.replace('"format":2', '"format":1'));
  assert.throws(() => load(home), { code: 'REGISTER_FORMAT' });
  writeFileSync(path, '{"body":{"format":3,"of":"another shape"}}');
  assert.throws(() => load(home), { code: 'REGISTER_FORMAT' });
});

test('an error while writing leaves the register as it was and nothing behind', () => {
  const home = newHome();
  addTable(home, table(100));
  for (const step of ['begun', 'overflow.bin', 'manifest.json', 'renamed', 'CURRENT.tmp']) {
    const fullDisk = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    const onStep = (reached: string): void => {
      if (reached === step) throw fullDisk;
    };
    assert.throws(() => addTable(home, table(200), { onStep }), { code: 'REGISTER_WRITE', message: /ENOSPC/ });
    assert.deepEqual(readdirSync(registerFolder(home)).sort(), ['CURRENT', 'gen-1']);
    assert.equal(load(home).manifest.latestSeconds, 100);
  }
  addTable(home, table(200));
  assert.equal(load(home).manifest.latestSeconds, 200);
});

test('a reader whose generation is replaced under its hands reads the next one', () => {
  const home = newHome();
  addTable(home, table(100));
  let turns = 0;
  const allocate = (file: string, byteLength: number): Uint8Array => {
    if (turns++ === 0) addTable(home, table(200));
    return newMemory(file, byteLength);
  };
  assert.equal(loadRegister(home, testKey, allocate).manifest.latestSeconds, 100, 'opened files stay readable');
  assert.equal(load(home).manifest.latestSeconds, 200);
});

test('a register loads into one shared WebAssembly memory', () => {
  const home = newHome();
  addTable(home, table(100));
  const memory = new WebAssembly.Memory({ initial: 4, maximum: 4, shared: true });
  let next = 64;
  const { image } = loadRegister(home, testKey, (_, byteLength) => {
    const at = next;
    next += Math.ceil(byteLength / 64) * 64;
    return new Uint8Array(memory.buffer, at, byteLength);
  });
  const plain = load(home).image;
  for (const array of ['table', 'confirmIndex', 'confirm', 'confirmFields', 'periods', 'created'] as const) {
    assert.equal(image[array].buffer, memory.buffer);
    assert.deepEqual([...image[array]], [...plain[array]]);
  }
});

test('one process at a time holds the lock, and it ends with the process', async () => {
  const home = newHome();
  const lock = acquireHomeLock(home);
  assert.throws(() => acquireHomeLock(home), { code: 'HOME_LOCKED' });
  lock.release();
  lock.release();
  const module = new URL('../../src/register/lock.ts', import.meta.url).href;
  const script = `const { acquireHomeLock } = await import(${JSON.stringify(module)});
    acquireHomeLock(${JSON.stringify(home)}); console.log('locked'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script]);
  await once(child.stdout, 'data');
  assert.throws(() => acquireHomeLock(home), { code: 'HOME_LOCKED' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  acquireHomeLock(home).release();
});
