import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { registerFolder } from '../../src/register/store.ts';
import { addTable, idOf, load, newHome, phone, readAllIds, readImage, type Table } from './support.ts';

const childScript = fileURLToPath(new URL('crash-child.ts', import.meta.url));
const steps = [
  'begun',
  'lines.bin',
  'ids.bin',
  'rows.bin',
  'manifest.json',
  'renamed',
  'CURRENT.tmp',
  'CURRENT',
  'committed',
  'removed',
];
const stepThatCounts = steps.indexOf('CURRENT');
const table = (numbers: number[], asOf: number): Table => ({
  mode: 'snapshot',
  asOf,
  fields: ['phone'],
  rows: numbers.map((number) => ({ ...idOf(number), values: [{ field: phone, lo: number, hi: 77 }] })),
});

async function addAndDie(home: string, step: string): Promise<void> {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childScript, home, step]);
  const [, signal] = await once(child, 'exit');
  assert.equal(signal, 'SIGKILL', `the addition reached ${step}`);
}

test('an addition that is killed at any step leaves the old register or the new one, and the next addition clears up', async () => {
  const base = newHome();
  addTable(base, table([1, 2], 100));
  const check = async (step: string, i: number): Promise<void> => {
    const home = newHome();
    cpSync(base, home, { recursive: true });
    await addAndDie(home, step);
    const isNew = i >= stepThatCounts;
    assert.deepEqual(readAllIds(home), isNew ? ['C1', 'C2', 'C3'] : ['C1', 'C2'], step);
    const { versions } = readImage(load(home));
    assert.equal(versions.size, isNew ? 6 : 4);
    assert.equal(versions.get('0 phone 77 1')![0]![1] === 200, isNew);
    addTable(home, table([1, 2, 3], 300));
    assert.deepEqual(readdirSync(registerFolder(home)).sort(), ['CURRENT', `gen-${isNew ? 3 : 2}`], step);
    assert.equal(load(home).manifest.adds.length, isNew ? 3 : 2);
  };
  for (let i = 0; i < steps.length; i += 3) {
    await Promise.all(steps.slice(i, i + 3).map((step, j) => check(step, i + j)));
  }
});

test('a first addition that is killed leaves no register', async () => {
  const home = newHome();
  await addAndDie(home, 'CURRENT.tmp');
  assert.deepEqual(readdirSync(registerFolder(home)).sort(), ['CURRENT.tmp', 'gen-1']);
  assert.throws(() => load(home), { code: 'REGISTER_NONE' });
  addTable(home, table([1], 100));
  assert.deepEqual(readdirSync(join(home, 'register')).sort(), ['CURRENT', 'gen-1']);
  assert.deepEqual(readAllIds(home), ['C1']);
});
