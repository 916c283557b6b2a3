import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import type { VaultImportRequest } from '../../src/cli/services.ts';
import { importTable } from '../../src/compose/vault-import.ts';
import { openTestVault } from './support.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'boltseal-import-'));
after(() => rmSync(folder, { recursive: true }));
const atMs = 1_790_000_000_000;
const steps = { begin: () => undefined, advance: () => undefined, end: () => undefined };

function request(name: string, rows: readonly string[], change: Partial<VaultImportRequest>): VaultImportRequest {
  const file = path.join(folder, name);
  writeFileSync(file, `${rows.join('\n')}\n`);
  return {
    home: folder,
    source: { kind: 'files', paths: [file], hints: { encoding: null, separator: null, header: null, passwords: [] } },
    map: [],
    id: '',
    parcels: null,
    admitsErased: false,
    atMs,
    ...change,
  };
}

const numberOf = (i: number): string => `SF${1_000_000_000_000 + i * 13}`;
const good = Array.from({ length: 60 }, (_, i) => `${numberOf(i)},C-${i},S-1,st-1`);

test('a parcel that has no number, and a party that has no id, are left out and counted; all others come in', async () => {
  const { vault } = await openTestVault();
  const rows = [
    'tracking_number,to,from,station',
    ...good,
    '包裹_12/34,C-1,S-1,st-1',
    `${numberOf(99)},${'x'.repeat(255)},S-1,st-1`,
  ];
  const parcels = { recipient: 'to', sender: 'from', station: 'station', status: null };
  const { rejected, made } = await importTable(vault, 'CN', request('parcels.csv', rows, { parcels }), steps);
  assert.deepEqual(Object.fromEntries(rejected), { 'no-tracking-number': 1, 'no-id': 1 });
  assert.equal(made, 61);
  const [last] = await vault.parcels([numberOf(99)]);
  assert.deepEqual([last?.parties, last?.station], [{ recipient: null, sender: 'S-1' }, 'st-1']);
  await vault.close();
});

test('a value that is too long does not take the one away that is there; an id that is none is counted', async () => {
  const { vault } = await openTestVault();
  await vault.write([{ id: 'C-7', atMs: 1, fields: { name: '王小明' } }]);
  const people = Array.from(
    { length: 60 },
    (_, i) => `C-${i},${i === 7 ? '长'.repeat(3000) : '李明'},1381234${1000 + i}`,
  );
  const rows = ['customer_id,name,phone', ...people, `${'y'.repeat(255)},李明,13812345678`];
  const { rejected } = await importTable(vault, 'CN', request('people.csv', rows, { id: 'customer_id' }), steps);
  assert.deepEqual(Object.fromEntries(rejected), { 'too-long-value': 1, 'no-id': 1 });
  const [values] = await vault.read(['C-7'], ['name']);
  assert.equal(values?.name?.value, '王小明');
  await vault.close();
});
