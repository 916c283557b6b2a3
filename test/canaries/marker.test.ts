import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readCanaries, writeCanaries } from '../../src/canaries/marker.ts';
import { type CanaryBatch, type CanaryList, emptyCanaries } from '../../src/contract/canaries.ts';
import { createKeyFile } from '../../src/register/key-file.ts';

const base = mkdtempSync(join(tmpdir(), 'boltseal-marker-'));
after(() => rmSync(base, { recursive: true, force: true }));

function newHome(): { home: string; marker: string; key: string } {
  const home = join(base, randomBytes(6).toString('hex'));
  mkdirSync(join(home, 'keys'), { recursive: true });
  return { home, marker: join(home, 'canaries', 'marker.bin'), key: join(home, 'keys', 'canaries.key') };
}

const batch = (count: number): CanaryBatch => ({
  id: '0123456789abcdef',
  for: { scope: 'crm' },
  madeAt: '2024-01-15T00:00:00Z',
  columns: ['customerId', 'name'],
  exported: true,
  canaries: Array.from({ length: count }, (_, i) => ({
    idLo: i,
    idHi: 0xffffffff,
    values: { customerId: `K9${i}`, name: '王伟' },
    choices: { customerId: 1e6, name: 1000 },
  })),
});

const listOf = (count: number): CanaryList => ({
  ...emptyCanaries,
  batches: [batch(count)],
  stock: batch(1).canaries,
});

test('a list is read as it was written; none was ever made: null', () => {
  const { home, marker, key } = newHome();
  assert.equal(readCanaries(home), null);
  writeCanaries(home, listOf(2));
  assert.deepEqual(readCanaries(home), listOf(2));
  writeCanaries(home, emptyCanaries);
  assert.deepEqual(readCanaries(home), emptyCanaries);
  for (const file of [marker, key]) assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(home).sort(), ['canaries', 'keys']);
  assert.deepEqual(readdirSync(join(home, 'keys')), ['canaries.key']);
});

test('the size of the file does not tell how many there are, and nothing in it can be read', () => {
  const sizes = [0, 1, 300, 3000].map((count) => {
    const { home, marker } = newHome();
    writeCanaries(home, listOf(count));
    assert.ok(!readFileSync(marker).includes('customerId'));
    return statSync(marker).size;
  });
  assert.deepEqual(new Set(sizes).size, 1);
});

test('what is damaged, lost, of another key or of a newer program is told', () => {
  const { home, marker, key } = newHome();
  writeCanaries(home, listOf(2));
  const bytes = readFileSync(marker);
  for (const at of [0, 30, 40, 700_000, bytes.length - 1]) {
    const bad = Buffer.from(bytes);
    bad[at]! ^= 1;
    writeFileSync(marker, bad);
    assert.throws(() => readCanaries(home), { code: 'CANARIES_DAMAGED' }, `byte ${at}`);
  }
  for (const size of [0, 39, 60, 5000]) {
    writeFileSync(marker, bytes.subarray(0, size));
    assert.throws(() => readCanaries(home), { code: 'CANARIES_DAMAGED' }, `${size} bytes`);
  }
  const newer = Buffer.from(bytes);
  newer.writeUInt32LE(2, 8);
  writeFileSync(marker, newer);
  assert.throws(() => readCanaries(home), { code: 'CANARIES_FORMAT' });
  writeFileSync(marker, bytes);
  renameSync(key, `${key}.away`);
  assert.throws(() => readCanaries(home), { code: 'CANARIES_KEY' });
  createKeyFile(key);
  assert.throws(() => readCanaries(home), { code: 'CANARIES_KEY' });
  assert.throws(
    () => {
      rmSync(marker);
      readCanaries(home);
    },
    { code: 'CANARIES_LOST' },
  );
  assert.throws(() => writeCanaries(home, emptyCanaries), { code: 'CANARIES_LOST' });
  rmSync(join(home, 'canaries'), { recursive: true });
  assert.throws(() => readCanaries(home), { code: 'CANARIES_LOST' });
});

test('a list that cannot be read is not called damaged', () => {
  const { home, marker } = newHome();
  writeCanaries(home, listOf(1));
  rmSync(marker);
  mkdirSync(marker);
  assert.throws(() => readCanaries(home), { code: 'CANARIES_READ', message: /EISDIR/ });
});

test('a first write that dies on the way leaves nothing, or all of it', () => {
  const { home, key } = newHome();
  // Before the folder has its name: a key under its first name, and a folder under its own.
  createKeyFile(`${key}.new`);
  mkdirSync(join(home, 'canaries.new'));
  writeFileSync(join(home, 'canaries.new', 'marker.bin'), 'half');
  assert.equal(readCanaries(home), null);
  writeCanaries(home, listOf(1));
  assert.deepEqual(readCanaries(home), listOf(1));
  // After it, before the key has its name.
  renameSync(key, `${key}.new`);
  assert.deepEqual(readCanaries(home), listOf(1));
  writeCanaries(home, listOf(2));
  assert.ok(existsSync(key) && !existsSync(`${key}.new`));
  assert.deepEqual(readCanaries(home), listOf(2));
});
