import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { IDS_PER_CHUNK, openIds } from '../../src/register/ids.ts';
import { registerFolder } from '../../src/register/store.ts';
import { addTable, idOf, newHome, type Row, readAllIds, testKey } from './support.ts';

test('ids are read back by subject over several chunks and generations, and stand nowhere in plain', () => {
  const home = newHome();
  const rows: Row[] = Array.from({ length: IDS_PER_CHUNK + 100 }, (_, i) => ({
    ...idOf(i),
    id: i % 3 === 0 ? `客户-${i}` : `customer-${i}`,
    values: [],
  }));
  const add = (asOf: number, part: Row[], mode: 'delta' | 'history'): void => {
    const dated = part.map((row) => ({ ...row, from: 1, until: 2 }));
    addTable(home, { mode, asOf, fields: [], rows: dated }, { rowsPerBlock: 1000 });
  };
  add(100, rows.slice(0, 10), 'delta');
  add(200, rows.slice(10, IDS_PER_CHUNK), 'history');
  const full = readFileSync(join(registerFolder(home), 'gen-2', 'ids.bin'));
  add(300, rows.slice(IDS_PER_CHUNK), 'history');
  const bytes = readFileSync(join(registerFolder(home), 'gen-3', 'ids.bin'));
  assert.ok(bytes.subarray(0, full.length).equals(full), 'a full chunk is copied as it is');
  assert.ok(!bytes.includes('customer') && !bytes.includes('客户'));
  assert.deepEqual(
    readAllIds(home),
    rows.map(({ id }) => id),
  );
  const reader = openIds(home, testKey);
  const some = [0, 9, 10, IDS_PER_CHUNK - 1, IDS_PER_CHUNK, IDS_PER_CHUNK + 99];
  assert.deepEqual(
    reader.readIds(Uint32Array.from(some)),
    some.map((subject) => rows[subject]!.id),
  );
  reader.close();
});
